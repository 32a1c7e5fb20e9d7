"""Images: what a run found before it wrote, row by row, so that it can be undone.

Of a row that stays the image holds the columns that the run writes, before and after; of a new or a deleted row all of
them. Former secrets stand apart, in the form in which they rested, in a column that plans never read: its hash is part
of what is under the hash of the image, and that one is part of the chain over all changes. An image may be thrown away,
and the chain still holds; it cannot be altered without being noticed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from operator import itemgetter
from typing import Any

from pydantic_core import from_json, to_json

from reconciler.adapters.database.columns import at_rest
from reconciler.adapters.database.netting import Write
from reconciler.model.address import Address
from reconciler.model.canonical import written
from reconciler.model.catalog import Catalog
from reconciler.model.dataclass import dataclass
from reconciler.model.past import Image
from reconciler.model.resource import LedgerEntry, Live
from reconciler.model.secret import key_of

IMAGE_COLUMNS = ("run", "kind", "tenant", "name", "facts", "sealed", "mark")

Resting = Callable[[str, Sequence[Address], Sequence[str]], Mapping[Address, Mapping[str, Any]]]
"""Gives columns of rows of a kind as they are now, by address: the kind, the rows, the columns."""

_HEAD = frozenset({"tenant", "name", "rev"})
_BORN = "created_at"
_under_hash = itemgetter("run", "kind", "tenant", "name", "facts", "mark")
_FORMER = "secrets"
_KEYS = "keys"
_WAS = "was"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledgers:
    """The ledger entries behind a run of the resources that it writes; None for those that it forgets.

    ``previous`` says where resources stood that the run moves, by their new address.
    """

    after: Mapping[Address, LedgerEntry | None]
    previous: Mapping[Address, Address] = field(default_factory=dict)


def images_of(
    run: str, catalog: Catalog, live: Live, writes: Iterable[Write], *, ledgers: Ledgers, resting: Resting
) -> Iterator[tuple[tuple[Any, ...], str]]:
    """The rows of the table, one a resource, each the values of :data:`IMAGE_COLUMNS`, with the hash of the image.

    ``live`` is the database before the first write of the run, and former secrets are asked for at once.
    """
    by_address = {one.address: one for one in writes}
    secrets = _secrets(catalog, by_address.values(), ledgers.previous, resting)
    for address in sorted({*by_address, *ledgers.after}):
        facts = _facts(catalog, live, address, by_address.get(address), ledgers)
        row = _row(run, address, facts, secrets.get(address))
        yield row, _hash((*row[:5], row[6]))


def hash_of(row: Mapping[str, Any]) -> str:
    """The hash of an image; what was sealed is in it by its own hash, so that nobody has to read it."""
    return _hash(_under_hash(row))


def _hash(values: tuple[Any, ...]) -> str:
    return hashlib.sha256(written(values)).hexdigest()


def image_from(address: Address, facts: str) -> Image | None:
    """An image as it was kept; None for what has not the shape of one."""
    try:
        found = from_json(facts)
        ledger = found["ledger"]
        return Image(
            address=address,
            before=found["before"],
            after=found["after"],
            ledger_before=_entry(address, ledger[0]),
            ledger_after=_entry(address, ledger[1]),
            secrets=frozenset(found.get(_FORMER, ())),
            keys=found.get(_KEYS, {}),
            was=Address.parse(found[_WAS]) if _WAS in found else None,
        )
    except (ValueError, KeyError, TypeError, IndexError):
        return None


def rests_from(sealed: str | None, mark: str | None) -> Mapping[str, str | None] | None:
    """The former secrets of an image by column; None when they are not what was kept."""
    if sealed is None or mark is None or _mark(sealed) != mark:
        return None
    try:
        found = from_json(sealed)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _row(run: str, address: Address, facts: dict[str, Any], secrets: Mapping[str, Any] | None) -> tuple[Any, ...]:
    if not secrets:
        return (run, *address, _told(facts), None, None)
    resting = dict(secrets)
    born = resting.pop(_BORN, None)
    if born is not None and facts["before"] is not None:
        facts["before"][_BORN] = born
    if resting:
        facts[_FORMER] = sorted(resting)
        keys = {column: key for column, rest in sorted(resting.items()) if rest and (key := key_of(rest))}
        facts.update({_KEYS: keys} if keys else {})
    sealed = to_json(resting).decode() if resting else None
    return (run, *address, _told(facts), sealed, None if sealed is None else _mark(sealed))


def _told(facts: Mapping[str, Any]) -> str:
    write = written if facts["before"] is None else to_json  # a live value may be any number
    return write(facts, fallback=str).decode()


def _facts(catalog: Catalog, live: Live, address: Address, write: Write | None, ledgers: Ledgers) -> dict[str, Any]:
    was = ledgers.previous.get(address, address)
    entry = live.ledger.get(was)
    last = ledgers.after.get(address, entry)
    before: dict[str, Any] | None = {}
    after: dict[str, Any] | None = {}
    row = live.row(was)
    if write is None:
        before, after = (None, None) if row is None else (before, after)
    else:
        index = catalog[address.kind].index
        here = [one for one in index if one not in _HEAD]
        if write.operation == "insert":
            before = None
            after = {one: write.values[one] for one in here if write.values.get(one) is not None}
        elif row is not None:
            if write.operation == "update":
                here = [one for one in here if one in write.values]
            before = {one: row[index[one]] for one in here}
            after = {one: write.values[one] for one in here} if write.operation == "update" else None
    facts = {"before": before, "after": after, "ledger": [_listed(entry), _listed(last)]}
    return facts if was == address else {**facts, _WAS: str(was)}


def _secrets(
    catalog: Catalog, writes: Iterable[Write], previous: Mapping[Address, Address], resting: Resting
) -> Mapping[Address, Mapping[str, Any]]:
    """The secrets at rest that are about to be written over, or to go with their row. They rest where the row stood."""
    wanted: dict[tuple[str, tuple[str, ...]], list[Address]] = {}
    for one in writes:
        rest = at_rest(catalog[one.address.kind])
        if one.operation == "delete":
            wanted.setdefault((one.address.kind, (*sorted(rest), _BORN)), []).append(one.address)
        elif one.operation == "update" and (columns := tuple(sorted(rest & one.values.keys()))):
            wanted.setdefault((one.address.kind, columns), []).append(one.address)
    found: dict[Address, Mapping[str, Any]] = {}
    for (kind, columns), addresses in wanted.items():
        stood = {previous.get(one, one): one for one in addresses}
        found.update({stood[was]: one for was, one in resting(kind, list(stood), columns).items()})
    return found


def _listed(entry: LedgerEntry | None) -> list[Any] | None:
    return None if entry is None else [entry.applied, entry.source, entry.commit, entry.management]


def _entry(address: Address, kept: Sequence[Any] | None) -> LedgerEntry | None:
    return None if kept is None else LedgerEntry(address, *kept)


def _mark(sealed: str) -> str:
    return hashlib.sha256(sealed.encode()).hexdigest()


def altered(rows: Iterable[Sequence[Any]]) -> Iterator[int]:
    """The numbers of changes whose image is not what was kept; a row is a number, a hash, and an image's columns."""
    names = ("run", "kind", "tenant", "name", "facts", "mark")
    for number, expected, *values in rows:
        if hash_of(dict(zip(names, values, strict=True))) != expected:
            yield number
