"""Approve: whether a plan with a large decision has the agreement that it needs (GEN-25)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.formats import folded
from reconciler.model.lifecycle import Risk
from reconciler.model.plan import Plan
from reconciler.model.resource import Live
from reconciler.model.view import Entity

LARGE = (Risk.IRREVERSIBLE, Risk.BILLING_IMPACT)
"""Risks that need the approval of an administrator who is not the author."""


def judge_approval(
    catalog: Catalog, plan: Plan, live: Live, *, applicant: str, approvers: Sequence[str]
) -> list[Diagnostic]:
    """What is missing, or nothing. Approvers count who are active guardians in the live database, before the plan."""
    risky = [one for one in plan.changes if not set(LARGE).isdisjoint(one.risks)]
    if not risky:
        return []
    others = {folded(one) for one in approvers} - {folded(applicant)}
    if any(name in others for one in guardians(catalog, live) for name in _known_as(one)):
        return []
    tags = ", ".join(risk for risk in LARGE if any(risk in one.risks for one in risky))
    addresses = list(dict.fromkeys(str(one.address) for one in risky))
    shown = ", ".join(addresses[:10]) + (f" and {len(addresses) - 10} more" if len(addresses) > 10 else "")
    return [
        Diagnostic(
            code="GEN-25",
            severity=Severity.ERROR,
            phase=Phase.PLAN,
            summary=f"a plan that is {tags} needs the approval of an active administrator who is not its author",
            detail=f"It is about {shown}.",
            hint="add --as EMAIL of that administrator behind your own",
        )
    ]


def guardians(catalog: Catalog, live: Live) -> Iterator[Entity]:
    """Everybody in the live database who keeps the doors open: the active administrators."""
    for name, kind in catalog.items():
        if kind.guardian is None:
            continue
        for (tenant, own), row in live.rows.get(name, {}).items():
            entity = Entity(Address(name, tenant, own), kind, None, row)
            if kind.guardian(entity):
                yield entity


def _known_as(entity: Entity) -> Iterator[str]:
    """By what a guardian is known: the value of the natural key, case-folded."""
    for key in entity.kind.unique:
        value = entity.live(key.paths[0])
        if len(key.paths) == 1 and isinstance(value, str):
            yield folded(value)
