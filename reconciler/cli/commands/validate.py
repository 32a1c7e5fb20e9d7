"""``reconciler validate``: every error of the manifests at once; without a database, unless somebody asks by name."""

from __future__ import annotations

from collections.abc import Sequence

import click

from reconciler.cli import exits
from reconciler.cli.findings import FINDINGS_FORMATS, left_out, write_findings
from reconciler.cli.options import format_option, global_options, paths_argument, policy_option
from reconciler.cli.session import Session
from reconciler.model.errors import Denied, UsageError


@click.command(short_help="Every error of the manifests at once, offline.")
@paths_argument
@format_option("text", "json", *FINDINGS_FORMATS)
@click.option("--mine", is_flag=True, help="Leave out manifests that lie outside of your reach.")
@click.option("--rev", metavar="COMMIT", help="Read the manifests from git at this commit.")
@policy_option
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, paths: Sequence[str], form: str, rev: str | None, mine: bool) -> int:
    """Check manifests without a database.

    With --as EMAIL they are also held against the live database, which is only read, and against what this operator
    may do: each denial is a finding, and 4 is the exit code when nothing else is wrong. --mine does the same for
    whoever asks, by --as, RECONCILER_ACTOR or a token, and leaves out what others answer for.

    PATH is a folder or a file; by default the folders of the configuration, or the working folder. Without PATH, --env
    and --as, each environment of the configuration is checked as well, as its overlays compose it. The policies are
    checked too, and their tests run.
    """
    from reconciler.operations.validate import validate
    from reconciler.operations.validate_all import validate_all
    from reconciler.operations.validate_for import validate_for
    from reconciler.render.findings_json import findings_json
    from reconciler.render.findings_text import findings_text

    session = Session.begin(context)
    house = session.house
    reader = house.reader(paths, rev=rev)
    if session.options.people or mine:
        people = session.people()
        if not people.names:
            raise UsageError("--mine is about whoever asks", hint="say who you are with --as EMAIL or RECONCILER_ACTOR")
        doors = house.doors(reader, writes=False)
        findings = validate_for(doors, house.request(mine=mine, people=people))
    elif house.settings.own_folders and not paths and not house.environment:
        findings = validate_all(house.project(rev=rev), policies=house.policies())
    else:
        findings = validate(
            house.catalog,
            reader,
            now=house.now,
            layout=house.settings.layout,
            policies=house.policies(),
            folders=house.waivers(reader),
        )
    if form == "json":
        session.output.json(findings_json(findings))
    elif form in FINDINGS_FORMATS:
        write_findings(session, form, findings)
    else:
        session.output.result(findings_text(findings, session.style.palette, brief=session.options.quiet))
    if findings.left_out:
        session.output.tell(left_out(findings.left_out))
    if findings.valid:
        return exits.DONE
    return Denied.exit_code if findings.denied else exits.ERROR
