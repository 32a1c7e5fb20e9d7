"""Who may change which tenants: row locks in ``reconciler_tenants``, always taken in the same order.

The row of the platform is shared by applies that leave the platform alone, so that they go on side by side. Who holds
a row is told by what the row says of its last locker and by the server's list of transactions that still run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql

from reconciler.adapters.database.columns import TENANTS
from reconciler.adapters.database.postgres.transactions import driver
from reconciler.adapters.database.sqlstates import is_lost
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.run import Holder

CHAIN = 0x7265636F6E0001
UPGRADE = 0x7265636F6E0002
"""Keys of the two advisory locks: who adds to the audit, and who changes the schema. Both end with a transaction."""


def lock_tenants(connection: sa.Connection, tenants: Sequence[str]) -> None:
    """Lock the rows of tenants; that of the platform (``""``) is shared unless it is among them."""
    platform = "UPDATE" if "" in tenants else "SHARE"
    raw = driver(connection)
    raw.execute(f"SELECT FROM {TENANTS} WHERE tenant = '' FOR {platform}".encode())
    wanted = sorted(set(tenants) - {""})
    if not wanted:
        return
    missing = set(wanted) - _lock_rows(raw, wanted)
    if missing:
        # Tenants that this very plan creates. Whoever creates the same one waits here for the first.
        add = f"INSERT INTO {TENANTS} (tenant, generation) VALUES (%s, 0) ON CONFLICT DO NOTHING"  # noqa: S608  # a constant
        with raw.cursor() as cursor:
            cursor.executemany(add.encode(), [(one,) for one in sorted(missing)])
        _lock_rows(raw, wanted)


def lock_rows(connection: sa.Connection, catalog: Catalog, addresses: Iterable[Address]) -> None:
    """Lock the rows of resources against every program, kind by kind and in the order of their names."""
    by_kind: dict[str, list[Address]] = {}
    for one in sorted(addresses):
        by_kind.setdefault(one.kind, []).append(one)
    raw = driver(connection)
    for kind, group in sorted(by_kind.items()):
        statement = sql.SQL(
            "SELECT FROM {} JOIN unnest(%s::text[], %s::text[]) AS w(t, n) ON w.t = tenant_key AND w.n = name "
            'ORDER BY tenant_key COLLATE "C", name COLLATE "C" FOR UPDATE OF {}'
        ).format(*[sql.Identifier(catalog[kind].table)] * 2)
        raw.execute(statement, ([one.tenant for one in group], [one.name for one in group]))


def lock_chain(connection: sa.Connection) -> None:
    """Wait for those who add to the audit; its chain is one for all tenants. Needs no right on any table."""
    driver(connection).execute("SELECT pg_advisory_xact_lock(%s)", (CHAIN,))


def lock_schema(connection: sa.Connection) -> None:
    """Wait for those who change the schema."""
    driver(connection).execute("SELECT pg_advisory_xact_lock(%s)", (UPGRADE,))


def tenant_holders(connection: psycopg.Connection[Any], tenants: Sequence[str] | None = None) -> list[Holder]:
    """Who holds the rows of tenants, or the schema; of all tenants unless some are given."""
    where = sql.SQL("true") if tenants is None else sql.SQL("t.tenant = ANY({})").format(list(tenants))
    label = sql.SQL("CASE t.tenant WHEN '' THEN 'the platform' ELSE 'tenant ' || t.tenant END")
    found = _holding(connection, sql.Identifier(TENANTS), label, where)
    found += [_holder("the schema", who) for who in connection.execute(_SCHEMA, {"key": UPGRADE}).fetchall()]
    return sorted(set(found), key=_order)


def row_holders(connection: psycopg.Connection[Any], catalog: Catalog, addresses: Iterable[Address]) -> list[Holder]:
    """Who holds the rows of resources."""
    found: list[Holder] = []
    for kind, group in groupby(sorted(addresses), key=lambda one: one.kind):
        pairs = [(one.tenant, one.name) for one in group]
        key = sql.SQL("(t.tenant_key, t.name) IN (SELECT * FROM unnest({}::text[], {}::text[]))")
        where = key.format([one[0] for one in pairs], [one[1] for one in pairs])
        label = sql.SQL("{} || CASE t.tenant_key WHEN '' THEN '/' ELSE '/' || t.tenant_key || '/' END || t.name")
        found += _holding(connection, sql.Identifier(catalog[kind].table), label.format(kind), where)
    return sorted(set(found), key=_order)


def works_on(connection: psycopg.Connection[Any], run_id: str) -> bool:
    """Whether a connection of an apply that named itself after a run is open, or may be: a standby does not know."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s"
    whole = f"SELECT pg_is_in_recovery() OR ({asked}) > 0"
    row = connection.execute(whole.encode(), (f"reconciler {run_id}",)).fetchone()
    return row is not None and bool(row[0])


