"""Moving: pending moves of a run, laid over live data before manifests and database are put beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from reconciler.engine.rebase import Rebased, rebase
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, in_order
from reconciler.model.encode import GENERATED
from reconciler.model.kind import Kind
from reconciler.model.plan import Plan
from reconciler.model.resource import Live
from reconciler.model.rule import RuleText
from reconciler.model.view import View
from reconciler.operations.outside import Inside, unmanaged
from reconciler.operations.request import Request
from reconciler.operations.validate import fit
from reconciler.ports import ApplySession, Sealer

WITH_DRIFT = RuleText("MOV-13", Severity.ERROR, Phase.PLAN, "A plan of drift alone has no pending move before it.")

Sealed = Mapping[tuple[Address, str], tuple[str, str | None]]


def fit_moved(
    catalog: Catalog,
    inside: Inside,
    live: Live,
    *,
    now: datetime,
    request: Request,
) -> tuple[View, Live, list[Diagnostic]]:
    """As :func:`~reconciler.operations.validate.fit`, over live data with the new names of what has moved.

    What nobody who asks may read is hidden: the view does not know that it is managed.
    """
    judged, hidden = inside.judged, inside.hidden
    based = rebase(catalog, live, judged.moves)
    view, found = fit(catalog, judged, unmanaged(based.live, hidden), now=now, blind=inside.blind)
    view.outside = hidden
    view.moves, view.rewrites = based.moves, based.rewrites
    return view, based.live, in_order([*found, *based.diagnostics, *_beside_drift(based, request)])


def _beside_drift(based: Rebased, request: Request) -> Iterator[Diagnostic]:
    if request.only_drift:
        for address, one in sorted(based.moves.items()):
            yield Diagnostic(
                code=WITH_DRIFT.code,
                severity=WITH_DRIFT.severity,
                phase=WITH_DRIFT.phase,
                summary=f"{one.previous} has moved to {address}, which is no drift; --only-drift would leave it out",
                hint="apply the move first, or plan without --only-drift",
                address=address,
                source=one.source,
            )


def fingerprint_address(view: View, kind: Kind, address: Address, path: str) -> Address:
    """Under which address the fingerprint of a stored secret was made.

    That of an encrypted secret is made anew with the move; every other form of rest gives its value to nobody, so that
    the secret is written again.
    """
    move = view.moves.get(address)
    mark = kind.by_path[path].secret
    storage = "encrypted" if mark is None else mark.storage
    return address if move is None or storage != "encrypted" else move.previous


def sealed_anew(session: ApplySession, sealer: Sealer, plan: Plan) -> Sealed:
    """The encrypted secrets of what moves, for their new place: they are bound to the address.

    Raises:
        WorldError: one was sealed with another key, or altered (KEY-03).
    """
    written = {(one.address, path) for one in plan.changes if one.writes for path in one.secrets}
    homes = {one.previous: one.address for one in plan.rewrites if one.moves and one.rev is not None}
    found: dict[tuple[Address, str], tuple[str, str | None]] = {}
    if not homes:
        return found
    for (previous, path), (rest, fingerprint) in sorted(session.at_rest(tuple(homes)).items()):
        address = homes[previous]
        if (address, path) in written:
            continue
        value = sealer.unseal(previous, path, rest)
        mark = fingerprint
        if fingerprint is not None and fingerprint != GENERATED:
            mark = sealer.fingerprint(address, path, value)
        found[(address, path)] = (sealer.seal(address, path, "encrypted", value), mark)
    return found
