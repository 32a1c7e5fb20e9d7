"""Letting go: when forgetting takes a living resource out of sight, and does not only tidy the ledger."""

from __future__ import annotations

from reconciler.model.change import Action, Change
from reconciler.model.view import View


def takes_out_of_sight(change: Change, view: View) -> bool:
    """Whether a change forgets a living row that was managed: no drift is found in it any more.

    A row that is gone or buried, and one that was only to be created, loses nothing by it.
    """
    if change.action is not Action.FORGET:
        return False
    entry = None if view.live is None else view.live.ledger.get(change.address)
    if entry is None or entry.management == "createOnly":
        return False
    entity = view.at(change.address)
    if entity is None or not entity.exists:
        return False
    lifecycle = entity.kind.lifecycle
    return lifecycle is None or not lifecycle.tombstone or entity.live_state != lifecycle.tombstone
