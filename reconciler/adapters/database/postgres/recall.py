"""Recall: reading a server's database by what is kept of the last reading and what the journal names since.

Rows that nothing has written since are taken from what is kept; those that were written are read anew, by their names.
Where the journal cannot vouch for it, or too much was written, all is read as ever. Our own small tables are read as a
whole each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from typing import Any

from reconciler.adapters.database.columns import CACHE_KEY, META, RESOURCES
from reconciler.adapters.database.keeping import Keeping
from reconciler.adapters.database.postgres.pulse import tables_of, take
from reconciler.adapters.database.postgres.since import Ask, Entry, Pulse, pulse_in, pulse_now, since
from reconciler.adapters.database.read import (
    LEDGER,
    approvals_of,
    generations_of,
    identity_of,
    ledger_entry,
    ledger_in,
    read_live,
    select_rows,
)
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.dataclass import dataclass
from reconciler.model.resource import LedgerEntry, Live, Row

AGAIN = 500
"""Entries of the journal after which what is kept is written anew."""
MOST = 5_000
"""Entries of the journal up to which rows are read one by one."""

Key = tuple[str, str]


def read(ask: Ask, catalog: Catalog, keeping: Keeping) -> Live:
    """Everything, as :func:`~reconciler.adapters.database.read.read_live` reads it, with a pulse where there is one."""

    def fetch(statement: str) -> list[Row]:
        return list(ask(statement, ()))

    key, shape = _key(ask), _shape(catalog)
    if keeping.trusts and key:
        found = _recalled(ask, catalog, keeping.recall(key, shape))
        if found is not None:
            live, entries = found
            if entries >= AGAIN and live.pulse:
                keeping.keep(key, shape, _things(live))
            return live
    live = read_live(fetch, catalog)
    if sum(map(len, live.rows.values())) < keeping.fewest:
        return live
    pulse = take(ask, catalog)
    if pulse is None:
        return live
    live = replace(live, pulse=pulse.written())
    if key:
        keeping.keep(key, shape, _things(live))
    return live


@dataclass(frozen=True, slots=True)
class _Kept:
    pulse: Pulse
    rows: dict[str, dict[Key, Row]]
    ledger: dict[Address, LedgerEntry]


def _things(live: Live) -> Iterator[Any]:
    """What is kept: the pulse, then rows under the name of their kind, then the ledger under none."""
    yield live.pulse
    for kind, rows in live.rows.items():
        yield kind
        yield from rows.values()
    yield ""
    for one in live.ledger.values():
        yield (*one.address, one.applied, one.source, one.commit, one.management)


def _kept(pulse: Pulse, things: Iterator[Any], catalog: Catalog) -> _Kept:
    rows: dict[str, dict[Key, Row]] = {name: {} for name in catalog}
    ledger: list[Row] = []
    kind = None
    for one in things:
        if type(one) is str:
            kind = one
        elif kind:
            rows[kind][one[:2]] = one
        else:
            ledger.append(one)
    return _Kept(pulse, rows, ledger_in(ledger, rows))


def _recalled(ask: Ask, catalog: Catalog, things: Iterator[Any]) -> tuple[Live, int] | None:
    """The database by what is kept, and how many entries of the journal are newer; None where that cannot be."""
    with suppress(OSError, RuntimeError, ValueError):
        pulse = pulse_in(next(things, ""))
        if pulse is None or pulse.tables != tables_of(catalog):
            return None
        new = since(ask, pulse, most=MOST)
        if new is None:
            return None
        kept = _kept(pulse, things, catalog)
        _read_again(ask, catalog, kept, new)
        now = pulse_now(ask, pulse.tables, pulse.facts)

        def fetch(statement: str) -> list[Row]:
            return list(ask(statement, ()))

        live = Live(
            identity=identity_of(fetch),
            rows=kept.rows,
            ledger=kept.ledger,
            generations=generations_of(fetch),
            approvals=approvals_of(fetch),
            pulse="" if now is None else now.written(),
        )
        return live, len(new)
    return None


def _read_again(ask: Ask, catalog: Catalog, kept: _Kept, new: Iterable[Entry]) -> None:
    """Read the rows anew that were written."""
    written: dict[str, set[Key]] = {}
    for one in new:
        written.setdefault(one.table, set()).add((one.tenant, one.name))
    for name, kind in catalog.items():
        keys = written.get(kind.table)
        if keys:
            rows = kept.rows[name]
            for key in keys:
                rows.pop(key, None)
            for row in ask(
                f"{select_rows(kind)} JOIN {_NAMED} ON w.t = one.tenant_key AND w.n = one.name", _lists(keys)
            ):
                rows[row[0], row[1]] = row
    keys = written.get(RESOURCES)
    if keys:
        for address in [one for one in kept.ledger if one[1:] in keys]:
            del kept.ledger[address]
        for row in ask(f"{LEDGER} AS r JOIN {_NAMED} ON w.t = r.tenant AND w.n = r.name", _lists(keys)):
            entry = ledger_entry(row)
            kept.ledger[entry.address] = entry


_NAMED = "unnest(?::text[], ?::text[]) AS w(t, n)"


def _lists(keys: Iterable[Key]) -> tuple[list[str], list[str]]:
    pairs = sorted(keys)
    return [tenant for tenant, _ in pairs], [name for _, name in pairs]


def _key(ask: Ask) -> bytes:
    found = ask(f"SELECT value FROM {META} WHERE key = ?", (CACHE_KEY,))  # noqa: S608  # a constant
    return str(found[0][0]).encode() if found else b""


def _shape(catalog: Catalog) -> bytes:
    """A digest of what is read, so that nothing is taken for what it is not."""
    selects = [(name, select_rows(kind)) for name, kind in catalog.items()]
    return sha256(repr((selects, LEDGER)).encode()).digest()
