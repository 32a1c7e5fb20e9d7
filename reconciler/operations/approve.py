"""approve: somebody agrees with a plan, by its digest, or takes the agreement back. Writes one row or none.

The plan is made again, from the manifests of the plan file and the database of now, and the digests must agree: what a
file shows may be anything, and what is agreed on must be what an apply would do. Whoever approves reads no secret.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.engine.approve import may_approve, rules_mark, standing
from reconciler.engine.lens import Lens
from reconciler.model.approval import Approval, Approvals
from reconciler.model.authorization import Carriers
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.errors import Denied, OutcomeUnknown, ReconcilerError, Stale, UsageError, WorldError
from reconciler.model.failpoint import reach
from reconciler.model.principal import Principal
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.operations.apply import agrees
from reconciler.operations.consent import agree_on
from reconciler.operations.people import may_write, nobody, summon
from reconciler.operations.plan import FROM_MANIFESTS, Proposer
from reconciler.operations.proposal import Proposal, refuse
from reconciler.operations.request import Doors, People, Request
from reconciler.operations.secrets import POLICY, UNREADABLE
from reconciler.operations.show import PlanFile
from reconciler.ports import ApprovalSession, ApprovalStore

_REASONS = {
    "PRM-01": "only administrators approve",
    "OPR-06": "an auditor approves nothing",
    "OPR-09": "whoever asks is no actor",
    "GEN-25": "nobody approves the own work: the plan, or a commit of it, was made by the same person",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """What became of it. ``before`` says that the approval was there already, or that there was none to take back.

    ``approvals`` is the state of the plan behind it, None for what was taken back.
    """

    digest: str
    approver: str
    valid_until: str = ""
    before: bool = False
    applied: str = ""
    approvals: Approvals | None = None


def approve(
    doors: Doors,
    store: ApprovalStore,
    request: Request,
    *,
    file: PlanFile,
    agree: Callable[[Proposal], bool],
    lock_timeout: float = 30.0,
    proposer: Proposer = FROM_MANIFESTS,
) -> Approved:
    """Approve the plan of a file. ``agree`` shows it, as the approver may see it, and says whether to go on.

    Raises:
        Denied: whoever asks is nobody (OPR-09), may not approve (PRM-01, OPR-06), or made the plan (GEN-25).
        Stale: the plan is of another database, or no longer what an apply would do, or was tampered with.
        InvalidManifests: the plan holds errors.
        Held: a guard holds the plan.
        OutcomeUnknown: nobody can say whether the approval was recorded.
    """
    live = store.read()
    rights = Rights(doors.catalog, live, doors.now)
    who = _asks(rights, request.people, live)
    _of_this_database(file, live)
    people = People(
        local=request.people.local, makers=(file.principal,), reach=file.people, strict=request.people.strict
    )
    request = replace(request, people=people)
    _may(rights, who, doors, request)
    run = doors.store.find_run(file.run_id) if file.run_id else None
    if run is not None:
        return Approved(digest=file.plan.digest, approver=who.known_as, before=True, applied=run.finished_at)
    shown = _shown(doors, request, file, live, who, proposer=proposer)
    _may(shown.rights, who, doors, request, shown)
    ready = _record(doors, request, who, shown.rights, shown)
    if ready is None and not agree(shown):
        raise ReconcilerError("not confirmed; nothing was approved", code="APV-03", hint="only the word yes approves")
    reach("agreed")

    def write(session: ApprovalSession) -> tuple[Approved, bool]:
        now = session.live()
        again = Rights(doors.catalog, now, doors.now)
        person = _asks(again, People(names=(str(who),), local=request.people.local), now)
        _may(again, person, doors, request, shown)
        there = _record(doors, request, person, again, shown)
        record = there or _made(doors, request, person, again, shown)
        if there is None:
            session.approve(record)
        others = tuple(one for one in now.approvals if (one.digest, one.approver) != (record.digest, record.approver))
        done = Approved(
            digest=record.digest,
            approver=person.known_as,
            valid_until=record.valid_until,
            before=there is not None,
            approvals=_after(doors, request, shown, replace(now, approvals=(*others, record))),
        )
        return done, there is None

    return _written(store, who, shown.plan.digest, write=write, lock_timeout=lock_timeout)


def withdraw(
    doors: Doors, store: ApprovalStore, request: Request, *, file: PlanFile, lock_timeout: float = 30.0
) -> Approved:
    """Take the own approval of a plan back. Needs no right: what nobody may give any more is void anyway.

    Raises:
        Denied: whoever asks is nobody (OPR-09), or an auditor, who has none (OPR-06).
        Stale: the plan is of another database.
        OutcomeUnknown: nobody can say whether it was taken back.
    """
    live = store.read()
    who = _asks(Rights(doors.catalog, live, doors.now), request.people, live)
    may_write(Carriers(people=(who,)))
    _of_this_database(file, live)
    digest = file.plan.digest

    def write(session: ApprovalSession) -> tuple[Approved, bool]:
        run = session.find_run(file.run_id) if file.run_id else None
        done = session.withdraw(digest, str(who.address), at=_text(doors.clock()))
        applied = "" if run is None else run.finished_at
        return Approved(digest=digest, approver=who.known_as, before=not done, applied=applied), done

    return _written(store, who, digest, write=write, lock_timeout=lock_timeout, back=True)


# --- who -------------------------------------------------------------------------------------------------------------


def _asks(rights: Rights, people: People, live: Live) -> Principal:
    """The one person who approves."""
    if len(people.names) > 1:
        raise UsageError("an approval is given by one person", code="APV-02", hint="give --as once")
    carriers = summon(rights, people, live)
    who = None if carriers is None else carriers.applicant
    if who is None:
        raise nobody("nobody who may act asks for this", "say who you are with --as EMAIL or RECONCILER_ACTOR")
    return who


def _may(rights: Rights, who: Principal, doors: Doors, request: Request, shown: Proposal | None = None) -> None:
    """Whether somebody may approve: first at all, then this very plan."""
    if shown is None:
        code = rights.uses(who, "approve").code
        code = "" if code == "GEN-25" else code
    else:
        found = agree_on(
            doors, request, shown.plan, rights=rights, view=shown.view, carriers=None, authors=shown.authors
        )
        code = may_approve(rights, who, found.consent)
    if not code:
        return
    finding = Diagnostic(
        code=code,
        severity=Severity.ERROR,
        phase=Phase.POLICY,
        summary=f"{who.title} may not approve: {_REASONS.get(code, 'the role has no right to this')}",
        hint="reconciler owners PLANFILE says who may",
    )
    raise Denied("the approval is denied; nothing was approved", code=code, diagnostics=(finding,))


def _of_this_database(file: PlanFile, live: Live) -> None:
    if file.plan.identity != live.identity:
        raise Stale(
            "the plan was made for another database; nothing was approved",
            code="APV-01",
            hint="check RECONCILER_DATABASE_URL and --env",
        )


# --- what ------------------------------------------------------------------------------------------------------------


def _shown(
    doors: Doors, request: Request, file: PlanFile, live: Live, who: Principal, *, proposer: Proposer
) -> Proposal:
    """The plan as an apply would make it now, for the eyes of the approver; it must be the one of the file."""
    made = proposer.propose(doors, request, proposer.read(doors, request), live)
    agrees(doors, made, reviewed=file.plan, reviewed_by=file.people)
    # Whoever approves need not hold the secrets: the apply reads them, and stops where one is missing.
    kept = tuple(one for one in made.plan.diagnostics if one.code not in (UNREADABLE.code, POLICY.code))
    lens = Lens(made.rights, (who,), made.view)
    shown = replace(
        made, plan=replace(made.plan, diagnostics=kept), lens=lens, carriers=Carriers(people=(who,)), judgement=None
    )
    refuse(shown, nothing="nothing was approved")
    return shown


def _record(doors: Doors, request: Request, who: Principal, rights: Rights, shown: Proposal) -> Approval | None:
    """The approval of a person that is there already and still holds."""
    found = agree_on(doors, request, shown.plan, rights=rights, view=shown.view, carriers=None, authors=shown.authors)
    if all(one.approver != who.address for one in found.approvals.given):
        return None
    live = rights.view.live
    mine = () if live is None else live.approvals
    return next((one for one in mine if (one.digest, one.approver) == (shown.plan.digest, str(who.address))), None)


def _made(doors: Doors, request: Request, who: Principal, rights: Rights, shown: Proposal) -> Approval:
    now = doors.clock()
    return Approval(
        digest=shown.plan.digest,
        approver=str(who.address),
        approved_at=_text(now),
        valid_until=_text(now + request.demand.valid_for),
        rights=standing(rights, who),
        rules=rules_mark(doors.catalog, doors.version),
    )


def _after(doors: Doors, request: Request, shown: Proposal, live: Live) -> Approvals:
    """The state of the plan once the approval is there, for the eyes of the approver."""
    rights = Rights(doors.catalog, live, doors.now)
    found = agree_on(doors, request, shown.plan, rights=rights, view=shown.view, carriers=None, authors=shown.authors)
    return found.approvals if shown.lens is None else shown.lens.approvals(found.approvals)


# --- writing ---------------------------------------------------------------------------------------------------------


def _written(
    store: ApprovalStore,
    who: Principal,
    digest: str,
    *,
    write: Callable[[ApprovalSession], tuple[Approved, bool]],
    lock_timeout: float,
    back: bool = False,
) -> Approved:
    """Do it under the lock of the platform, for which every apply that goes on is waited for."""
    done: Approved | None = None
    sent = False
    try:
        with store.apply(("",), lock_timeout=lock_timeout, run="approve", rows=(who.address,)) as session:
            reach("locked")
            done, changed = write(session)
            if changed:
                reach("before-commit")
                sent = True
                session.commit()
                reach("committed")
    except WorldError as error:
        there = _is_there(store, who, digest) if sent else False
        if there is None:
            raise OutcomeUnknown(
                "the link to the database broke at commit, and nobody can say whether the approval was recorded",
                code="APV-04",
                hint="run it again: that changes nothing when it is done",
            ) from error
        if done is None or not sent or there is back:
            raise
    return done


def _is_there(store: ApprovalStore, who: Principal, digest: str) -> bool | None:
    """Whether an approval is recorded; None when the database does not say."""
    try:
        found = store.read().approvals
    except ReconcilerError:
        return None
    return any((one.digest, one.approver) == (digest, str(who.address)) for one in found)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
