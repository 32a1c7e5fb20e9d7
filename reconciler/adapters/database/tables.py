"""The tables of a catalogue: one a kind, made from its declaration, with real keys, foreign keys and checks.

What a declaration cannot say in SQL stays a rule: name spaces that several tables share, references inside of lists,
and case folding beyond what the database's own ``lower`` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import annotated_types
import sqlalchemy as sa
from sqlalchemy.sql.schema import SchemaItem

from reconciler.adapters.database.columns import EVERY_TABLE, tenant_kind
from reconciler.adapters.database.natural_keys import key_condition, key_fields, key_part
from reconciler.adapters.database.own_tables import add_own_tables
from reconciler.adapters.database.storage import (
    BOOL,
    INT,
    TEXT,
    TYPES,
    metadata_for,
    partial_index,
    strict_table,
    utc_now,
)
from reconciler.model.catalog import Catalog
from reconciler.model.columns import Field, column_name
from reconciler.model.kind import Kind, Level, Status

_LONGEST_NAME = 63
"""PostgreSQL cuts longer names off."""


def metadata_of(catalog: Catalog, dialect: str = "") -> sa.MetaData:
    """All tables of the live database: those of the kinds, and our own; for one ``dialect``, or for both."""
    metadata = metadata_for(dialect)
    tenants = tenant_kind(catalog)
    for kind in catalog.values():
        _kind_table(metadata, catalog, kind, tenants)
    add_own_tables(metadata)
    return metadata


def _kind_table(metadata: sa.MetaData, catalog: Catalog, kind: Kind, tenants: Kind | None) -> None:
    items: list[SchemaItem] = [
        sa.Column("id", INT, sa.Identity(), primary_key=True),
        sa.Column("tenant", TEXT, nullable=kind.level is not Level.TENANT),
        sa.Column("tenant_key", TEXT, sa.Computed("coalesce(tenant, '')", persisted=True)),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("rev", INT, nullable=False, server_default="1"),
        sa.Column("created_at", TEXT, nullable=False, server_default=utc_now()),
        sa.Column("updated_at", TEXT, nullable=False, server_default=utc_now()),
        sa.Column("labels", TEXT, nullable=False, server_default="{}"),
        sa.Column("annotations", TEXT, nullable=False, server_default="{}"),
        sa.Column("protect", BOOL, nullable=False, server_default=sa.false()),
        sa.UniqueConstraint("tenant_key", "name", name=f"uq_{kind.table}_tenant_name"),
        sa.CheckConstraint("rev >= 1", name=f"ck_{kind.table}_rev"),
        _truth(kind.table, "protect"),
    ]
    if kind.level is Level.PLATFORM:
        items.append(sa.UniqueConstraint("name", name=f"uq_{kind.table}_name"))
        items.append(sa.CheckConstraint("tenant IS NULL", name=f"ck_{kind.table}_tenant"))
    elif tenants is not None:
        items.append(sa.ForeignKeyConstraint(["tenant"], [f"{tenants.table}.name"], name=f"fk_{kind.table}_tenant"))
    seen = set(EVERY_TABLE)
    for one in kind.fields:
        if not one.transient:
            items.extend(_field_items(catalog, kind, one, seen))
    for status in kind.status:
        if status.stored and status.column not in seen:
            seen.add(status.column)
            items.extend(_status_items(kind, status))
    items.extend(_natural_keys(metadata, catalog, kind))
    # AUTOINCREMENT, because a number that was given to the outside must not come back for another row.
    strict_table(kind.table, metadata, *items, numbered=True)


def _field_items(catalog: Catalog, kind: Kind, one: Field, seen: set[str]) -> Iterator[SchemaItem]:
    if one.type == "secret":
        name = column_name(one.path)
        seen.add(name)
        yield sa.Column(name, TEXT)
    for column in one.columns:
        if column.name in seen:
            continue
        seen.add(column.name)
        if one.state and kind.lifecycle is not None:
            yield sa.Column(column.name, TEXT, nullable=False, server_default=kind.lifecycle.entry)
            yield _among(kind.table, column.name, kind.lifecycle.states)
            continue
        yield sa.Column(column.name, TYPES[column.type], nullable=not _always(kind, one))
        if column.role == "value":
            yield from _checks(kind.table, column.name, one)
    if one.ref is not None and one.type == "text" and not one.ref.anywhere:
        yield from _foreign_key(catalog, kind, one)


def _status_items(kind: Kind, status: Status) -> Iterator[SchemaItem]:
    yield sa.Column(status.column, TYPES.get(status.type, TEXT))
    if status.words:
        yield _among(kind.table, status.column, status.words)
    if status.type == "bool":
        yield _truth(kind.table, status.column)


def _always(kind: Kind, one: Field) -> bool:
    """Whether the column can never be empty: required, not a secret, and not below an object that may be empty."""
    return one.required and not one.optional_parents and one.type != "secret" and kind.managed is None


def _checks(table: str, column: str, one: Field) -> Iterator[SchemaItem]:
    if one.type == "bool":
        yield _truth(table, column)
    elif one.words and one.type in ("text", "int"):
        yield _among(table, column, one.words)
    elif one.type == "int":
        low, high = _bounds(one)
        bounds = [f'"{column}" >= {low}'] if low is not None else []
        bounds += [f'"{column}" <= {high}'] if high is not None else []
        if bounds:
            yield sa.CheckConstraint(" AND ".join(bounds), name=f"ck_{table}_{column}")


def _bounds(one: Field) -> tuple[int | None, int | None]:
    low: int | None = None
    high: int | None = None
    for mark in _metadata(one):
        if isinstance(mark, annotated_types.Ge) and isinstance(mark.ge, int):
            low = mark.ge
        elif isinstance(mark, annotated_types.Le) and isinstance(mark.le, int):
            high = mark.le
        elif isinstance(mark, annotated_types.Gt) and isinstance(mark.gt, int):
            low = mark.gt + 1
        elif isinstance(mark, annotated_types.Lt) and isinstance(mark.lt, int):
            high = mark.lt - 1
    return low, high


def _metadata(one: Field) -> Iterator[Any]:
    """The marks of a field's type, also those below ``Annotated[...] | None``."""
    if one.info is None:
        return
    open_types: list[Any] = [one.info.annotation]
    found = list(one.info.metadata)
    while open_types:
        inner = open_types.pop()
        found.extend(getattr(inner, "__metadata__", ()))
        if hasattr(inner, "__metadata__"):
            open_types.append(inner.__origin__)
        else:
            open_types.extend(get_args(inner))
    for mark in found:
        yield mark
        yield from getattr(mark, "metadata", ())  # pydantic's Field() inside of Annotated keeps its bounds here


