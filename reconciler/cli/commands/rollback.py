"""``reconciler rollback``: undo a run, by a plan that is reviewed and authorised like any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from reconciler import __version__
from reconciler.cli import exits
from reconciler.cli.commands.apply import carry_out, writable
from reconciler.cli.findings import leave, write_refusal
from reconciler.cli.formats import PLAN_FORMATS, plan_words, rendered_plan
from reconciler.cli.options import global_options, policy_option
from reconciler.cli.output import indented_json
from reconciler.cli.planning import Asked, proposer_for
from reconciler.cli.session import Session
from reconciler.model.errors import ReconcilerError, UsageError

if TYPE_CHECKING:  # what stands behind these names is heavy, and help must not load it
    from reconciler.operations.proposal import Proposal


@click.command(short_help="Undo a run, by a plan like any other.")
@click.argument("run", metavar="RUN")
@policy_option
@click.option(
    "--allow-delete",
    "allowances",
    multiple=True,
    metavar="KIND:N",
    help="Let N deletes of a kind pass the budget; may be repeated.",
)
@click.option(
    "--out", metavar="FILE", help="Only plan, and write the plan into a file, to review and apply exactly it."
)
@click.option("--format", "form", type=click.Choice(plan_words()), help="Only plan, and show the plan in this form.")
@click.option("--detailed-exitcode", is_flag=True, help="With --out or --format: exit with 2 when there are changes.")
@click.option("--auto-approve", is_flag=True, help="Do not ask for the word yes.")
@click.option("--digest", metavar="SHA256", help="Apply only the plan with this digest.")
@click.option("--lock-timeout", default="30s", show_default=True, metavar="SPAN", help="How long to wait for locks.")
@click.option("--report", metavar="FILE", help="Write what became of it as JSON.")
@global_options(hidden=True)
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    run: str,
    policy_rev: str | None,
    allowances: Sequence[str],
    out: str | None,
    form: str | None,
    detailed_exitcode: bool,
    report: str | None,
    **how: Any,
) -> int:
    """Put back what RUN found: plan, show, ask for the word yes, apply. RUN is the id of a run, or its beginning.

    Nothing is undone in part, and nothing but what the run wrote: what somebody changed since is a conflict, and every
    conflict is told at once. Former secrets come back as they rested. Git still asks for what is undone: revert its
    commit as well. Exit codes: 0 fine, 1 errors, 2 changes with --detailed-exitcode, 4 denied, 5 something is no longer
    as the run left it, 6 locks not free, 7 it cannot be undone or a guard holds it, 8 nobody knows.
    """
    session = Session.begin(context)
    if not run:  # an unset variable of a script: no run is meant, and nothing else may be applied in its place
        from reconciler.operations.history import no_run

        raise no_run(run)
    asked = Asked(allowances=tuple(allowances))
    if out or form:
        if report or how["digest"] or how["auto_approve"]:
            hint = "apply the file of --out, or leave --out and --format out"
            raise UsageError("--out and --format only plan; nothing is applied with them", hint=hint)
        code = _planned(session, run, asked, out=out, form=form or "text", policy_rev=policy_rev)
        return exits.DONE if code == exits.CHANGES and not detailed_exitcode else code
    if detailed_exitcode:
        raise UsageError("--detailed-exitcode is about a plan alone", hint="give --out FILE or --format text")
    return _applied(session, run, asked, report, policy_rev=policy_rev, **how)


def _planned(session: Session, run: str, asked: Asked, *, out: str | None, form: str, policy_rev: str | None) -> int:
    """Make the plan and show it; nothing is applied."""
    from reconciler.engine.describe import describe
    from reconciler.render.plan_json import plan_json
    from reconciler.render.plan_text import plan_text, quiet_text

    house = session.house
    doors = house.doors(house.reader(), writes=False, policy_rev=policy_rev)
    request = house.request(allow_delete=asked.allow_delete, people=session.people())
    proposer = proposer_for(run)
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


def _applied(session: Session, run: str, asked: Asked, report: str | None, **how: Any) -> int:
    """Plan, ask and apply."""
    from reconciler.render.run_json import applied_json, refused_json

    if report:
        writable(report)
    try:
        applied, told = carry_out(session, asked, undoes=run, bootstrap=False, secrets_out=None, **how)
    except ReconcilerError as error:
        if report:
            session.save(report, indented_json(refused_json(error)))
        raise
    if report:
        try:
            session.save(report, indented_json(applied_json(applied.run, told())))
        except ReconcilerError as error:  # the plan is applied: nothing may claim otherwise now
            session.output.tell(f"{error.message}; the plan is applied all the same")
    return exits.DONE
