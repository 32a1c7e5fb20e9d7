"""Part: what of the live data some people may read, and what can be said with no more than that.

Making the part is default deny: a field stays when one of them may read it, a resource when any field of it stays.
Planning with a part never takes what is missing for what does not exist: see :func:`fill`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from reconciler.model.access import Reach
from reconciler.model.address import Address
from reconciler.model.canonical import object_in
from reconciler.model.catalog import Catalog
from reconciler.model.columns import UNMANAGED
from reconciler.model.difference import Differences, Standing
from reconciler.model.doubt import Doubt
from reconciler.model.kind import Kind
from reconciler.model.principal import Principal
from reconciler.model.resource import AWAITED, Live, Resource, Row
from reconciler.model.rights import Rights
from reconciler.model.view import Entity, View

Readable = Callable[[Address], frozenset[str]]
"""Gives the field paths of a resource that may be read."""

STATE = "state"
_HEAD = 3
_WHOLE = (Reach.ALL,)


def part_of(rights: Rights, people: Sequence[Principal], live: Live, readable: Readable) -> Live:
    """Live data without what none of ``people`` may read; columns that stay away are :data:`UNMANAGED`."""
    rows: dict[str, Mapping[tuple[str, str], Row]] = {}
    kept: dict[Address, frozenset[str]] = {}
    for name, kind in rights.catalog.items():
        found: dict[tuple[str, str], Row] = {}
        for key, row in live.rows.get(name, {}).items():
            address = Address(name, *key)
            paths = readable(address)
            if not paths:
                continue
            kept[address] = paths
            found[key] = _without(row, _hidden(rights, people, Entity(address, kind, None, row), paths))
        rows[name] = found
    ledger = {}
    for address, entry in live.ledger.items():
        kind_of = rights.catalog.get(address.kind)
        if kind_of is None:
            continue
        # Of a managed resource without a row nothing but its address can be told, where that may be read.
        paths = kept.get(address) or readable(address)
        if paths:
            ledger[address] = replace(entry, applied=_applied(kind_of, entry.applied, paths))
    # How often others have applied is nothing to them; generations serve an apply, and there is none of a part.
    return Live(identity=live.identity, rows=rows, ledger=ledger, generations={})


def fill(
    catalog: Catalog, live: Live, people: Sequence[Principal], resources: Iterable[Resource[Any]], now: datetime
) -> Live:
    """A part of the live data with what is needed to plan beside it, and with its doubts.

    A declared resource that the part does not hold is new where ``people`` would read it if it were there. Otherwise
    nobody can say whether it exists: it gets a stand-in that equals its manifest.
    """
    declared = {one.address: one for one in resources}
    rows = {name: dict(live.rows.get(name, {})) for name in catalog}
    partly: set[Address] = set()
    for name, kind in catalog.items():
        for key, row in rows[name].items():
            if any(value is UNMANAGED for value in _told(kind, row)):
                address = Address(name, *key)
                partly.add(address)
                rows[name][key] = _with_state(kind, row, declared.get(address))
    reach = _Reach(catalog, replace(live, rows=rows), people, declared, now)
    missing = [one for one in declared if (one.tenant, one.name) not in rows.get(one.kind, {})]
    unread = {one for one in missing if not reach.would_read(one)}
    for one in unread:
        kind = catalog[one.kind]
        row = (one.tenant, one.name, 0, *(UNMANAGED for _ in range(len(kind.index) - _HEAD)))
        rows[one.kind][(one.tenant, one.name)] = _with_state(kind, row, declared[one])
    doubt = Doubt(
        unread=frozenset(unread),
        partly=frozenset(partly),
        absent=frozenset(missing) - unread,
        whole=frozenset(name for name in catalog if reach.whole(catalog[name])),
    )
    return replace(live, rows=rows, doubt=doubt)


def certain(differences: Differences, doubt: Doubt) -> Differences:
    """Differences without those of resources that nobody has read, and without renewals of ledgers read in part."""
    unread = {one.address for one in differences.items} & doubt.unread
    renewed = {
        one.address for one in differences.items if one.standing is Standing.STALE and one.address in doubt.partly
    }
    left = unread | renewed
    items = tuple(one for one in differences.items if one.address not in left)
    # Stand-ins that differ in nothing have been counted as unchanged; what only seems to need a renewal has not.
    unchanged = differences.unchanged - len(doubt.unread - unread) + len(renewed)
    return Differences(items=items, unchanged=unchanged)


# --- making the part -------------------------------------------------------------------------------------------------


def _hidden(rights: Rights, people: Sequence[Principal], entity: Entity, paths: frozenset[str]) -> frozenset[int]:
    kind = entity.kind
    if len(paths) == len(kind.fields):
        hidden = set()
    else:
        hidden = {kind.index[one.name] for one in kind.columns if one.path not in paths}
    known = {column.name for column in kind.columns}
    for one in kind.status:
        if one.compute is None and one.column in kind.index and one.column not in known:
            asked = (rights.decide(who, "read", entity, path=f"status.{one.path}") for who in people)
            if not any(verdict.allowed for verdict in asked):
                hidden.add(kind.index[one.column])
    return frozenset(hidden)


def _without(row: Row, hidden: frozenset[int]) -> Row:
    if not hidden:
        return row
    return tuple(UNMANAGED if place in hidden else value for place, value in enumerate(row))


def _applied(kind: Kind, text: str, paths: frozenset[str]) -> str:
    """What was applied last, of the fields that may be read. What cannot be read as such is left out."""
    found = object_in(text)
    if found is None:
        return "{}"
    names = {one.name for one in kind.columns if one.path in paths and one.role != "fingerprint"}
    names |= {AWAITED} if STATE in paths else set()
    if names.issuperset(found):
        return text
    return to_json({name: value for name, value in found.items() if name in names}).decode()


# --- planning with it ------------------------------------------------------------------------------------------------


def _told(kind: Kind, row: Row) -> Iterable[Any]:
    """The values of a row that a snapshot holds when it is read whole: fingerprints it never does."""
    fingerprints = {kind.index[one.name] for one in kind.columns if one.role == "fingerprint"}
    return (value for place, value in enumerate(row) if place not in fingerprints)


def _with_state(kind: Kind, row: Row, resource: Resource[Any] | None) -> Row:
    """A life cycle that was not read stands where the manifest wants it."""
    if kind.lifecycle is None or row[kind.index[STATE]] is not UNMANAGED:
        return row
    wanted = None if resource is None else getattr(resource.spec, "state", None)
    place = kind.index[STATE]
    return (*row[:place], kind.lifecycle.entry if wanted is None else str(wanted), *row[place + 1 :])


class _Reach:
    """What ``people`` would read of resources, judged by the part that they have."""

    def __init__(
        self,
        catalog: Catalog,
        live: Live,
        people: Sequence[Principal],
        declared: Mapping[Address, Resource[Any]],
        now: datetime,
    ) -> None:
        self._catalog = catalog
        self._live = live
        self._people = people
        self._declared = declared
        self._rights = Rights(catalog, live, now, planned=View(catalog, declared, None))
        self._known: dict[Address, bool] = {}

    def whole(self, kind: Kind) -> bool:
        """Whether they read every field of every resource of a kind."""
        rows = [one for one in kind.allow if one.verb == "read"]
        return bool(rows) and any(
            all(row.grant(who.role).reach in _WHOLE and not row.grant(who.role).condition for row in rows)
            for who in self._people
        )

    def would_read(self, address: Address) -> bool:
        """Whether a declared resource would be part of what they have, if it existed. When in doubt it would not."""
        known = self._known.get(address)
        if known is None:
            self._known[address] = False  # of two that belong to each other neither says anything about the other
            known = self._known[address] = self._judged(address)
        return known

    def _judged(self, address: Address) -> bool:
        kind = self._catalog[address.kind]
        # What stands above it may be another one in the database than in the manifest; who owns it may not.
        moves = any(one.ref is not None and one.ref.part == "structure" for one in kind.references)
        entity = Entity(address, kind, None if moves else self._declared[address], None)
        paths = {path for row in kind.allow if row.verb == "read" for path in row.fields}
        if not any(
            self._rights.decide(who, "read", entity, path="" if path == "*" else path).allowed
            for path in sorted(paths)
            for who in self._people
        ):
            return False
        return self.whole(kind) or all(
            self.would_read(one)
            for one in self._rights.around(entity)
            if one != address and one in self._declared and self._live.row(one) is None
        )


__all__ = ["certain", "fill", "part_of"]
