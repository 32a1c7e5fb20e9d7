"""``reconciler explain``: what a kind or a field is."""

from __future__ import annotations

import click

from reconciler.cli import exits
from reconciler.cli.options import global_options
from reconciler.cli.session import Session


@click.command(short_help="What a kind or a field is.")
@click.argument("name", metavar="KIND[.FIELD]", required=False)
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, name: str | None) -> int:
    """Explain a kind, an object of fields, or a field: Issuer, Issuer.contact, Issuer.contact.email.

    Without a name it lists the kinds.
    """
    from reconciler.engine.explain import explain
    from reconciler.kinds import discover
    from reconciler.render.author import explanation_text
    from reconciler.render.terminal import wrap

    session = Session.begin(context)
    catalog = discover()
    if name is None:
        wide = max(map(len, catalog)) + 2
        lines = [
            line
            for kind in catalog.values()
            for line in wrap(kind.description.partition(". ")[0], indent=kind.name.ljust(wide), hanging=" " * wide)
        ]
        session.output.result("\n".join(lines) + "\n")
    else:
        session.output.result(explanation_text(explain(catalog, name)))
    return exits.DONE
