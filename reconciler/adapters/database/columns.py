"""Names of tables and columns, from the declarations. Needs no SQLAlchemy: every plan reads by them."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from reconciler.adapters.database.names import (
    APPROVALS,
    CHANGES,
    FINDINGS,
    IMAGES,
    JOURNAL,
    META,
    OUTBOX,
    RESOURCES,
    RUNS,
    SESSION,
    TENANTS,
)
from reconciler.model.catalog import Catalog
from reconciler.model.columns import column_name
from reconciler.model.kind import Kind

__all__ = [
    "APPROVALS",
    "CACHE_KEY",
    "CHANGES",
    "EVERY_TABLE",
    "FINDINGS",
    "IDENTITY",
    "IMAGES",
    "JOURNAL",
    "MADE_BY_DATABASE",
    "META",
    "OUTBOX",
    "RESOURCES",
    "ROW",
    "RUNS",
    "SESSION",
    "TENANTS",
    "at_rest",
    "every_column",
    "selected",
    "tenant_kind",
]

IDENTITY = "identity"
"""Key in the meta table under which the random name of the database stands."""

CACHE_KEY = "cache-key"
"""Key in the meta table of a server's database under which stands by what its rows are sealed in caches."""

EVERY_TABLE = (
    "id",
    "tenant",
    "tenant_key",
    "name",
    "rev",
    "created_at",
    "updated_at",
    "labels",
    "annotations",
    "protect",
)
"""Columns that every table of a kind has."""

ROW = "one"
"""Name of the row in a statement that selects rows of a kind."""

MADE_BY_DATABASE = frozenset({"id", "tenant_key"})
"""Columns that no statement writes."""


def every_column(kind: Kind) -> tuple[str, ...]:
    """Every column of a kind's table, in order; also those of secrets at rest, which plans never read."""
    names = dict.fromkeys(EVERY_TABLE)
    for one in kind.fields:
        if one.transient:
            continue
        if one.type == "secret":
            names[column_name(one.path)] = None
        names.update(dict.fromkeys(column.name for column in one.columns))
    names.update(dict.fromkeys(status.column for status in kind.status if status.stored))
    return tuple(names)


def at_rest(kind: Kind) -> frozenset[str]:
    """The columns that hold secrets at rest."""
    return frozenset(column_name(one.path) for one in kind.fields if one.type == "secret" and not one.transient)


def selected(column: str, there: AbstractSet[str]) -> str:
    """The term that selects a column of a row; what is computed on reading has no column and comes as NULL.

    It names the row too: SQLite takes a quoted name alone for a text when there is no such column.
    """
    if column == "tenant":
        return f"{ROW}.tenant_key"
    return f'{ROW}."{column}"' if column in there else "NULL"


def tenant_kind(catalog: Catalog) -> Kind | None:
    """The kind whose resources are the tenants, if the catalogue has one."""
    return next((kind for kind in catalog.values() if kind.is_tenant), None)
