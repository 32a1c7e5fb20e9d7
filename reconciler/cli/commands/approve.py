"""``reconciler approve``: agree with the plan of a plan file, or take that back."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import exits
from reconciler.cli.asking import asked_for_yes
from reconciler.cli.options import format_option, global_options, policy_option
from reconciler.cli.output import write
from reconciler.cli.planning import Asked, proposer_of, read_plan_file, seconds
from reconciler.cli.session import Session
from reconciler.model.errors import UsageError

if TYPE_CHECKING:  # what stands behind these names is heavy, and help must not load it
    from reconciler.operations.approve import Approved
    from reconciler.operations.proposal import Proposal


@click.command(short_help="Agree with the plan of a plan file.")
@click.argument("planfile", metavar="PLANFILE", type=click.Path())
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@policy_option
@click.option("--withdraw", is_flag=True, help="Take your approval back.")
@click.option("--auto-approve", is_flag=True, help="Do not ask for the word yes.")
@click.option("--lock-timeout", default="30s", show_default=True, metavar="SPAN", help="How long to wait for locks.")
@format_option("text", "json")
@global_options(hidden=True)
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    planfile: str,
    paths: Sequence[str],
    lock_timeout: str,
    form: str,
    **how: Any,
) -> int:
    """Approve the plan of PLANFILE, which was written by ``plan --out``, as an administrator who did not make it.

    The plan is made again, from the manifests that it was made from (or from those at PATH) and the database of now;
    it is shown as you may see it, and the word yes records your approval in the database. It belongs to this plan
    alone and ends by itself.
    """
    session = Session.begin(context)
    patience = seconds(lock_timeout)
    outcome, done = _done(session, planfile, paths, patience=patience, **how)
    _tell(session, outcome, done, form)
    return exits.DONE


def _done(
    session: Session, planfile: str, paths: Sequence[str], *, patience: float, **how: Any
) -> tuple[str, Approved]:
    from reconciler.engine.describe import describe
    from reconciler.operations.approve import approve, withdraw
    from reconciler.operations.show import open_plan
    from reconciler.render.plan_text import plan_text

    file = open_plan(read_plan_file(Path(planfile)))
    asked = Asked.from_facts(file.made_by)
    asked = replace(asked, paths=tuple(paths) or asked.paths)
    house = session.house
    if house.variables.get("RECONCILER_CLOCK") and not house.database.embedded:
        raise UsageError(
            "RECONCILER_CLOCK is for tests: nothing is approved on a server by it",
            code="CFGF-08",
            hint="unset RECONCILER_CLOCK",
        )
    request = house.request(
        **asked.selection,
        people=session.people(),
    )
    reader = house.reader(asked.paths, rev=asked.rev, targets=asked.targets)
    doors = replace(house.doors(reader, writes=False, paths=asked.paths), store=house.database)

    def agree(proposal: Proposal) -> bool:
        report = describe(house.catalog, proposal.seen, guarded=proposal.seen_guards, shifts=proposal.seen_shifts)
        if not (session.options.quiet and how["auto_approve"]):  # nobody is asked about what is not shown
            write(sys.stderr, plan_text(report, session.style_of_errors) + "\n")
        return how["auto_approve"] or asked_for_yes(
            "Approve this plan?", nothing="nothing was approved", hint="give --auto-approve, after a look at the plan"
        )

    if how["withdraw"]:
        done = withdraw(doors, house.database, request, file=file, lock_timeout=patience)
        return "nothing to withdraw" if done.before else "withdrawn", done
    done = approve(
        doors,
        house.database,
        request,
        file=file,
        agree=agree,
        lock_timeout=patience,
        proposer=proposer_of(file.plan),
    )
    if done.applied:
        return "applied before", done
    return "approved before" if done.before else "approved", done


def _tell(session: Session, outcome: str, done: Approved, form: str) -> None:
    from reconciler.render.approvals_json import outcome_json
    from reconciler.render.approvals_text import approved_text, withdrawn_text

    if done.applied:
        session.output.tell(f"This plan was applied at {done.applied}: no approval changes that.")
    if form == "json":
        session.output.json(
            outcome_json(
                outcome, digest=done.digest, approver=done.approver, until=done.valid_until, found=done.approvals
            )
        )
    elif outcome in ("withdrawn", "nothing to withdraw"):
        session.output.result(withdrawn_text(done.approver, before=done.before, style=session.style))
    elif outcome == "applied before":
        session.output.result("Nothing to approve.\n")
    else:
        session.output.result(
            approved_text(
                done.approver, until=done.valid_until, before=done.before, found=done.approvals, style=session.style
            )
        )
