"""owners: who could carry what is denied of a plan file, and who could approve it. Reads and never writes.

The plan is made again, as an apply would make it, for the rights of a change that is not there yet are those of what is
planned. People are named to those who may read them; to others the role has to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.engine.access import CLOSURE, closed
from reconciler.engine.approve import candidates
from reconciler.engine.authorize import part_owners
from reconciler.engine.lens import Lens
from reconciler.model.approval import Owners, PartOwners
from reconciler.model.authorization import Carriers
from reconciler.model.denial import Denial
from reconciler.model.errors import Stale
from reconciler.model.principal import Principal
from reconciler.operations.apply import agrees
from reconciler.operations.consent import agree_on
from reconciler.operations.people import actor
from reconciler.operations.plan import FROM_MANIFESTS, Proposer
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import Doors, People, Request
from reconciler.operations.show import PlanFile


def owners(doors: Doors, request: Request, *, file: PlanFile, proposer: Proposer = FROM_MANIFESTS) -> Owners:
    """Who could carry and approve the plan of a file, for the eyes of those who ask.

    Raises:
        Denied: whoever asks is nobody (OPR-09).
        Stale: the plan is of another database, or no longer what an apply would do, or was tampered with.
        InvalidManifests: the manifests do not fit any more.
    """
    live = doors.store.read()
    if file.plan.identity != live.identity:
        raise Stale(
            "the plan was made for another database", code="APV-01", hint="check RECONCILER_DATABASE_URL and --env"
        )
    people = replace(request.people, makers=(file.principal,), reach=file.people)
    made = proposer.propose(doors, replace(request, people=people), proposer.read(doors, request), live)
    agrees(doors, made, reviewed=file.plan, reviewed_by=file.people)
    planner = Carriers(people=tuple(actor(made.rights, one) for one in file.people)) if file.people else None
    # The same for all who ask: not who asks is the applicant, but who made the plan.
    judged = replace(request, people=People(local=people.local, makers=people.makers))
    agreed = agree_on(
        doors, judged, made.plan, rights=made.rights, view=made.view, carriers=planner, authors=made.authors
    )
    given = {one.approver for one in agreed.approvals.given}
    able = [one for one in candidates(made.rights, agreed.consent) if one.address not in given]
    applicant = None if agreed.carriers is None else agreed.carriers.applicant
    return Owners(
        digest=made.plan.digest,
        approvals=agreed.approvals if made.lens is None else made.lens.approvals(agreed.approvals),
        approvers=_names(made.lens, able),
        planner="" if applicant is None else _title(made.lens, applicant),
        parts=() if agreed.carriers is None else tuple(_parts(made, agreed.carriers)),
    )


def _parts(made: Proposal, carriers: Carriers) -> Iterator[PartOwners]:
    hidden: set[str] = set()
    for denial, able in part_owners(made.rights, made.plan, made.view, carriers):
        if denial.address is not None and made.lens is not None and not made.lens.sees(denial.address):
            if str(denial.address) not in hidden:
                hidden.add(str(denial.address))
                yield PartOwners(
                    address=denial.address,
                    verb="change",
                    what="",
                    reason="it lies outside of your reach",
                    code="PRM-02",
                    roles=denial.who_can,
                    operators=(),
                )
            continue
        yield _part(made.lens, denial, able)
    for denial in closed(made.rights, made.view, made.shifts, carriers):
        if denial.code == CLOSURE and (made.lens is None or denial.address is None or made.lens.sees(denial.address)):
            yield _part(made.lens, denial, ())


def _part(lens: Lens | None, denial: Denial, able: tuple[Principal, ...]) -> PartOwners:
    return PartOwners(
        address=denial.address,
        verb=denial.verb,
        what=denial.what,
        reason=denial.reason if lens is None else lens.words(denial.reason),
        code=denial.code,
        roles=denial.who_can,
        operators=_names(lens, able),
    )


def _names(lens: Lens | None, people: list[Principal] | tuple[Principal, ...]) -> tuple[str, ...]:
    return tuple(one.known_as for one in people if lens is None or lens.sees(one.address))


def _title(lens: Lens | None, who: Principal) -> str:
    return who.title if lens is None or lens.sees(who.address) else f"{who.role.value} operator"
