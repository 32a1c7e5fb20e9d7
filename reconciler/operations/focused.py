"""plan of a few tenants: read them, what belongs to no tenant, and those on which they depend. Nothing else is opened.

The same plan comes out as from everything (ADR 50), or everything is read after all: when an answer may lie anywhere,
when anything is wrong, and when more than an approval is missing. So whatever refuses a plan has seen everything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from reconciler.engine.access import feeds_rights
from reconciler.engine.approve import guardians
from reconciler.engine.beyond import contained, people_by, sought
from reconciler.engine.diff import diff
from reconciler.model.address import Address
from reconciler.model.errors import InvalidManifests
from reconciler.model.focus import Beyond, Focus, NeedsAll, Reading
from reconciler.model.pace import stage
from reconciler.model.partview import view_of
from reconciler.model.rule import Seek
from reconciler.model.tenantview import TenantLive
from reconciler.operations.incremental import plan_incremental
from reconciler.operations.plan import propose, read
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import Doors, Request
from reconciler.operations.validate import Judged
from reconciler.ports import Look

_ROUNDS = 8
"""How often more is read before everything is."""
_BESIDE = 50
"""How many tenants beside those of the targets are read before everything is."""


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
    whole = request.only_drift or doors.snapshot is not None
    found = None if whole else _narrow(doors, request)
    return Focused(proposal=plan_incremental(doors, request)) if found is None else found


def _narrow(doors: Doors, request: Request) -> Focused | None:
    """The plan from a part; None where that is not the plan from everything."""
    beside: frozenset[str] = frozenset()
    for _ in range(_ROUNDS):
        reader = None if doors.narrowed is None else doors.narrowed(beside)
        if reader is None or len(beside) > _BESIDE:
            return None
        try:
            return _attempt(replace(doors, reader=reader), request, beside)
        except Beyond as more:
            beside |= more.tenants
        except (NeedsAll, InvalidManifests):
            return None
    return None


def _attempt(doors: Doors, request: Request, beside: frozenset[str]) -> Focused:
    judged = read(doors, request)
    focus = judged.manifests.focus
    if focus is None or judged.moves or not judged.resources:
        raise NeedsAll
    reading = Reading(focus=focus, beside=beside)
    homes = {one.address.tenant for one in judged.resources if one.address.tenant}
    _see(reading, homes)
    with doors.store.look() as look, stage("database"):
        live = _live(doors, request, judged, look, reading)
    # The read ends here, so that nobody who writes waits for the rest; git and policies may take their time.
    proposal = propose(doors, request, judged, live)
    _judge(doors, proposal, reading)
    return Focused(proposal=proposal, unread=len(judged.manifests.unread))


def _live(doors: Doors, request: Request, judged: Judged, look: Look, reading: Reading) -> TenantLive:
    """The database as far as it was read, once nothing outside of it matters.

    Raises:
        Beyond: another tenant matters.
        NeedsAll: everything does.
    """
    declared = {one.address: one for one in judged.resources}
    live = look.tenants(reading, declared)
    if live is None:
        raise NeedsAll
    seeks = sought(view_of(doors.catalog, declared, live))
    asked = (*request.people.names, *request.people.makers)
    _see(reading, {one.partition("/")[0] for one in asked if "/" in one})
    _found(look, reading, seeks | people_by(doors.catalog, names=asked))
    if asked and not any(True for _ in guardians(doors.catalog, live)):
        raise NeedsAll
    return live


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
            _found(look, reading, people_by(doors.catalog, mails=mails))
    # What may be told is worked out when it is told; what that needs has to be read by then.
    _ = (proposal.seen, proposal.seen_guards, proposal.seen_holds, proposal.seen_shifts)


def _found(look: Look, reading: Reading, seeks: set[Seek]) -> None:
    tenants = (_home(reading.focus, one) for one in look.holders(seeks))
    _see(reading, {one for one in tenants if one})


def _home(focus: Focus, address: Address) -> str:
    """The tenant that has to be read to know all of a resource."""
    return address.name if address.kind == focus.kind else address.tenant


def _see(reading: Reading, tenants: set[str]) -> None:
    missing = {one for one in tenants if not reading.has(one)}
    if missing:
        raise Beyond(*missing)
