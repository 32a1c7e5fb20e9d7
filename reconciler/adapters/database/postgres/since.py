"""Since: what was written to a server's database since a reading, by the journal, where that can vouch for itself.

The journal tells, provided that it was complete all the time since. That is shown by the catalogue of the server: each
row of it carries the transaction that wrote it last, so that a trigger which was switched off and on again, a table
that was rewritten or emptied, a rule or a policy all leave a trace. What was as it must be at the reading, which
:mod:`.pulse` looks at, and has the same traces now, was so in between. A server that was started or recovered meanwhile
is believed nothing.

Who belongs to which role leaves no trace at a table, so it is asked as well which columns whoever reads may read now:
kept rows are no way round a right that was taken away.

Entries of transactions that were under way at the reading may be committed later than newer ones. So every entry counts
as new whose transaction had not ended before the oldest that was under way then, unless the reading saw it.

Needs neither a declaration nor a model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from reconciler.adapters.database.names import APPROVALS, JOURNAL, META, TENANTS, VERSION
from reconciler.model.dataclass import dataclass

Ask = Callable[[str, Sequence[Any]], Sequence[tuple[Any, ...]]]
"""Runs a statement, in which ``?`` stands for values, and gives all its rows as plain tuples."""

MOST = 10_000
"""Entries of transactions under way that a pulse names; where there are more, there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """A reading.

    ``facts`` is a digest of all that must be as it was, ``small`` one of our own small tables, which nothing journals.
    ``oldest`` and ``next`` are the oldest transaction that was under way and the next one; ``head`` is the newest entry
    of the journal, ``seen`` those that were read of transactions from ``oldest`` on. ``tables`` were read.
    """

    facts: str
    small: str
    oldest: int
    next: int
    head: int
    seen: tuple[int, ...]
    tables: tuple[str, ...]

    def written(self) -> str:
        """As text."""
        return json.dumps(asdict(self))


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
        found = json.loads(text)
        numbers = (found["oldest"], found["next"], found["head"], *found["seen"])
        words = (found["facts"], found["small"], *found["tables"])
        if any(type(one) is not int for one in numbers) or any(type(one) is not str for one in words):
            return None
        return Pulse(**{**found, "seen": tuple(found["seen"]), "tables": tuple(found["tables"])})
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def still(ask: Ask, text: str) -> bool:
    """Whether nothing was written since a pulse, as the present snapshot of a transaction sees it."""
    pulse = pulse_in(text)
    return pulse is not None and since(ask, pulse, most=0) == [] and small_of(ask) == pulse.small


def since(ask: Ask, pulse: Pulse, *, most: int = MOST) -> list[Entry] | None:
    """What was written since a pulse, by rows; None where that cannot be known, or is more than ``most``.

    It tells nothing of our own small tables: generations, approvals, the identity.
    """
    _, following = _snapshot(ask)
    if following < pulse.next or facts_of(ask, pulse.tables) != pulse.facts:
        return None
    found = ask(_SINCE, (pulse.oldest, pulse.head, len(pulse.seen) + most + 1))
    if len(found) > len(pulse.seen) + most:
        return None
    seen, new = set(pulse.seen), list[Entry]()
    for seq, xid, table, tenant, name, operation in found:
        if seq in seen:
            seen.discard(seq)
        elif xid is None or xid < pulse.oldest:
            return None  # it should have been there: the past is another one
        else:
            new.append(Entry(seq=seq, table=table, tenant=tenant, name=name, operation=operation))
    if seen or any(one.table == JOURNAL for one in new):
        return None  # somebody has cut the journal
    return new


def _snapshot(ask: Ask) -> tuple[int, int]:
    """The oldest transaction under way, and the next one."""
    text = "pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint"
    ((oldest, following),) = ask(f"SELECT {text} FROM pg_current_snapshot() AS s", ())  # noqa: S608  # a constant
    return oldest, following


def _head_of(ask: Ask) -> int:
    """The newest entry of the journal."""
    return int(ask(f"SELECT coalesce(max(seq), 0) FROM {JOURNAL}", ())[0][0])  # noqa: S608  # a constant


def _seen_of(ask: Ask, oldest: int) -> tuple[int, ...] | None:
    """The entries of transactions from ``oldest`` on; None where there are too many."""
    found = ask(f"SELECT seq FROM {JOURNAL} WHERE xid >= ? ORDER BY seq LIMIT {MOST + 1}", (oldest,))  # noqa: S608  # constants
    return None if len(found) > MOST else tuple(row[0] for row in found)


def pulse_now(ask: Ask, tables: tuple[str, ...], facts: str) -> Pulse | None:
    """The pulse of a transaction's one snapshot, whose ``facts`` are in order; None where too much goes on."""
    oldest, following = _snapshot(ask)
    seen = _seen_of(ask, oldest)
    if seen is None:
        return None
    return Pulse(
        facts=facts, small=small_of(ask), oldest=oldest, next=following, head=_head_of(ask), seen=seen, tables=tables
    )


def facts_of(ask: Ask, tables: Sequence[str]) -> str:
    """A digest of the server, of the revision and of what its catalogue says of some tables."""
    found = ask(_TRACES, (list(tables),))
    return sha256(repr((tables, [tuple(row) for row in found])).encode()).hexdigest()


def small_of(ask: Ask) -> str:
    """A digest of our own small tables, which are read as a whole each time."""
    found = [sorted(map(tuple, ask(statement, ())), key=repr) for statement in _SMALL]
    return sha256(repr(found).encode()).hexdigest()


_SINCE = f"""
(SELECT seq, xid, table_name, tenant, name, operation FROM {JOURNAL} WHERE xid >= ? OR seq > ? ORDER BY seq LIMIT ?)
UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL WHERE NOT EXISTS (
    SELECT FROM pg_class WHERE oid = to_regclass('{JOURNAL}') AND relfilenode = pg_relation_filenode(oid)
)
"""  # noqa: S608  # a constant
"""With an entry of no transaction where somebody has emptied the journal since this one began: it sees none then."""

_SMALL = (
    f"SELECT tenant, generation FROM {TENANTS}",  # noqa: S608  # constants
    f"SELECT digest, approver, approved_at, valid_until, rights, rules, withdrawn_at FROM {APPROVALS}",  # noqa: S608
)

_TRACES = f"""
WITH ours AS (
    SELECT c.oid, c.xmin, c.relname, pg_relation_filenode(c.oid) AS relfilenode  -- that of now, whatever is seen
    FROM unnest(?::text[]) AS n JOIN pg_class c ON c.oid = to_regclass(quote_ident(n))
), watching AS (
    SELECT t.oid, t.xmin, t.tgrelid, t.tgfoid, t.tgenabled FROM pg_trigger t JOIN ours o ON o.oid = t.tgrelid
    WHERE NOT t.tgisinternal
), traces AS (
    SELECT concat_ws(' ', 't', oid, xmin, relname, relfilenode) AS trace FROM ours
    UNION ALL SELECT concat_ws(' ', 'c', a.attrelid, a.attnum, a.xmin,
        has_column_privilege(a.attrelid, a.attnum, 'SELECT')) FROM pg_attribute a
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
    (SELECT encode(sha256(convert_to(string_agg(trace, ';' ORDER BY trace COLLATE "C"), 'UTF8')), 'hex') FROM traces),
    (SELECT string_agg(version_num, ' ') FROM {VERSION}),
    (SELECT string_agg(key || '=' || value, ' ' ORDER BY key COLLATE "C") FROM {META})
"""  # noqa: S608  # constants
"""What leaves a trace when anything is done to the tables, their triggers and functions, and when the server starts."""
