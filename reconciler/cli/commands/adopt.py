"""``reconciler adopt``: live rows come under management, with manifests that plan to nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from reconciler.cli import exits
from reconciler.cli.options import global_options
from reconciler.cli.output import write
from reconciler.cli.planning import seconds
from reconciler.cli.progress import listening
from reconciler.cli.session import Session
from reconciler.model.errors import UsageError

if TYPE_CHECKING:  # what stands behind these names is heavy, and help must not load it
    from reconciler.model.address import Address
    from reconciler.operations.adopt import Adopted
    from reconciler.operations.export import Export
    from reconciler.operations.proposal import Proposal


@click.command(short_help="Live rows under management, with manifests that plan to nothing.")
@click.argument("names", nargs=-1, metavar="[ADDRESS]...")
@click.option("--all", "everything", is_flag=True, help="Every live row that no manifest stands for.")
@click.option("--tenant", "tenants", multiple=True, metavar="T", help="With --all: only this tenant; may be repeated.")
@click.option("--into", default=".", show_default=True, metavar="DIR", help="Where the manifests go.")
@click.option(
    "--layout",
    type=click.Choice(["resource", "tenant"]),
    default="resource",
    show_default=True,
    help="One file a resource, or one a tenant.",
)
@click.option("--auto-approve", is_flag=True, help="Do not ask for the word yes.")
@click.option("--lock-timeout", default="30s", show_default=True, metavar="SPAN", help="How long to wait for locks.")
@global_options(hidden=True)
@click.pass_context
def command(
    context: click.Context,
    *,
    names: Sequence[str],
    everything: bool,
    tenants: Sequence[str],
    into: str,
    layout: str,
    auto_approve: bool,
    lock_timeout: str,
) -> int:
    """Take live rows that other programs made under management: write their manifests and enter them into the ledger.

    No row is changed. The manifests are written first, all or none, and taken back when the rest fails; then they are
    planned once more, which must say No changes. Whoever applies must have some right to write each row.
    """
    session = Session.begin(context)
    if everything == bool(names):
        raise UsageError("adopt takes addresses, or --all", hint="adopt ADDRESS..., or adopt --all")
    if tenants and not everything:
        raise UsageError("--tenant narrows --all", hint="leave it out beside addresses")
    addresses = tuple(map(_address, names))
    adopted = _adopt(
        session,
        addresses,
        tenants=tuple(tenants),
        into=into,
        by_tenant=layout == "tenant",
        auto_approve=auto_approve,
        patience=seconds(lock_timeout),
    )
    return _tell(session, adopted)


def _address(text: str) -> Address:
    from reconciler.model.address import Address

    try:
        return Address.parse(text)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _adopt(
    session: Session,
    addresses: tuple[Address, ...],
    *,
    tenants: tuple[str, ...],
    into: str,
    by_tenant: bool,
    auto_approve: bool,
    patience: float,
) -> Adopted:
    from reconciler.operations.adopt import AdoptOrders, adopt
    from reconciler.operations.apply import Orders
    from reconciler.operations.export import ExportOrders

    house = session.house
    house.database.demand()
    people = session.people()

    def agree(proposal: Proposal, made: Export) -> bool:
        _show(session, proposal, made)
        return auto_approve or _asked_for_yes()

    orders = AdoptOrders(
        addresses=addresses,
        export=ExportOrders(
            tenants=tenants,
            by_tenant=by_tenant,
            folder=session.folder_below(into),
            layout=house.settings.layout,
            people=people,
        ),
        apply=Orders(applicant=session.asking.applicant, agree=lambda _: True, lock_timeout=patience),
        agree=agree,
        roots=tuple(house.settings.manifests),
    )
    doors = house.doors(house.reader(), writes=True)
    with listening(session) as progress:
        return adopt(doors, house.request(people=people), orders, house.writer(), house.adder(), progress)


def _show(session: Session, proposal: Proposal, made: Export) -> None:
    from reconciler.engine.describe import describe
    from reconciler.render.findings_text import diagnostics_text
    from reconciler.render.plan_text import plan_text

    if not session.options.quiet:
        report = describe(session.house.catalog, proposal.seen, guarded=proposal.seen_guards)
        session.output.result(plan_text(report, session.style) + "\n")
    if made.found:
        session.output.tell(diagnostics_text(made.found, session.style_of_errors.palette))


def _asked_for_yes() -> bool:
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(
            "nobody is there to answer: standard input is no terminal; nothing was adopted",
            code="APL-02",
            hint="give --auto-approve",
        )
    write(sys.stderr, "Adopt these rows? Only the word yes is accepted: ")
    return sys.stdin.readline().strip() == "yes"


def _tell(session: Session, adopted: Adopted) -> int:
    if adopted.applied is None:
        session.output.tell("Nothing to adopt.")
    else:
        count = len(adopted.addresses)
        session.output.result("".join(f"{file}\n" for file in adopted.files))
        session.output.result(f"Adopted {count} {'resource' if count == 1 else 'resources'}. No changes.\n")
        session.output.tell(f"Run {adopted.applied.run.id}")
    if adopted.barred:
        count, first = len(adopted.barred), adopted.barred[0]
        session.output.tell(f"Left out, since you have no right to write them: {count}, such as {first}.")
    sources = () if adopted.export is None else tuple(adopted.export.sources)
    if sources:
        session.output.tell(f"Secrets are never exported. Fill these variables, or name other sources: {sources[0]}.")
    return exits.DONE
