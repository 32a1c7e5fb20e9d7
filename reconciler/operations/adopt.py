"""adopt: live rows that no manifest ever named come under management, with manifests that plan to nothing.

choose rows, export them, plan them in memory beside the manifests that are there: nothing but adoptions may come out.
Then write the files, all or none, and apply: one transaction enters them into the ledger. Then plan once more. Files
come first: whoever is killed in between has manifests whose plan is the adoption, and the same call ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from reconciler.engine.export import is_seed
from reconciler.engine.lens import Lens
from reconciler.model.address import Address
from reconciler.model.change import Action
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.errors import Denied, OutcomeUnknown, ReconcilerError, UsageError
from reconciler.model.plan import Plan
from reconciler.model.principal import Principal
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.view import Entity, View
from reconciler.operations.apply import Applied, Orders, apply
from reconciler.operations.export import Export, ExportOrders, export_live
from reconciler.operations.people import may_write, nobody, summon
from reconciler.operations.plan import plan, propose, read
from reconciler.operations.proposal import Proposal, refuse
from reconciler.operations.request import Doors, Request
from reconciler.ports import FileAdder, Listener, ManifestWriter


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptOrders:
    """What to adopt: ``addresses``, or everything without a manifest. ``export`` says how files are laid out.

    ``agree`` shows the plan and says whether to go on. ``roots`` are the folders of manifests: files must be below one.
    """

    addresses: tuple[Address, ...]
    export: ExportOrders
    apply: Orders
    agree: Callable[[Proposal, Export], bool]
    roots: tuple[str, ...] = (".",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What became of it: the rows, the files that were written, and the run; no run when there was nothing to adopt.

    ``barred`` are the rows that were left out because those who ask may read them and not write them.
    """

    addresses: tuple[Address, ...] = ()
    files: tuple[str, ...] = ()
    export: Export | None = None
    applied: Applied | None = None
    barred: tuple[Address, ...] = ()


def adopt(
    doors: Doors, request: Request, orders: AdoptOrders, writer: ManifestWriter, adder: FileAdder, listener: Listener
) -> Adopted:
    """Adopt.

    Raises:
        Denied: somebody asks for a row that is not there or that they have no right to, or is nobody (OPR-09) or an
            auditor (OPR-06).
        ReconcilerError: a row cannot be adopted without changing it (ADP-02), or files stand in the way (EXP-01).
        InvalidManifests: the manifests hold errors, with or without the new ones.
        WorldError: a file cannot be written; then nothing was done.
        LockTimeout: somebody else adds files to the same folder (ADP-05).
    """
    with adder.alone():
        return _adopt(doors, request, orders, writer, adder, listener)


def _adopt(
    doors: Doors, request: Request, orders: AdoptOrders, writer: ManifestWriter, adder: FileAdder, listener: Listener
) -> Adopted:
    judged = read(doors, request)
    live = doors.store.read()
    there = {one.address for one in judged.resources}
    chosen, barred = _chosen(doors, request, orders, live)
    if not chosen:
        return Adopted(barred=barred)
    told: tuple[Diagnostic, ...] = ()
    while True:
        made = _exported(doors, writer, orders, live, chosen - there)
        made = replace(made, found=(*told, *made.found))
        addresses = tuple(sorted({one.address for one in made.resources} | (chosen & there)))
        if not addresses:
            return Adopted(export=made, barred=barred)
        _may_stand(orders, adder, made)
        narrowed = replace(request, targets=tuple(map(str, addresses)), excludes=(), prune=False)
        memory = replace(doors, reader=writer.reader(made.files, doors.reader))
        shown = propose(memory, narrowed, read(memory, narrowed), live)
        wrong = [one for one in shown.errors if one.address in chosen and one.phase is not Phase.POLICY]
        if not wrong or orders.addresses:
            break
        # What only a plan of now finds, such as a certificate that has ended, keeps no other row from being adopted.
        told += tuple(map(_left_out, wrong))
        chosen -= {one.address for one in wrong if one.address is not None}
    refuse(shown)
    _only_adoptions(shown.plan)
    if not orders.agree(shown, made):
        raise ReconcilerError("not confirmed; nothing was adopted", code="APL-01", hint="only the word yes adopts")
    files = adder.add(made.files)
    try:
        applied = apply(doors, narrowed, replace(orders.apply, agree=_agreed), listener)
    except OutcomeUnknown:
        raise  # the ledger may hold the rows: their manifests must not be lost
    except BaseException:
        adder.take_back()
        raise
    _prove(doors, narrowed)
    return Adopted(addresses=addresses, files=tuple(files), export=made, applied=applied, barred=barred)


