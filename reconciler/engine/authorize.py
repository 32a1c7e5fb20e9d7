"""Authorize: every part of a plan is carried by somebody who has the right to it, or the plan is denied whole (GEN-07).

A part is a creation, one changed field, one edge, a delete. Each needs one of the carriers who has the right to it on
live data, before the plan; rights of two people never add up inside one part. What nobody carries is denied.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reconciler.model.access import RoleWord
from reconciler.model.address import Address
from reconciler.model.authorization import Authorization, Carriers, Judgement
from reconciler.model.change import Action, Change
from reconciler.model.denial import Denial
from reconciler.model.effect import Cascade
from reconciler.model.encode import field_value
from reconciler.model.kind import Deletion, Kind
from reconciler.model.letting import takes_out_of_sight
from reconciler.model.plan import Plan
from reconciler.model.principal import ACTORS, LEVELS, Principal
from reconciler.model.resource import AWAITED, asked_before
from reconciler.model.rights import ALLOWED, BY_HAND, STOPPED_BY, WRITES, Rights, Verdict
from reconciler.model.source import Source
from reconciler.model.view import Entity, View

_PROTECT = "lifecycle.protect"
_ENVELOPE = ("metadata.", "lifecycle.")
_PEOPLE = (RoleWord.ADMINISTRATOR, RoleWord.DISTRIBUTOR, RoleWord.PARTNER, RoleWord.ISSUER)
_REASONS = {
    "PRM-01": "the role has no right to this",
    "PRM-02": "it lies outside the reach of the role",
    "PRM-03": "this step belongs to other roles",
    "GEN-05": "this field never changes",
    "GEN-08": "a resource of this kind is never deleted; it is taken to its last state",
    "LIF-05": "the system walks this edge alone",
    "OPR-03": "nobody creates an operator above the own level",
    "OPR-04": "nobody changes the state of the own operator",
    "OPR-06": "an auditor writes nothing",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing that needs a right. ``verb`` is a verb of the matrix, or ``manage`` or ``unprotect``."""

    change: Change
    entity: Entity
    verb: str
    path: str = ""
    edge: str = ""
    source: Source | None = None


def authorize(rights: Rights, plan: Plan, view: View, carriers: Carriers) -> Judgement:
    """Judge every part of ``plan``. ``rights`` are those of the live database, ``view`` is that of the plan."""
    if carriers.installer:
        return Judgement(authorization=Authorization(plan=_stamped(view, plan, {}), carriers=carriers))
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
    made = _stamped(view, judge.noted(plan), judge.walked)
    return Judgement(authorization=Authorization(plan=made, carriers=carriers))


def part_owners(
    rights: Rights, plan: Plan, view: View, carriers: Carriers
) -> Iterator[tuple[Denial, tuple[Principal, ...]]]:
    """Each part of a plan that nobody who carries it has the right to, with every operator who has."""
    judge = _Judge(rights, view, carriers)
    judge.walking = frozenset(one.address for one in plan.changes if one.action is Action.TRANSITION)
    people = sorted((one for one in rights.principals() if one.role in ACTORS), key=lambda one: one.address)
    for change in plan.changes:
        if _needs_a_right(change, view):
            yield from judge.owners(change, people)


def _nobody(applicant: Principal, plan: Plan, view: View) -> Denial | None:
    """Why the applicant applies nothing at all (OPR-09)."""
    if applicant.barred:
        return Denial(who=applicant.title, verb="act", address=None, reason=applicant.barred, code="OPR-09")
    if applicant.only is None:
        return None
    company, edge = applicant.only
    for change in plan.changes:
        if _needs_a_right(change, view) and not (change.address == company and str(change.edge) == edge):
            reason = f"its company {company} is suspended; only its way back to active may be applied"
            return Denial(who=applicant.title, verb="apply", address=None, reason=reason, code="OPR-09")
    return None


def _needs_a_right(change: Change, view: View) -> bool:
    if change.action is Action.REFRESH:
        return _manages_otherwise(change, view)
    if change.action is Action.MANUAL:
        return _asks_anew(change, view)
    return change.writes or change.action in (Action.ADOPT, Action.MOVE, Action.FORGET)


