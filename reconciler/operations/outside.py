"""Outside: manifests about what nobody who asks may read. They take no part in a plan, whatever there is.

So the plan, and every word about it, is the same whether such a resource equals its manifest, differs from it, is not
managed, or does not exist: it is the plan that would be made without the manifest. That it is there is denied, unless
the call leaves it out, or nothing about it has changed since the commit of ``--base``, which git alone tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.engine.authorize import outside_denials
from reconciler.engine.lens import Lens
from reconciler.engine.rebase import rebase
from reconciler.engine.resolve.references import out_of_sight
from reconciler.model.access import RoleWord
from reconciler.model.address import Address
from reconciler.model.authorization import Carriers
from reconciler.model.catalog import Catalog
from reconciler.model.dataclass import dataclass
from reconciler.model.denial import Denial
from reconciler.model.encode import field_value
from reconciler.model.focus import NeedsAll
from reconciler.model.kind import Kind
from reconciler.model.moved import Move
from reconciler.model.placing import path_key
from reconciler.model.principal import Principal
from reconciler.model.resource import FileRefused, Live, Resource
from reconciler.model.rights import Rights
from reconciler.model.source import Source
from reconciler.model.spec import FileSource
from reconciler.model.view import Entity, View
from reconciler.operations.people import actor, summon
from reconciler.operations.request import Doors, Former, ReadFile, Request
from reconciler.operations.validate import Judged

_Selects = Callable[[Address], bool]
_OF_FILES = frozenset({"file", "textOrFile"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What takes part in a plan. ``hidden`` is declared or managed, and nobody who asks may read anything of it.

    ``blind`` are references, by resource, path and name, to what they may not read; ``left_out`` counts the manifests
    that are set aside without a denial.
    """

    judged: Judged
    hidden: frozenset[Address] = frozenset()
    blind: frozenset[tuple[Address, str, str]] = frozenset()
    left_out: int = 0
    denials: tuple[Denial, ...] = ()


def set_aside(doors: Doors, request: Request, judged: Judged, live: Live, *, selects: _Selects) -> Inside:
    """Take out what lies outside of the reach of those who ask, where their reach ends anywhere.

    ``selects`` says what the call is about: what it leaves out is set aside and not denied.

    Raises:
        Denied: one of those who ask is nobody (OPR-09).
    """
    if not request.people.strict:
        return Inside(judged=judged)
    rights = Rights(doors.catalog, live, doors.now)
    asking = _bounded(summon(rights, request.people, live))
    # A plan file goes as far as those could see for whom it was made, whoever asks about it.
    making = tuple(actor(rights, one) for one in request.people.reach)
    groups = [one for one in (asking, _bounded(Carriers(people=making))) if one]
    if not groups:
        return Inside(judged=judged)
    if judged.since is not None:
        raise NeedsAll  # what lies outside of somebody's reach has to be known whole
    before = View(doors.catalog, {}, live)
    moves, stray = _moves(_Eyes([Lens(rights, one, before) for one in groups]), live, judged.moves)
    live = rebase(doors.catalog, live, moves).live
    declared = {one.address: one for one in judged.resources}
    eyes = _looking(doors, groups, declared, live)
    outside = frozenset(one for one in declared if not eyes.sees(one))
    hidden = outside.union(one for one in live.ledger if not eyes.sees(one))
    # The commit before makes denials and nothing else: the plan is the same for whoever makes it without.
    former = request.former() if request.former is not None and asking and not request.mine else None
    told: dict[Address, tuple[Resource[Any] | None, Source | None]] = {}
    for one in _changed(doors.catalog, outside | _gone(doors, groups, declared, live, former), judged, former):
        told[one.address] = one, one.document.places.nearest(("metadata", "name"))
    for move in stray:
        if move.address not in told and not _settled(move, former):
            told[move.address] = declared.get(move.address), move.source
    denied = [
        (Entity(address, doors.catalog[address.kind], resource, None), source)
        for address, (resource, source) in sorted(told.items())
        if selects(address) and not request.mine
    ]
    mine = [one.address for one in judged.resources]
    kept = tuple(one for one in judged.resources if one.address not in outside)
    named = {entity.address for entity, _ in denied}
    return Inside(
        judged=replace(
            judged,
            resources=kept,
            moves=moves,
        ),
        hidden=hidden,
        blind=out_of_sight(View(doors.catalog, declared, live), kept, eyes.sees),
        left_out=sum(one in outside and one not in named and selects(one) for one in mine),
        denials=outside_denials(rights, asking, denied) if denied and asking else (),
    )


