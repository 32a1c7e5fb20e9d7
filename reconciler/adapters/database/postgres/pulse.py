"""Pulse of a server's database: what shows that nothing was written since a reading, or which rows were.

The journal tells, provided that it was complete all the time since. That is shown by the catalogue of the server: each
row of it carries the transaction that wrote it last, so that a trigger which was switched off and on again, a table
that was rewritten or emptied, a rule or a policy all leave a trace. What was as it must be at the reading, and has the
same traces now, was so in between. A server that was started or recovered meanwhile is believed nothing.

Entries of transactions that were under way at the reading may be committed later than newer ones. So every entry counts
as new whose transaction had not ended before the oldest that was under way then, unless the reading saw it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from pydantic_core import from_json, to_json

from reconciler.adapters.database.columns import APPROVALS, JOURNAL, META, RESOURCES, TENANTS
from reconciler.adapters.database.revisions import VERSION_TABLE
from reconciler.adapters.database.triggers.postgresql import wrong_in
from reconciler.model.catalog import Catalog
from reconciler.model.resource import Row

Ask = Callable[[str, Sequence[Any]], list[Row]]
"""Runs a statement, in which ``?`` stands for values, and gives all its rows as plain tuples."""

MOST = 10_000
"""Entries of transactions under way that a pulse names; where there are more, there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """A reading.

    ``facts`` is a digest of all that must be as it was; ``oldest`` and ``next`` are the oldest transaction that was
    under way and the next one; ``head`` is the newest entry of the journal, ``seen`` those that were read of
    transactions from ``oldest`` on.
    """

    facts: str
    oldest: int
    next: int
    head: int
    seen: tuple[int, ...]

    def written(self) -> str:
        """As text."""
        return to_json(asdict(self)).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of the journal: a row of a table that was written."""

    seq: int
    table: str
    tenant: str
    name: str
    operation: str


def pulse_in(text: str) -> Pulse | None:
    """What :meth:`Pulse.written` has written; None when it is anything else."""
    try:
        found = from_json(text)
        if type(found) is not dict or {type(found[one]) for one in ("oldest", "next", "head")} != {int}:
            return None
        if type(found["facts"]) is not str or not all(type(one) is int for one in found["seen"]):
            return None
        return Pulse(**{**found, "seen": tuple(found["seen"])})
    except (ValueError, TypeError, KeyError):
        return None


def take(ask: Ask, catalog: Catalog) -> Pulse | None:
    """The pulse of a transaction's one snapshot; None where the journal is not to be relied on."""
    if any(_doubts(ask, catalog)):
        return None
    oldest, following = _snapshot(ask)
    head = ask(f"SELECT coalesce(max(seq), 0) FROM {JOURNAL}", ())[0][0]  # noqa: S608  # a constant
    seen = ask(f"SELECT seq FROM {JOURNAL} WHERE xid >= ? ORDER BY seq LIMIT {MOST + 1}", (oldest,))  # noqa: S608  # constants
    if len(seen) > MOST:
        return None
    return Pulse(
        facts=_facts(ask, catalog), oldest=oldest, next=following, head=head, seen=tuple(row[0] for row in seen)
    )


def since(ask: Ask, catalog: Catalog, pulse: Pulse, *, most: int = MOST) -> list[Entry] | None:
    """What was written since a pulse, by rows; None where that cannot be known, or is more than ``most``."""
    _, following = _snapshot(ask)
    if following < pulse.next or _facts(ask, catalog) != pulse.facts:
        return None
    found = ask(_SINCE, (pulse.oldest, pulse.head, len(pulse.seen) + most + 1))
    if len(found) > len(pulse.seen) + most:
        return None
    seen, new = set(pulse.seen), list[Entry]()
    for seq, xid, *rest in found:
        if seq in seen:
            seen.discard(seq)
        elif xid is None or xid < pulse.oldest:
            return None  # it should have been there: the past is another one
        else:
            new.append(Entry(seq=seq, table=rest[0], tenant=rest[1], name=rest[2], operation=rest[3]))
    if seen or any(one.table == JOURNAL for one in new):
        return None  # somebody has cut the journal
    return new


def still(ask: Ask, catalog: Catalog, text: str) -> bool:
    """Whether nothing was written since a pulse, as the present snapshot of a transaction sees it."""
    pulse = pulse_in(text)
    return pulse is not None and since(ask, catalog, pulse, most=0) == []


def _snapshot(ask: Ask) -> tuple[int, int]:
    text = "pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint"
    ((oldest, following),) = ask(f"SELECT {text} FROM pg_current_snapshot() AS s", ())  # noqa: S608  # a constant
    return oldest, following


def _doubts(ask: Ask, catalog: Catalog) -> Iterator[str]:
    """Why the journal of this database may not hold everything, or a reading of its tables not only what they hold."""
    tables = _tables(catalog)
    found = ask(_OUT_OF_PLACE, (tables, tables))
    if found[0][0]:
        yield "a table is missing, no plain one, or not written alone"
    yield from wrong_in(lambda statement: ask(statement, ()), catalog, "A")


