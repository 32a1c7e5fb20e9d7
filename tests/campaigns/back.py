"""NOT YET ENABLED: a rollback of the last run restores rows and ledger of a random world exactly.

No house calls this step until there is a rollback; then ``houses`` takes ``rolled_back`` behind its second apply, with
the rows and the ledger from before it.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from reconciler.model.address import Address
from reconciler.model.errors import ReconcilerError
from reconciler.operations.apply import Orders, apply
from tests.campaigns.ground import NOW, UNCOMPARED, Rows
from tests.campaigns.trials import Trial

UNKEPT = ("run", "applied_at", "source", "commit_id")
"""Columns of the ledger that tell of the run that wrote them."""


def rolled_back(trial: Trial, rows: Rows, ledger: Mapping[Address, Mapping[str, Any]]) -> None:
    """Undo the last run; ``rows`` and ``ledger`` are those from before it. A refusal is counted and changes nothing."""
    trial.done["rollback"] += 1
    undo = importlib.import_module("reconciler.operations.rollback").RollbackOf
    run = trial.ground.store.runs()[0].id
    found = trial.ground.rows()
    how: dict[str, Any] = {"proposer": undo(run)}
    orders = Orders(agree=lambda _shown: True, applicant="the campaign", clock=lambda: NOW, **how)
    try:
        apply(trial.ground.doors(trial.reader({})), trial.request, orders, lambda _event: None)
    except ReconcilerError as error:
        trial.seen[f"not rolled back {error.code}"] += 1
        if found != trial.ground.rows():
            trial.say("rollback", "it was refused and changed rows")
        return
    _compare(trial, "row", rows, trial.ground.rows(), UNCOMPARED)
    _compare(trial, "ledger entry", ledger, trial.ground.ledger(), UNKEPT)


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
