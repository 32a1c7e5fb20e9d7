"""Guard: limits that hold a plan although every rule allows it.

A budget for deletions, no deletion because nothing was declared, and enough people who can still open the doors. A
guard never asks whether somebody has a right; it asks whether this plan can be meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
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
Sees = Callable[[Address], bool]


def guard(
    plan: Plan, view: View, policy: Guards, *, sees: Sees | None = None, among: Sees | None = None
) -> list[Diagnostic]:
    """The findings that hold ``plan``; an empty list lets it pass.

    Everything is judged, whoever asks; ``sees`` narrows what is told and counted in words to what may be read. A share
    is one of the resources ``among`` which people plan: how many there are besides would show in being held or not.
    """
    seen = sees or _everything
    # A rollback has no manifests: what it deletes is what one run has made. Nor has letting go, which deletes nothing.
    told = (
        *(() if plan.rollback or plan.lets_go else _empty(view, seen)),
        *_budget(plan, view, policy, sees=seen, among=among or _everything),
        *_doors(plan, view, policy),
    )
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


def _everything(_: Address) -> bool:
    return True


def _empty(view: View, sees: Sees) -> Told:
    if view.live is not None and not view.declared and not view.outside and view.live.ledger:
        managed = sum(map(sees, view.live.ledger))
        words = f"{managed} resources are managed" if managed == len(view.live.ledger) else "resources are managed"
        yield (
            EMPTY,
            Finding(
                f"there is no manifest at all, and {words}",
                hint="check the folder; to give resources up, remove their manifests and keep at least one",
            ),
        )


# --- the budget ------------------------------------------------------------------------------------------------------


def _budget(plan: Plan, view: View, policy: Guards, *, sees: Sees, among: Sees) -> Told:
    lost = sorted(_lost(plan, view))
    budget = policy.max_deletes
    allowed = dict(policy.allow_delete)
    counted: list[Address] = []
    for address in lost:
        if allowed.get(address.kind, 0) > 0:
            allowed[address.kind] -= 1
        else:
            counted.append(address)
    seen = [one for one in counted if sees(one)]
    whole = len(seen) == len(counted)
    hint = _asking(lost, sees)
    if len(counted) > budget.count:
        text = f"the plan deletes {len(counted)} resources; {budget.count} are allowed"
        yield BUDGET, Finding(text if whole else f"{_PARTLY}; {budget.count} are allowed", hint=hint)
    yield from _shares(view, policy, counted, sees=sees, among=among, hint=hint)
    yield from _tenants(policy, counted, seen=seen, hint=hint)


_PARTLY = "the plan deletes too many resources, some of them outside of your reach"


def _asking(lost: Sequence[Address], sees: Sees) -> str:
    """How to say that the deletes are meant, which only somebody who sees them all can say."""
    if not all(map(sees, lost)):
        return "ask an administrator to plan"
    by_kind = Counter(address.kind for address in lost)
    asked = " ".join(f"--allow-delete {kind}:{number}" for kind, number in sorted(by_kind.items()))
    return f"when this is meant, say so with {asked}"


def _shares(view: View, policy: Guards, counted: Sequence[Address], *, sees: Sees, among: Sees, hint: str) -> Told:
    budget = policy.max_deletes
    live = view.live
    for kind, number in sorted(Counter(address.kind for address in counted).items()):
        living = _living(view, kind) if live is not None and view.whole(kind) else []
        # What goes with them out of sight is no less lost: then it is a share of everything.
        if all(among(one) for one in counted if one.kind == kind):
            living = list(filter(among, living))
        if len(living) >= budget.percent_from and number * 100 > budget.percent * len(living):
            whole = all(map(sees, living))  # how many there are is told to those who may read them all
            text = f"{number} of {len(living)} {kind}" if whole else f"too large a share of all {kind}"
            yield SHARE, Finding(f"the plan deletes {text}; {budget.percent} % are allowed", hint=hint)


def _tenants(policy: Guards, counted: Sequence[Address], *, seen: Sequence[Address], hint: str) -> Told:
    """A finding for each tenant; those in which nothing may be read have one together, without their names."""
    limit = policy.max_deletes.per_tenant
    mine = Counter(address.tenant for address in seen)
    unnamed = False
    for tenant, number in sorted(Counter(address.tenant for address in counted if address.tenant).items()):
        if number <= limit:
            continue
        if mine[tenant] == number:
            yield TENANT, Finding(f"the plan deletes {number} resources of {tenant}; {limit} are allowed", hint=hint)
        elif mine[tenant]:
            text = f"the plan deletes too many resources of {tenant}, some outside of your reach; {limit} are allowed"
            yield TENANT, Finding(text, hint=hint)
        else:
            unnamed = True
    if unnamed:
        yield TENANT, Finding(f"{_PARTLY}, of one tenant; {limit} are allowed", hint=hint)


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


def _living(view: View, name: str) -> list[Address]:
    kind = view.catalog[name]
    rows = {} if view.live is None else view.live.rows.get(name, {})
    if kind.lifecycle is None or not kind.lifecycle.tombstone:
        return [Address(name, *key) for key in rows]
    place = kind.index["state"]
    return [Address(name, *key) for key, row in rows.items() if row[place] != kind.lifecycle.tombstone]


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
