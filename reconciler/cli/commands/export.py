"""``reconciler export``: live state as manifests, or the domains of a customer as CSV."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from reconciler.cli import exits
from reconciler.cli.options import global_options
from reconciler.cli.session import Session
from reconciler.model.errors import ReconcilerError, UsageError
from reconciler.model.pace import stage

if TYPE_CHECKING:  # what stands behind these names is heavy, and help must not load it
    from reconciler.operations.export import Export

_STREAM = "-"


@click.command(short_help="Live state as manifests that plan to nothing.")
@click.argument("words", nargs=-1, metavar="[DIR | - | domains]")
@click.option("--tenant", "tenants", multiple=True, metavar="T", help="Only this tenant; may be repeated.")
@click.option("--target", "targets", multiple=True, metavar="GLOB", help="Only these addresses; may be repeated.")
@click.option(
    "--layout",
    type=click.Choice(["resource", "tenant"]),
    default="resource",
    show_default=True,
    help="One file a resource, or one a tenant.",
)
@click.option("--states", is_flag=True, help="Give the states of life cycles too, so that manifests manage them.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["yaml", "csv"]),
    default="yaml",
    show_default=True,
    help="Form of the result.",
)
@click.option(
    "--customer", "customers", multiple=True, metavar="TENANT/NAME", help="With --format csv domains: whose domains."
)
@click.option("--recursive", is_flag=True, help="With --format csv domains: also those of its descendants.")
@global_options(hidden=True)
@click.pass_context
def command(
    context: click.Context,
    *,
    words: Sequence[str],
    tenants: Sequence[str],
    targets: Sequence[str],
    layout: str,
    states: bool,
    form: str,
    customers: Sequence[str],
    recursive: bool,
) -> int:
    """Write live state as manifests below DIR, by default the working folder; - writes one stream to standard output.

    Defaults are left out and so are states, unless a manifest managed them or --states asks for them. A secret becomes
    the name of a variable that you fill. Nothing is written over a file that differs: such files are listed, and then
    nothing is written at all. With --as EMAIL only what that operator may read is exported.

    export --format csv domains --customer TENANT/NAME writes the domains of a customer as CSV to standard output.
    """
    session = Session.begin(context)
    if form == "csv":
        if list(words) != ["domains"] or len(customers) != 1 or not customers[0]:
            raise UsageError(
                "as CSV there are the domains of one customer",
                hint="write export --format csv domains --customer TENANT/NAME",
            )
        if tenants or targets or states:
            raise UsageError("--tenant, --target and --states choose manifests; a CSV file is of one customer")
        return _listing(session, words[0], customers[0], recursive=recursive)
    if customers or recursive:
        raise UsageError("--customer and --recursive belong to --format csv domains")
    if len(words) > 1:
        raise UsageError("export writes into one folder", hint="name one, or none for the working folder")
    folder = words[0] if words else "."
    return _manifests(
        session, folder, tenants=tuple(tenants), targets=tuple(targets), by_tenant=layout == "tenant", states=states
    )


def _manifests(
    session: Session, folder: str, *, tenants: tuple[str, ...], targets: tuple[str, ...], by_tenant: bool, states: bool
) -> int:
    from reconciler.operations.export import ExportOrders, export

    house = session.house
    house.planning_database.demand()
    stream = folder == _STREAM
    folder = "." if stream else session.folder_below(folder)
    orders = ExportOrders(
        tenants=tenants,
        targets=targets,
        by_tenant=by_tenant or stream,
        folder=folder,
        layout=house.settings.layout,
        states=states,
        people=session.people(),
    )
    made = export(house.doors(house.reader(), writes=False), house.writer(), orders)
    if (tenants or targets) and not made.resources:
        raise UsageError("nothing that you may read is chosen", hint="check --tenant and --target")
    with stage("save"):
        if stream:
            _stream(session, made)
        else:
            _into_folder(session, folder, made)
    _tell(session, made)
    return exits.ERROR if made.faulty else exits.DONE


def _stream(session: Session, made: Export) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    texts = [data.decode() for file, data in made.files.items() if file.endswith(".yaml")]
    session.output.result("---\n".join(texts))
    beside = [file for file in made.files if not file.endswith(".yaml")]
    if beside:
        session.output.tell(f"Not part of the stream: {len(beside)} files that manifests name. Export into a folder.")


def _into_folder(session: Session, folder: str, made: Export) -> None:
    adder = session.house.adder()
    twice = _manifests_there(session, folder, made)
    if twice:
        raise ReconcilerError(
            "resources have manifests there already; nothing was written",
            code="EXP-02",
            hint="export into another folder: " + ", ".join(twice[:10]),
        )
    differing = adder.differing(made.files)
    if differing:
        raise ReconcilerError(
            f"{len(differing)} files stand in the way and differ; nothing was written",
            code="EXP-01",
            hint="move them away, or export into another folder: " + ", ".join(differing[:20]),
        )
    written = adder.add(made.files)
    session.output.result("".join(f"{file}\n" for file in written))


def _manifests_there(session: Session, folder: str, made: Export) -> list[str]:
    """Manifests of exported resources that other files below the folder hold: with both, nothing would be valid."""
    from pathlib import Path

    if not (session.house.folder / Path(folder)).is_dir():
        return []
    found, _ = session.house.reader((folder,)).read()
    mine = {(one.address.kind, one.address.tenant, one.address.name) for one in made.resources}
    told = []
    for document in found.documents:
        metadata = document.tree.get("metadata")
        if document.file in made.files or not isinstance(metadata, dict):
            continue
        if (document.tree.get("kind"), metadata.get("tenant") or "", metadata.get("name")) in mine:
            told.append(document.places.first.short)
    return told


def _tell(session: Session, made: Export) -> None:
    from reconciler.render.findings_text import diagnostics_text

    tell = session.output.tell
    if made.found:
        tell(diagnostics_text(made.found, session.style_of_errors.palette))
    count = len(made.resources)
    manifests = sum(file.endswith(".yaml") for file in made.files)
    tell(f"Exported {count} {'resource' if count == 1 else 'resources'} in {manifests} manifest files.")
    if made.sources:
        names = list(made.sources)
        shown = names if session.options.verbose else names[:3]
        more = f" and {len(names) - len(shown)} more (--verbose lists them)" if len(shown) < len(names) else ""
        tell(f"Secrets are never exported. Fill these variables, or name other sources: {', '.join(shown)}{more}.")
    if made.faulty:
        tell("These manifests do not plan to nothing as they stand: see above.")


def _listing(session: Session, word: str, customer: str, *, recursive: bool) -> int:
    from reconciler.operations.listing import listing
    from reconciler.render.listing_csv import listing_csv

    house = session.house
    house.planning_database.demand()
    found = listing(
        house.catalog,
        house.planning_database,
        session.people(),
        house.now,
        word=word,
        owner=customer,
        recursive=recursive,
    )
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    session.output.result(listing_csv(found))
    return exits.DONE
