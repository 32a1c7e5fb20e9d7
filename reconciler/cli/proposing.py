"""What the commands share that make a plan from other things than manifests: show it, and write it into a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.cli import exits
from reconciler.cli.findings import leave, write_refusal
from reconciler.cli.formats import PLAN_FORMATS, rendered_plan
from reconciler.cli.planning import Asked
from reconciler.cli.session import Session
from reconciler.model.errors import ReconcilerError

if TYPE_CHECKING:  # what stands behind these names is heavy, and help must not load it
    from reconciler.operations.plan import Proposer
    from reconciler.operations.proposal import Proposal


def plan_alone(session: Session, proposer: Proposer, asked: Asked, *, out: str | None, form: str) -> int:
    """Make the plan, show it and write it; nothing is applied. Gives an exit code."""
    from reconciler.engine.describe import describe
    from reconciler.render.plan_json import plan_json
    from reconciler.render.plan_text import plan_text, quiet_text

    house = session.house
    doors = house.doors(house.reader(), writes=False)
    request = house.request(allow_delete=asked.allow_delete, people=session.people())
    try:
        proposal = proposer.propose(doors, request, proposer.read(doors, request), doors.store.read())
    except ReconcilerError as error:
        write_refusal(session, form, error)
        raise
    report = describe(house.catalog, proposal.seen, guarded=proposal.seen_guards, shifts=proposal.seen_shifts)
    if form == "json":
        session.output.json(plan_json(report, version=__version__))
    elif form in PLAN_FORMATS:
        session.output.document(rendered_plan(form, report, {}))
        leave(form, report)
    else:
        text = quiet_text if session.options.quiet else plan_text
        session.output.result(text(report, session.style))
    if out:
        _write(session, proposal, asked, out)
    if proposal.carriers is None:
        session.output.tell("Rights were not judged: nobody asked. Say who you are with --as EMAIL.")
    refusal = proposal.refusal
    stopped = exits.DONE if refusal is None else refusal.exit_code
    return stopped or (exits.DONE if proposal.plan.empty else exits.CHANGES)


def _write(session: Session, proposal: Proposal, asked: Asked, out: str) -> None:
    """The plan file. A plan that is only denied is written: with the approval of others it may be applied."""
    from reconciler.operations.show import seal_plan

    if not proposal.approvable:
        session.output.tell(f"The plan was not written to {out}: it cannot be applied.")
        return
    data = seal_plan(proposal, version=__version__, principal=session.asking.applicant, asked=asked.as_facts())
    session.save(out, data, mode=0o600)
    session.output.tell(f"Plan written to {out}. Apply exactly this plan with: reconciler apply {out}")
