"""The rows that a new database begins with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import to_json

from reconciler.adapters.database.columns import MADE_BY_DATABASE, every_column
from reconciler.model.encode import encode
from reconciler.model.kind import Kind
from reconciler.model.resource import Row


def seed_columns(kind: Kind) -> Iterator[dict[str, Any]]:
    """The columns of each seed of a kind, as they are written; times of creation are the database's own business."""
    for seed in kind.seeds:
        values = _defaults(kind)
        values.update({column: _stored(value) for column, value in seed.items()})
        yield values


def seeded_rows(kind: Kind) -> Iterator[Row]:
    """The seeds of a kind as the rows that reading will give."""
    for values in seed_columns(kind):
        yield tuple({"tenant": "", "rev": 1, **_known(values)}.get(column) for column in kind.row_columns)


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {column: value for column, value in values.items() if value is not None}


def _defaults(kind: Kind) -> dict[str, Any]:
    there = frozenset(every_column(kind)) - MADE_BY_DATABASE
    values: dict[str, Any] = {}
    for one in kind.fields:
        name = one.columns[0].name
        if one.state and kind.lifecycle is not None:
            values[name] = kind.lifecycle.entry
        elif not one.optional_parents and name in there and one.type not in ("secret", "file"):
            values[name] = encode(one, one.default)
    return values


def _stored(value: Any) -> Any:
    return to_json(value).decode() if isinstance(value, list | dict | tuple) else value
