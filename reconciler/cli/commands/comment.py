"""``reconciler comment``: one comment below a pull request or merge request, kept up to date."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from reconciler.cli import exits
from reconciler.cli.options import format_option, global_options
from reconciler.cli.session import Session
from reconciler.model.errors import UsageError, WorldError

_LARGEST = 8 << 20


@click.command(short_help="One comment below a pull or merge request, kept up to date.")
@click.argument("file", metavar="FILE")
@click.option("--provider", type=click.Choice(["github", "gitlab"]), required=True, help="Whose API is spoken to.")
@click.option("--number", type=click.IntRange(min=1), metavar="N", help="Which review; else the one of this job.")
@click.option("--author", default="", metavar="NAME", help="Whose comment is edited; else asked of the host.")
@format_option("text", "json")
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, file: str, provider: str, number: int | None, author: str, form: str) -> int:
    """Post the Markdown of FILE, or of standard input with ``-``, as a comment.

    Its first line is the hidden marker that ``--format markdown`` writes. A comment of the same author with the same
    marker is edited, and only when the text is another one; else a new one is created. Address, project, review and
    token come from the environment: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_REF, GITHUB_TOKEN, or CI_API_V4_URL,
    CI_PROJECT_ID, CI_MERGE_REQUEST_IID, GITLAB_TOKEN.
    """
    from dataclasses import asdict

    from reconciler.operations.comment import post
    from reconciler.wiring import open_review

    session = Session.begin(context)
    posted = post(open_review(os.environ, provider, number=number, author=author), _text(file))
    if form == "json":
        session.output.json({"format_version": "1.0", **asdict(posted)})
    else:
        session.output.result(f"Comment {posted.id}: {posted.outcome}.\n")
    return exits.DONE


def _text(file: str) -> str:
    """The text to post.

    Raises:
        WorldError: it cannot be read.
        UsageError: it is no text, or far too long (CMT-01).
    """
    try:
        if file == "-":
            data = sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with Path(file).open("rb") as stream:
                data = stream.read(_LARGEST + 1)
    except OSError as error:
        raise WorldError(f"{file} cannot be read: {error.strerror}") from error
    if len(data) > _LARGEST:
        raise UsageError("this text is far too long for a comment", code="CMT-01")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError("this text is not in UTF-8", code="CMT-01") from error
