"""``reconciler init``: a new repository of manifests."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from reconciler.cli import exits
from reconciler.cli.options import global_options
from reconciler.cli.session import Session


@click.command(short_help="A new repository of manifests that passes its own checks.")
@click.argument("folder", metavar="[DIR]", default=".")
@click.option(
    "--ci",
    "pipeline",
    type=click.Choice(["github", "gitlab", "none"]),
    default="github",
    show_default=True,
    help="Pipeline that checks and plans changes, and applies what is merged.",
)
@click.option("--admin-email", metavar="EMAIL", help="The first administrator; else --as or RECONCILER_ACTOR.")
@click.option(
    "--trust",
    type=click.Choice(["local", "oidc"]),
    default="local",
    show_default=True,
    help="How the pipeline says who applies: by a name, or by its own token.",
)
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, folder: str, pipeline: str, admin_email: str | None, trust: str) -> int:
    """Write a repository of manifests into DIR, by default the working folder.

    It holds a configuration, the first administrator, a tenant as an example, schemas for the editor, and a pipeline.
    Nothing that is there is written over: what is in the way is listed, and nothing is written. A README.md that is
    there stays; to a .gitignore and a .gitattributes the missing lines are added.
    """
    from reconciler.operations.init import PLACEHOLDER, Answers, create
    from reconciler.wiring import new_folder, new_repository

    session = Session.begin(context)
    named = (*session.options.people, os.environ.get("RECONCILER_ACTOR", ""))
    email = admin_email or next((one.strip() for one in named if "@" in one), PLACEHOLDER)
    files = new_repository(Answers(pipeline=pipeline, email=email, trust=trust))
    written = create(new_folder(Path(folder)), files)
    session.output.result("".join(f"{Path(folder, one)}\n" for one in written))
    place = "" if folder == "." else f"cd {shlex.quote(folder)} && "
    session.output.tell(f"Wrote {len(written)} files. Next: {place}reconciler apply --bootstrap --as {email}")
    if email == PLACEHOLDER:
        session.output.tell(f"The administrator is a placeholder: put the real e-mail in the place of {PLACEHOLDER}.")
    return exits.DONE