def _manages_otherwise(change: Change, view: View) -> bool:
    """Whether a renewed ledger entry manages another part of the resource: a change of ``lifecycle`` and no more."""
    entry = None if view.live is None else view.live.ledger.get(change.address)
    nowhere = change.resource is None and change.back is None
    if entry is None or nowhere or entry.management != change.management:
        return True
    known = set(json.loads(entry.applied or "{}")) - {AWAITED}
    return bool(known) and known != set(json.loads(change.applied or "{}")) - {AWAITED}


def _asks_anew(change: Change, view: View) -> bool:
    """Whether a person's step is asked for that no apply has asked for: what waits already is nobody's wish of now.

    So a certificate that waits for its holder, or for a renewal, does not deny the plans of everybody else.
    """
    wanted = json.loads(change.applied or "{}").get(AWAITED)
    entry = None if view.live is None else view.live.ledger.get(change.address)
    return wanted is None or not asked_before(entry, str(wanted))


# --- parts -----------------------------------------------------------------------------------------------------------


def parts(change: Change, entity: Entity) -> Iterator[Part]:
    """What of a change needs a right."""
    match change.action:
        case Action.CREATE:
            yield Part(change=change, entity=entity, verb="create", source=change.source)
            yield from _fields_of_their_own(change, entity)
        case Action.UPDATE | Action.ROTATE_SECRET:
            for line in change.fields:
                verb = "update"
                if line.path.startswith(_ENVELOPE):
                    verb = "unprotect" if line.path == _PROTECT and line.before else "manage"
                path = _judged_path(entity, line.path)
                yield Part(change=change, entity=entity, verb=verb, path=path, source=line.source or change.source)
        case Action.TRANSITION | Action.MANUAL:
            source = next((line.source for line in change.fields if line.source is not None), change.source)
            yield Part(change=change, entity=entity, verb="transition", edge=str(change.edge), source=source)
        case Action.DELETE:
            yield Part(change=change, entity=entity, verb="delete", source=change.source)
        case Action.MOVE:
            yield from _as_gone_and_made(change, entity)
        case Action.ADOPT | Action.FORGET | Action.REFRESH:
            yield Part(change=change, entity=entity, verb="manage", source=change.source)


def _as_gone_and_made(change: Change, entity: Entity) -> Iterator[Part]:
    """A move needs what deleting the old one and creating the new one would need, steps of the life cycle included."""
    fresh = Entity(entity.address, entity.kind, entity.resource, None)
    yield Part(change=change, entity=fresh, verb="create", source=change.source)
    yield from _fields_of_their_own(change, fresh)
    yield from _as_gone(change, entity)


def _as_gone(change: Change, entity: Entity) -> Iterator[Part]:
    """What deleting a resource would need, steps of its life cycle included."""
    kind, state = entity.kind, entity.live_state
    goals = kind.delete_from
    if kind.lifecycle is not None and kind.deletion in (Deletion.PATH, Deletion.RETAINED):
        goals = (kind.lifecycle.tombstone,)
    if kind.lifecycle is not None and goals and state not in goals:
        paths = [path for goal in goals if (path := kind.lifecycle.path(state, goal))]
        for edge in min(paths, key=len, default=()):
            yield Part(change=change, entity=entity, verb="transition", edge=str(edge), source=change.source)
        if paths and kind.deletion is not Deletion.ROW:
            return
    yield Part(change=change, entity=entity, verb="delete", source=change.source)


def _judged_path(entity: Entity, path: str) -> str:
    """The path whose right is needed. What never changes is free inside an object that comes or goes whole (GEN-05)."""
    field = entity.kind.by_path.get(path)
    if field is None or not field.immutable:
        return path
    for parent in field.optional_parents:
        inside = [one.path for one in entity.kind.fields if one.path.startswith(f"{parent}.") and not one.transient]
        if not any(entity.live(one) is not None for one in inside) or all(entity.value(one) is None for one in inside):
            return parent
    return path


def _fields_of_their_own(change: Change, entity: Entity) -> Iterator[Part]:
    """Fields with a ``create`` row of their own, when the manifest gives another value than the default."""
    resource = entity.resource
    if resource is None:
        return
    for row in entity.kind.allow:
        if row.verb != "create" or row.fields == ("*",):
            continue
        for field in entity.kind.fields:
            if not any(field.path == one or field.path.startswith(f"{one}.") for one in row.fields):
                continue
            if resource.given(field.path) and field_value(field, resource) != field.default:
                source = next((one.source for one in change.fields if one.path == field.path), None)
                yield Part(change=change, entity=entity, verb="create", path=field.path, source=source or change.source)