def _facts(ask: Ask, catalog: Catalog) -> str:
    """A digest of the server, the catalogue of our tables, and the small tables of ours that nothing journals."""
    tables = _tables(catalog)
    ((*server, traces),) = ask(_TRACES, (tables,))
    small = [sorted(map(tuple, ask(statement, ())), key=repr) for statement in _SMALL]
    return sha256(repr((tables, server, traces, small)).encode()).hexdigest()


def _tables(catalog: Catalog) -> list[str]:
    return sorted({*(kind.table for kind in catalog.values()), JOURNAL, RESOURCES})


_SINCE = f"""
SELECT seq, xid, table_name, tenant, name, operation FROM {JOURNAL} WHERE xid >= ? OR seq > ? ORDER BY seq LIMIT ?
"""  # noqa: S608  # a constant

_SMALL = (
    f"SELECT version_num FROM {VERSION_TABLE}",  # noqa: S608  # constants
    f"SELECT key, value FROM {META}",  # noqa: S608
    f"SELECT tenant, generation FROM {TENANTS}",  # noqa: S608
    f"SELECT digest, approver, approved_at, valid_until, rights, rules, withdrawn_at FROM {APPROVALS}",  # noqa: S608
)

_OWN_TRIGGERS = ", ".join(f"'{JOURNAL}_{event}'" for event in ("update", "delete", "truncate"))
_OUT_OF_PLACE = f"""
WITH ours AS (
    SELECT c.* FROM unnest(?::text[]) AS n JOIN pg_class c ON c.oid = to_regclass(quote_ident(n))
)
SELECT (SELECT count(*) FROM ours) <> cardinality(?::text[])
    OR EXISTS (SELECT FROM ours WHERE relkind <> 'r' OR relpersistence <> 'p' OR relrowsecurity
        OR relnamespace <> current_schema()::regnamespace)
    OR EXISTS (SELECT FROM pg_inherits i JOIN ours o ON o.oid IN (i.inhrelid, i.inhparent))
    OR EXISTS (SELECT FROM pg_rewrite r JOIN ours o ON o.oid = r.ev_class)
    OR EXISTS (SELECT FROM pg_policy p JOIN ours o ON o.oid = p.polrelid)
    OR EXISTS (SELECT FROM pg_subscription_rel s JOIN ours o ON o.oid = s.srrelid)
    OR EXISTS (SELECT FROM pg_trigger t JOIN ours o ON o.oid = t.tgrelid
        WHERE o.relname = '{JOURNAL}' AND NOT t.tgisinternal AND t.tgname NOT IN ({_OWN_TRIGGERS}))
"""  # noqa: S608  # constants
"""Whether a table of ours is not there, or is one whose rows may be written, hidden or kept elsewhere."""

_TRACES = """
WITH ours AS (
    SELECT c.oid, c.xmin, c.relname, c.relfilenode
    FROM unnest(?::text[]) AS n JOIN pg_class c ON c.oid = to_regclass(quote_ident(n))
), watching AS (
    SELECT t.oid, t.xmin, t.tgrelid, t.tgfoid, t.tgenabled FROM pg_trigger t JOIN ours o ON o.oid = t.tgrelid
    WHERE NOT t.tgisinternal
), traces AS (
    SELECT concat_ws(' ', 't', oid, xmin, relname, relfilenode) AS trace FROM ours
    UNION ALL SELECT concat_ws(' ', 'c', a.attrelid, a.attnum, a.xmin) FROM pg_attribute a
        JOIN ours o ON o.oid = a.attrelid WHERE a.attnum > 0
    UNION ALL SELECT concat_ws(' ', 'w', oid, xmin, tgrelid, tgfoid, tgenabled) FROM watching
    UNION ALL SELECT concat_ws(' ', 'f', p.oid, p.xmin) FROM pg_proc p WHERE p.oid IN (SELECT tgfoid FROM watching)
    UNION ALL SELECT concat_ws(' ', 'i', i.inhrelid, i.inhparent) FROM pg_inherits i
        JOIN ours o ON o.oid IN (i.inhrelid, i.inhparent)
    UNION ALL SELECT concat_ws(' ', 'r', r.oid, r.xmin) FROM pg_rewrite r JOIN ours o ON o.oid = r.ev_class
    UNION ALL SELECT concat_ws(' ', 'p', p.oid, p.xmin) FROM pg_policy p JOIN ours o ON o.oid = p.polrelid
    UNION ALL SELECT concat_ws(' ', 's', s.srrelid) FROM pg_subscription_rel s JOIN ours o ON o.oid = s.srrelid
)
SELECT extract(epoch FROM pg_postmaster_start_time())::text,
    (SELECT extract(epoch FROM stats_reset)::text FROM pg_stat_bgwriter),
    (SELECT oid::bigint FROM pg_database WHERE datname = current_database()), pg_is_in_recovery(), version(),
    (SELECT encode(sha256(convert_to(string_agg(trace, ';' ORDER BY trace COLLATE "C"), 'UTF8')), 'hex') FROM traces)
"""
"""What leaves a trace when anything is done to the tables, their triggers and functions, and when the server starts."""
