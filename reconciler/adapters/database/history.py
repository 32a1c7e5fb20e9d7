"""What the database remembers of past runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic_core import from_json

from reconciler.adapters.database.read import Fetch
from reconciler.model.address import Address
from reconciler.model.run import Outcome, Run
from reconciler.model.state import Managed

_RUNS = (
    "SELECT id, digest, actor, approvers, started_at, finished_at, outcome, added, changed, destroyed, commit_id, "
    "rollback_of, notices "
    "FROM reconciler_runs ORDER BY seq DESC"
)


def runs(fetch: Fetch) -> list[Run]:
    """All runs, the newest first."""
    return [_run(row) for row in fetch(_RUNS)]


def find_run(fetch: Fetch, run_id: str) -> Run | None:
    """The run with this id."""
    # Runs are few; so no value has to be put into a statement here.
    return next((_run(row) for row in fetch(_RUNS) if row[0] == run_id), None)


def managed(fetch: Fetch) -> list[Managed]:
    """The ledger, in order of address."""
    found = fetch(
        "SELECT kind, tenant, name, applied, source, commit_id, management, applied_at, run FROM reconciler_resources"
    )
    return sorted(
        (
            Managed(
                address=Address(kind, tenant, name),
                applied=applied,
                source=source,
                commit=commit,
                management=management,
                applied_at=applied_at,
                run=run,
            )
            for kind, tenant, name, applied, source, commit, management, applied_at, run in found
        ),
        key=lambda one: one.address,
    )


def touched(fetch: Fetch, selects: Callable[[Address], bool]) -> dict[str, list[tuple[Address, str]]]:
    """What runs did to some resources, by the id of the run: each address with the actions on it, once."""
    found: dict[str, list[tuple[Address, str]]] = {}
    for run, kind, tenant, name, action in fetch(
        "SELECT DISTINCT run, kind, tenant, name, action FROM reconciler_changes"
    ):
        address = Address(kind, tenant, name)
        if selects(address):
            found.setdefault(run, []).append((address, action))
    return found


def _run(row: tuple[Any, ...]) -> Run:
    return Run(
        id=row[0],
        digest=row[1],
        actor=row[2],
        approvers=tuple(from_json(row[3])),
        started_at=row[4],
        finished_at=row[5],
        outcome=Outcome(row[6]),
        added=row[7],
        changed=row[8],
        destroyed=row[9],
        commit=row[10],
        rollback_of=row[11],
        notices=row[12],
    )
