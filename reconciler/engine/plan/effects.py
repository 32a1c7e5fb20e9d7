"""Effects: what the kinds say follows from the planned changes, collected and checked against the manifests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic_core import to_json

from reconciler.engine.plan.draft import PROTECT, Draft
from reconciler.engine.plan.steps import PROTECTED, STATE
from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.effect import Cascade, Notice, Planned
from reconciler.model.judging import placed
from reconciler.model.lifecycle import Edge
from reconciler.model.rule import Finding, RuleText
from reconciler.model.view import View

CONTRADICTED = RuleText("LIF-07", Severity.ERROR, Phase.PLAN, "A manifest agrees with the cascades of the same plan.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What follows from a plan. ``mailing`` are the resources whose change writes into the outbox."""

    cascades: tuple[Cascade, ...]
    notices: tuple[Notice, ...]
    mailing: frozenset[Address]
    diagnostics: tuple[Diagnostic, ...]


def collect(view: View, drafts: Mapping[Address, Draft]) -> Effects:
    """Ask the kind of every planned change what follows from it."""
    cascades: dict[Address, Cascade] = {}
    notices: list[Notice] = []
    mailing: set[Address] = set()
    found: list[Diagnostic] = []
    for address in sorted(drafts):
        planned = drafts[address].planned
        if planned is None:
            continue
        for effect in planned.entity.kind.effects(planned, view):
            if isinstance(effect, Notice):
                notices.append(effect)
                mailing.add(address)
            elif isinstance(effect, Cascade) and _walks(view, drafts, effect, found):
                cascades.setdefault(effect.address, replace(effect, columns=_columns(view, effect), by=address))
    return Effects(
        cascades=tuple(cascades[address] for address in sorted(cascades)),
        notices=tuple(sorted(notices, key=_order)),
        mailing=frozenset(mailing),
        diagnostics=tuple(found),
    )


def _walks(view: View, drafts: Mapping[Address, Draft], cascade: Cascade, found: list[Diagnostic]) -> bool:
    """Whether the cascade writes anything; a manifest that contradicts it is reported."""
    entity = view.at(cascade.address)
    if entity is None or cascade.address in view.leaving:
        return False
    resource = entity.resource
    if resource is not None and resource.given(STATE) and entity.state != cascade.state:
        finding = Finding(
            f"{cascade.address} asks for {entity.state}, but goes to {cascade.state}: {cascade.reason}",
            at=STATE,
            hint=f"write state: {cascade.state}, leave state out, or remove the manifest",
        )
        found.append(placed(CONTRADICTED, finding, view=view, subject=cascade.address))
        return False
    lifecycle = entity.kind.lifecycle
    if not entity.exists or entity.live_state == cascade.state or lifecycle is None:
        return False
    own = drafts.get(cascade.address)
    if own is not None and own.edges and own.edges[-1].target == cascade.state:
        return False
    if cascade.state == lifecycle.tombstone and entity.live(PROTECT):
        finding = Finding(
            f"{cascade.address} is protected and cannot go to {cascade.state}: {cascade.reason}",
            at=STATE if resource is not None and resource.given(STATE) else "",
            hint="lift its lifecycle.protect in an apply of its own first",
        )
        found.append(placed(PROTECTED, finding, view=view, subject=cascade.address))
        return False
    return True


def _columns(view: View, cascade: Cascade) -> tuple[tuple[str, Any], ...]:
    """What the kind of the other resource changes with its state, where that differs from the row."""
    entity = view.at(cascade.address)
    if entity is None or entity.row is None:
        return ()
    edge = Edge(entity.live_state, cascade.state)
    planned = Planned(entity=entity, changed=frozenset({STATE}), edges=(edge,))
    index, row = entity.kind.index, entity.row
    return tuple(
        sorted((name, value) for name, value in entity.kind.on_change(planned, view) if row[index[name]] != value)
    )


def _order(notice: Notice) -> tuple[str, Address, str, str, bytes]:
    payload = to_json(dict(sorted(notice.payload.items())))
    return (notice.event, notice.resource, notice.recipient, notice.language, payload)
