"""How tables are compared with a database, and how they are written into a revision."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext

from reconciler.adapters.database.storage import utc_now


def compared(connection: sa.Connection, metadata: sa.MetaData) -> list[str]:
    """What differs between the tables of ``metadata`` and those of the database, a sentence each."""
    options = {"include_object": wanted, "compare_server_default": False, "compare_type": True}
    with reflecting():
        found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    sentences = [_sentence(one) for one in _flat(found)]
    sentences += [f"missing index {one.name}" for one in missing_indexes(connection, metadata)]
    return sorted(set(sentences))


def wanted(item: Any, _name: str | None, type_: str, reflected: bool, compare_to: Any) -> bool:  # noqa: FBT001  # Alembic's
    """Leave out tables that no declaration knows (other programs may have some), and indexes over expressions."""
    if type_ == "index" and _by_expression(item):
        return False
    return not (type_ == "table" and reflected and compare_to is None)


def missing_indexes(connection: sa.Connection, metadata: sa.MetaData) -> list[sa.Index]:
    """The indexes over expressions that are not there. Databases rewrite expressions, so they are known by name."""
    there = {row[0] for row in connection.execute(_INDEXES[connection.dialect.name])}
    return [
        index
        for table in metadata.sorted_tables
        for index in sorted(table.indexes, key=lambda one: str(one.name))
        if _by_expression(index) and index.name not in there
    ]


def render(type_: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """Write the present second so that a revision serves every dialect."""
    if type_ == "server_default" and isinstance(getattr(item, "arg", item), utc_now):
        context.imports.add("from reconciler.adapters.database.storage import utc_now")
        return "utc_now()"
    if type_ == "server_default" and isinstance(getattr(item, "arg", item), sa.sql.elements.False_):
        return "sa.false()"
    return False


@contextmanager
def reflecting() -> Iterator[None]:
    """Reflection says aloud what it skips; :func:`wanted` knows about it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Skipped unsupported reflection of expression-based index")
        warnings.filterwarnings("ignore", message="autogenerate skipping metadata-specified expression-based index")
        yield


_INDEXES = {
    "sqlite": sa.text("SELECT name FROM sqlite_master WHERE type = 'index'"),
    "postgresql": sa.text("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()"),
}


def _by_expression(index: Any) -> bool:
    return any(not isinstance(one, sa.Column) for one in index.expressions)


def _flat(found: list[Any]) -> Iterator[tuple[Any, ...]]:
    for one in found:
        if isinstance(one, list):
            yield from _flat(one)
        else:
            yield one


def _sentence(one: tuple[Any, ...]) -> str:
    word, things = str(one[0]).replace("_", " "), one[1:]
    names = [thing for thing in things if isinstance(thing, str)]
    for thing in things:
        table = getattr(getattr(thing, "table", None), "name", None)
        name = getattr(thing, "name", None)
        names.extend(part for part in (table, name) if isinstance(part, str))
    return f"{_WORDS.get(word, word)} {'.'.join(dict.fromkeys(names))}"


_WORDS = {
    "add table": "missing table",
    "add column": "missing column",
    "remove column": "unknown column",
    "add index": "missing index",
    "remove index": "unknown index",
    "add constraint": "missing constraint",
    "remove constraint": "unknown constraint",
    "add fk": "missing foreign key",
    "remove fk": "unknown foreign key",
    "modify nullable": "other nullability of column",
    "modify type": "other type of column",
}
