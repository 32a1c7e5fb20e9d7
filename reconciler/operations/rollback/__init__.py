"""rollback: the plan that undoes a run, made, judged and authorised as every other plan is.

What the run found is written as manifests that nobody reads but this plan, so that every rule, right, guard and policy
sees a rollback as it sees a change that git asks for. Nothing is judged less, and there is no second way to write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.engine import rollback as stage
from reconciler.engine.lens import Lens
from reconciler.engine.plan import PlanOptions, make_plan
from reconciler.engine.rebase import moves_back, rebase, rebase_past
from reconciler.engine.rollback import Undoing
from reconciler.model.address import Address
from reconciler.model.columns import column_name
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.drift import Written
from reconciler.model.errors import ReconcilerError, UsageError
from reconciler.model.past import Past
from reconciler.model.plan import Plan
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.view import View
from reconciler.operations.history import past_of
from reconciler.operations.people import may_write, summon
from reconciler.operations.plan import lens_of, proposed, seen_by
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import Doors, Request
from reconciler.operations.rollback.former import as_manifests, no_manifests
from reconciler.operations.rollback.refusals import (
    bare,
    in_the_way,
    not_live,
    refuse_beyond,
    refuse_closed,
    refuse_faults,
)
from reconciler.operations.secrets import Sealed
from reconciler.operations.validate import Judged


@dataclass(slots=True)
class RollbackOf:
    """Proposes the plan that undoes a run; see :class:`reconciler.operations.plan.Proposer`.

    ``run`` is its id, or the beginning of it.
    """

    run: str
    past: Past | None = None

    def read(self, doors: Doors, request: Request) -> Judged:
        """Read what is kept of the run. There are no manifests.

        Raises:
            UsageError: there is no such run, or none that those who ask may read (RBK-09).
            Denied: whoever asks is nobody (OPR-09), or an auditor (OPR-06).
        """
        try:
            self.past, _ = past_of(doors.catalog, doors.store, request.people, doors.now, run=self.run)
        except UsageError:
            live = doors.store.read()
            may_write(summon(Rights(doors.catalog, live, doors.now), request.people, live))
            raise
        return no_manifests()

    def propose(self, doors: Doors, request: Request, judged: Judged, live: Live) -> Proposal:  # noqa: ARG002  # nothing is in it
        """The plan that puts back what the run found.

        Raises:
            Stale: something is no longer as the run left it: all of it at once (RBK-01).
            Held: what the run found was not kept, or cannot be put back (RBK-02 to RBK-04).
        """
        return self._proposal(doors, request, live)

    def propose_again(self, doors: Doors, request: Request, before: Proposal, live: Live) -> Proposal:
        """The same against the database of now."""
        return self._proposal(doors, request, live, before=before)

    def rests(self, doors: Doors, plan: Plan) -> Sealed:
        """The former secrets that the plan puts back, in the form in which they rested.

        Raises:
            WorldError: they are not as they were kept (RBK-02).
            Held: one cannot be opened (RBK-10).
        """
        wanted = {(one.address, path) for one in plan.changes if one.back is not None for path in one.back.rests}
        if not wanted:
            return {}
        with doors.store.look() as look:
            found = look.rests(plan.rollback)
        moved = {} if self.past is None else {one.previous: one.address for one in self.past.changes}
        columns = {(address, path): (moved.get(address, address), column_name(path)) for address, path in wanted}
        back = {at: found[place] for at, place in columns.items() if place in found}
        refuse_closed(doors, back)
        return {at: (rest, None) for at, rest in back.items()}

    def _proposal(self, doors: Doors, request: Request, live: Live, *, before: Proposal | None = None) -> Proposal:
        past = self.past
        if past is None:
            msg = "the run has to be read first"
            raise ValueError(msg)
        refuse_beyond(doors, request, past, live)
        based = rebase(doors.catalog, live, moves_back(past))
        if based.diagnostics:  # what it wrote cannot be told from what others wrote while names stand in the way
            raise not_live(past, seen_by(doors, request, live, found=[*map(in_the_way, based.diagnostics)]))
        live = based.live
        named = rebase_past(doors.catalog, past)
        undoing = stage.undo(doors.catalog, named, live, moving=based.moves)
        refuse_faults(doors, request, live, undoing.faults)
        self._refuse_conflicts(doors, request, live, undoing, named, asks=before is None)
        judged, found = as_manifests(doors, undoing, live, request)
        view = View(doors.catalog, {one.address: one for one in judged.resources}, live)
        view.written, view.moves, view.rewrites = False, based.moves, based.rewrites
        options = PlanOptions(prune=True, environment=request.environment, rollback=past.run.id)
        made = _placeless(make_plan(view, stage.differences(view, undoing), options))
        told = (*found, *stage.unmet(made, undoing), *stage.remarks(named, undoing), *_closed(doors, named, undoing))
        return proposed(
            doors,
            request,
            judged=judged,
            live=live,
            view=view,
            made=made,
            marks={},
            found=told,
            authors=None if before is None else before.authors,
        )

    def _refuse_conflicts(
        self, doors: Doors, request: Request, live: Live, undoing: Undoing, past: Past, *, asks: bool
    ) -> None:
        """Stop where somebody has changed since what the run wrote, and say who: everything at once.

        Raises:
            Stale: RBK-01.
        """
        writes: Mapping[Address, Sequence[Written]] = {}
        if asks or undoing.conflicts:  # under the locks the journal has nothing new, unless somebody was quicker
            known = {one.address for one in undoing.items} | {one.address for one in undoing.conflicts}
            left = {one.previous: one.address for one in past.changes if one.previous and one.previous in known}
            with doors.store.look() as look:
                writes = _under_one_name(look.writes({*known, *left.values()}), left)
        conflicts = [*undoing.conflicts, *stage.rest_conflicts(doors.catalog, past, undoing, writes)]
        if not conflicts:
            return
        lens = lens_of(doors, request, live)
        found = [stage.told(one, past, _as_seen(lens, writes.get(one.address, ()))) for one in conflicts]
        raise not_live(past, seen_by(doors, request, live, found=found))


def _as_seen(lens: Lens | None, writes: Sequence[Written]) -> Sequence[Written]:
    """What the journal tells, with people by name where the name may be read."""
    return writes if lens is None else [lens.writer(one) for one in writes]


def _closed(doors: Doors, past: Past, undoing: Undoing) -> Iterator[Diagnostic]:
    """Former secrets that nobody can open. Where plans are made without the key, the apply looks alone."""
    try:
        key = doors.sealer.key_id
    except ReconcilerError:
        return
    yield from stage.closed(past, undoing, key)


def _under_one_name(
    writes: Mapping[Address, Sequence[Written]], left: Mapping[Address, Address]
) -> Mapping[Address, Sequence[Written]]:
    """The journal of what the run moved, by the former name: what was written under either, in order."""
    found = dict(writes)
    for was, now in left.items():
        both = (*writes.get(was, ()), *writes.get(now, ()))
        found[was] = sorted(both, key=lambda one: one.number)
    return found


def _placeless(plan: Plan) -> Plan:
    """A plan without places: they would point into manifests that nobody has."""
    return replace(
        plan,
        changes=tuple(
            replace(one, source=None, fields=tuple(replace(line, source=None) for line in one.fields))
            for one in plan.changes
        ),
        diagnostics=tuple(map(bare, plan.diagnostics)),
    )
