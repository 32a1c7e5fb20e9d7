"""``reconciler fmt``: manifests in canonical order and spacing."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import exits
from reconciler.cli.options import global_options, paths_argument
from reconciler.cli.session import Session
from reconciler.model.errors import UsageError, WorldError

if TYPE_CHECKING:  # what stands behind this name is heavy, and help must not load it
    from reconciler.operations.tidy import Tidied

_STDIN = "<stdin>"
_LARGEST = 1024 * 1024
"""Bytes of standard input, as many as a manifest may have."""


@click.command(short_help="Manifests in canonical order and spacing, comments kept.")
@paths_argument
@click.option("--check", "only_check", is_flag=True, help="Write nothing, list files that differ and exit with 3.")
@click.option("--diff", "show_diff", is_flag=True, help="Write nothing, show what would change.")
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, paths: Sequence[str], only_check: bool, show_diff: bool) -> int:
    """Bring manifests into canonical order and spacing; values and comments stay.

    PATH is a folder or a file; by default the folders of the configuration and the configuration itself. With - the
    text of standard input is written to standard output. A file that is no valid YAML, or that cannot be tidied without
    a change of what it says, is left alone, and the exit code is 1.
    """
    from reconciler.operations.tidy import tidy_files

    session = Session.begin(context)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # manifests are, wherever they are written
    if "-" in paths:
        return _tidy_stdin(session, paths, only_check=only_check, show_diff=show_diff)
    from reconciler.wiring import open_editor

    writes = not (only_check or show_diff)
    tidied = tidy_files(open_editor(paths or _own_paths(session)), writes=writes)
    if show_diff:
        _show(session, tidied)
    else:
        session.output.result("".join(f"{one.file}\n" for one in tidied.rewritten))
    verb = "Tidied" if writes else "Not tidy:"
    session.output.tell(f"{verb} {len(tidied.rewritten)} of {tidied.files} files.")
    return _end(session, tidied, only_check=only_check)


def _own_paths(session: Session) -> list[str]:
    """The folders of the configuration, those of every environment too, and the configuration."""
    settings = session.house.settings
    paths = [*settings.manifests, *settings.own_folders]
    file = session.options.config or "reconciler.yaml"
    return [*paths, file] if Path(file).exists() else paths


def _tidy_stdin(session: Session, paths: Sequence[str], *, only_check: bool, show_diff: bool) -> int:
    from reconciler.operations.tidy import tidy_text
    from reconciler.wiring import open_editor

    if len(paths) > 1:
        raise UsageError("- stands alone: standard input is one text", hint="tidy the other paths in another call")
    data = sys.stdin.buffer.read(_LARGEST + 1) if sys.stdin is not None else b""
    if len(data) > _LARGEST:
        raise WorldError(f"standard input is larger than {_LARGEST} bytes", code="LOD-01", hint="split it")
    tidied = tidy_text(open_editor(()), _STDIN, data)
    if show_diff:
        _show(session, tidied)
    elif only_check:
        session.output.result("".join(f"{one.file}\n" for one in tidied.rewritten))
    elif tidied.valid:
        after = tidied.rewritten[0].after if tidied.rewritten else data
        session.output.result(after.decode())
    return _end(session, tidied, only_check=only_check)


def _show(session: Session, tidied: Tidied) -> None:
    from reconciler.render.tidy_text import tidy_diff

    for one in tidied.rewritten:
        session.output.result(tidy_diff(one.file, one.before, one.after, session.style.palette))


def _end(session: Session, tidied: Tidied, *, only_check: bool) -> int:
    from reconciler.render.findings_text import diagnostics_text

    if tidied.diagnostics:
        session.output.tell(diagnostics_text(tidied.diagnostics, session.style_of_errors.palette))
    if not tidied.valid:
        return exits.ERROR
    return exits.STALE_FILES if only_check and tidied.rewritten else exits.DONE