def _among(table: str, column: str, words: tuple[str | int, ...]) -> sa.CheckConstraint:
    listed = ", ".join(str(word) if isinstance(word, int) else f"'{word}'" for word in words)
    return sa.CheckConstraint(f'"{column}" IN ({listed})', name=f"ck_{table}_{column}")


def _truth(table: str, column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f'CAST("{column}" AS INTEGER) IN (0, 1)', name=f"ck_{table}_{column}")


def _foreign_key(catalog: Catalog, kind: Kind, one: Field) -> Iterator[SchemaItem]:
    if one.ref is None:
        return
    target = catalog[one.ref.kind]
    column = column_name(one.path)
    name = f"fk_{kind.table}_{column}"
    if target.level is Level.PLATFORM:
        yield sa.ForeignKeyConstraint([column], [f"{target.table}.name"], name=name)
        yield sa.Index(f"ix_{kind.table}_{column}", column)
    else:
        there = [f"{target.table}.tenant_key", f"{target.table}.name"]
        yield sa.ForeignKeyConstraint(["tenant_key", column], there, name=name)
        yield sa.Index(f"ix_{kind.table}_{column}", "tenant_key", column)


def _natural_keys(metadata: sa.MetaData, catalog: Catalog, kind: Kind) -> Iterator[SchemaItem]:
    for key in kind.unique:
        fields = key_fields(kind, key)
        if not fields:
            continue
        columns = [one.columns[0].name for one in fields]
        parts = [key_part(one, key, alone=len(fields) == 1) for one in fields]
        if key.within == "tenant" or any(_in_tenant(catalog, one) for one in fields):
            columns.insert(0, "tenant_key")
            parts.insert(0, "tenant_key")
        name = f"uq_{kind.table}_{'_'.join(columns)}"
        if len(name) > _LONGEST_NAME:
            name = f"uq_{kind.table}_{key.code.lower().replace('-', '_')}"
        where = key_condition(kind, key)
        plain = all(part == column for part, column in zip(parts, columns, strict=True))
        if plain and not where:
            yield sa.UniqueConstraint(*columns, name=name)
            continue
        things = [part if part == column else sa.text(part) for part, column in zip(parts, columns, strict=True)]
        if where:
            yield partial_index(name, metadata, *things, where=where, unique=True)
        else:
            yield sa.Index(name, *things, unique=True)


def _in_tenant(catalog: Catalog, one: Field) -> bool:
    """Whether the value is a name that means another thing in every tenant."""
    return one.ref is not None and catalog[one.ref.kind].level is not Level.PLATFORM
