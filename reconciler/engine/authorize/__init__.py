"""Authorize: every part of a plan is carried by somebody who has the right to it, or the plan is denied whole (GEN-07).

A part is a creation, one changed field, one edge, a delete. Each needs one of the carriers who has the right to it on
live data, before the plan; rights of two people never add up inside one part. What nobody carries is denied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.engine.authorize.needed import Part, as_gone, manages_otherwise, needs_a_right, parts
from reconciler.engine.authorize.stamp import stamped
from reconciler.engine.authorize.tell import Teller, outside_denials, suspended
from reconciler.model.access import RoleWord
from reconciler.model.address import Address
from reconciler.model.authorization import Authorization, Carriers, Judgement
from reconciler.model.change import Action, Change
from reconciler.model.denial import Denial
from reconciler.model.letting import takes_out_of_sight
from reconciler.model.plan import Plan
from reconciler.model.principal import ACTORS, Principal
from reconciler.model.rights import ALLOWED, BY_HAND, Rights, Verdict
from reconciler.model.view import Entity, View

__all__ = ["Part", "authorize", "outside_denials", "part_owners", "parts"]


def authorize(rights: Rights, plan: Plan, view: View, carriers: Carriers) -> Judgement:
    """Judge every part of ``plan``. ``rights`` are those of the live database, ``view`` is that of the plan."""
    if carriers.installer:
        return Judgement(authorization=Authorization(plan=stamped(view, plan, {}), carriers=carriers))
    applicant = carriers.applicant
    if applicant is None:
        msg = "somebody must carry a plan"
        raise ValueError(msg)
    nobody = _nobody(applicant, plan, view)
    if nobody is not None:
        return Judgement(denials=(nobody,))
    judge = _Judge(rights, view, carriers)
    denials = tuple(judge.denials(plan))
    if denials:
        return Judgement(denials=denials)
    made = stamped(view, judge.noted(plan), judge.walked)
    return Judgement(authorization=Authorization(plan=made, carriers=carriers))


def part_owners(
    rights: Rights, plan: Plan, view: View, carriers: Carriers
) -> Iterator[tuple[Denial, tuple[Principal, ...]]]:
    """Each part of a plan that nobody who carries it has the right to, with every operator who has."""
    judge = _Judge(rights, view, carriers)
    judge.walking = frozenset(one.address for one in plan.changes if one.action is Action.TRANSITION)
    people = sorted((one for one in rights.principals() if one.role in ACTORS), key=lambda one: one.address)
    for change in plan.changes:
        if needs_a_right(change, view):
            yield from judge.owners(change, people)


def _nobody(applicant: Principal, plan: Plan, view: View) -> Denial | None:
    """Why the applicant applies nothing at all (OPR-09)."""
    if applicant.barred:
        return Denial(who=applicant.title, verb="act", address=None, reason=applicant.barred, code="OPR-09")
    if applicant.only is None:
        return None
    company, edge = applicant.only
    for change in plan.changes:
        if needs_a_right(change, view) and not (change.address == company and str(change.edge) == edge):
            return suspended(applicant)
    return None


class _Judge:
    """Judges the parts of one plan, and remembers who walked which edge."""

    def __init__(self, rights: Rights, view: View, carriers: Carriers) -> None:
        self._rights = rights
        self._view = view
        applicant = carriers.applicant
        # Whoever stands behind an auditor, it is the auditor who would write (OPR-06).
        alone = applicant is not None and applicant.role is RoleWord.AUDITOR
        self._carriers = carriers.people[:1] if alone else carriers.everybody
        self._people = carriers.people  # what is told is for their eyes
        self.walked: dict[tuple[Address, str], Principal] = {}
        self.walking: frozenset[Address] = frozenset()
        self._teller = Teller(rights, view, self._people, seen=self._seen, decide=self._decide)

    def denials(self, plan: Plan) -> Iterator[Denial]:
        """The denials, by resource in the order of the plan."""
        self.walking = frozenset(one.address for one in plan.changes if one.action is Action.TRANSITION)
        found: dict[Address, list[tuple[Part, Verdict]]] = {}
        allowed_edges: dict[Address, list[str]] = {}
        for change in plan.changes:
            if not needs_a_right(change, self._view):
                continue
            for part in self._parts(change):
                verdict = self._carried(part)
                if not verdict.allowed:
                    found.setdefault(change.address, []).append((part, verdict))
                elif part.verb == "transition" and change.action is Action.TRANSITION:
                    allowed_edges.setdefault(change.address, []).append(part.edge)
        unnamed = False
        for address, denied in found.items():
            entity = denied[0][0].entity
            named = entity.declared and self._view.written
            if not named and not any(self._seen(who, entity) for who in self._people):
                unnamed = True
            else:
                yield from self._teller.told(denied, allowed_edges.get(address, []))
        if unnamed:
            yield self._teller.unnamed()

    def noted(self, plan: Plan) -> Plan:
        """The plan without the renewals of ledger entries that none of those who carry it may read.

        A renewal notes that git and the world agree, and needs knowledge and no power. But on behalf of people who see
        nothing of a resource nothing is written about it: who sees it notes it with the next apply.
        """
        changes = tuple(
            one
            for one in plan.changes
            if one.action is not Action.REFRESH
            or any(self._seen(who, self._entity(one)) for who in self._carriers)
            or manages_otherwise(one, self._view)
        )
        return plan if len(changes) == len(plan.changes) else replace(plan, changes=changes)

    def owners(self, change: Change, people: Sequence[Principal]) -> Iterator[tuple[Denial, tuple[Principal, ...]]]:
        """The parts of a change that nobody carries, and which of ``people`` could carry each."""
        for part in self._parts(change):
            verdict = self._carried(part)
            if not verdict.allowed:
                yield (
                    self._teller.denial(part, verdict),
                    tuple(one for one in people if self._decide(one, part).allowed),
                )

    def _parts(self, change: Change) -> Iterator[Part]:
        """What of a change needs a right: to let go of a living row that was managed, that to delete it."""
        entity = self._entity(change)
        walks = change.address in self.walking  # then its steps are judged by themselves
        if not walks and takes_out_of_sight(change, self._view):
            return as_gone(change, entity)
        return parts(change, entity)

    def _entity(self, change: Change) -> Entity:
        """The resource; one that is gone on both sides is known by its address alone."""
        found = self._view.at(change.address)
        return found or Entity(change.address, self._view.catalog[change.address.kind], None, None)

    def _carried(self, part: Part) -> Verdict:
        """The verdict for the first who may, else that for the applicant."""
        first: Verdict | None = None
        for who in self._carriers:
            verdict = self._decide(who, part)
            if verdict.allowed:
                if part.verb == "transition" and part.change.action is Action.TRANSITION:
                    self.walked[(part.entity.address, part.edge)] = who
                return verdict
            first = first or verdict
        return first or Verdict(allowed=False, code="PRM-01")

    def _decide(self, who: Principal, part: Part) -> Verdict:
        if who.only is not None and who.only != (part.entity.address, part.edge):
            return Verdict(allowed=False, code="OPR-09")
        match part.verb:
            case "manage":
                return self._rights.manages(who, part.entity)
            case "unprotect":
                return self._rights.unprotects(who, part.entity)
        found = self._rights.decide(who, part.verb, part.entity, path=part.path, edge=part.edge)
        if part.change.action is Action.MANUAL and found.condition == BY_HAND:
            return ALLOWED  # all that stands against it is that a person does it, which is what the plan says (LIF-04)
        return found

    def _seen(self, who: Principal, entity: Entity) -> bool:
        return self._rights.reads(who, entity)
