"""apply: make the database what the manifests say, whole or not at all.

plan; ask; resolve every secret; begin the one transaction, whose first statement takes the locks; look whether this
plan was applied before; plan again under the lock, or see that nothing has moved; the digests must agree; write with
compare-and-set, ledger, audit and outbox; read back; commit. Until the commit every way out leaves the database as it
was.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import field, replace
from datetime import UTC, datetime
from functools import partial
from threading import Event as Flag
from typing import Protocol, TypeVar

from reconciler.engine.approve import guardians, missing
from reconciler.engine.lens import Lens
from reconciler.engine.planfile import told
from reconciler.model.address import Address
from reconciler.model.after import live_after
from reconciler.model.authorization import Authorization
from reconciler.model.catalog import Catalog
from reconciler.model.change import COUNTED, Action, Change
from reconciler.model.dataclass import dataclass
from reconciler.model.errors import Collision, Denied, InvalidManifests, OutcomeUnknown, ReconcilerError, Stale
from reconciler.model.failpoint import reach
from reconciler.model.pace import stage
from reconciler.model.plan import Plan
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.run import INSTALLER, Event, Outcome, Run
from reconciler.operations.moving import sealed_anew
from reconciler.operations.people import actor, may_write, nobody, summon
from reconciler.operations.plan import FROM_MANIFESTS, Proposer
from reconciler.operations.proposal import Proposal, refuse
from reconciler.operations.request import Doors, Request
from reconciler.operations.secrets import Generated, Sealed, sealed
from reconciler.operations.stale import meanwhile, moved, undone
from reconciler.operations.still import judge_again, unmoved
from reconciler.ports import ApplySession, Listener, Standing

T = TypeVar("T")

ATTEMPTS = 4
"""How often the whole transaction is begun when others stand in its way."""


class Sink(Protocol):
    """Takes the secrets that a run makes, before anything is written to the database."""

    def take(self, secrets: Sequence[Generated]) -> None:
        """Keep them safely, or raise."""

    def discard(self) -> None:
        """The run was rolled back: forget what was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """How to apply.

    ``applicant`` is how the run records somebody who is no operator, which only the installer is. ``digest`` must be
    that of the plan, when given. ``reviewed`` is the plan of a plan file, as ``reviewed_by`` may see it, and ``run_id``
    the identity that the file carries; a run without a file gets a new one. ``proposer`` makes the plan. ``agree``
    shows the plan and says whether to go on. ``clock`` tells when the run began and ended; it is not the time that
    rules see. ``anew`` makes the plan under the locks from the beginning, also where nothing has moved: no verb asks
    for it, a test does, to see that it is the same.
    """

    agree: Callable[[Proposal], bool]
    applicant: str = ""
    digest: str = ""
    reviewed: Plan | None = None
    reviewed_by: tuple[str, ...] = ()
    run_id: str = ""
    lock_timeout: float = 30.0
    bootstrap: bool = False
    anew: bool = False
    sink: Sink | None = None
    proposer: Proposer = FROM_MANIFESTS
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of it: the run, and the plan that it applied or found to be empty."""

    run: Run
    proposal: Proposal


def touched(plan: Plan) -> tuple[str, ...]:
    """The tenants whose locks a plan needs, in order; ``""`` is the platform."""
    written = (one.address for one in plan.changes if _counts(one))
    followed = (one.address for one in plan.cascades)
    named = (one.address for one in plan.rewrites)
    return tuple(sorted({one.tenant for one in (*written, *followed, *named)}))


def rows_of(catalog: Catalog, plan: Plan) -> tuple[Address, ...]:
    """The rows that a plan writes and that are there already."""
    written = (one.address for one in plan.changes if _counts(one) and one.action is not Action.CREATE)
    followed = (one.address for one in plan.cascades)
    found = {one for one in (*written, *followed) if one.kind in catalog}
    return before_moves(plan, (*found, *(one.address for one in plan.rewrites if one.rev is not None)))


def before_moves(plan: Plan, addresses: Iterable[Address]) -> tuple[Address, ...]:
    """Where resources stand while the moves of a plan are still to be made, in order."""
    previous = {one.address: one.previous for one in plan.rewrites}
    return tuple(sorted({previous.get(one, one) for one in addresses}))


def apply(doors: Doors, request: Request, orders: Orders, listener: Listener) -> Applied:
    """Apply.

    Raises:
        InvalidManifests: manifests, plan or secrets hold errors.
        Held: a guard holds the plan.
        Denied: those who ask have no right to a part of it (GEN-07), are nobody (OPR-09), an approval is missing
            (GEN-25), or a policy forbids the plan (POL-10).
        Stale: the plan is not the one that was reviewed, or the world moved under it.
        LockTimeout: somebody else holds the lock.
        OutcomeUnknown: the connection was lost around commit.
    """
    started = orders.clock()
    judged = orders.proposer.read(doors, request)
    with ExitStack() as stack:
        with stage("database"):
            standing = stack.enter_context(doors.store.standing())
        # An auditor is told so at once, whatever else stands against the plan, or nothing does.
        may_write(summon(Rights(doors.catalog, standing.live, doors.now), request.people, standing.live))
        shown = orders.proposer.propose(doors, request, judged, _founded(standing.live, orders.reviewed))
        return _apply(doors, request, orders, shown=shown, standing=standing, started=started, listener=listener)


def until_clear(whole: Callable[[], T], listener: Listener) -> T:
    """Do the whole transaction, and all of it again when the database rolled it back to let another program go on."""
    for _ in range(ATTEMPTS - 1):
        try:
            return whole()
        except Collision as collision:
            listener(_progress("again", f"{collision.message}; trying again"))
    return whole()


def _apply(
    doors: Doors,
    request: Request,
    orders: Orders,
    *,
    shown: Proposal,
    standing: Standing,
    started: datetime,
    listener: Listener,
) -> Applied:
    """Apply a plan that was made from what stood in the database, if it is the one that was asked for."""
    run_id = orders.run_id or str(uuid.uuid4())
    if orders.reviewed is not None and shown.plan.digest != orders.reviewed.digest:
        before = doors.store.find_run(run_id)
        if before is not None and before.digest == orders.reviewed.digest:
            return Applied(run=replace(before, outcome=Outcome.REPEATED), proposal=shown)
    _agrees(doors, orders, shown)
    _may_bootstrap(doors, orders, shown)
    _asked(doors, shown)
    refuse(shown)
    _approved(request, shown)
    if not touched(_authorized(shown).plan):
        return Applied(run=_run(orders, shown, run_id, started, Outcome.UNCHANGED), proposal=shown)
    if not shown.plan.empty and not orders.agree(shown):
        raise ReconcilerError(
            "not confirmed; nothing was applied", code="APL-01", hint="only the word yes applies a plan"
        )
    reach("agreed")
    values, made = _resolved(doors, orders, shown)
    if orders.sink is not None and made:
        orders.sink.take(made)
    reach("secrets-resolved")
    whole = partial(
        _transaction,
        doors,
        request,
        orders,
        shown=shown,
        standing=standing,
        values=values,
        run_id=run_id,
        started=started,
        listener=listener,
    )
    try:
        return until_clear(whole, listener)
    except OutcomeUnknown:
        raise  # the run may have been committed: its secrets must not be lost
    except BaseException:
        if orders.sink is not None and made:
            orders.sink.discard()
        raise


def _counts(change: Change) -> bool:
    """Whether applying a change writes anything, be it only into the ledger."""
    return change.action in COUNTED or change.action is Action.REFRESH


def _transaction(
    doors: Doors,
    request: Request,
    orders: Orders,
    *,
    shown: Proposal,
    standing: Standing,
    values: Sealed,
    run_id: str,
    started: datetime,
    listener: Listener,
) -> Applied:
    """The part that holds locks. ``shown`` is what was reviewed."""
    listener(_progress("lock", "waiting for the locks"))
    # Who carries the plan stays who it is until the end, as do the rows that it changes.
    people = () if shown.carriers is None else tuple(one.address for one in shown.carriers.everybody)
    rows = tuple(sorted({*rows_of(doors.catalog, shown.plan), *before_moves(shown.plan, people)}))
    locks = doors.store.apply(touched(_authorized(shown).plan), lock_timeout=orders.lock_timeout, run=run_id, rows=rows)
    with truthful_after_commit(run_id) as done, _taken(locks) as session:
        reach("locked")
        before = session.find_run(run_id)
        if before is not None and before.digest == shown.plan.digest:
            return Applied(run=replace(before, outcome=Outcome.REPEATED), proposal=shown)
        reach("not-repeated")
        listener(_progress("check", "planning again under the locks"))
        with stage("again"):
            now = _again(doors, request, orders, shown, session, standing=standing)
        reach("planned-again")
        run = _run(orders, now, run_id, started, Outcome.APPLIED)
        written = {one.address for one in _authorized(now).plan.changes if _counts(one)}
        count = len(written if now.lens is None else [*filter(now.lens.sees, written)])
        listener(_progress("write", f"writing {count} {'resource' if count == 1 else 'resources'}"))
        with stage("write"):
            anew = sealed_anew(session, doors.sealer, now.plan)
            session.write(_authorized(now), run=run, sealed={**anew, **values})
        reach("written")
        listener(_progress("commit", "committing"))
        reach("before-commit")
        with stage("commit"):
            session.commit()
        done.set()
        reach("committed")
    with truthful_after_commit(run_id, done=True):
        reach("session-closed")
        listener(_progress("done", "committed"))
    return Applied(run=run, proposal=now)


@contextmanager
def _taken(locks: AbstractContextManager[ApplySession]) -> Iterator[ApplySession]:
    """A session of an apply; waiting for its locks is a stage, and holding them is none."""
    with ExitStack() as stack:
        with stage("lock"):
            session = stack.enter_context(locks)
        yield session


@contextmanager
def truthful_after_commit(run_id: str, *, done: bool = False) -> Iterator[Flag]:
    """From the commit on nothing may say that nothing was applied, whatever else fails.

    Gives the flag to set when the commit was confirmed, which ``done`` says was before.

    Raises:
        OutcomeUnknown: something failed after the commit was confirmed (APL-04).
    """
    confirmed = Flag()
    if done:
        confirmed.set()
    try:
        yield confirmed
    except Exception as error:
        if not confirmed.is_set():
            raise
        raise OutcomeUnknown(
            "the plan was applied; what had to follow failed",
            code="APL-04",
            hint=f"run reconciler status {run_id}",
        ) from error


def _again(
    doors: Doors, request: Request, orders: Orders, shown: Proposal, session: ApplySession, *, standing: Standing
) -> Proposal:
    """The plan under the lock; it must be the one that was shown.

    Where everything that it was made from is as it was, it is that one, and judged again: the clock, approvals and
    policies are of now.
    """
    with stage("database"):
        live = session.live(standing)
    try:
        if unmoved(shown, standing.live, live) and not orders.anew:
            now = judge_again(doors, request, shown, _locked(live, shown))
        else:
            now = orders.proposer.propose_again(doors, request, shown, _founded(_locked(live, shown), shown.plan))
    except InvalidManifests as error:
        raise Stale(
            "the database moved, and the manifests do not fit it any more", diagnostics=error.diagnostics
        ) from error
    if now.plan.digest != shown.plan.digest:
        others = meanwhile(doors.store, standing.live, live, (shown.plan, now.plan), lens=now.lens)
        raise moved(shown.plan, now.plan, lens=now.lens, meanwhile=others)
    _may_bootstrap(doors, orders, now)
    refuse(now)
    _approved(request, now)
    return now


def _locked(live: Live, shown: Proposal) -> Live:
    """Live data with the approvals of those whose records are locked: one that came meanwhile does not count yet."""
    people = () if shown.carriers is None else shown.carriers.everybody
    names = {str(one.address) for one in people}
    return replace(live, approvals=tuple(one for one in live.approvals if one.approver in names))


def _founded(live: Live, reviewed: Plan | None) -> Live:
    """Live data as the plan saw it: a database that did not exist then had no name, and its first apply gave it one."""
    if reviewed is not None and not reviewed.identity and not live.ledger:
        return replace(live, identity="")
    return live


def agrees(doors: Doors, shown: Proposal, *, reviewed: Plan, reviewed_by: Sequence[str]) -> None:
    """The plan is the one of a file that was made for the eyes of ``reviewed_by``, and the file tells what it does.

    Raises:
        Stale: it is not.
        Denied: one of them is nobody any more (OPR-09).
    """
    if reviewed.digest != shown.plan.digest:
        if shown.outside:
            refuse(shown)  # the plan goes beyond the reach of those who ask: it has not moved
        first = undone(doors.store, shown.plan, lens=shown.lens)
        raise moved(reviewed, shown.plan, lens=shown.lens, meanwhile=first)
    if told(reviewed) != told(_as_seen_by(reviewed_by, shown)):
        raise Stale("the plan file tells something else than it does", code="PLN-02", hint="make the plan again")


def _agrees(doors: Doors, orders: Orders, shown: Proposal) -> None:
    """The plan is the one that was reviewed: as a file, or by its digest."""
    if orders.reviewed is not None:
        agrees(doors, shown, reviewed=orders.reviewed, reviewed_by=orders.reviewed_by)
    if orders.digest and orders.digest != shown.plan.digest:
        raise Stale(
            f"the plan is not the one that was reviewed: its digest is {shown.plan.digest}",
            hint="review it again with reconciler plan",
        )


def _as_seen_by(names: Sequence[str], shown: Proposal) -> Plan:
    """The plan as those saw it for whom a plan file was made; their rights may have changed since.

    Raises:
        Denied: one of them is nobody any more (OPR-09).
    """
    if not names:
        return shown.plan
    return Lens(shown.rights, [actor(shown.rights, name) for name in names], shown.view).plan(shown.plan)


def _asked(doors: Doors, shown: Proposal) -> None:
    """Somebody must ask: nothing is applied for nobody."""
    if shown.carriers is not None:
        return
    hint = "say who you are with --as EMAIL or RECONCILER_ACTOR"
    if not any(True for _ in guardians(doors.catalog, shown.live)):
        hint = "this database has no active administrator yet: the first apply is apply --bootstrap"
    raise nobody("nobody who may act asks for this apply", hint)


def _authorized(now: Proposal) -> Authorization:
    """The authorization of a plan that was not refused.

    Raises:
        Denied: it has none.
    """
    if now.judgement is None or now.judgement.authorization is None:
        raise Denied("the plan is denied; nothing was applied", code="GEN-07")
    return now.judgement.authorization


def _may_bootstrap(doors: Doors, orders: Orders, shown: Proposal) -> None:
    """The one way into an empty database: nobody may act yet, and behind the plan, as it writes, somebody may."""
    if not orders.bootstrap:
        return
    if any(True for _ in guardians(doors.catalog, shown.live)):
        raise Denied(
            "--bootstrap is for a database without an active administrator, and this one has one",
            hint="apply without --bootstrap, with --as",
        )
    kinds = {name for name, kind in doors.catalog.items() if kind.guardian is not None}
    after = live_after(doors.catalog, shown.live, shown.plan, kinds=kinds)
    if not shown.errors and not any(True for _ in guardians(doors.catalog, after)):
        raise Denied(
            "a plan applied with --bootstrap must leave at least one active administrator behind",
            hint="add the manifest of an administrator",
        )


def _approved(request: Request, shown: Proposal) -> None:
    """The agreement that the plan needs is there (GEN-25)."""
    found = shown.seen_approvals
    lacking = [] if found is None else missing(found, local=request.people.local)
    if lacking:
        raise Denied("an approval is missing; nothing was applied", diagnostics=tuple(lacking))


def _resolved(doors: Doors, orders: Orders, shown: Proposal) -> tuple[Sealed, list[Generated]]:
    """Every secret of the plan, before the transaction begins: a source that fails means that nothing was touched."""
    with stage("seal"):
        values, made, problems = sealed(doors, shown.plan, shown.view, may_generate=orders.sink is not None)
    if problems:
        raise InvalidManifests("a secret is missing; nothing was applied", diagnostics=tuple(problems))
    return {**values, **orders.proposer.rests(doors, shown.plan)}, made


def _names(orders: Orders, shown: Proposal) -> tuple[str, ...]:
    """Who applies, then who approved, as the audit knows them."""
    if shown.carriers is None or shown.carriers.installer:
        return (orders.applicant,)
    return tuple(one.known_as for one in shown.carriers.everybody)


def _run(orders: Orders, shown: Proposal, run_id: str, started: datetime, outcome: Outcome) -> Run:
    plan = shown.plan
    actor, *approvers = _names(orders, shown)
    if orders.bootstrap:
        actor = f"{INSTALLER} {actor}"
    return Run(
        id=run_id,
        digest=plan.digest,
        actor=actor,
        approvers=tuple(approvers),
        started_at=_text(started),
        finished_at=_text(orders.clock()),
        outcome=outcome,
        added=plan.summary.add,
        changed=plan.summary.change,
        destroyed=plan.summary.destroy,
        commit=plan.commit,
        rollback_of=plan.rollback or None,
        notices=len(plan.notices),
    )


def _progress(step: str, message: str) -> Event:
    return Event("apply_progress", message, {"step": step})


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
