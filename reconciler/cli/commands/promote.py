"""``reconciler promote``: what one environment says is written where another one says it."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

import click

from reconciler.cli import exits
from reconciler.cli.options import global_options
from reconciler.cli.session import Session


@click.command(short_help="What one environment says into another, comments and order kept.")
@click.argument("names", nargs=-1, required=True, metavar="ADDRESS[.FIELD]...")
@click.option("--from-env", "before", required=True, metavar="NAME", help="The environment that says it.")
@click.option("--to-env", "after", required=True, metavar="NAME", help="The environment that shall say it.")
@click.option("--diff", "show_diff", is_flag=True, help="Write nothing, show the patch.")
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, names: Sequence[str], before: str, after: str, show_diff: bool) -> int:
    """Write what makes one environment say what another one says; nothing but the changed words is touched.

    ADDRESS alone promotes every field in which the two differ; ADDRESS.FIELD a field, or an object of fields. Where the
    target has a folder of overlays of its own, only that is written; else the field changes where it stands, and the
    other environments that this reaches are named. Secrets and files are never promoted. What is written is read again
    first: it is written only if the two then say the same of these fields, and nothing else is said anew.
    """
    from reconciler.model.errors import UsageError
    from reconciler.operations.contrast import promote
    from reconciler.render.tidy_text import tidy_diff

    session = Session.begin(context)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    house = session.house
    if before == after:
        raise UsageError("--from-env and --to-env name the same environment", hint="name two")
    found = promote(house.project(), house.reader_of_all(), house.writer(), before=before, after=after, names=names)
    for name in found.same:
        session.output.tell(f"{name}: nothing to promote, {before} and {after} say the same.")
    for address, path in found.left:
        session.output.tell(f"{address}.{path} stays as it is: secrets and files are not promoted.")
    for name, address, path in found.others:
        if name:
            session.output.tell(f"This changes {name} as well: {address}.{path}")
    if show_diff:
        for one in found.files:
            session.output.result(tidy_diff(one.file, one.before, one.after, session.style.palette))
        return exits.DONE
    adder, editor = house.adder(), house.editor()
    adder.add({one.file: one.after for one in found.files if not one.before})
    try:
        editor.replace_all({one.file: (one.before, one.after) for one in found.files if one.before})
    except BaseException:
        adder.take_back()
        raise
    session.output.result("".join(f"{address}.{path}\n" for address, path in found.fields))
    return exits.DONE
