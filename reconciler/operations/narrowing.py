"""Narrowing: do with a few tenants what was asked about them, where everything would lead to the same (ADR 50).

An attempt says what it lacks: tenants, which are read beside the others for the next attempt, or everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from reconciler.engine.approve import guardians
from reconciler.engine.beyond import people_by, sought
from reconciler.model.address import Address
from reconciler.model.errors import InvalidManifests
from reconciler.model.focus import Beyond, Focus, NeedsAll, Reading
from reconciler.model.partview import view_of
from reconciler.model.rule import Seek
from reconciler.model.tenantview import TenantLive
from reconciler.operations.request import Doors, People
from reconciler.operations.validate import Judged
from reconciler.ports import Look

T = TypeVar("T")

_ROUNDS = 8
"""How often more is read before everything is."""
_BESIDE = 50
"""How many tenants beside those of the targets are read before everything is."""


def narrowly(doors: Doors, attempt: Callable[[Doors, frozenset[str]], T]) -> T | None:
    """What comes of a part; None where that is not what comes of everything.

    ``attempt`` is handed doors that read the part, and the names of the tenants in it that are there only because
    something depends on them.
    """
    beside: frozenset[str] = frozenset()
    for _ in range(_ROUNDS):
        reader = None if doors.narrowed is None else doors.narrowed(beside)
        if reader is None or len(beside) > _BESIDE:
            return None
        try:
            return attempt(replace(doors, reader=reader), beside)
        except Beyond as more:
            beside |= more.tenants
        except (NeedsAll, InvalidManifests):
            return None
    return None


def reading_of(judged: Judged, beside: frozenset[str]) -> Reading:
    """Which tenants are read, once those are among them that a file of no tenant speaks of.

    Raises:
        Beyond: one is not.
        NeedsAll: the manifests ask for more than a part can tell: something moves, or nothing is declared.
    """
    focus = judged.manifests.focus
    if focus is None or judged.moves or not judged.resources:
        raise NeedsAll
    reading = Reading(focus=focus, beside=beside)
    see(reading, {one.address.tenant for one in judged.resources if one.address.tenant})
    return reading


def tenants_in(look: Look, doors: Doors, people: People, judged: Judged, reading: Reading) -> TenantLive:
    """The database as far as it was read, once nothing outside of it matters.

    Raises:
        Beyond: another tenant matters.
        NeedsAll: everything does.
    """
    declared = {one.address: one for one in judged.resources}
    live = look.tenants(reading, declared)
    if live is None:
        raise NeedsAll
    seeks = sought(view_of(doors.catalog, declared, live))
    asked = (*people.names, *people.makers)
    see(reading, {one.partition("/")[0] for one in asked if "/" in one})
    find(look, reading, seeks | people_by(doors.catalog, names=asked))
    if asked and not any(True for _ in guardians(doors.catalog, live)):
        raise NeedsAll
    return live


def find(look: Look, reading: Reading, seeks: set[Seek]) -> None:
    """See that whatever has one of some natural keys is read.

    Raises:
        Beyond: it is not.
        NeedsAll: they are no keys by which the database finds rows.
    """
    tenants = (_home(reading.focus, one) for one in look.holders(seeks))
    see(reading, {one for one in tenants if one})


def see(reading: Reading, tenants: Iterable[str]) -> None:
    """See that some tenants are read.

    Raises:
        Beyond: one is not.
    """
    missing = {one for one in tenants if not reading.has(one)}
    if missing:
        raise Beyond(*missing)


def _home(focus: Focus, address: Address) -> str:
    """The tenant that has to be read to know all of a resource."""
    return address.name if address.kind == focus.kind else address.tenant