def _chosen(
    doors: Doors, request: Request, orders: AdoptOrders, live: Live
) -> tuple[set[Address], tuple[Address, ...]]:
    """The rows to adopt, and of all rows those that may only be read.

    An absent row and a foreign one give the same answer.
    """
    rights = Rights(doors.catalog, live, doors.now)
    carriers = summon(rights, request.people, live)
    may_write(carriers)
    if carriers is None or not carriers.people:
        raise nobody("nobody who may act asks for this", "say who you are with --as EMAIL or RECONCILER_ACTOR")
    lens = Lens(rights, carriers.people)
    if orders.addresses:
        for address in orders.addresses:
            if live.row(address) is None or not lens.sees(address):
                raise Denied(
                    f"{address} is not live, or you may not read it; nothing was adopted",
                    code="ADP-01",
                    hint="check the address, or ask an administrator",
                )
        return {one for one in orders.addresses if one not in live.ledger}, ()
    view = View(doors.catalog, {}, live)
    tenants = orders.export.tenants
    found: set[Address] = set()
    barred: list[Address] = []
    for name, kind in doors.catalog.items():
        for entity in view.all(name):
            tenant = entity.address.name if kind.is_tenant else entity.address.tenant
            if entity.address in live.ledger or (tenants and tenant not in tenants):
                continue
            if entity.buried or is_seed(entity) or not lens.sees(entity.address):
                continue
            if _may(rights, carriers.people, entity):
                found.add(entity.address)
            else:
                barred.append(entity.address)
    return found, tuple(barred)


def _may(rights: Rights, people: Sequence[Principal], entity: Entity) -> bool:
    return any(rights.manages(who, entity).allowed for who in people)


def _exported(doors: Doors, writer: ManifestWriter, orders: AdoptOrders, live: Live, chosen: set[Address]) -> Export:
    """The manifests of rows. A faulty one of those that were named is an error; of all, the faulty stay out."""
    made = export_live(doors, writer, replace(orders.export, only=frozenset(chosen), tenants=()), live)
    wrong = tuple(one for one in made.found if one.severity is Severity.ERROR)
    if not wrong:
        return made
    faulty = {one.address for one in wrong if one.address is not None}
    if orders.addresses or not faulty & chosen:
        raise ReconcilerError(
            "some rows cannot be adopted as they are; nothing was adopted",
            code="ADP-02",
            hint="mend the rows, or adopt the others",
            diagnostics=wrong,
        )
    rest = _exported(doors, writer, orders, live, chosen - faulty)
    return replace(rest, found=(*(_left_out(one) for one in wrong), *rest.found))


def _left_out(one: Diagnostic) -> Diagnostic:
    return replace(one, severity=Severity.WARNING, hint=one.hint or "this row was not adopted")


def _may_stand(orders: AdoptOrders, adder: FileAdder, made: Export) -> None:
    for file in made.files:
        if not any(root in (".", "") or file.startswith(f"{root.rstrip('/')}/") for root in orders.roots):
            raise UsageError(
                f"{file} is below no folder of manifests: {', '.join(orders.roots)}",
                code="ADP-03",
                hint="name another folder with --into",
            )
    differing = adder.differing(made.files)
    if differing:
        raise ReconcilerError(
            f"{len(differing)} files stand in the way and differ; nothing was adopted",
            code="EXP-01",
            hint="move them away, or name another folder with --into: " + ", ".join(differing[:20]),
        )


def _agreed(proposal: Proposal) -> bool:
    """What is applied is nothing but adoptions still, although the files were read again."""
    _only_adoptions(proposal.plan)
    return True


def _only_adoptions(found: Plan) -> None:
    for one in found.changes:
        if one.action not in (Action.ADOPT, Action.REFRESH):
            raise ReconcilerError(
                f"{one.address} would be changed ({one.action.value}); nothing was adopted",
                code="ADP-02",
                hint="plan its manifest and apply it, or let the manifest say what is live",
            )


def _prove(doors: Doors, request: Request) -> None:
    """Plan once more: no changes.

    Raises:
        ReconcilerError: somebody moved a row in this very moment (ADP-04). The adoption stands.
    """
    after = plan(doors, request).plan
    if after.changes:
        raise ReconcilerError(
            f"adopted, but {after.changes[0].address} has moved since",
            code="ADP-04",
            hint="run reconciler plan to see how",
        )
