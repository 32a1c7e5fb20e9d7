"""``reconciler state``: the ledger of managed resources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from reconciler.cli import exits
from reconciler.cli.asking import asked_for_yes
from reconciler.cli.options import format_option, global_options, policy_option
from reconciler.cli.planning import Asked, seconds
from reconciler.cli.progress import listening
from reconciler.cli.proposing import plan_alone
from reconciler.cli.session import Session
from reconciler.model.errors import UsageError

if TYPE_CHECKING:  # what stands behind these names is heavy, and help must not load it
    from reconciler.model.address import Address
    from reconciler.model.plan import Plan
    from reconciler.operations.letting import LettingGo
    from reconciler.operations.proposal import Proposal


@click.group(name="state", short_help="The ledger of managed resources.")
@global_options(hidden=True)
def command() -> None:
    """See what is managed, what was applied last, and let go of what should not be managed any more."""


@command.command(name="list", short_help="The managed resources.")
@click.argument("globs", nargs=-1, metavar="[GLOB]...")
@format_option("text", "json", "csv")
@global_options(hidden=True)
@click.pass_context
def list_(context: click.Context, *, globs: Sequence[str], form: str) -> int:
    """List managed resources whose address fits a pattern such as Category/farol/*; without one, all of them.

    Each comes with the time and the commit of its last apply and the line that declared it then. With --as EMAIL only
    what that operator may read.
    """
    from reconciler.operations.state import managed, selected
    from reconciler.render.listing_csv import listing_csv
    from reconciler.render.state import FORMAT_VERSION, managed_json, state_table, state_text

    session = Session.begin(context)
    house = session.house
    house.planning_database.demand()
    known = managed(house.catalog, house.planning_database, session.people(), house.now, selects=selected(globs))
    found = [one for one, _ in known]
    if form == "json":
        session.output.json({"format_version": FORMAT_VERSION, "resources": [managed_json(one) for one in found]})
    elif form == "csv":
        session.output.result(listing_csv(state_table(found)))
    else:
        session.output.result(state_text(found))
    return exits.DONE


@command.command(short_help="What was applied last to one resource.")
@click.argument("name", metavar="ADDRESS")
@format_option("text", "json")
@global_options(hidden=True)
@click.pass_context
def show(context: click.Context, *, name: str, form: str) -> int:
    """Show the values of the last apply, field by field; of a secret its version and never a value.

    They are the third side of every comparison: a live value that differs from them is drift.
    """
    from reconciler.operations.state import managed
    from reconciler.render.state import FORMAT_VERSION, managed_json, managed_text

    session = Session.begin(context)
    house = session.house
    address = _address(name)
    house.planning_database.demand()
    found = managed(
        house.catalog, house.planning_database, session.people(), house.now, selects=lambda one: one == address
    )
    if not found:
        raise UsageError(
            f"{address} is not managed, or you may not read it", code="STA-01", hint="see reconciler state list"
        )
    (one, values) = found[0]
    if form == "json":
        session.output.json({"format_version": FORMAT_VERSION, **managed_json(one, values)})
    else:
        session.output.result(managed_text(one, values))
    return exits.DONE


@command.command(short_help="Let go of resources; their rows stay.")
@click.argument("names", nargs=-1, required=True, metavar="ADDRESS...")
@policy_option
@click.option(
    "--out", metavar="FILE", help="Only plan, and write the plan into a file, to review, approve and apply exactly it."
)
@click.option("--auto-approve", is_flag=True, help="Do not ask for the word yes.")
@click.option("--lock-timeout", default="30s", show_default=True, metavar="SPAN", help="How long to wait for locks.")
@global_options(hidden=True)
@click.pass_context
def forget(
    context: click.Context,
    *,
    names: Sequence[str],
    out: str | None,
    auto_approve: bool,
    lock_timeout: str,
) -> int:
    """Take resources out of the ledger: they are not managed any more, and their rows stay as they are.

    It is a run of its own, in history and audit, judged and approved like any other. It needs the right to delete each
    of them. A resource that a manifest still names is adopted again by the next apply.
    """
    from reconciler.operations.letting import LettingGo

    session = Session.begin(context)
    letting = LettingGo(tuple(_address(name) for name in names))
    session.house.database.demand()
    if out:
        if auto_approve:
            raise UsageError("--out only plans; nothing is forgotten with it", hint="apply the file of --out")
        code = plan_alone(session, letting, Asked(), out=out, form="text")
        return exits.DONE if code == exits.CHANGES else code
    run, count = _forgotten(session, letting, auto_approve=auto_approve, lock_timeout=lock_timeout)
    session.output.result(f"Forgotten: {count} {'resource' if count == 1 else 'resources'}. Their rows stay.\n")
    session.output.tell(f"Run {run}")
    return exits.DONE


def _forgotten(session: Session, letting: LettingGo, *, auto_approve: bool, lock_timeout: str) -> tuple[str, int]:
    """The id of the run, and how many resources it has let go of."""
    from reconciler.operations.apply import Orders, apply

    house = session.house

    def agree(proposal: Proposal) -> bool:
        _show(session, proposal.seen)
        return auto_approve or asked_for_yes(
            "Forget these resources?", nothing="nothing was forgotten", hint="give --auto-approve"
        )

    orders = Orders(agree=agree, lock_timeout=seconds(lock_timeout), proposer=letting)
    doors = house.doors(house.reader(), writes=True)
    with listening(session) as progress:
        done = apply(doors, house.request(people=session.people()), orders, progress)
    return done.run.id, len(done.proposal.plan.changes)


def _address(name: str) -> Address:
    from reconciler.model.address import Address

    try:
        return Address.parse(name)
    except ValueError as problem:
        raise UsageError(str(problem), hint="write Kind/tenant/name, or Kind/name at platform level") from None


def _show(session: Session, plan: Plan) -> None:
    from reconciler.engine.describe import describe
    from reconciler.render.plan_text import plan_text

    if not session.options.quiet:
        session.output.result(plan_text(describe(session.house.catalog, plan), session.style) + "\n")
