"""plan: what an apply would do, and what stands against it. Reads and never writes.

read manifests, judge them, read the database, fit both together, look at the clock, compare, plan, guard. A phase
runs only when those before it found no error.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Protocol

from reconciler.engine.access import closed, feeds_rights, shifts
from reconciler.engine.authorize import authorize
from reconciler.engine.diff import Fingerprints, diff
from reconciler.engine.guard import guard, guard_applicant
from reconciler.engine.leave import Kept, leave, left_out
from reconciler.engine.lens import Lens
from reconciler.engine.part import certain, fill
from reconciler.engine.plan import PlanOptions, make_plan, retargeted
from reconciler.engine.plan.steps import NO_PATH
from reconciler.engine.recognize import Recognizer
from reconciler.engine.snapfile import instant
from reconciler.model.after import live_after
from reconciler.model.approval import CommitAuthors
from reconciler.model.authorization import Judgement
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, errors_in, in_order
from reconciler.model.difference import Differences
from reconciler.model.entitlement import Shift
from reconciler.model.errors import InvalidManifests
from reconciler.model.focus import NeedsAll
from reconciler.model.moved import Move
from reconciler.model.notes import Notes
from reconciler.model.noting import NotingView
from reconciler.model.pace import stage, staged
from reconciler.model.plan import Plan
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.snapshot import Snapshot, SnapshotNote
from reconciler.model.view import View
from reconciler.operations.baselines import learn, may_learn
from reconciler.operations.consent import agree_on
from reconciler.operations.moving import fit_moved
from reconciler.operations.outside import Inside, set_aside
from reconciler.operations.people import summon
from reconciler.operations.policies import judge_policies
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import Doors, People, Request
from reconciler.operations.secrets import Sealed, fingerprints, secrets_at_apply, unread_secrets, unreadable
from reconciler.operations.staying import unfitting
from reconciler.operations.steady import Steady
from reconciler.operations.validate import Judged, judge


class Proposer(Protocol):
    """Where a plan comes from: manifests, or a run that is undone. The stages behind it are the same."""

    def read(self, doors: Doors, request: Request) -> Judged:
        """What the plan is made from, valid by itself."""

    def propose(self, doors: Doors, request: Request, judged: Judged, live: Live) -> Proposal:
        """Make the plan for a database that was read."""

    def propose_again(self, doors: Doors, request: Request, before: Proposal, live: Live) -> Proposal:
        """The same plan against the database of now."""

    def rests(self, doors: Doors, plan: Plan) -> Sealed:
        """Former secrets that the plan puts back, in the form in which they rested."""


class FromManifests:
    """Plans that are made from manifests."""

    def read(self, doors: Doors, request: Request) -> Judged:
        """See :func:`read`."""
        return read(doors, request)

    def propose(self, doors: Doors, request: Request, judged: Judged, live: Live) -> Proposal:
        """See :func:`propose`."""
        return propose(doors, request, judged, live)

    def propose_again(self, doors: Doors, request: Request, before: Proposal, live: Live) -> Proposal:
        """See :func:`propose_again`."""
        return propose_again(doors, request, before, live)

    def rests(self, doors: Doors, plan: Plan) -> Sealed:  # noqa: ARG002  # the secrets of manifests are read from their sources
        """None."""
        return {}


FROM_MANIFESTS = FromManifests()


def plan(doors: Doors, request: Request) -> Proposal:
    """Make a plan.

    Raises:
        InvalidManifests: the manifests hold errors, alone, together, or beside the database.
        WorldError: a file or the database did not answer.
    """
    judged = read(doors, request)
    # What is compared with the marks of earlier runs is compared as it was read.
    known = None if judged.manifests.memory is not None or judged.moves else Recognizer(doors.catalog, judged.resources)
    with stage("database"):
        live = doors.store.read(known)
    return propose(doors, request, judged, live)


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
    if doors.snapshot is not None:
        return _from_snapshot(doors, request, judged, doors.snapshot)
    if doors.baselines is not None and judged.since is None and may_learn(judged, live):
        judged = replace(judged, notes=Notes())
    inside = _inside(doors, request, judged, live)
    if judged.since is not None and inside.judged is not judged:
        raise NeedsAll
    steady = Steady(judged, live, whole=not judged.moves and not inside.hidden and judged.since is None)
    # Of what is assumed nothing is noted, and the next run could rest on nothing.
    stands = steady.holds and judged.notes is None
    if stands:
        view, found = steady.fit(doors.catalog, inside.judged, live, now=doors.now)
    else:
        view, live, found = _fitted(doors, request, inside, live)
    if unfit(found):
        raise _invalid(seen_by(doors, request, live, view=view, found=[*judged.diagnostics, *found]))
    with stage("secrets"):
        marks, problems = fingerprints(doors, view)
    if stands and not marks:
        differences = Differences(items=(), unchanged=len(view.declared))
    else:
        differences = _compared(view, marks)
        if not marks and not problems:
            steady.learn(view, found, differences)
    kept = _kept(view, differences, request, judged, found)
    made = _made(view, kept, _options(request, judged, view.moves.values()))
    known = {(one.address, one.path) for one in problems}
    with stage("secrets"):
        problems += [one for one in unreadable(doors, made, view) if (one.address, one.path) not in known]
    if isinstance(view, NotingView) and inside.judged is judged:
        learn(doors, judged, view, differences)
    return proposed(
        doors,
        request,
        judged=judged,
        live=live,
        view=view,
        made=made,
        marks=marks,
        found=(*judged.diagnostics, *found, *problems, *kept.diagnostics),
        inside=inside,
    )


def _from_snapshot(doors: Doors, request: Request, judged: Judged, snapshot: Snapshot) -> Proposal:
    """A plan from a snapshot: no secret is read, and what the snapshot does not hold is neither made nor missed.

    Raises:
        InvalidManifests: the manifests do not fit together.
    """
    live = snapshot.live
    if snapshot.partial:
        live = fill(doors.catalog, live, snapshot.people, judged.resources, doors.now)
        # Who may do what cannot be judged from a part of the data.
        request = replace(request, people=People(local=request.people.local))
    inside = _inside(doors, request, judged, live)
    view, live, found = _fitted(doors, request, inside, live)
    if unfit(found):
        raise _invalid(seen_by(doors, request, live, view=view, found=[*judged.diagnostics, *found]))
    kept = _kept(view, _compared(view, {}), request, judged, found)
    chosen = _options(request, judged, view.moves.values())
    made = secrets_at_apply(_made(view, kept, chosen))
    proposal = proposed(
        doors,
        request,
        judged=judged,
        live=live,
        view=view,
        made=made,
        marks={},
        found=(*judged.diagnostics, *found, *kept.diagnostics),
        inside=inside,
    )
    return replace(
        proposal,
        snapshot=SnapshotNote(
            made_at=instant(snapshot.made_at),
            made_for=tuple(one.title for one in snapshot.people),
            environment=snapshot.environment,
            schema=snapshot.schema,
            version=snapshot.version,
            key=snapshot.key,
            unread=() if live.doubt is None else tuple(sorted(filter(chosen.selects, live.doubt.unread))),
            secrets=tuple(
                (address, path)
                for address, path in unread_secrets(view, proposal.plan, chosen.selects)
                if proposal.lens is None or path in proposal.lens.readable(address)
            ),
        ),
    )


def propose_again(doors: Doors, request: Request, before: Proposal, live: Live) -> Proposal:
    """The same plan against the database of now. Manifests and secrets are those that were read before.

    Raises:
        InvalidManifests: they do not fit any more.
    """
    inside = _inside(doors, request, before.judged, live)
    view, live, found = _fitted(doors, request, inside, live)
    if unfit(found):
        raise _invalid(seen_by(doors, request, live, view=view, found=found))
    kept = _kept(view, _compared(view, before.marks), request, before.judged, found)
    made = _made(view, kept, _options(request, before.judged, view.moves.values()))
    return proposed(
        doors,
        request,
        judged=before.judged,
        live=live,
        view=view,
        made=made,
        marks=before.marks,
        found=(*before.judged.diagnostics, *found, *kept.diagnostics),
        inside=inside,
        authors=before.authors,
    )


def _inside(doors: Doors, request: Request, judged: Judged, live: Live) -> Inside:
    return set_aside(doors, request, judged, live, selects=_options(request, judged, judged.moves).selects)


def _fitted(doors: Doors, request: Request, inside: Inside, live: Live) -> tuple[View, Live, list[Diagnostic]]:
    """The manifests that take part beside the database."""
    return fit_moved(doors.catalog, inside, live, now=doors.now, request=request)


@staged("compare")
def _compared(view: View, marks: Fingerprints) -> Differences:
    return diff(view, marks)


def _kept(view: View, differences: Differences, request: Request, judged: Judged, found: Sequence[Diagnostic]) -> Kept:
    """What differs and is to be planned; the view learns what stays as it is, and that has to fit."""
    if view.live is not None and view.live.doubt is not None:
        differences = certain(differences, view.live.doubt)
    differences = _counted(view, differences, _options(request, judged, view.moves.values()))
    kept = leave(differences, judged.waivers, only_drift=request.only_drift, moves=view.moves)
    selects = _options(request, judged, view.moves.values()).selects
    wrong = unfitting(view, judged, kept, found, selects=selects)
    fields, absent = left_out(kept.differences, selects)
    view.keep({**kept.fields, **fields}, kept.absent | absent)
    return replace(kept, diagnostics=(*kept.diagnostics, *wrong))


def _counted(view: View, found: Differences, options: PlanOptions) -> Differences:
    """With targets, what is as it should be is counted among what they select."""
    if not options.targets and not options.excludes:
        return found
    known = {one.address for one in found.items}
    if view.live is not None and view.live.doubt is not None:
        known |= view.live.doubt.unread
    return replace(found, unchanged=sum(options.selects(one) for one in view.declared if one not in known))


@staged("plan")
def _made(view: View, kept: Kept, options: PlanOptions) -> Plan:
    return make_plan(view, kept.differences, options)


def unfit(found: Sequence[Diagnostic]) -> bool:
    """Whether phase reference found an error. Those of phase time stand beside those of phase plan."""
    return errors_in([one for one in found if one.phase is not Phase.TIME and one.phase is not Phase.PLAN])


def seen_by(
    doors: Doors, request: Request, live: Live, *, found: Sequence[Diagnostic], view: View | None = None
) -> tuple[Diagnostic, ...]:
    """Findings about what does not fit, as those who ask may see them."""
    told = tuple(in_order(list(found)))
    lens = lens_of(doors, request, live, view=view)
    return told if lens is None else lens.diagnostics(told)


def lens_of(doors: Doors, request: Request, live: Live, *, view: View | None = None) -> Lens | None:
    """What those who ask may see of what does not fit; None where nobody asks, who sees everything."""
    rights = Rights(doors.catalog, live, doors.now)
    carriers = summon(rights, request.people, live)
    if carriers is None or not carriers.people:
        return None
    # A manifest says nothing about the reach of what does not fit; what is kept away is kept away here too.
    seen = View(doors.catalog, {}, live)
    seen.outside = frozenset() if view is None else view.outside
    return Lens(rights, carriers.people, seen)


@staged("judge")
def proposed(
    doors: Doors,
    request: Request,
    *,
    judged: Judged,
    live: Live,
    view: View,
    made: Plan,
    marks: Fingerprints,
    found: tuple[Diagnostic, ...],
    inside: Inside | None = None,
    authors: CommitAuthors | None = None,
) -> Proposal:
    """A plan with what guards, rights, approvals and policies say of it.

    ``found`` is what was found before it, ``inside`` what took part in it; None says everything.
    """
    before = made
    told = in_order([*found, *_unless_said(found, made.diagnostics)])
    focus = judged.manifests.focus
    made = replace(made, diagnostics=tuple(told if focus is None else filter(focus.tells, told)))
    rights = Rights(doors.catalog, live, doors.now, planned=view)
    carriers = summon(rights, request.people, live)
    agreed = agree_on(doors, request, made, rights=rights, view=view, carriers=carriers, authors=authors)
    made, carriers = replace(made, approvals=agreed.approvals), agreed.carriers
    applicant = None if carriers is None else carriers.applicant
    lens = Lens(rights, carriers.people, view) if carriers is not None and carriers.people else None
    gone = guard_applicant(made, view, applicant, doors.now)
    gone = [*gone, *request.remarks]
    among = None if lens is None else lens.sees
    guarded = tuple(in_order([*guard(made, view, request.guards, among=among), *gone]))
    narrowed = guarded
    if lens is not None:
        narrowed = tuple(in_order([*guard(made, view, request.guards, sees=lens.sees, among=among), *gone]))
        options = _options(request, judged, view.moves.values())
        declared = (one.address for one in judged.resources)
        mine = chain(view.declared, declared, filter(lens.sees, filter(options.names, live.ledger)))
        made = replace(made, diagnostics=retargeted(made.diagnostics, options, mine))
    judgement = None if carriers is None else _once(authorize(rights, made, view, carriers), made)
    made = _silenced(judgement, made, view)
    moved: tuple[Shift, ...] = ()
    if carriers is not None and not carriers.installer and feeds_rights(rights, made):
        moved = shifts(rights, Rights(doors.catalog, live_after(doors.catalog, live, made), doors.now), made)
        judgement = _closed(judgement, closed(rights, view, moved, carriers), lens)
    if judgement is not None and inside is not None and inside.denials:
        judgement = Judgement(denials=(*inside.denials, *judgement.denials))
    proposal = Proposal(
        plan=made,
        made=before,
        found=found,
        guarded=guarded,
        narrowed=narrowed,
        judged=judged,
        live=live,
        view=view,
        marks=marks,
        carriers=carriers,
        judgement=judgement,
        lens=lens,
        rights=rights,
        shifts=moved,
        authors=agreed.consent.authors,
        inside=inside,
    )
    if proposal.errors:
        return proposal  # a phase is judged only when those before it found no error
    seen = None if lens is None else partial(_seen, lens, made, narrowed)
    rulings = judge_policies(doors, made, guarded, seen=seen)
    return replace(proposal, guarded=(*guarded, *rulings.found), ruled=rulings.found, ruled_told=rulings.told)


def _seen(lens: Lens, made: Plan, narrowed: Sequence[Diagnostic]) -> tuple[Plan, Sequence[Diagnostic]]:
    """The plan and what the guards say of it, as those who ask may see both, before anybody carries it."""
    return replace(lens.plan(made), carriers=made.carriers), lens.diagnostics(narrowed)


def _closed(judgement: Judgement | None, denials: tuple[Denial, ...], lens: Lens | None) -> Judgement | None:
    """The judgement with the denials of the second wall, which take the authorization away."""
    if judgement is None or not denials:
        return judgement
    # What may not be read is denied once: a second denial would tell whether it is new or was there.
    hidden = {one.address for one in judgement.denials if one.hidden}
    told = [one for one in denials if one.address not in hidden]
    # Who they are that would gain by it is not told where they may not be read, nor how many.
    unseen = [one for one in told if lens is not None and one.address is not None and not lens.sees(one.address)]
    seen = [one for one in told if one not in unseen]
    somebody = [replace(one, address=None, what="to somebody out of sight", path="") for one in unseen[:1]]
    return Judgement(denials=(*judgement.denials, *seen, *somebody))


def _once(judgement: Judgement, made: Plan) -> Judgement:
    """One wrong place gives one error: a denial that a rule for everybody has told already is not told again."""
    said = {(one.code, one.address) for one in made.diagnostics if one.severity is Severity.ERROR}
    left = tuple(one for one in judgement.denials if (one.code, one.address) not in said)
    return replace(judgement, denials=left)


def _silenced(judgement: Judgement | None, made: Plan, view: View) -> Plan:
    """What is given up or taken a step by somebody who may not is denied, and that is all that is said of it.

    What stands in the way of it is other resources, which may lie out of sight: that there are any would show. So it is
    with the errors at a field that somebody may not change.
    """
    denials = () if judgement is None else judgement.denials
    if not denials:
        return made
    denied = {one.address for one in denials if one.verb in _ENDS or one.address not in view.declared}
    fields = {(one.address, one.path) for one in denials}

    def stays(one: Diagnostic) -> bool:
        if one.phase is not Phase.PLAN:
            return True
        barred = one.severity is Severity.ERROR and (one.address, one.path) in fields
        return one.address not in denied and not barred

    return replace(made, diagnostics=tuple(filter(stays, made.diagnostics)))


_ENDS = frozenset({"delete", "transition", "forget"})


def _unless_said(said: Sequence[Diagnostic], found: Sequence[Diagnostic]) -> list[Diagnostic]:
    """One wrong place gives one error: where phase time has spoken, the path of a life cycle does not matter."""
    places = {(one.address, one.path) for one in said if one.phase is Phase.TIME and one.severity is Severity.ERROR}
    return [one for one in found if one.code != NO_PATH.code or (one.address, one.path) not in places]


def _options(request: Request, judged: Judged, moves: Iterable[Move]) -> PlanOptions:
    return PlanOptions(
        prune=request.prune,
        unfinished=judged.manifests.unfinished,
        targets=request.targets,
        excludes=request.excludes,
        environment=request.environment,
        manifests=judged.manifests.digest,
        commit=judged.manifests.commit,
        moves={one.address: one.previous for one in moves},
    )


def _invalid(diagnostics: tuple[Diagnostic, ...]) -> InvalidManifests:
    return InvalidManifests("the manifests hold errors; nothing was planned", diagnostics=diagnostics)
