"""``reconciler explain``: what a kind or a field is, and where a value comes from."""

from __future__ import annotations

import click

from reconciler.cli import exits
from reconciler.cli.options import global_options
from reconciler.cli.session import Session


@click.command(short_help="What a kind or a field is, and where a value comes from.")
@click.argument("name", metavar="[KIND|ADDRESS][.FIELD]", required=False)
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, name: str | None) -> int:
    """Explain a kind, an object of fields, or a field: Issuer, Issuer.contact, Issuer.contact.email.

    With an address it says where the values of a resource come from, each with its line: from its manifest, from an
    overlay of the environment that --env chooses, or from the default, and what they override. Secrets are never shown.
    Without a name it lists the kinds.
    """
    from reconciler.engine.explain import explain
    from reconciler.kinds import discover
    from reconciler.render.author import explanation_text
    from reconciler.render.terminal import wrap

    session = Session.begin(context)
    if name is not None and "/" in name:
        session.output.result(_origins(session, name))
        return exits.DONE
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


def _origins(session: Session, name: str) -> str:
    from reconciler.engine.explain import envelope_defaults, field_helps
    from reconciler.operations.origin import explain_origin
    from reconciler.render.contrast import origins_text

    house = session.house
    address, found = explain_origin(house.catalog, house.reader(), name)
    defaults = envelope_defaults() | {one.path: one.default for one in field_helps(house.catalog[address.kind])}
    return origins_text(address, found, environment=house.environment, defaults=defaults)
