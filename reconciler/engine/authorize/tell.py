"""Tell: denials in words, and nothing in them about what may not be read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from reconciler.engine.authorize.needed import Part
from reconciler.model.access import RoleWord
from reconciler.model.address import Address
from reconciler.model.change import Action
from reconciler.model.denial import Denial
from reconciler.model.kind import Kind
from reconciler.model.principal import Principal
from reconciler.model.rights import WRITES, Rights, Verdict
from reconciler.model.source import Source
from reconciler.model.view import Entity, View

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

_ONE_BY_ONE = 3
"""Denials of manifests that lie outside of the reach are told one by one up to here, and in one line beyond."""
_HOW = "plan what is yours, with --mine or --target, or what a branch changes, with --base"


class Teller:
    """Says what is denied. ``seen`` says who reads a resource, ``decide`` who may do a part."""

    def __init__(
        self,
        rights: Rights,
        view: View,
        people: Sequence[Principal],
        *,
        seen: Callable[[Principal, Entity], bool],
        decide: Callable[[Principal, Part], Verdict],
    ) -> None:
        self._rights = rights
        self._view = view
        self._people = people  # what is told is for their eyes
        self._seen = seen
        self._decide = decide

    def told(self, denied: Sequence[tuple[Part, Verdict]], walkable: Sequence[str]) -> Iterator[Denial]:
        """What is denied of one resource. ``walkable`` are the steps of its way that may be walked."""
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
                yield self.denial(part, verdict)

    def _hidden(self, part: Part, verdict: Verdict) -> Denial:
        """About what lies outside the reach nothing is told: neither whether it exists nor what would change.

        A kind that the role never writes is denied with the code of the matrix; that depends on nothing that is there.
        """
        return _hidden_denial(self._people[0], part.entity, verdict.code, part.change.source)

    def unnamed(self) -> Denial:
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

    def denial(self, part: Part, verdict: Verdict) -> Denial:
        """That of one part, whose resource may be read."""
        reason = _reason(part.entity.kind, verdict.code, verdict.condition)
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
            self.denial(part, Verdict(allowed=False, code="LIF-02")),
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

    def _who_can(self, part: Part) -> tuple[str, ...]:
        """The words of the roles that have the right on this resource."""
        found = {who.role for who in self._stand_ins(part.entity) if self._decide(who, part).allowed}
        return _words(found)

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


def _reason(kind: Kind, code: str, condition: str = "") -> str:
    if code in kind.denials:
        return kind.denials[code]
    if code == "LIF-03":
        return "who resumes stands at the level of who stopped it, or above"
    if code in _REASONS:
        return _REASONS[code]
    return f"the condition {condition!r} does not hold" if condition else "the role has no right to this"


# --- what lies outside -----------------------------------------------------------------------------------------------


def outside_denials(
    rights: Rights, people: Sequence[Principal], found: Sequence[tuple[Entity, Source | None]]
) -> tuple[Denial, ...]:
    """That manifests are denied because of their addresses alone, whatever is live; more than a few in one line.

    ``found`` are what they declare and where, in order; ``people`` are those who ask.
    """
    who = people[0]
    if who.only is not None:
        return (suspended(who),)
    if len(found) <= _ONE_BY_ONE:
        told = ((entity, rights.decide(who, "create", entity).code, source) for entity, source in found)
        return tuple(_hidden_denial(who, *one) for one in told)
    writers = frozenset().union(*(_writers(entity.kind) for entity, _ in found))
    first, source = found[0]
    return (
        Denial(
            who=who.title,
            verb="change",
            address=None,
            what=f"{len(found)} resources that manifests name, {first.address} the first of them",
            reason=f"they lie outside the reach of the role, and nothing is told about them; {_HOW}",
            code="OPR-06" if who.role is RoleWord.AUDITOR else "PRM-02",
            who_can=_words(writers),
            source=source,
            hidden=True,
        ),
    )


def suspended(who: Principal) -> Denial:
    """That of somebody whose company is suspended (OPR-09)."""
    company = "" if who.only is None else f" {who.only[0]}"
    reason = f"its company{company} is suspended; only its way back to active may be applied"
    return Denial(who=who.title, verb="apply", address=None, reason=reason, code="OPR-09")


def _hidden_denial(who: Principal, entity: Entity, code: str, source: Source | None) -> Denial:
    writers = _writers(entity.kind)
    said = (code if who.role not in writers else "") or "PRM-02"
    return Denial(
        who=who.title,
        verb="change",
        address=entity.address,
        reason=_reason(entity.kind, said),
        code=said,
        who_can=_words(writers),
        path="metadata.name",
        source=source,
        hidden=True,
    )


def _words(roles: Collection[RoleWord]) -> tuple[str, ...]:
    return tuple(role.value for role in _PEOPLE if role in roles)
