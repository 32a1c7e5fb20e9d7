"""New names: rows that move, and every row that names one, are written together before everything else of a plan.

References are foreign keys over names, so that neither end can be written first. A server judges keys at the end of a
statement: there all tables are written in one. An embedded database puts the judgement off for a moment and is asked
afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from reconciler.adapters.database.columns import FINDINGS, RESOURCES
from reconciler.adapters.database.faults import explain
from reconciler.adapters.database.netting import Sealed, Write
from reconciler.adapters.database.rows import chunks, read_back, renew_rows
from reconciler.adapters.database.trail import FINDING_COLUMNS, recorded, values_of
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.change import Action
from reconciler.model.columns import column_name
from reconciler.model.drift import FindingState, Recorded, finding_id
from reconciler.model.errors import RowRefused, Stale
from reconciler.model.failpoint import reach
from reconciler.model.kind import Kind
from reconciler.model.moved import Rewrite
from reconciler.model.plan import Plan

_HERE = ("b_tenant", "b_name", "b_rev")


def at_rest(
    connection: sa.Connection, metadata: sa.MetaData, catalog: Catalog, addresses: Sequence[Address]
) -> dict[tuple[Address, str], tuple[str, str | None]]:
    """The encrypted secrets of rows and their fingerprints, by address and field path."""
    by_kind: dict[str, list[Address]] = {}
    for one in addresses:
        by_kind.setdefault(one.kind, []).append(one)
    found: dict[tuple[Address, str], tuple[str, str | None]] = {}
    for name, group in by_kind.items():
        table = metadata.tables[catalog[name].table]
        for path in encrypted(catalog[name]):
            rest, mark = table.c[column_name(path)], table.c[f"{column_name(path)}_fingerprint"]
            wanted = sa.select(table.c.tenant_key, table.c.name, rest, mark).where(rest.is_not(None))
            key = sa.tuple_(table.c.tenant_key, table.c.name)
            for part in chunks(group):
                for row in connection.execute(wanted.where(key.in_([(one.tenant, one.name) for one in part]))):
                    found[(Address(name, row[0], row[1]), path)] = (row[2], row[3])
    return found


def encrypted(kind: Kind) -> list[str]:
    """The paths of the secrets that rest encrypted, which binds them to their address."""
    secrets = [one for one in kind.fields if one.type == "secret" and not one.transient]
    return [one.path for one in secrets if one.secret is None or one.secret.storage == "encrypted"]


def move_rows(
    connection: sa.Connection, metadata: sa.MetaData, catalog: Catalog, plan: Plan, sealed: Sealed, *, at: str
) -> frozenset[Address]:
    """Write the new names of a plan, by compare-and-set; gives the resources whose rows were written.

    Raises:
        Stale: a row does not have the revision that was planned against, or is gone (DB-09).
        RowRefused: a constraint refuses a row (DB-06).
        WorldError: what was read back differs (DB-07).
    """
    written = {(one.address, path) for one in plan.changes if one.action is not Action.MOVE for path in one.secrets}
    writes = [
        (one, _values(catalog[one.address.kind], one, sealed, written)) for one in plan.rewrites if one.rev is not None
    ]
    if not writes:
        return frozenset()
    by_table: dict[str, list[dict[str, Any]]] = {}
    for one, values in writes:
        by_table.setdefault(catalog[one.address.kind].table, []).append(
            {"b_tenant": one.previous.tenant, "b_name": one.previous.name, "b_rev": one.rev, "updated_at": at, **values}
        )
    try:
        with connection.begin_nested():
            done = _write(connection, metadata, by_table)
    except sa.exc.DBAPIError as error:
        raise explain(error.orig or error, "writing") from None
    reach("amid-rows")
    if done != len(writes):
        raise Stale("rows have moved since the plan was made", code="DB-09", hint="make a new plan")
    back = [Write(one.address, "update", {**values, "updated_at": at}, one.rev) for one, values in writes]
    read_back(connection, metadata, catalog, back)
    return frozenset(one.address for one, _ in writes)


def move_entries(connection: sa.Connection, metadata: sa.MetaData, rewrites: Sequence[Rewrite]) -> None:
    """Give ledger entries their new names, and what was applied last the new names in it."""
    table = metadata.tables[RESOURCES]
    rows = [
        {
            **{f"b_{part}": value for part, value in one.previous._asdict().items()},
            "v_name": one.address.name,
            "v_applied": one.applied,
        }
        for one in rewrites
        if one.applied is not None
    ]
    if rows:
        here = [getattr(table.c, part) == sa.bindparam(f"b_{part}") for part in Address._fields]
        renewed: dict[str, Any] = {"name": sa.bindparam("v_name"), "applied": sa.bindparam("v_applied")}
        connection.execute(sa.update(table).where(*here).values(renewed), rows)


def move_findings(connection: sa.Connection, metadata: sa.MetaData, rewrites: Sequence[Rewrite], *, at: str) -> None:
    """Carry open findings of drift to the new names, with their first time; under the old ones they are resolved."""
    table = metadata.tables[FINDINGS]
    names = {one.previous: one.address for one in rewrites if one.moves}
    if not names:
        return
    found: list[Recorded] = []
    key = sa.tuple_(table.c.kind, table.c.tenant, table.c.name)
    for part in chunks(names):
        there = sa.select(*(table.c[name] for name in FINDING_COLUMNS)).where(
            key.in_([tuple(one) for one in part]), table.c.state != FindingState.RESOLVED.value
        )
        found += (recorded(tuple(row)) for row in connection.execute(there))
    if not found:
        return
    values = [dict(zip(FINDING_COLUMNS, values_of(_at(one, names[one.address])), strict=True)) for one in found]
    renew_rows(connection, table, values, key=["id"])
    over = sa.update(table).where(table.c.id.in_([one.id for one in found]))
    connection.execute(over.values(state=FindingState.RESOLVED.value, resolved_at=at))


def _at(one: Recorded, address: Address) -> Recorded:
    return replace(one, id=finding_id(address, one.path, one.sort), address=address)


def _values(kind: Kind, one: Rewrite, sealed: Sealed, written: AbstractSet[tuple[Address, str]]) -> dict[str, Any]:
    values: dict[str, Any] = dict(one.columns)
    if one.moves:
        values["name"] = one.address.name
        for path in encrypted(kind):
            if (one.address, path) in sealed and (one.address, path) not in written:
                rest, mark = sealed[(one.address, path)]
                values[column_name(path)] = rest
                values[f"{column_name(path)}_fingerprint"] = mark
    return values


def _write(connection: sa.Connection, metadata: sa.MetaData, by_table: Mapping[str, list[dict[str, Any]]]) -> int:
    if connection.dialect.name == "postgresql":
        return _write_at_once(connection, by_table)
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    done = 0
    for name, rows in by_table.items():
        table = metadata.tables[name]
        here = [table.c.tenant_key == sa.bindparam("b_tenant"), table.c.name == sa.bindparam("b_name")]
        for row in rows:
            values: dict[str, Any] = {key: value for key, value in row.items() if key not in _HERE}
            statement = sa.update(table).where(*here, table.c.rev == sa.bindparam("b_rev"))
            done += connection.execute(
                statement.values({**values, "rev": table.c.rev + 1}), {key: row[key] for key in _HERE}
            ).rowcount
    near = {
        name
        for name, table in metadata.tables.items()
        if name in by_table or any(key.column.table.name in by_table for key in table.foreign_keys)
    }
    for name in sorted(near):
        for broken in connection.exec_driver_sql(f'PRAGMA foreign_key_check("{name}")'):
            raise RowRefused(
                f"the database refuses new names: {broken[0]} names what is not there; everything was rolled back",
                code="DB-06",
                hint="another program has broken a reference; look at the rows that are there",
            )
    # Only now: switching it off forgets what was put off.
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = OFF")
    return done


def _write_at_once(connection: sa.Connection, by_table: Mapping[str, list[dict[str, Any]]]) -> int:
    """All tables in one statement. A column that a row does not write is left out of its object and stays."""
    from psycopg import sql

    from reconciler.adapters.database.postgres.transactions import driver

    parts: list[sql.Composable] = []
    counts: list[sql.Composable] = []
    values: list[str] = []
    for place, (name, rows) in enumerate(by_table.items()):
        part = sql.Identifier(f"w{place}")
        columns = list(dict.fromkeys(key for row in rows for key in row if key not in _HERE))
        sets = [
            sql.SQL("{0} = CASE WHEN v.d ? {1} THEN v.d ->> {1} ELSE t.{0} END").format(
                sql.Identifier(one), sql.Literal(one)
            )
            for one in columns
        ]
        parts.append(
            sql.SQL(
                "{} AS (UPDATE {} AS t SET rev = t.rev + 1, {} FROM jsonb_array_elements(%s::jsonb) AS v(d) "
                "WHERE t.tenant_key = v.d ->> 'b_tenant' AND t.name = v.d ->> 'b_name' "
                "AND t.rev = (v.d ->> 'b_rev')::bigint RETURNING 1)"
            ).format(part, sql.Identifier(name), sql.SQL(", ").join(sets))
        )
        counts.append(sql.SQL("(SELECT count(*) FROM {})").format(part))
        values.append(json.dumps(rows))
    statement = sql.SQL("WITH {} SELECT {}").format(sql.SQL(", ").join(parts), sql.SQL(" + ").join(counts))
    found = driver(connection).execute(statement, values).fetchone()
    return 0 if found is None else int(found[0])


def steps_of(writes: Sequence[Write], moved: frozenset[Address]) -> Iterator[Write]:
    """Writes of rows that have been written once already: their revision is one more."""
    for one in writes:
        if one.address in moved and one.rev is not None:
            one.rev += 1
        yield one
