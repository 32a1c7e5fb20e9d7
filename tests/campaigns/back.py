"""A rollback of the last run restores rows and ledger of a random world exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from reconciler.model.address import Address
from reconciler.model.errors import ReconcilerError
from reconciler.operations.apply import Orders, apply
from reconciler.operations.request import Doors, People, Request
from reconciler.operations.rollback import RollbackOf
from reconciler.operations.validate import Judged
from tests.campaigns.ground import CATALOG, NOW, Row, Rows
from tests.campaigns.trials import Trial

WRITTEN = ("rev", "updated_at")
"""Columns that every write of a row moves."""
NEW_ROW = (*WRITTEN, "id", "created_at")
"""Columns that are new in a row that was deleted and comes back."""
RUN = ("run", "applied_at", "source", "commit_id")
"""What a ledger entry tells of the run that wrote it."""
STAYS = "RBK-08"
"""Code of what is told of a row that a rollback cannot take away."""


class Former(NamedTuple):
    """What is there before a run: every row, the ledger, and how many runs there were."""

    rows: Rows
    ledger: Mapping[Address, Mapping[str, Any]]
    runs: int


def taken(trial: Trial) -> Former:
    """What is there now."""
    ground = trial.ground
    return Former(ground.rows(), ground.ledger(), len(ground.store.runs()))


def rolled_back(
    trial: Trial,
    former: Former,
    *,
    names: Mapping[Address, Address] | None = None,
    opened: Callable[[Address, Row], Row] = lambda _address, row: row,
) -> bool:
    """Undo the last run, look, and apply again; whether the house is as before. What is refused writes nothing.

    The former state is every row and every ledger entry of before, in every column; what the run did not touch is not
    even written. Three things may be otherwise. What writing moves: revision and time of a row that was written, and
    the run that the ledger names. A row that the run had deleted comes back as a new one, with another number and time
    of creation. And what the run created and only a life cycle takes away stays as a tombstone: the plan names exactly
    these (RBK-08), nothing but their state is otherwise than the run left it, and the ledger has forgotten them. From
    there the manifests cannot be applied again, and the house ends. ``names`` is what the run has given other names,
    by those that come back, and ``opened`` shows a row with its sealed secrets in the open.
    """
    names = names or {}
    runs = trial.ground.store.runs()
    if len(runs) != former.runs + 1:  # nothing was to be done, or it took two runs
        trial.seen["not one run"] += 1
        return True
    trial.done["rollback"] += 1
    found, entries = trial.ground.rows(), trial.ground.ledger()
    orders = Orders(
        agree=lambda _shown: True, applicant="the campaign", clock=lambda: NOW, proposer=_Undoing(runs[0].id)
    )
    try:
        plan = apply(trial.ground.doors(trial.reader({})), trial.request, orders, lambda _event: None).proposal.plan
    except ReconcilerError as error:
        codes = sorted({one.code for one in getattr(error, "diagnostics", ()) if one.severity.value == "error"})
        trial.seen[f"not rolled back {error.code} {' '.join(codes)}"] += 1
        if error.code in ("RBK-09", "OPR-09"):
            trial.say("rollback", f"whoever may do everything is refused: {error.message}")
        if found != trial.ground.rows():
            trial.say("rollback", "it was refused and changed rows")
        return True
    now, ledger = trial.ground.rows(), trial.ground.ledger()
    trial.seen["rolled back"] += 1
    buried = {one for one in now.keys() - former.rows.keys() if is_tombstone(one, now[one])}
    trial.seen["left as tombstones by a rollback"] += len(buried)
    told = {one.address for one in plan.diagnostics if one.code == STAYS}
    for address in sorted(buried ^ told, key=str):
        trial.say("rollback", f"{address} stays, or is told to stay, and not both")
    for address in sorted(buried):
        _compare_one(trial, "rollback", f"{address}: the tombstone", found[address], now[address], (*WRITTEN, "state"))
        if address in ledger:
            trial.say("rollback", f"{address} is a tombstone, and stands in the ledger")

    def moved(one: Address) -> tuple[str, ...]:
        was = names.get(one, one)
        return NEW_ROW if was not in found else () if found[was] == former.rows.get(one) else WRITTEN

    def renamed(one: Address) -> tuple[str, ...]:
        was = names.get(one, one)
        return (*RUN, "row_id") if was not in found else () if entries.get(was) == former.ledger.get(one) else RUN

    left = {one: opened(one, row) for one, row in now.items() if one not in buried}
    compare(trial, "rollback", "row", {one: opened(one, row) for one, row in former.rows.items()}, left, moved)
    compare(trial, "rollback", "ledger entry", former.ledger, ledger, renamed)
    if not buried:
        trial.applied("apply behind a rollback")
    return not buried


def compare(
    trial: Trial,
    step: str,
    what: str,
    before: Mapping[Address, Mapping[str, Any]],
    after: Mapping[Address, Mapping[str, Any]],
    but: Callable[[Address], tuple[str, ...]],
) -> None:
    """Say how rows differ from those of before; ``but`` are the columns of one in which they may."""
    for address in sorted({*before, *after}):
        one, two = before.get(address), after.get(address)
        if one is None or two is None:
            trial.say(step, f"{address}: the {what} {'came' if one is None else 'is gone'}")
        else:
            _compare_one(trial, step, f"{address}: the {what}", one, two, but(address))


class _Undoing(RollbackOf):
    """Undoes a run as the installer, who may do everything and of whom no run is read: it is read for nobody."""

    def read(self, doors: Doors, request: Request) -> Judged:
        """Read what is kept of the run."""
        return RollbackOf.read(self, doors, replace(request, people=People()))


def is_tombstone(address: Address, row: Mapping[str, Any]) -> bool:
    """Whether nothing but the memory of a resource is left."""
    cycle = CATALOG[address.kind].lifecycle
    return cycle is not None and row["state"] == cycle.tombstone


def _compare_one(
    trial: Trial, step: str, what: str, one: Mapping[str, Any], two: Mapping[str, Any], but: tuple[str, ...]
) -> None:
    wrong = [f"{key}: {one[key]!r} is {two[key]!r}" for key in one if key not in but and one[key] != two[key]]
    if wrong:
        trial.say(step, f"{what} differs: {wrong[:3]}")