class _Eyes:
    """Several lenses, one behind the other."""

    def __init__(self, lenses: Sequence[Lens]) -> None:
        self._lenses = lenses

    def sees(self, address: Address) -> bool:
        """Whether all of them show anything of a resource."""
        return all(one.sees(address) for one in self._lenses)


def _looking(
    doors: Doors, groups: Sequence[tuple[Principal, ...]], declared: Mapping[Address, Resource[Any]], live: Live
) -> _Eyes:
    """What those groups see of live data and of manifests."""
    view = View(doors.catalog, declared, live)
    planned = Rights(doors.catalog, live, doors.now, planned=view)
    return _Eyes([Lens(planned, one, view) for one in groups])


def _gone(
    doors: Doors,
    groups: Sequence[tuple[Principal, ...]],
    declared: Mapping[Address, Resource[Any]],
    live: Live,
    former: Former | None,
) -> frozenset[Address]:
    """What lies outside and had a manifest at the commit before, and has none now."""
    before = {} if former is None else {one.address: one for one in former.resources}
    gone = before.keys() - declared.keys()
    if not gone:
        return frozenset()
    eyes = _looking(doors, groups, {**before, **declared}, live)
    return frozenset(one for one in gone if not eyes.sees(one))


def _bounded(carriers: Carriers | None) -> tuple[Principal, ...]:
    """Those whose reach ends somewhere; nobody, when one of them reads something of everything."""
    people = () if carriers is None else carriers.people
    return () if any(one.role is RoleWord.ADMINISTRATOR for one in people) else people


def unmanaged(live: Live, hidden: frozenset[Address]) -> Live:
    """Live data as though some resources were managed by nobody: their rows stay, for others name them."""
    if not hidden:
        return live
    return replace(live, ledger={one: entry for one, entry in live.ledger.items() if one not in hidden})


def _moves(eyes: _Eyes, live: Live, moves: Sequence[Move]) -> tuple[tuple[Move, ...], list[Move]]:
    """The moves that take part, and those that are denied. What is done already is neither.

    A move is denied where its old name may not be read, be there something or not; but where the new one is there and
    may be read, the move is done as far as anybody may know.
    """
    onward = {one.previous: one for one in moves}
    kept: list[Move] = []
    stray: list[Move] = []
    for one in moves:
        last = one
        while last.address in onward and last.address != one.previous:
            last = onward[last.address]
        done = live.row(last.address) is not None and eyes.sees(last.address)
        if eyes.sees(one.previous):
            kept.append(one)
        elif not done:
            stray.append(one)
    return tuple(kept), stray


def _settled(move: Move, former: Former | None) -> bool:
    before = () if former is None else former.moves
    return any((one.previous, one.address) == (move.previous, move.address) for one in before)


def _changed(
    catalog: Catalog, outside: frozenset[Address], judged: Judged, former: Former | None
) -> Iterator[Resource[Any]]:
    """The manifests that git has changed since the commit before, taken away ones too; without one, all of them."""
    declared = {one.address: one for one in judged.resources}
    before = {} if former is None else {one.address: one for one in former.resources}
    for address in sorted(outside):
        kind, now, then = catalog[address.kind], declared.get(address), before.get(address)
        if former is None or now is None or then is None:
            yield from filter(None, [now or then])
        elif now.document.tree != then.document.tree or _files(kind, now, judged.read_file) != _files(
            kind, then, former.read_file
        ):
            yield now


def _files(kind: Kind, resource: Resource[Any], read_file: ReadFile | None) -> Mapping[str, bytes | None]:
    """What the files hold that a manifest names, by field; None for one that cannot be read."""
    found: dict[str, bytes | None] = {}
    for field in kind.fields:
        source = field_value(field, resource) if field.type in _OF_FILES else None
        if isinstance(source, FileSource):
            holder = resource.document.holder((*path_key(field.path), "fromFile"))
            try:
                found[field.path] = None if read_file is None else read_file(holder, source.from_file)
            except FileRefused:
                found[field.path] = None
    return found
