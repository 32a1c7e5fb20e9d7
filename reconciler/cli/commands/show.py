"""``reconciler show``: a plan file, for people or machines."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler import __version__
from reconciler.cli import exits
from reconciler.cli.findings import leave
from reconciler.cli.formats import PLAN_FORMATS, plan_words, rendered_plan, settings_for, size_options
from reconciler.cli.options import format_option, global_options
from reconciler.cli.planning import read_plan_file
from reconciler.cli.session import Session


@click.command(short_help="A plan file, for people or machines.")
@click.argument("planfile", metavar="PLANFILE", type=click.Path())
@format_option(*plan_words())
@size_options
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, planfile: str, form: str, profile: str | None, max_bytes: int | None) -> int:
    """Show the plan of PLANFILE, which was written by ``plan --out``.

    In every form it says what ``plan`` said when it wrote the file.
    """
    from reconciler.engine.base import told_again
    from reconciler.engine.describe import describe
    from reconciler.kinds import discover
    from reconciler.operations.show import open_plan
    from reconciler.render.plan_json import plan_json
    from reconciler.render.plan_text import plan_text, quiet_text

    settings = settings_for(form, profile=profile, max_bytes=max_bytes)
    session = Session.begin(context)
    found = open_plan(read_plan_file(Path(planfile)))
    aside = found.aside
    described = describe(discover(), found.plan, guarded=aside.guarded, shifts=aside.shifts, snapshot=found.snapshot)
    report = told_again(described, aside)
    if form == "json":
        session.output.json(plan_json(report, version=__version__))
    elif form in PLAN_FORMATS:
        session.output.document(rendered_plan(form, report, settings))
        leave(form, report)
    else:
        text = quiet_text if session.options.quiet else plan_text
        session.output.result(text(report, session.style))
    return exits.DONE
