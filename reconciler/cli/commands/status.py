"""``reconciler status``: what became of a run, also after a lost connection."""

from __future__ import annotations

import click

from reconciler.cli import exits
from reconciler.cli.options import format_option, global_options
from reconciler.cli.planning import plan_file_among, read_plan_file
from reconciler.cli.session import Session
from reconciler.model.errors import OutcomeUnknown


@click.command(short_help="What became of a run.")
@click.argument("what", metavar="[PLANFILE | RUN]", required=False, type=click.Path())
@format_option("text", "json")
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, what: str | None, form: str) -> int:
    """Say whether a run, or the plan of a plan file, was applied; without a name list all runs.

    Exit codes: 0 applied, 1 not applied, 8 not decided yet.
    """
    from reconciler.operations.history import reader_of_runs
    from reconciler.operations.show import open_plan
    from reconciler.render.run_json import run_json
    from reconciler.render.run_text import run_text, runs_text
    from reconciler.render.terminal import safe

    session = Session.begin(context)
    house = session.house
    store = house.planning_database
    if what is None:
        store.demand()
    reader = reader_of_runs(house.catalog, store, session.people(), house.now)
    if what is None:
        runs = [seen for one in store.runs() if (seen := reader.run(one)) is not None]
        if form == "json":
            session.output.json({"format_version": "1.0", "runs": [run_json(one) for one in runs]})
        else:
            session.output.result(runs_text(runs, session.style))
        return exits.DONE
    file = plan_file_among([what])
    run_id = what if file is None else open_plan(read_plan_file(file)).run_id
    run = store.find_run(run_id)
    if run is None and store.is_underway(run_id):
        run = store.find_run(run_id)  # it may have been committed between the two questions
        if run is None:
            raise OutcomeUnknown(
                f"the run {run_id} is under way, or this server has not heard of it yet",
                code="DB-11",
                hint="ask again; reconciler locks says who works on it",
            )
    # What is foreign gets the answer of what is absent.
    run = None if run is None else reader.run(run)
    if form == "json":
        session.output.json({"format_version": "1.0", "run": None if run is None else run_json(run)})
    elif run is None:
        session.output.result(f"Not applied: there is no run {safe(run_id)}.\n")
    else:
        session.output.result(run_text(run, session.style))
    return exits.ERROR if run is None else exits.DONE
