"""``reconciler owners``: who could carry what is denied of a plan file, and who could approve it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from reconciler.cli import exits
from reconciler.cli.options import format_option, global_options
from reconciler.cli.planning import Asked, proposer_of, read_plan_file
from reconciler.cli.session import Session


@click.command(short_help="Who could carry and approve a plan.")
@click.argument("planfile", metavar="PLANFILE", type=click.Path())
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@format_option("text", "json")
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, planfile: str, paths: Sequence[str], form: str) -> int:
    """Show who could approve the plan of PLANFILE, and who could carry each part that is denied to its maker.

    The plan is made again, from the manifests that it was made from, or from those at PATH. With --as EMAIL people are
    named whom that operator may read, and roles otherwise. It only reads.
    """
    from reconciler.operations.owners import owners
    from reconciler.operations.show import open_plan
    from reconciler.render.approvals_json import owners_json
    from reconciler.render.approvals_text import owners_text

    session = Session.begin(context)
    file = open_plan(read_plan_file(Path(planfile)))
    asked = Asked.from_facts(file.made_by)
    asked = replace(asked, paths=tuple(paths) or asked.paths)
    house = session.house
    request = house.request(
        **asked.selection,
        people=session.people(),
    )
    reader = house.reader(asked.paths, rev=asked.rev, targets=asked.targets)
    doors = house.doors(reader, writes=False, paths=asked.paths)
    found = owners(doors, request, file=file, proposer=proposer_of(file.plan))
    if form == "json":
        session.output.json(owners_json(found))
    else:
        session.output.result(owners_text(found, session.style))
    return exits.DONE
