"""A rollback of the last run restores rows and ledger of a random world exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from reconciler.model.address import Address
from reconciler.model.errors import ReconcilerError
from reconciler.operations.apply import Orders, apply
from reconciler.operations.rollback import RollbackOf
from tests.campaigns.ground import CATALOG, NOW, UNCOMPARED, Rows
from tests.campaigns.trials import Trial

UNKEPT = ("run", "applied_at", "source", "commit_id", "row_id")
"""What tells of the run that wrote the entry, and the number of a row: one that comes back has a new one."""


class Former(NamedTuple):
    """What is there before a run: every row, the ledger, and how many runs there were."""

    rows: Rows
    ledger: Mapping[Address, Mapping[str, Any]]
    runs: int


def taken(trial: Trial) -> Former:
    """What is there now."""
    ground = trial.ground
    return Former(ground.rows(), ground.ledger(), len(ground.store.runs()))


def rolled_back(trial: Trial, former: Former) -> bool:
    """Undo the last run, look, and apply again; whether the house is as before. What is refused writes nothing.

    What the run created and only a life cycle takes away stays as a tombstone, as the plan says (RBK-08): from there
    the manifests cannot be applied again, and the house ends.
    """
    runs = trial.ground.store.runs()
    if len(runs) != former.runs + 1:  # nothing was to be done, or it took two runs
        trial.seen["not one run"] += 1
        return True
    trial.done["rollback"] += 1
    found = trial.ground.rows()
    orders = Orders(
        agree=lambda _shown: True, applicant="the campaign", clock=lambda: NOW, proposer=RollbackOf(runs[0].id)
    )
    try:
        apply(trial.ground.doors(trial.reader({})), trial.request, orders, lambda _event: None)
    except ReconcilerError as error:
        codes = sorted({one.code for one in getattr(error, "diagnostics", ()) if one.severity.value == "error"})
        trial.seen[f"not rolled back {error.code} {' '.join(codes)}"] += 1
        if found != trial.ground.rows():
            trial.say("rollback", "it was refused and changed rows")
        return True
    now = trial.ground.rows()
    buried = {one for one in now.keys() - former.rows.keys() if _is_tombstone(one, now[one])}
    trial.seen["left as tombstones by a rollback"] += len(buried)
    _compare(trial, "row", former.rows, {one: row for one, row in now.items() if one not in buried}, UNCOMPARED)
    _compare(trial, "ledger entry", former.ledger, trial.ground.ledger(), UNKEPT)
    if not buried:
        trial.applied("apply behind a rollback")
    return not buried


def _is_tombstone(address: Address, row: Mapping[str, Any]) -> bool:
    cycle = CATALOG[address.kind].lifecycle
    return cycle is not None and row["state"] == cycle.tombstone


def _compare(
    trial: Trial,
    what: str,
    before: Mapping[Address, Mapping[str, Any]],
    after: Mapping[Address, Mapping[str, Any]],
    but: tuple[str, ...],
) -> None:
    for address in sorted({*before, *after}):
        one, two = before.get(address), after.get(address)
        if one is None or two is None:
            trial.say("rollback", f"{address}: the {what} {'came' if one is None else 'is gone'}")
            continue
        wrong = [f"{key}: {one[key]!r} is {two[key]!r}" for key in one if key not in but and one[key] != two[key]]
        if wrong:
            trial.say("rollback", f"{address}: the {what} differs: {wrong[:3]}")
