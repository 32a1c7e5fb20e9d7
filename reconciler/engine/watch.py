"""Watch: which transitions lie between what was remembered and what is found now, and how findings are counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.address import PLATFORM, Address
from reconciler.model.drift import DriftFinding, DriftReport, FindingState, Recorded, finding_id, resolved
from reconciler.model.formats import NAME_PATTERN
from reconciler.model.selection import Selects
from reconciler.model.watch import OTHER_TENANTS, PLATFORM_LEVEL, Transition, Turn, transition_id

TENANTS = 100
"""Tenants with numbers of their own: those with the most findings."""

_OPEN = frozenset({FindingState.NEW, FindingState.KNOWN, FindingState.WAIVED})
_NAME = re.compile(NAME_PATTERN)


def advance(
    before: Mapping[str, Recorded], report: DriftReport, *, at: str, selects: Selects, partial: bool = False
) -> tuple[list[Transition], dict[str, Recorded]]:
    """What turned between two rounds, in order of address and path, and what is remembered from now on.

    A partial round ends nothing: what it does not find may be hidden by a manifest that is not valid, and a waiver that
    cannot be read has not run out.
    """
    turned: list[Transition] = []
    after = dict(before)
    for one in report.findings:
        old = before.get(one.id)
        seen = old is not None and old.state in _OPEN
        turn = _turn(old.state if old is not None and seen else None, one.state)
        if turn is Turn.RETURNED and partial:
            continue
        if turn is not None:
            turned.append(_transition(turn, one, old, at))
        after[one.id] = Recorded(
            id=one.id,
            address=one.stands,
            path=one.path,
            sort=one.sort,
            state=one.state,
            first_seen=old.first_seen if old is not None and seen else one.first_seen or report.as_of,
            last_seen=report.as_of,
            waiver=None if one.waiver is None else one.waiver.name,
        )
    here = {one.id for one in report.findings}
    for old in before.values():
        if old.id in here or old.state not in _OPEN or partial or not selects(old.address):
            continue
        turned.append(_transition(Turn.RESOLVED, resolved(old, report.moves), old, at))
        after[old.id] = Recorded(
            id=old.id,
            address=old.address,
            path=old.path,
            sort=old.sort,
            state=FindingState.RESOLVED,
            first_seen=old.first_seen,
            last_seen=old.last_seen,
            waiver=old.waiver,
            resolved_at=report.as_of,
        )
    return sorted(turned, key=_place), after


def carried(before: Mapping[str, Recorded], moved: Mapping[Address, Address]) -> dict[str, Recorded]:
    """What is remembered, under the new names of what has ``moved``, by the old ones: since when it is off stays."""
    found = {}
    for one in before.values():
        address = moved.get(one.address, one.address)
        number = one.id if address == one.address else finding_id(address, one.path, one.sort)
        found[number] = replace(one, id=number, address=address)
    return found


def counted(report: DriftReport) -> dict[tuple[str, str, str], int]:
    """How many findings there are by tenant, kind and state: at most :data:`TENANTS` tenants, the rest together."""
    by_tenant = Counter(_tenant(one) for one in report.findings)
    ranked = sorted(by_tenant, key=lambda name: (-by_tenant[name], name))
    own = {*ranked[:TENANTS], PLATFORM_LEVEL}
    found: Counter[tuple[str, str, str]] = Counter()
    for one in report.findings:
        tenant = _tenant(one)
        found[tenant if tenant in own else OTHER_TENANTS, one.address.kind, str(one.state)] += 1
    return dict(found)


def _turn(before: FindingState | None, now: FindingState) -> Turn | None:
    waived = now is FindingState.WAIVED
    if before is None:
        return Turn.WAIVED if waived else Turn.APPEARED
    if waived == (before is FindingState.WAIVED):
        return None
    return Turn.WAIVED if waived else Turn.RETURNED


def _transition(turn: Turn, finding: DriftFinding, old: Recorded | None, at: str) -> Transition:
    # What was remembered, and since when it is off: the same for whoever starts again from the same memory.
    known = () if old is None else (str(old.state), old.last_seen, old.resolved_at or "", old.waiver or "")
    return Transition(id=transition_id(turn, finding.id, finding.first_seen, *known), turn=turn, at=at, finding=finding)


def _place(one: Transition) -> tuple[str, str]:
    return ("", "") if one.finding is None else (str(one.finding.address), one.finding.path)


def _tenant(one: DriftFinding) -> str:
    """The tenant of a finding. A row may hold any text for one: what is no name gets no number of its own."""
    if one.address.tenant == PLATFORM:
        return PLATFORM_LEVEL
    return one.address.tenant if _NAME.fullmatch(one.address.tenant) else OTHER_TENANTS
