"""Stamp: what only the carriers decide, ``status.stoppedBy``, filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.model.address import Address
from reconciler.model.change import Action, Change
from reconciler.model.effect import Cascade
from reconciler.model.plan import Plan
from reconciler.model.principal import LEVELS, Principal
from reconciler.model.rights import STOPPED_BY
from reconciler.model.view import View


def stamped(view: View, plan: Plan, walked: Mapping[tuple[Address, str], Principal]) -> Plan:
    """The plan with ``status.stoppedBy``: the level of the one who carries the last step into a stopped state."""
    changes = tuple(_with_level(view, one, walked) for one in plan.changes)
    cascades = tuple(
        replace(one, columns=(*one.columns, *extra.items()))
        if (extra := _level(view, one.address, one.state, _behind(one, plan, walked)))
        else one
        for one in plan.cascades
    )
    return replace(plan, changes=changes, cascades=cascades)


def _behind(cascade: Cascade, plan: Plan, walked: Mapping[tuple[Address, str], Principal]) -> Principal | None:
    """Who carries the step that brings a cascade about: that into the same state, else the last one."""
    steps = [one for one in plan.changes if one.address == cascade.by and one.edge is not None]
    steps.sort(key=lambda one: one.edge is not None and one.edge.target == cascade.state)
    return walked.get((steps[-1].address, str(steps[-1].edge))) if steps else None


def _with_level(view: View, change: Change, walked: Mapping[tuple[Address, str], Principal]) -> Change:
    if change.action is not Action.TRANSITION or change.edge is None or change.back is not None:
        return change  # who had stopped it is put back with the rest
    who = walked.get((change.address, str(change.edge)))
    extra = _level(view, change.address, change.edge.target, who)
    return replace(change, columns={**change.columns, **extra}) if extra else change


def _level(view: View, address: Address, state: str, who: Principal | None) -> Mapping[str, Any]:
    """The column of ``status.stoppedBy`` with its value; nothing for a state that is no stop."""
    kind = view.catalog[address.kind]
    if kind.lifecycle is None or state not in kind.lifecycle.stopped:
        return {}
    column = next((one.column for one in kind.status if one.path == STOPPED_BY), "")
    role = who.role if who is not None else LEVELS[0]
    return {column: role.value} if column else {}
