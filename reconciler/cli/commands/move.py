"""``reconciler move``: another name for a resource, in the manifests alone; plan and apply carry it out."""

from __future__ import annotations

import io
import sys

import click

from reconciler.cli import exits
from reconciler.cli.options import global_options
from reconciler.cli.session import Session


@click.command(short_help="Another name for a resource, without delete and create.")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--diff", "show_diff", is_flag=True, help="Write nothing, show the patch.")
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, source: str, target: str, show_diff: bool) -> int:
    """Give the resource at FROM the name of TO in its manifest and in everything that names it.

    FROM is an address; TO is one too, or a name alone. Beside the manifest goes a file with a manifest of kind Moved,
    which plan and apply read: they give the row its new name. No database is written; before a file is, a plan of the
    new manifests must come to the old plan and the move, and to nothing else.
    """
    from reconciler.operations.move import move, paths_of
    from reconciler.render.terminal import safe
    from reconciler.render.tidy_text import tidy_diff

    session = Session.begin(context)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    house = session.house
    everywhere = house.reader_of_all()
    found = move(
        house.doors(house.reader(), writes=False),
        house.request(people=session.people()),
        everywhere,
        house.writer(),
        source=source,
        target=target,
        everywhere=everywhere,
    )
    if show_diff:
        for one in found.files:
            session.output.result(tidy_diff(one.file, one.before, one.after, session.style.palette))
        for file, data in sorted(found.added.items()):
            session.output.result(tidy_diff(file, b"", data, session.style.palette))
    else:
        # The move first: with it alone the manifests are refused, without it they would ask for a delete.
        adder = house.adder()
        with adder.alone():
            adder.add(found.added)
            try:
                house.editor().replace_all({one.file: (one.before, one.after) for one in found.files})
            except BaseException:
                adder.take_back()
                raise
        session.output.result("".join(f"{safe(path)}\n" for path in paths_of(found)))
    for denial in found.proposal.denials:
        if denial not in found.proposal.outside or denial.address in (found.before, found.after):
            session.output.tell(safe(denial.line))
    if not found.pending:
        session.output.tell(f"{found.before} is not live here: in this database there is nothing to move.")
    for name in found.waivers:
        session.output.tell(f"The waiver {name} speaks of {found.before} and not of {found.after}.")
    return exits.DONE
