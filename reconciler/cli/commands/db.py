"""``reconciler db``: the schema of the live database."""

from __future__ import annotations

import click

from reconciler.cli import exits
from reconciler.cli.options import global_options
from reconciler.cli.planning import seconds
from reconciler.cli.session import Session


@click.group(name="db", short_help="The schema of the live database.")
@global_options(hidden=True)
def command() -> int:
    """Make, upgrade and check the schema of the live database."""
    return exits.DONE


@command.command(short_help="Make the schema, or bring it up to date.")
@click.option("--lock-timeout", default="30s", show_default=True, metavar="SPAN", help="How long to wait for locks.")
@global_options(hidden=True)
@click.pass_context
def upgrade(context: click.Context, *, lock_timeout: str) -> int:
    """Make the schema, or bring it to the newest revision, in one transaction."""
    session = Session.begin(context)
    revision = session.house.database.upgrade(lock_timeout=seconds(lock_timeout))
    session.output.result(f"The schema is at revision {revision}.\n")
    return exits.DONE


@command.command(short_help="How the database differs from what is expected.")
@global_options(hidden=True)
@click.pass_context
def check(context: click.Context) -> int:
    """Compare the schema, its triggers and the chain of the audit with what this version expects."""
    from reconciler.render.terminal import safe, wrap

    session = Session.begin(context)
    database = session.house.planning_database
    found = database.check() or database.broken_chain()
    if not found:
        session.output.result("The database is as this version expects it.\n")
        return exits.DONE
    lines = [f"The database differs in {len(found)} {'place' if len(found) == 1 else 'places'}."]
    for one in found:
        lines += wrap(safe(one), indent="  - ", hanging="    ")
    session.output.result("\n".join(lines) + "\n")
    return exits.ERROR


@command.command(short_help="The revision of the schema.")
@global_options(hidden=True)
@click.pass_context
def current(context: click.Context) -> int:
    """Show the revision of the schema; without one, say so."""
    session = Session.begin(context)
    revision = session.house.planning_database.current()
    session.output.result(f"{revision}\n" if revision else "none\n")
    return exits.DONE


@command.command(short_help="The rights of two roles that own nothing.")
@click.option(
    "--applying", default="reconciler_apply", show_default=True, metavar="ROLE", help="The role that applies."
)
@click.option("--planning", default="reconciler_plan", show_default=True, metavar="ROLE", help="The role that plans.")
@global_options(hidden=True)
@click.pass_context
def roles(context: click.Context, *, applying: str, planning: str) -> int:
    """Print GRANT statements for a role that applies and one that plans.

    Neither owns anything. The one that plans sees no column that holds a secret. The roles are made elsewhere; run the
    statements as the owner of the tables, and again after an upgrade.
    """
    session = Session.begin(context)
    session.output.result(session.house.database.grants(applying=applying, planning=planning))
    return exits.DONE
