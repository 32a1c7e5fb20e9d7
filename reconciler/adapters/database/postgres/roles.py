"""What two roles that own nothing must be granted: one applies, one plans and sees no secret at rest."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from reconciler.adapters.database.columns import (
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
    at_rest,
    every_column,
)
from reconciler.adapters.database.revisions import VERSION_TABLE
from reconciler.model.catalog import Catalog

_APPLYING = {
    META: "SELECT",
    VERSION_TABLE: "SELECT",
    TENANTS: "SELECT, INSERT, UPDATE",
    RESOURCES: "SELECT, INSERT, UPDATE, DELETE",
    RUNS: "SELECT, INSERT",
    CHANGES: "SELECT, INSERT",
    IMAGES: "SELECT, INSERT",
    JOURNAL: "SELECT",
    APPROVALS: "SELECT, INSERT, UPDATE",
    FINDINGS: "SELECT, INSERT, UPDATE",
    OUTBOX: "SELECT, INSERT",
    SESSION: "SELECT",
}
"""Triggers write the journal with the rights of their owner, so nobody needs a right to write it."""

_SEEN_IMAGES = ("run", "kind", "tenant", "name", "facts", "mark")
"""What planning reads of images: everything but the former secrets at rest."""

_PLANNING = (META, VERSION_TABLE, TENANTS, RESOURCES, RUNS, CHANGES, JOURNAL, APPROVALS, FINDINGS)


def grants(catalog: Catalog, *, schema: str, applying: str, planning: str) -> str:
    """The statements, one a line. Roles are made elsewhere; ``schema`` holds the tables."""
    return "".join(f"{one.as_string(None)};\n" for one in _statements(catalog, schema, applying, planning))


def _statements(catalog: Catalog, schema: str, applying: str, planning: str) -> Iterator[sql.Composed]:
    for role in (applying, planning):
        yield sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), sql.Identifier(role))
    for kind in catalog.values():
        table, seen = (
            sql.Identifier(schema, kind.table),
            [one for one in every_column(kind) if one not in at_rest(kind)],
        )
        everything = sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}")
        yield everything.format(table, sql.Identifier(applying))
        columns = sql.SQL(", ").join(map(sql.Identifier, seen))
        yield sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(columns, table, sql.Identifier(planning))
    for name, rights in _APPLYING.items():
        yield sql.SQL("GRANT {} ON {} TO {}").format(
            sql.SQL(rights), sql.Identifier(schema, name), sql.Identifier(applying)
        )
    for name in _PLANNING:
        yield sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(schema, name), sql.Identifier(planning))
    yield sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(
        sql.SQL(", ").join(map(sql.Identifier, _SEEN_IMAGES)),
        sql.Identifier(schema, IMAGES),
        sql.Identifier(planning),
    )
