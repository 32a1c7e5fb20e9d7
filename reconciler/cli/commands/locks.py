"""``reconciler locks``: who holds what, since when."""

from __future__ import annotations

from dataclasses import asdict

import click

from reconciler.cli import exits
from reconciler.cli.options import format_option, global_options
from reconciler.cli.session import Session


@click.command(short_help="Who holds what, since when.")
@format_option("text", "json")
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, form: str) -> int:
    """List who holds the locks of the platform, of tenants and of the schema.

    An apply is listed with its run. With --as, or a token, tenants are listed that these operators may read.

    An embedded database has one lock for all, and does not say who holds it.
    """
    from reconciler.operations.history import reader_of_runs, seen_holders
    from reconciler.render.run_text import holders_text

    session = Session.begin(context)
    house = session.house
    people, store = session.people(), house.planning_database
    found = store.holders()
    if people.names:
        found = seen_holders(reader_of_runs(house.catalog, store, people, house.now), house.catalog, found)
    if form == "json":
        session.output.json({"format_version": "1.0", "locks": [asdict(one) for one in found]})
    else:
        session.output.result(holders_text(found))
    return exits.DONE
