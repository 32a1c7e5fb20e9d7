"""``reconciler history``: past runs, and whether what the database tells of them is whole."""

from __future__ import annotations

import click

from reconciler.cli import exits
from reconciler.cli.options import format_option, global_options
from reconciler.cli.session import Session


@click.group(name="history", short_help="Past runs.", invoke_without_command=True)
@format_option("text", "json")
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, form: str) -> int:
    """List past runs, the newest first: who, when, from which commit, which plan, how much.

    It reads through RECONCILER_PLAN_DATABASE_URL where that is set.
    """
    if context.invoked_subcommand is not None:
        return exits.DONE
    from reconciler.render.run_json import FORMAT_VERSION, run_json
    from reconciler.render.run_text import runs_text

    session = Session.begin(context)
    found = session.house.planning_database.runs()
    if form == "json":
        session.output.json({"format_version": FORMAT_VERSION, "runs": [run_json(one) for one in found]})
    else:
        session.output.result(runs_text(found, session.style))
    return exits.DONE


@command.command(short_help="Whether every change is as it was written.")
@format_option("text", "json")
@global_options(hidden=True)
@click.pass_context
def verify(context: click.Context, *, form: str) -> int:
    """Follow the hash chain over all changes, and name the first that was altered, taken away or put in.

    Exit codes: 0 whole, 1 broken.
    """
    from reconciler.render.run_json import FORMAT_VERSION
    from reconciler.render.run_text import chain_text

    session = Session.begin(context)
    database = session.house.planning_database
    found, runs = database.broken_chain(), database.runs()
    if form == "json":
        facts = {"format_version": FORMAT_VERSION, "valid": not found, "runs": len(runs), "findings": found}
        session.output.json(facts)
    else:
        session.output.result(chain_text(found, runs, session.style))
    return exits.ERROR if found else exits.DONE