# --- the judge -------------------------------------------------------------------------------------------------------


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

    def denials(self, plan: Plan) -> Iterator[Denial]:
        """The denials, by resource in the order of the plan."""
        self.walking = frozenset(one.address for one in plan.changes if one.action is Action.TRANSITION)
        found: dict[Address, list[tuple[Part, Verdict]]] = {}
        allowed_edges: dict[Address, list[str]] = {}
        for change in plan.changes:
            if not _needs_a_right(change, self._view):
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
                yield from self._told(denied, allowed_edges.get(address, []))
        if unnamed:
            yield self._unnamed()

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
            or _manages_otherwise(one, self._view)
        )
        return plan if len(changes) == len(plan.changes) else replace(plan, changes=changes)

    def owners(self, change: Change, people: Sequence[Principal]) -> Iterator[tuple[Denial, tuple[Principal, ...]]]:
        """The parts of a change that nobody carries, and which of ``people`` could carry each."""
        for part in self._parts(change):
            verdict = self._carried(part)
            if not verdict.allowed:
                yield self._denial(part, verdict), tuple(one for one in people if self._decide(one, part).allowed)

    def _parts(self, change: Change) -> Iterator[Part]:
        """What of a change needs a right: to let go of a living row that was managed, that to delete it."""
        entity = self._entity(change)
        walks = change.address in self.walking  # then its steps are judged by themselves
        if not walks and takes_out_of_sight(change, self._view):
            return _as_gone(change, entity)
        return parts(change, entity)

    def _entity(self, change: Change) -> Entity:
        """The resource; one that is gone on both sides is known by its address alone."""
        found = self._view.at(change.address)
        return found or Entity(change.address, self._view.catalog[change.address.kind], None, None)

    def _carried(self, part: Part) -> Verdict:
        """The verdict for the first who may, else that for the applicant."""
        first: Verdict | None = None
        if part.entity.address in self._view.outside:
            said = self._rights.decide(self._people[0], "create", part.entity)
            return Verdict(allowed=False, code=said.code or "PRM-02")
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

    # --- telling -----------------------------------------------------------------------------------------------------

    def _told(self, denied: Sequence[tuple[Part, Verdict]], walkable: Sequence[str]) -> Iterator[Denial]:
        first = denied[0][0]
        if not any(self._seen(who, first.entity) for who in self._people):
            yield self._hidden(*denied[0])
            return
        steps = [(part, verdict) for part, verdict in denied if part.verb == "transition"]
        creates = any(part.verb == "create" and not part.path for part, _ in denied)
        for part, verdict in denied:
            # A creation that is denied says it all; so does the first of several steps.
            if (creates and part.path) or (steps and part.verb == "transition" and part is not steps[0][0]):
                continue
            if part.verb == "transition" and walkable:
                yield self._partly(part, [str(one.edge) for one, _ in steps], walkable)
            else:
                yield self._denial(part, verdict)

    def _seen(self, who: Principal, entity: Entity) -> bool:
        return entity.address not in self._view.outside and self._rights.reads(who, entity)

    def _hidden(self, part: Part, verdict: Verdict) -> Denial:
        """About what lies outside the reach nothing is told: neither whether it exists nor what would change.

        A kind that the role never writes is denied with the code of the matrix; that depends on nothing that is there.
        """
        writers = _writers(part.entity.kind)
        never = self._people[0].role not in writers
        code = verdict.code if never else "PRM-02"
        return Denial(
            who=self._people[0].title,
            verb="change",
            address=part.entity.address,
            reason=self._reason(part.entity.kind, code),
            code=code,
            who_can=tuple(role.value for role in _PEOPLE if role in writers),
            path="metadata.name",
            source=part.change.source,
            hidden=True,
        )

    def _unnamed(self) -> Denial:
        """What no manifest names is known from the database alone: not even its address is told, nor how many.

        So is everything that a rollback puts back.

        The code tells nothing either: that of the matrix would tell the kind. Of an auditor it is known beforehand.
        """
        auditor = self._people[0].role is RoleWord.AUDITOR
        what = "what no manifest names any more and the plan takes away"
        if not self._view.written:
            what = "what the run did and the plan takes back"
        return Denial(
            who=self._people[0].title,
            verb="change",
            address=None,
            reason=f"{what} lies in part outside the reach of the role",
            code="OPR-06" if auditor else "PRM-02",
            hidden=True,
        )

    def _denial(self, part: Part, verdict: Verdict) -> Denial:
        reason = self._reason(part.entity.kind, verdict.code, verdict.condition)
        if verdict.code == "PRM-03":
            reason = self._steps(part, reason)
        moves = part.change.action is Action.MOVE
        what = f"edge {part.edge}" if part.edge else f"field {part.path}" if part.path else ""
        if moves:
            what = f"to {part.verb} it, {what}" if what else f"to {part.verb} it"
        return Denial(
            who=self._people[0].title,
            verb="move" if moves else _WORDS.get(part.verb, part.verb),
            address=part.entity.address,
            what=what,
            reason=reason,
            code=verdict.code,
            who_can=self._who_can(part),
            path=part.path or ("state" if part.edge else "metadata.name"),
            source=part.source,
        )

    def _partly(self, part: Part, denied: Sequence[str], walkable: Sequence[str]) -> Denial:
        """LIF-02: some steps of the way may be walked and others not."""
        others = "; ".join(
            f"{edge} belongs to {', '.join(self._who_can(replace(part, edge=edge))) or 'nobody'}" for edge in denied
        )
        return replace(
            self._denial(part, Verdict(allowed=False, code="LIF-02")),
            reason=f"you may walk {', '.join(walkable)}; {others}",
        )

    def _steps(self, part: Part, reason: str) -> str:
        """PRM-03 names whose step it is, and a step out of the same state that may be walked."""
        whose = self._who_can(part)
        lifecycle = part.entity.kind.lifecycle
        onward = () if lifecycle is None else lifecycle.onward(part.edge.partition("->")[0])
        mine = [
            str(edge)
            for edge in onward
            if any(self._rights.decide(who, "transition", part.entity, edge=str(edge)).allowed for who in self._people)
        ]
        found = reason
        if whose:
            step = _STEPS.get(part.edge.partition("->")[2], "this step")
            found = f"{step} belongs to the {_either(whose)}"
        return f"{found}; you may walk {', '.join(mine)}" if mine else found

    def _reason(self, kind: Kind, code: str, condition: str = "") -> str:
        if code in kind.denials:
            return kind.denials[code]
        if code == "LIF-03":
            return "who resumes stands at the level of who stopped it, or above"
        if code in _REASONS:
            return _REASONS[code]
        return f"the condition {condition!r} does not hold" if condition else "the role has no right to this"

    def _who_can(self, part: Part) -> tuple[str, ...]:
        """The words of the roles that have the right on this resource."""
        found = {who.role for who in self._stand_ins(part.entity) if self._decide(who, part).allowed}
        return tuple(role.value for role in _PEOPLE if role in found)

    def _stand_ins(self, entity: Entity) -> Iterator[Principal]:
        """Somebody of each role who could have a right here: of the platform, and of each company around it."""
        yield _stand_in(RoleWord.ADMINISTRATOR, entity, None)
        for address in self._rights.around(entity):
            company = self._rights.view.at(address) or self._view.at(address)
            if company is not None and company.kind.company_role is not None:
                yield _stand_in(company.kind.company_role(company), entity, company.address)


_STEPS = {"suspended": "suspension", "blocked": "blocking", "active": "activation", "deleted": "deletion"}
"""How a step into a state is called."""
_WORDS = {"manage": "update", "unprotect": "update"}


def _either(words: Sequence[str]) -> str:
    *some, last = words
    return f"{', '.join(some)} or {last}" if some else last


def _stand_in(role: RoleWord, entity: Entity, company: Address | None) -> Principal:
    """Nobody in person: an operator of a role and a company."""
    nowhere = Address(entity.address.kind, entity.address.tenant, "")
    selves = frozenset() if company is None else frozenset({company})
    return Principal(address=nowhere, known_as="", role=role, company=company, selves=selves)


def _writers(kind: Kind) -> frozenset[RoleWord]:
    """The roles that may write anything of a kind somewhere."""
    return frozenset(
        role
        for role in _PEOPLE
        for row in kind.allow
        if row.verb in WRITES and row.grant(role).reach.value not in ("none", "never")
    )


# --- what only the carriers decide -----------------------------------------------------------------------------------


def _stamped(view: View, plan: Plan, walked: Mapping[tuple[Address, str], Principal]) -> Plan:
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
