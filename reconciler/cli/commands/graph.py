"""``reconciler graph``: the resources that manifests declare, and the references between them."""

from __future__ import annotations

from collections.abc import Sequence

import click

from reconciler.cli import exits
from reconciler.cli.options import format_option, global_options, paths_argument
from reconciler.cli.session import Session
from reconciler.model.errors import InvalidManifests


@click.command(short_help="What the manifests declare, and what names what, offline.")
@paths_argument
@format_option("dot", "mermaid", "json")
@click.option("--target", "targets", multiple=True, metavar="GLOB", help="Only these addresses; may be repeated.")
@click.option("--rev", metavar="COMMIT", help="Read the manifests from git at this commit.")
@click.option("--out", metavar="FILE", help="Write into this file instead of standard output.")
@global_options(hidden=True)
@click.pass_context
def command(
    context: click.Context, *, paths: Sequence[str], form: str, targets: Sequence[str], rev: str | None, out: str | None
) -> int:
    """Print the resources that manifests declare, in order of creation, and which field of which names which other.

    An arrow leads from a resource to one that has to be there before it; each tenant is a box. What is named and not
    declared is marked, and so is what --target leaves out. No database is read.

    PATH is a folder or a file; by default the folders of the configuration, or the working folder. A manifest with an
    error gives no graph. Where manifests do not fit together there is one that shows what is missing, the errors stand
    on standard error, and the exit code is 1.
    """
    from reconciler.model.diagnostic import errors_in
    from reconciler.operations.graph import graph
    from reconciler.render.graph import FORMS

    session = Session.begin(context)
    house = session.house
    reader = house.reader(paths, rev=rev)
    found = graph(
        house.catalog,
        reader,
        now=house.now,
        layout=house.settings.layout,
        folders=house.waivers(reader),
        targets=targets,
    )
    text = FORMS[form](found)
    if out:
        session.save(out, text)
        session.output.tell(f"Wrote the graph of {len(found.nodes):,} resources into {out}.")
    else:
        session.output.document(text)
    if errors_in(list(found.diagnostics)):
        raise InvalidManifests("the manifests do not fit together", diagnostics=found.diagnostics)
    return exits.DONE
