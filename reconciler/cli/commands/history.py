"""``reconciler history``: past runs, and whether what the database tells of them is whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from reconciler.cli import exits
from reconciler.cli.options import format_option, global_options
from reconciler.cli.session import Session
from reconciler.model.errors import UsageError


@click.group(name="history", short_help="Past runs.", invoke_without_command=True)
@click.option("--by", "actors", multiple=True, metavar="GLOB", help="Only runs that this person applied or approved.")
@click.option("--since", metavar="TIME", help="Only runs that ended at this time or later.")
@click.option("--until", metavar="TIME", help="Only runs that ended at this time or earlier.")
@click.option("--commit", default="", metavar="COMMIT", help="Only runs of the commits that begin so.")
@click.option("--digest", default="", metavar="SHA256", help="Only runs of the plans whose digest begins so.")
@click.option("--target", "targets", multiple=True, metavar="GLOB", help="Only runs that changed such an address.")
@click.option("--tenant", "tenants", multiple=True, metavar="NAME", help="Only runs that changed this tenant.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="At most N runs, the newest.")
@format_option("text", "json")
@global_options(hidden=True)
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    actors: Sequence[str],
    targets: Sequence[str],
    tenants: Sequence[str],
    form: str,
    **when: Any,
) -> int:
    """List past runs, the newest first: who, when, for how long, from which commit, which plan, how much.

    TIME is a day, a time with its zone, or a span back from now, as in 2026-06-15, 2026-06-15T08:00:00Z, 7d or 12h.
    An option that is given twice widens, different options narrow. It reads through RECONCILER_PLAN_DATABASE_URL where
    that is set. With --as EMAIL only runs are listed that are the own ones or changed what this operator may read.
    """
    if context.invoked_subcommand is not None:
        return exits.DONE
    from reconciler.engine.recall import Wanted, recall
    from reconciler.model.selection import selecting
    from reconciler.operations.history import reader_of_runs
    from reconciler.render.run_json import FORMAT_VERSION, run_json
    from reconciler.render.run_text import runs_text

    session = Session.begin(context)
    database = session.house.planning_database
    database.demand()
    catalog = session.house.catalog
    chosen = selecting(catalog, targets=targets, tenants=tenants) if targets or tenants else None
    reader = reader_of_runs(catalog, database, session.people(), session.house.now)
    wanted = Wanted(
        people=tuple(actors),
        since=_moment(session, "--since", when["since"]),
        until=_moment(session, "--until", when["until"], end=True),
        commit=when["commit"],
        digest=when["digest"].removeprefix("sha256:"),
        runs=None if chosen is None else database.touched(lambda one: chosen(one) and reader.sees(one)),
        limit=when["limit"] or 0,
    )
    found = recall([seen for one in database.runs() if (seen := reader.run(one)) is not None], wanted)
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
    from reconciler.operations.history import reader_of_runs
    from reconciler.render.run_json import FORMAT_VERSION
    from reconciler.render.run_text import chain_text

    session = Session.begin(context)
    database = session.house.planning_database
    database.demand()
    reader = reader_of_runs(session.house.catalog, database, session.people(), session.house.now)
    found = database.broken_chain()
    if found and reader.lens is not None:
        found = ["something was altered, taken away or put in; an administrator is told what"]
    runs = [one for one in database.runs() if reader.run(one) is not None]
    if form == "json":
        facts = {"format_version": FORMAT_VERSION, "valid": not found, "runs": len(runs), "findings": found}
        session.output.json(facts)
    else:
        session.output.result(chain_text(found, runs, session.style))
    return exits.ERROR if found else exits.DONE


@command.command(short_help="One run with its changes.")
@click.argument("run", metavar="RUN")
@format_option("text", "json")
@global_options(hidden=True)
@click.pass_context
def show(context: click.Context, *, run: str, form: str) -> int:
    """Show what RUN did, resource by resource, who wrote there since, and whether it can be rolled back.

    RUN is the id of a run, or its beginning. With --as EMAIL nothing is told that this operator may not read.
    """
    from reconciler.operations.history import seen_past
    from reconciler.render.run_json import past_json
    from reconciler.render.run_text import past_text

    session = Session.begin(context)
    house = session.house
    house.planning_database.demand()
    past = seen_past(house.catalog, house.planning_database, session.people(), house.now, run=run)
    if form == "json":
        session.output.json(past_json(past))
    else:
        session.output.result(past_text(past, session.style))
    return exits.DONE


def _moment(session: Session, option: str, text: str | None, *, end: bool = False) -> str:
    from reconciler.engine.recall import moment

    if text is None:
        return ""
    try:
        return moment(text, now=session.house.now, end=end)
    except ValueError:
        hint = "write a day, a time with its zone, or a span: 2026-06-15, 2026-06-15T08:00:00Z, 7d"
        raise UsageError(f"{option} {text} is no time", hint=hint) from None
