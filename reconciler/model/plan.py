"""Plan: everything that an apply would do, in order, with what must still be true when it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from reconciler.model.address import Address
from reconciler.model.approval import Approvals
from reconciler.model.change import COUNTED, Action, Cause, Change
from reconciler.model.dataclass import dataclass
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.effect import Cascade, Notice
from reconciler.model.given import causes_of
from reconciler.model.moved import Rewrite


@dataclass(frozen=True, slots=True, kw_only=True)
class Precondition:
    """The revision that a row had when the plan was made; ``rev`` is None for a row that must not exist."""

    address: Address
    rev: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How many resources a plan adds, changes, moves, destroys, takes under management and forgets, and what waits.

    Each counts resources, not lines; ``transitions`` counts edges.
    """

    add: int = 0
    change: int = 0
    destroy: int = 0
    adopt: int = 0
    move: int = 0
    forget: int = 0
    held: int = 0
    manual: int = 0
    transitions: int = 0
    unchanged: int = 0
    drift: int = 0


_CHANGES = frozenset({Action.UPDATE, Action.ROTATE_SECRET, Action.TRANSITION})


def summary_of(changes: Sequence[Change], observed: Sequence[Change], *, unchanged: int) -> Summary:
    """Count resources by what happens to them; one that is created or removed is not counted as changed too."""
    with_action: dict[Action, set[Address]] = {}
    for one in changes:
        with_action.setdefault(one.action, set()).add(one.address)
    added = with_action.get(Action.CREATE, set())
    forgotten = with_action.get(Action.FORGET, set())
    # Steps of what is forgotten then lead into its tombstone: its manifest is gone.
    destroyed = with_action.get(Action.DELETE, set()) | (with_action.get(Action.TRANSITION, set()) & forgotten)
    changed: set[Address] = set()
    for action in _CHANGES:
        changed |= with_action.get(action, set())
    drifted = {
        one.address
        for one in (*changes, *observed)
        if not causes_of(one.fields).isdisjoint((Cause.DRIFT, Cause.CONFLICT))
    }
    return Summary(
        add=len(added),
        change=len(changed - added - destroyed),
        destroy=len(destroyed),
        adopt=len(with_action.get(Action.ADOPT, set())),
        move=len(with_action.get(Action.MOVE, set())),
        forget=len(forgotten - destroyed),
        held=len(with_action.get(Action.HELD, set())),
        manual=len(with_action.get(Action.MANUAL, set())),
        transitions=sum(one.action is Action.TRANSITION for one in changes),
        unchanged=unchanged,
        drift=len(drifted),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The plan. ``changes`` are in the order of apply. ``drift`` lists changes of resources that are only observed.

    ``digest`` is ``sha256:`` and the hash of the canonical JSON of what it would do and of what it relies on; it is the
    same for the same manifests, rules and live data on every machine, at every hour.
    """

    changes: tuple[Change, ...]
    observed: tuple[Change, ...] = ()
    cascades: tuple[Cascade, ...] = ()
    notices: tuple[Notice, ...] = ()
    preconditions: tuple[Precondition, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    summary: Summary = field(default_factory=Summary)
    digest: str = ""
    identity: str = ""
    environment: str = ""
    manifests: str = ""
    commit: str | None = None
    denials: tuple[Denial, ...] = ()
    """What its carriers have no right to. Neither they nor their rights are part of the digest."""
    carriers: tuple[str, ...] = ()
    """Who it was judged for; empty for a plan that was judged for nobody."""
    partial: bool = False
    """Whether it lacks what its carriers may not read: then its digest does not follow from what it shows."""
    rewrites: tuple[Rewrite, ...] = ()
    """What its moves do to rows and ledger, before everything else that it does."""
    approvals: Approvals | None = None
    """The agreement that it needs, and what of it was there when it was made. No part of the digest."""
    rollback: str = ""
    """The run that it undoes; empty for a plan that was made from manifests."""
    lets_go: bool = False
    """Whether it forgets what somebody named, and was made from no manifests."""

    @property
    def empty(self) -> bool:
        """Whether it changes nothing that people would notice: "No changes."."""
        return not any(one.action in COUNTED or one.action is Action.DENIED for one in self.changes)

    def of(self, action: Action) -> tuple[Change, ...]:
        """The changes of one class."""
        return tuple(one for one in self.changes if one.action is action)
