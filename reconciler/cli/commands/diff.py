"""``reconciler diff``: what two environments say differently, as their manifests stand."""

from __future__ import annotations

import click

from reconciler.cli import exits
from reconciler.cli.options import format_option, global_options
from reconciler.cli.session import Session


@click.command(short_help="What two environments say differently, offline.")
@click.option("--from-env", "before", required=True, metavar="NAME", help="The environment to compare from.")
@click.option("--to-env", "after", required=True, metavar="NAME", help="The environment to compare with.")
@click.option("--rev", metavar="COMMIT", help="Read the manifests from git at this commit.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when something differs.")
@format_option("text", "json")
@global_options(hidden=True)
@click.pass_context
def command(
    context: click.Context, *, before: str, after: str, rev: str | None, detailed_exitcode: bool, form: str
) -> int:
    """Compare what the manifests of two environments mean, field by field, each with the line that says it.

    No database is read, and no secret: of a secret, its source is compared. A default that one of them writes out is no
    difference. Exit codes: 0 fine, 1 errors, 2 differences with --detailed-exitcode.
    """
    from reconciler.operations.contrast import compare
    from reconciler.render.contrast import comparison_json, comparison_text

    session = Session.begin(context)
    house = session.house
    found = compare(house.project(rev=rev), before, after)
    if form == "json":
        session.output.json(comparison_json(found))
    else:
        session.output.result(comparison_text(found, session.style.palette, brief=session.options.quiet))
    return exits.CHANGES if found.contrasts and detailed_exitcode else exits.DONE
