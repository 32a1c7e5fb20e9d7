"""Guard: limits that hold a plan although every rule allows it.

A budget for deletions, no deletion because nothing was declared, and enough people who can still open the doors. A
guard never asks whether somebody has a right; it asks whether this plan can be meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from reconciler.model.address import Address
from reconciler.model.after import live_after, rows_after
from reconciler.model.change import Action
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, in_order
from reconciler.model.guards import Guards
from reconciler.model.judging import placed
from reconciler.model.kind import Kind
from reconciler.model.plan import Plan
from reconciler.model.principal import Principal
from reconciler.model.resource import Row
from reconciler.model.rights import Rights
from reconciler.model.rule import Finding, RuleText
from reconciler.model.view import Entity, View

BUDGET = RuleText("GRD-01", Severity.ERROR, Phase.PLAN, "A plan deletes at most a set number of resources.")
SHARE = RuleText("GRD-02", Severity.ERROR, Phase.PLAN, "A plan deletes at most a set share of a kind.")
TENANT = RuleText(
    "GRD-03", Severity.ERROR, Phase.PLAN, "A plan deletes at most a set number of resources of one tenant."
)
EMPTY = RuleText("GRD-04", Severity.ERROR, Phase.PLAN, "An empty set never stands for the wish to delete everything.")
LOCKED_OUT = RuleText("GRD-06", Severity.ERROR, Phase.PLAN, "Nobody locks himself out by the own plan.")
DOORS = RuleText("GRD-05", Severity.ERROR, Phase.PLAN, "Enough guardians remain.")

Told = Iterator[tuple[RuleText, Finding]]


def guard(plan: Plan, view: View, policy: Guards) -> list[Diagnostic]:
    """The findings that hold ``plan``; an empty list lets it pass."""
    # A rollback has no manifests: what it deletes is what one run has made.
    told = (*(() if plan.rollback else _empty(view)), *_budget(plan, view, policy), *_doors(plan, view, policy))
    return in_order([placed(rule, finding, view=view, subject=finding.address) for rule, finding in told])


def guard_applicant(plan: Plan, view: View, applicant: Principal | None, now: datetime) -> list[Diagnostic]:
    """Whether the one who applies may still act behind the plan; nobody may be taken out by the own hand."""
    live = view.live
    if applicant is None or live is None:
        return []
    after = Rights(view.catalog, live_after(view.catalog, live, plan), now)
    entity = after.view.at(applicant.address)
    barred = "the operator is gone" if entity is None else after.principal_of(entity).barred
    if not barred:
        return []
    finding = Finding(
        f"{applicant.title} could not act any more behind this plan: {barred}",
        hint="let somebody else apply it",
        address=applicant.address,
    )
    return [placed(LOCKED_OUT, finding, view=view, subject=applicant.address)]


def _empty(view: View) -> Told:
    if view.live is not None and view.live.ledger and not view.declared:
        yield (
            EMPTY,
            Finding(
                f"there is no manifest at all, and {len(view.live.ledger)} resources are managed",
                hint="check the folder; to give resources up, remove their manifests and keep at least one",
            ),
        )


# --- the budget ------------------------------------------------------------------------------------------------------


def _budget(plan: Plan, view: View, policy: Guards) -> Told:
    lost = sorted(_lost(plan, view))
    budget = policy.max_deletes
    allowed = dict(policy.allow_delete)
    counted: list[Address] = []
    for address in lost:
        if allowed.get(address.kind, 0) > 0:
            allowed[address.kind] -= 1
        else:
            counted.append(address)
    by_kind = Counter(address.kind for address in lost)
    asked = " ".join(f"--allow-delete {kind}:{number}" for kind, number in sorted(by_kind.items()))
    hint = f"when this is meant, say so with {asked}"
    if len(counted) > budget.count:
        yield BUDGET, Finding(f"the plan deletes {len(counted)} resources; {budget.count} are allowed", hint=hint)
    live = view.live
    for kind, number in sorted(Counter(address.kind for address in counted).items()):
        there = _living(view, kind) if live is not None and view.whole(kind) else 0
        if there >= budget.percent_from and number * 100 > budget.percent * there:
            yield (
                SHARE,
                Finding(f"the plan deletes {number} of {there} {kind}; {budget.percent} % are allowed", hint=hint),
            )
    for tenant, number in sorted(Counter(address.tenant for address in counted if address.tenant).items()):
        if number > budget.per_tenant:
            yield (
                TENANT,
                Finding(f"the plan deletes {number} resources of {tenant}; {budget.per_tenant} are allowed", hint=hint),
            )


def _lost(plan: Plan, view: View) -> set[Address]:
    """What is deleted or becomes a tombstone, by a change or by a cascade."""
    lost = {one.address for one in plan.changes if one.action is Action.DELETE}
    for one in plan.changes:
        if one.action is Action.TRANSITION and one.edge is not None:
            lost.update({one.address} if one.edge.target == _tombstone(view, one.address) else ())
    lost.update(one.address for one in plan.cascades if one.state == _tombstone(view, one.address))
    return lost


def _tombstone(view: View, address: Address) -> str | None:
    lifecycle = view.catalog[address.kind].lifecycle
    return lifecycle.tombstone or None if lifecycle is not None else None


def _living(view: View, name: str) -> int:
    kind = view.catalog[name]
    rows = {} if view.live is None else view.live.rows.get(name, {})
    if kind.lifecycle is None or not kind.lifecycle.tombstone:
        return len(rows)
    place = kind.index["state"]
    return sum(row[place] != kind.lifecycle.tombstone for row in rows.values())


# --- the doors -------------------------------------------------------------------------------------------------------


def _doors(plan: Plan, view: View, policy: Guards) -> Told:
    for kind in view.catalog.values():
        if kind.guardian is None or not view.whole(kind.name):
            continue
        rows = {} if view.live is None else view.live.rows.get(kind.name, {})
        now = _guardians(kind, rows)
        if not now:
            continue
        after = _guardians(kind, rows_after(plan, kind, rows))
        if len(after) < max(policy.min_administrators, 1) and len(after) < len(now):
            gone = sorted(now - after)
            yield (
                DOORS,
                Finding(
                    f"{len(after)} of {len(now)} guardians of kind {kind.name} would remain; "
                    f"at least {max(policy.min_administrators, 1)} must",
                    at="state",
                    hint="put somebody else in charge in an apply of its own first",
                    address=gone[0],
                    code="" if after else kind.guardian_code,
                ),
            )


def _guardians(kind: Kind, rows: Mapping[tuple[str, str], Row]) -> set[Address]:
    found = set()
    for (tenant, name), row in rows.items():
        address = Address(kind.name, tenant, name)
        if kind.guardian is not None and kind.guardian(Entity(address, kind, None, row)):
            found.add(address)
    return found
