"""``reconciler rollback``: undo a run, by a plan that is reviewed and authorised like any other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from reconciler.cli import exits
from reconciler.cli.commands.apply import carry_out, reported
from reconciler.cli.formats import plan_words
from reconciler.cli.options import global_options, policy_option
from reconciler.cli.planning import Asked, undoing
from reconciler.cli.proposing import plan_alone
from reconciler.cli.session import Session
from reconciler.model.errors import UsageError


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
    session.house.database.demand()
    asked = Asked(allowances=tuple(allowances))
    if out or form:
        if report or how["digest"] or how["auto_approve"]:
            hint = "apply the file of --out, or leave --out and --format out"
            raise UsageError("--out and --format only plan; nothing is applied with them", hint=hint)
        code = plan_alone(session, undoing(run), asked, out=out, form=form or "text")
        return exits.DONE if code == exits.CHANGES and not detailed_exitcode else code
    if detailed_exitcode:
        raise UsageError("--detailed-exitcode is about a plan alone", hint="give --out FILE or --format text")
    how.update(bootstrap=False, secrets_out=None)
    reported(session, report, lambda: carry_out(session, asked, proposer=undoing(run), **how))
    return exits.DONE
