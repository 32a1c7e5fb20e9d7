"""Proposals: a plan with everything that is said of it, and whether it may be applied."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.engine.blocked import blocked
from reconciler.engine.diff import Fingerprints
from reconciler.engine.guard import EMPTY
from reconciler.engine.lens import Lens
from reconciler.engine.rollback import WHOLE
from reconciler.model.approval import NO_AUTHORS, Approvals, CommitAuthors
from reconciler.model.authorization import Carriers, Judgement
from reconciler.model.dataclass import dataclass
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.entitlement import Shift
from reconciler.model.errors import Denied, Held, InvalidManifests, ReconcilerError
from reconciler.model.plan import Plan
from reconciler.model.policy import DENIED
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.snapshot import SnapshotNote
from reconciler.model.view import View
from reconciler.operations.outside import Inside
from reconciler.operations.validate import Judged

HOLDING = frozenset({"GEN-20", "OPR-04"})
"""Rules of the domain that hold a plan as guards do: protection, and the last active administrator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A plan with what it was made from. ``guarded`` is what guards and policies say, ``ruled`` what policies say.

    ``narrowed`` is what the guards say to those who ask, ``ruled_told`` what the policies do, one by one.
    ``carriers`` are those who ask, None when nobody does; ``judgement`` is what became of the plan before them.
    ``lens`` is what they may see; None sees everything. ``shifts`` are rights that people gain and lose by the plan.
    ``inside`` is what took part in it; None says everything.
    ``snapshot`` says so when it was made from one: then it is for reading, and nobody applies it.
    ``made`` is the plan as it was before it was judged, and ``found`` what had been found by then.
    """

    plan: Plan
    made: Plan
    found: tuple[Diagnostic, ...]
    guarded: tuple[Diagnostic, ...]
    narrowed: tuple[Diagnostic, ...] = ()
    judged: Judged
    live: Live
    view: View
    marks: Fingerprints
    ruled: tuple[Diagnostic, ...] = ()
    ruled_told: tuple[Diagnostic, ...] = ()
    shifts: tuple[Shift, ...] = ()
    authors: CommitAuthors = NO_AUTHORS
    inside: Inside | None = None
    snapshot: SnapshotNote | None = None
    carriers: Carriers | None = None
    judgement: Judgement | None = None
    lens: Lens | None = None
    rights: Rights

    @property
    def outside(self) -> tuple[Denial, ...]:
        """The denials of manifests that took no part in it."""
        return () if self.inside is None else self.inside.denials

    @property
    def left_out(self) -> int:
        """How many manifests took no part in it and are not denied."""
        return 0 if self.inside is None else self.inside.left_out

    @property
    def seen(self) -> Plan:
        """The plan as those who ask may see it. Every output and every file is made from this one."""
        if self.lens is None:
            return self.plan
        return blocked(self.lens.plan(self.plan, self.denials), self.view, self.denials)

    @property
    def seen_guards(self) -> tuple[Diagnostic, ...]:
        """What the guards say, as those who ask may see it."""
        return self.guarded if self.lens is None else self.lens.diagnostics((*self.narrowed, *self.ruled_told))

    @property
    def seen_shifts(self) -> tuple[Shift, ...]:
        """What people gain and lose, as those who ask may see it."""
        return self.shifts if self.lens is None else self.lens.shifts(self.shifts)

    @property
    def seen_approvals(self) -> Approvals | None:
        """Who agrees, as those who ask may see it."""
        found = self.plan.approvals
        return found if found is None or self.lens is None else self.lens.approvals(found)

    @property
    def refusal(self) -> type[ReconcilerError] | None:
        """The error with which an apply of it would end; None when it may be applied."""
        if self._of_nothing:
            return Held
        if self.errors and not all(one.phase is Phase.POLICY for one in self.errors):
            return Held if self.plan.rollback else InvalidManifests
        if self.errors:
            return Denied
        if self.denials or self.forbidden:
            return Denied
        return Held if self.holds else None

    @property
    def approvable(self) -> bool:
        """Whether nothing is wrong with it, or nothing but rights that others may have."""
        return self.refusal is None or (self.refusal is Denied and not (self.errors or self.forbidden))

    @property
    def denials(self) -> tuple[Denial, ...]:
        """What those who ask have no right to."""
        return () if self.judgement is None else self.judgement.denials

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What forbids applying it, without what holds it.

        Of an empty set everything else follows; so nothing else counts beside the guard that speaks about it.
        """
        if self._of_nothing:
            return ()
        found = (*self.plan.diagnostics, *(one for one in self.ruled if one.code != DENIED.code))
        # What is denied without a word about it must not be told by its errors: they would say that it is there.
        hidden = {one.address for one in self.denials if one.hidden}
        wrong = (one for one in found if one.severity is Severity.ERROR and one.code not in HOLDING)
        return tuple(one for one in wrong if one.address is None or one.address not in hidden)

    @property
    def _of_nothing(self) -> bool:
        """Whether it was made from an empty set."""
        return any(one.code == EMPTY.code for one in self.guarded)

    @property
    def forbidden(self) -> tuple[Diagnostic, ...]:
        """What policies of the users' own forbid."""
        return tuple(one for one in self.ruled if one.code == DENIED.code)

    @property
    def holds(self) -> tuple[Diagnostic, ...]:
        """What holds it: budgets, protection, invariants."""
        return self._holding([one for one in self.guarded if one not in self.ruled])

    @property
    def seen_holds(self) -> tuple[Diagnostic, ...]:
        """What holds it, as those who ask may see it."""
        return self.holds if self.lens is None else self.lens.diagnostics(self._holding(self.narrowed))

    def _holding(self, guards: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
        found = [one for one in self.plan.diagnostics if one.code in HOLDING]
        return tuple(one for one in (*found, *guards) if one.severity is Severity.ERROR)


def refuse(proposal: Proposal, *, nothing: str = "nothing was applied") -> None:
    """Stop at a plan that must not be applied. ``nothing`` says what did not happen.

    Raises:
        InvalidManifests: it holds errors.
        Denied: those who ask have no right to a part of it (GEN-07), a rule that binds everybody denies it, or a policy
            of the users' own forbids it.
        Held: a guard holds it.
    """
    denied = tuple(one.diagnostic() for one in proposal.denials)
    wrong = (*_seen(proposal, proposal.errors), *denied, *_seen(proposal, proposal.forbidden))
    refusal = proposal.refusal
    if refusal is InvalidManifests:
        raise InvalidManifests(f"the plan holds errors; {nothing}", diagnostics=wrong)
    if refusal is Denied:
        raise Denied(f"the plan is denied; {nothing}", code="GEN-07", diagnostics=wrong)
    if refusal is Held and proposal.plan.rollback and proposal.errors:
        raise Held(
            f"the run cannot be rolled back; {nothing}",
            code=WHOLE.code,
            diagnostics=(*wrong, *proposal.seen_holds),
            hint="a run is undone whole or not at all; change what is left through git",
        )
    if refusal is Held:
        raise Held(
            f"a guard holds the plan; {nothing}",
            diagnostics=proposal.seen_holds,
            hint="plan a smaller change, or allow deletes with --allow-delete KIND:N where a budget is the reason",
        )


def _seen(proposal: Proposal, found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    if proposal.lens is None:
        return tuple(found)
    told = dict(zip(proposal.ruled, proposal.ruled_told, strict=True))
    return proposal.lens.diagnostics([told.get(one, one) for one in found])