def told(found: Sequence[Holder]) -> str:
    """Who holds a lock, as words."""
    if not found:
        return "somebody else held a lock, and has let it go by now"
    return "; ".join(_sentence(one) for one in found[:3]) + (f"; and {len(found) - 3} more" if len(found) > 3 else "")


def _holding(
    connection: psycopg.Connection[Any], table: sql.Identifier, label: sql.Composable, where: sql.Composable
) -> list[Holder]:
    found: list[Holder] = []
    for what, mark, *who in connection.execute(_ALONE.format(label=label, table=table, where=where)).fetchall():
        if who[0] is not None:
            found.append(_holder(what, who))
        elif mark != "0":
            found += [_holder(what, one) for one in _sharing(connection, mark)]
    return found


def _order(one: Holder) -> tuple[str, int]:
    return (one.what, one.pid)


def _lock_rows(raw: psycopg.Connection[Any], wanted: Sequence[str]) -> set[str]:
    statement = f'SELECT tenant FROM {TENANTS} WHERE tenant = ANY(%s) ORDER BY tenant COLLATE "C" FOR UPDATE'  # noqa: S608  # a constant
    return {row[0] for row in raw.execute(statement.encode(), (list(wanted),)).fetchall()}


def _sharing(connection: psycopg.Connection[Any], mark: str) -> list[Sequence[Any]]:
    """Those who share a row. A mark of one who has gone names no group, which the server calls an error."""
    try:
        with connection.transaction():
            return connection.execute(_TOGETHER, {"mark": mark}).fetchall()
    except psycopg.errors.DatabaseError as error:
        if is_lost(error):
            raise
        return []


def _holder(what: str, who: Sequence[Any]) -> Holder:
    pid, user, application, state, since = who
    return Holder(
        what=what, pid=int(pid), user=user or "", application=application or "", state=state or "", since=since or ""
    )


def _sentence(one: Holder) -> str:
    name = f" ({one.application})" if one.application else ""
    since = f" since {one.since}" if one.since else ""
    return f"{one.what} is held by process {one.pid}{name} of user {one.user}{since}"


_WHO = """
    a.pid, a.usename::text, a.application_name, a.state,
    to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
"""
_RUNNING = "pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid AND a.pid <> pg_backend_pid()"
_ITS_NUMBER = "l.locktype = 'transactionid' AND l.granted AND l.mode = 'ExclusiveLock' AND l.transactionid"
_ALONE = sql.SQL(
    f"SELECT {{label}}, t.xmax::text, w.* FROM {{table}} t LEFT JOIN LATERAL "  # noqa: S608  # constants
    f"(SELECT {_WHO} FROM {_RUNNING} WHERE {_ITS_NUMBER} = t.xmax) w ON true WHERE {{where}}"
)
_TOGETHER = (
    f"SELECT {_WHO} FROM pg_get_multixact_members(%(mark)s::text::xid) m "  # noqa: S608  # constants
    f"JOIN pg_locks l ON {_ITS_NUMBER} = m.xid JOIN pg_stat_activity a ON a.pid = l.pid AND a.pid <> pg_backend_pid()"
).encode()
_SCHEMA = (
    f"SELECT {_WHO} FROM {_RUNNING} WHERE l.locktype = 'advisory' AND l.granted "  # noqa: S608  # constants
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND (l.classid::bigint << 32 | l.objid::bigint) = %(key)s"
).encode()
