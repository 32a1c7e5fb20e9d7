"""Blocked: the changes that wait for another one which is denied.

A denied plan is refused whole. Of its other changes, those that name what a denied change would create can happen in no
plan before that one does; people who split a plan want to know which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.change import WRITING, Action, Change
from reconciler.model.denial import Denial
from reconciler.model.plan import Plan
from reconciler.model.references import references
from reconciler.model.view import View

_BUT_DELETES = WRITING - {Action.DELETE} | {Action.ADOPT}


def blocked(plan: Plan, view: View, denials: Sequence[Denial]) -> Plan:
    """The plan with a line for each resource that waits for another one, whose creation is denied.

    ``plan`` is as those who ask may see it. What is denied without a word about it makes nothing wait: that would say
    whether it exists.
    """
    denied = {one.address for one in denials if one.address is not None}
    told = {one.address for one in denials if one.address is not None and not one.hidden}
    created = {one.address for one in plan.changes if one.action is Action.CREATE}
    missing = told & created
    if not missing:
        return plan
    lines: dict[Address, Change] = {}
    for change in plan.changes:
        address = change.address
        if change.action not in _BUT_DELETES or address in denied or address in lines:
            continue
        entity = view.at(address)
        named = () if entity is None else references(view, entity)
        awaited = next((one for one, _ in named if one in missing), None)
        if awaited is None:
            continue
        if address in created:
            missing = missing | {address}  # what names it waits as well; creations stand parents first
        reason = f"it waits for {awaited}, which {'is denied' if awaited in told else 'waits itself'}"
        lines[address] = Change(address=address, action=Action.BLOCKED_BY, reason=reason, source=change.source)
    return replace(plan, changes=(*plan.changes, *lines.values())) if lines else plan
