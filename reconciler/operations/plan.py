"""plan: what an apply would do, and what stands against it. Reads and never writes.

read manifests, judge them, read the database, fit both together, look at the clock, compare, plan, guard. A phase
runs only when those before it found no error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reconciler.engine.diff import Fingerprints, diff
from reconciler.engine.guard import EMPTY, guard
from reconciler.engine.leave import Kept, leave
from reconciler.engine.plan import PlanOptions, make_plan
from reconciler.engine.plan.steps import NO_PATH
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, errors_in, in_order
from reconciler.model.errors import Held, InvalidManifests
from reconciler.model.plan import Plan
from reconciler.model.resource import Live
from reconciler.model.view import View
from reconciler.operations.request import Doors, Request
from reconciler.operations.secrets import fingerprints, unreadable
from reconciler.operations.validate import Judged, fit, judge

HOLDING = frozenset({"GEN-20", "OPR-04"})
"""Rules of the domain that hold a plan as guards do: protection, and the last active administrator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A plan with what it was made from. ``guarded`` is what the guards say about it."""

    plan: Plan
    guarded: tuple[Diagnostic, ...]
    judged: Judged
    live: Live
    view: View
    marks: Fingerprints

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What forbids applying it, without what holds it.

        Of an empty set everything else follows; so nothing else counts beside the guard that speaks about it.
        """
        if any(one.code == EMPTY.code for one in self.guarded):
            return ()
        found = self.plan.diagnostics
        return tuple(one for one in found if one.severity is Severity.ERROR and one.code not in HOLDING)

    @property
    def holds(self) -> tuple[Diagnostic, ...]:
        """What holds it: budgets, protection, invariants."""
        found = [one for one in self.plan.diagnostics if one.code in HOLDING]
        return tuple(one for one in (*found, *self.guarded) if one.severity is Severity.ERROR)


def plan(doors: Doors, request: Request) -> Proposal:
    """Make a plan.

    Raises:
        InvalidManifests: the manifests hold errors, alone, together, or beside the database.
        WorldError: a file or the database did not answer.
    """
    judged = read(doors, request)
    return propose(doors, request, judged, doors.store.read())


def read(doors: Doors, request: Request) -> Judged:
    """The manifests of a run, valid by themselves.

    Raises:
        InvalidManifests: they are not.
    """
    judged = judge(doors.catalog, doors.reader, layout=request.layout, folders=doors.waivers)
    if not judged.valid:
        raise _invalid(judged.diagnostics)
    return judged


def propose(doors: Doors, request: Request, judged: Judged, live: Live) -> Proposal:
    """Make a plan from manifests that were read and a database that was read.

    Raises:
        InvalidManifests: they do not fit together.
    """
    view, found = fit(doors.catalog, judged, live, now=doors.now)
    if _unfit(found):
        raise _invalid(tuple(in_order([*judged.diagnostics, *found])))
    marks, problems = fingerprints(doors, view)
    kept = _kept(view, marks, request, judged)
    made = make_plan(view, kept.differences, _options(request, judged))
    known = {(one.address, one.path) for one in problems}
    problems += [one for one in unreadable(doors, made, view) if (one.address, one.path) not in known]
    return _proposal(
        request,
        judged=judged,
        live=live,
        view=view,
        made=made,
        marks=marks,
        found=(*judged.diagnostics, *found, *problems, *kept.diagnostics),
    )


def propose_again(doors: Doors, request: Request, before: Proposal, live: Live) -> Proposal:
    """The same plan against the database of now. Manifests and secrets are those that were read before.

    Raises:
        InvalidManifests: they do not fit any more.
    """
    view, found = fit(doors.catalog, before.judged, live, now=doors.now)
    if _unfit(found):
        raise _invalid(tuple(in_order(found)))
    kept = _kept(view, before.marks, request, before.judged)
    made = make_plan(view, kept.differences, _options(request, before.judged))
    return _proposal(
        request,
        judged=before.judged,
        live=live,
        view=view,
        made=made,
        marks=before.marks,
        found=(*before.judged.diagnostics, *found, *kept.diagnostics),
    )


def _kept(view: View, marks: Fingerprints, request: Request, judged: Judged) -> Kept:
    """What differs and is to be planned; the view learns what stays as it is."""
    kept = leave(diff(view, marks), judged.waivers, only_drift=request.only_drift)
    view.keep(kept.fields, kept.absent)
    return kept


def _unfit(found: Sequence[Diagnostic]) -> bool:
    """Whether phase reference found an error. Those of phase time stand beside those of phase plan."""
    return errors_in([one for one in found if one.phase is not Phase.TIME and one.phase is not Phase.PLAN])


def refuse(proposal: Proposal) -> None:
    """Stop at a plan that must not be applied.

    Raises:
        InvalidManifests: it holds errors.
        Held: a guard holds it.
    """
    if proposal.errors:
        raise InvalidManifests("the plan holds errors; nothing was applied", diagnostics=proposal.errors)
    if proposal.holds:
        raise Held(
            "a guard holds the plan; nothing was applied",
            diagnostics=proposal.holds,
            hint="plan a smaller change, or allow deletes with --allow-delete KIND:N where a budget is the reason",
        )


def _proposal(
    request: Request,
    *,
    judged: Judged,
    live: Live,
    view: View,
    made: Plan,
    marks: Fingerprints,
    found: tuple[Diagnostic, ...],
) -> Proposal:
    made = replace(made, diagnostics=tuple(in_order([*found, *_unless_said(found, made.diagnostics)])))
    guarded = tuple(in_order(guard(made, view, request.guards)))
    return Proposal(plan=made, guarded=guarded, judged=judged, live=live, view=view, marks=marks)


def _unless_said(said: Sequence[Diagnostic], found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """One wrong place gives one error: where phase time has spoken, the path of a life cycle does not matter."""
    places = {(one.address, one.path) for one in said if one.phase is Phase.TIME and one.severity is Severity.ERROR}
    return [one for one in found if one.code != NO_PATH.code or (one.address, one.path) not in places]


def _options(request: Request, judged: Judged) -> PlanOptions:
    return PlanOptions(
        prune=request.prune,
        unfinished=judged.manifests.unfinished,
        targets=request.targets,
        excludes=request.excludes,
        environment=request.environment,
        manifests=judged.manifests.digest,
        commit=judged.manifests.commit,
    )


def _invalid(diagnostics: tuple[Diagnostic, ...]) -> InvalidManifests:
    return InvalidManifests("the manifests hold errors; nothing was planned", diagnostics=diagnostics)
