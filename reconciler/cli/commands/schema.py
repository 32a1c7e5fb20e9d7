"""``reconciler schema``: JSON Schemas of manifests, for editors and other validators."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli import exits
from reconciler.cli.options import global_options
from reconciler.cli.session import Session
from reconciler.model.errors import UsageError, WorldError


@click.command(short_help="JSON Schemas of manifests.")
@click.option("--out", metavar="DIR", help="Write one file a kind, and one for all, into this folder.")
@click.option(
    "--check", "only_check", is_flag=True, help="With --out: write nothing, list stale files and exit with 3."
)
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, out: str | None, only_check: bool) -> int:
    """Print the schema for all kinds, or write all schemas into a folder."""
    from reconciler.engine.schema import ALL, schema_files
    from reconciler.kinds import discover

    session = Session.begin(context)
    if only_check and not out:
        raise UsageError("--check compares a folder", hint="give --out DIR as well")
    files = schema_files(discover())
    if not out:
        session.output.result(files[ALL])
        return exits.DONE
    folder = Path(out)
    if only_check:
        stale = sorted(name for name, text in files.items() if _content(folder / name) != text)
        stale += sorted(one.name for one in folder.glob("*.schema.json") if one.name not in files)
        session.output.result("".join(f"{folder / name}\n" for name in stale))
        return exits.STALE_FILES if stale else exits.DONE
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorldError(f"{folder} cannot be made: {error.strerror}", code="OUT-01") from error
    for name, text in files.items():
        session.save(str(folder / name), text)
    session.output.tell(f"Wrote {len(files)} schemas into {folder}.")
    return exits.DONE


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
