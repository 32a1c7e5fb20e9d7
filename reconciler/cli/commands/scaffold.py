"""``reconciler scaffold``: a first manifest of a kind."""

from __future__ import annotations

import click

from reconciler.cli import exits
from reconciler.cli.options import global_options
from reconciler.cli.session import Session
from reconciler.model.errors import UsageError


@click.command(short_help="A first manifest of a kind.")
@click.argument("kind", metavar="KIND")
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, kind: str) -> int:
    """Print a valid manifest of KIND with every field explained in comments."""
    from reconciler.engine.explain import scaffold
    from reconciler.kinds import discover
    from reconciler.model.formats import nearest
    from reconciler.render.author import scaffold_text

    session = Session.begin(context)
    catalog = discover()
    if kind not in catalog:
        near = nearest(kind, list(catalog))
        hint = f"did you mean {near}?" if near else "reconciler explain lists the kinds"
        raise UsageError(f"there is no kind {kind}", hint=hint)
    session.output.result(scaffold_text(scaffold(catalog[kind])))
    return exits.DONE
