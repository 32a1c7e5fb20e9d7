"""rehearse: run the statements of a plan in a transaction that is always rolled back.

What a constraint of the database refuses shows at review then, and not at apply. No secret is read for it: a word that
is none stands in for each. Nothing here commits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, in_order
from reconciler.model.errors import RowRefused
from reconciler.model.plan import Plan
from reconciler.model.run import Outcome, Run
from reconciler.operations.apply import rows_of, touched
from reconciler.operations.people import may_write
from reconciler.operations.proposal import Proposal
from reconciler.operations.secrets import Sealed, stand_ins
from reconciler.ports import LiveStore

RUN = "rehearsal"
"""The name of the run that never was."""


def rehearse(
    catalog: Catalog,
    store: LiveStore,
    proposal: Proposal,
    *,
    actor: str,
    lock_timeout: float,
    clock: Callable[[], datetime],
) -> Proposal:
    """The proposal with what the database refuses as an error at its change (DB-06).

    A plan that writes nothing, or holds errors anyway, is given back as it is. ``store`` is the database that takes
    writes; ``clock`` tells the time that the rows would carry.

    Raises:
        Denied: an auditor asks: what is rehearsed is written, although it is taken back (OPR-06).
        Stale: rows have moved since the plan was made.
        LockTimeout: somebody else holds a lock for longer than ``lock_timeout`` seconds.
        WorldError: the database cannot be written, or stores something else than what was written (DB-07).
    """
    may_write(proposal.carriers)
    made = proposal.plan
    tenants = touched(made)
    if proposal.errors or not (tenants or made.notices):
        return proposal
    moment = clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    values: Sealed = stand_ins(catalog, made)
    try:
        with store.rehearse(tenants, lock_timeout=lock_timeout, rows=rows_of(catalog, made)) as session:
            session.attempt(made, run=_run(made, actor, moment), sealed=values)
    except RowRefused as refusal:
        found = in_order([*made.diagnostics, _diagnostic(made, refusal)])
        return replace(proposal, plan=replace(made, diagnostics=tuple(found)))
    return proposal


def _diagnostic(made: Plan, refusal: RowRefused) -> Diagnostic:
    """The refusal at the line of its change."""
    sources = (one.source for one in made.changes if one.address == refusal.address and one.source is not None)
    return Diagnostic(
        code=refusal.code,
        severity=Severity.ERROR,
        phase=Phase.PLAN,
        summary=refusal.message,
        hint=refusal.hint,
        address=refusal.address,
        source=next(sources, None),
    )


def _run(made: Plan, actor: str, moment: str) -> Run:
    return Run(
        id=RUN,
        digest=made.digest,
        actor=actor,
        approvers=(),
        started_at=moment,
        finished_at=moment,
        outcome=Outcome.APPLIED,
        added=made.summary.add,
        changed=made.summary.change,
        destroyed=made.summary.destroy,
        commit=made.commit,
    )
