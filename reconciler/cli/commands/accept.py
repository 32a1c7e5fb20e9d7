"""``reconciler accept``: drifted live values go into the manifests, as an edit, a patch, or a branch."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

import click

from reconciler.cli import exits
from reconciler.cli.options import global_options
from reconciler.cli.session import Session
from reconciler.model.errors import UsageError


@click.command(short_help="Drifted live values into the manifests, comments and order kept.")
@click.argument("names", nargs=-1, required=True, metavar="ADDRESS[.FIELD]...")
@click.option("--diff", "show_diff", is_flag=True, help="Write nothing, show the patch.")
@click.option("--branch", metavar="NAME", help="Commit onto a new branch of HEAD; the working tree is not touched.")
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, names: Sequence[str], show_diff: bool, branch: str | None) -> int:
    """Write live values into the manifests in which their fields stand; nothing but the changed words is touched.

    ADDRESS alone accepts every field that the world has moved; ADDRESS.FIELD a field, or an object of fields. A live
    value that is the default takes its key away. The value of a secret is never written. With --as EMAIL only what that
    operator may read can be accepted. With --env the field changes where it stands: in an overlay, or in the manifest
    that all environments share; one that stands nowhere goes where its object begins.
    """
    from reconciler.model.layers import layer_of
    from reconciler.operations.accept import accept
    from reconciler.render.tidy_text import tidy_diff

    if show_diff and branch is not None:
        raise UsageError("--diff writes nothing and --branch commits", hint="choose one")
    session = Session.begin(context)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    house = session.house
    house.planning_database.demand()
    source = house.reader(rev=None if branch is None else "HEAD")
    found = accept(
        house.doors(source, writes=False),
        house.request(people=session.people()),
        source,
        house.writer(),
        names=names,
    )
    for name in found.same:
        session.output.tell(f"{name}: nothing to accept, the manifest says what is live.")
    for address, path in found.left:
        session.output.tell(
            f"{address}.{path} stays as it is: no secret is ever written into a manifest. Put the new secret where its"
            " source is and raise its version, or take the drift back."
        )
    if house.environment:
        for one in found.files:
            if layer_of(one.file, (*house.layers.overlays, *house.layers.manifests)) is None:
                session.output.tell(f"{one.file} holds for every environment.")
    if show_diff:
        for one in found.files:
            session.output.result(tidy_diff(one.file, one.before, one.after, session.style.palette))
        return exits.DONE
    if branch is not None and found.files:
        told = "\n".join(f"{address}.{path}" for address, path in found.fields)
        files = {one.file: one.after for one in found.files}
        commit = house.commit(branch, files, message=f"Accept what is live\n\n{told}\n")
        session.output.tell(f"Committed {commit[:12]} onto the new branch {branch}.")
    elif branch is None:
        house.editor().replace_all({one.file: (one.before, one.after) for one in found.files})
    session.output.result("".join(f"{address}.{path}\n" for address, path in found.fields))
    return exits.DONE
