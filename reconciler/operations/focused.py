"""plan of a few tenants: read them, what belongs to no tenant, and those on which they depend. Nothing else is opened.

The same plan comes out as from everything (ADR 50), or everything is read after all: when an answer may lie anywhere,
when anything is wrong, and when more than an approval is missing. So whatever refuses a plan has seen everything.
"""

from __future__ import annotations

from functools import partial

from reconciler.engine.access import feeds_rights
from reconciler.engine.beyond import contained, people_by
from reconciler.engine.diff import diff
from reconciler.model.dataclass import dataclass
from reconciler.model.focus import NeedsAll, Reading
from reconciler.model.pace import stage
from reconciler.operations.incremental import plan_incremental
from reconciler.operations.narrowing import find, narrowly, reading_of, tenants_in
from reconciler.operations.plan import propose, read
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import Doors, Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Focused:
    """A proposal, and how many tenants were not read for it."""

    proposal: Proposal
    unread: int = 0


def plan_focused(doors: Doors, request: Request) -> Focused:
    """Make a plan, of as little as it depends on.

    Raises:
        InvalidManifests: the manifests hold errors, alone, together, or beside the database.
        WorldError: a file or the database did not answer.
    """
    found = None if doors.snapshot is not None else _narrow(doors, request)
    return Focused(proposal=plan_incremental(doors, request)) if found is None else found


def _narrow(doors: Doors, request: Request) -> Focused | None:
    """The plan from a part; None where that is not the plan from everything."""
    return narrowly(doors, partial(_attempt, request))


def _attempt(request: Request, doors: Doors, beside: frozenset[str]) -> Focused:
    judged = read(doors, request)
    reading = reading_of(judged, beside)
    with doors.store.look() as look, stage("database"):
        live = tenants_in(look, doors, request.people, judged, reading)
    # The read ends here, so that nobody who writes waits for the rest; git and policies may take their time.
    proposal = propose(doors, request, judged, live)
    _judge(doors, proposal, reading)
    return Focused(proposal=proposal, unread=len(judged.manifests.unread))


def _judge(doors: Doors, proposal: Proposal, reading: Reading) -> None:
    """See that everything would have led to the same proposal, and that nothing is wrong with it.

    Raises:
        Beyond: another tenant matters.
        NeedsAll: everything may.
    """
    made = proposal.plan
    contained(proposal.view, reading.focus, diff(proposal.view, proposal.marks).items, made)
    if not proposal.approvable or (proposal.carriers is not None and feeds_rights(proposal.rights, made)):
        raise NeedsAll
    if proposal.lens is None:
        return
    mails = {one.recipient for one in made.notices}
    if mails:  # whether a recipient may be told depends on whose mail it is
        with doors.store.look() as look:
            find(look, reading, people_by(doors.catalog, mails=mails))
    # What may be told is worked out when it is told; what that needs has to be read by then.
    _ = (proposal.seen, proposal.seen_guards, proposal.seen_holds, proposal.seen_shifts)
