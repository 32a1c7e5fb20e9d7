"""Letting go: the plan that takes resources out of the ledger and leaves their rows as they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from reconciler.engine.plan import content
from reconciler.engine.plan.lines import whole
from reconciler.model.address import Address
from reconciler.model.change import Action, Change
from reconciler.model.plan import Plan, Precondition, summary_of
from reconciler.model.view import View

ASKED = "somebody asks for it; the row stays as it is"


def let_go(view: View, addresses: Iterable[Address], *, environment: str = "") -> Plan:
    """One ``forget`` for each of ``addresses``, with its digest.

    Raises:
        ValueError: the view has no live data.
    """
    if view.live is None:
        msg = "a plan needs live data"
        raise ValueError(msg)
    changes: list[Change] = []
    conditions: list[Precondition] = []
    for address in sorted(set(addresses)):
        entity = view.at(address)
        row = None if entity is None else entity.row
        tree = None if entity is None or row is None else whole(entity.kind, row)
        rev = None if entity is None or row is None else int(row[entity.kind.index["rev"]])
        changes.append(Change(address=address, action=Action.FORGET, rev=rev, before=tree, after=tree, reason=ASKED))
        conditions.append(Precondition(address=address, rev=rev))
    made = Plan(
        changes=tuple(changes),
        preconditions=tuple(conditions),
        identity=view.live.identity,
        environment=environment,
        lets_go=True,
    )
    return replace(made, summary=summary_of(made.changes, (), unchanged=0), digest=content.digest(made))
