"""``reconciler validate``: every error of the manifests at once, without a database."""

from __future__ import annotations

from collections.abc import Sequence

import click

from reconciler.cli import exits
from reconciler.cli.findings import FINDINGS_FORMATS, write_findings
from reconciler.cli.options import format_option, global_options, paths_argument
from reconciler.cli.session import Session


@click.command(short_help="Every error of the manifests at once, offline.")
@paths_argument
@format_option("text", "json", *FINDINGS_FORMATS)
@click.option("--rev", metavar="COMMIT", help="Read the manifests from git at this commit.")
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, paths: Sequence[str], form: str, rev: str | None) -> int:
    """Check manifests without a database.

    PATH is a folder or a file; by default the folders of the configuration, or the working folder.
    """
    from reconciler.operations.validate import validate
    from reconciler.render.findings_json import findings_json
    from reconciler.render.findings_text import findings_text

    session = Session.begin(context)
    house = session.house
    reader = house.reader(paths, rev=rev)
    findings = validate(house.catalog, reader, now=house.now, layout=house.settings.layout)
    if form == "json":
        session.output.json(findings_json(findings))
    elif form in FINDINGS_FORMATS:
        write_findings(session, form, findings)
    else:
        session.output.result(findings_text(findings, session.style.palette, brief=session.options.quiet))
    return exits.DONE if findings.valid else exits.ERROR
