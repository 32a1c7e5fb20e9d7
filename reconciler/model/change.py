"""Change: one line of a plan, with its before and its after. Nobody looks anything up again at apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Any

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.lifecycle import Edge, Risk
from reconciler.model.resource import LedgerEntry, Resource
from reconciler.model.source import Source


class Action(StrEnum):
    """Classes of change.

    ``ADOPT`` takes an existing row under management, ``MOVE`` gives it another name, ``REFRESH`` only renews the
    ledger.
    """

    CREATE = "create"
    ADOPT = "adopt"
    MOVE = "move"
    UPDATE = "update"
    ROTATE_SECRET = "rotate-secret"
    TRANSITION = "transition"
    DELETE = "delete"
    FORGET = "forget"
    HELD = "held"
    MANUAL = "manual"
    DENIED = "denied"
    BLOCKED_BY = "blocked-by"
    REFRESH = "refresh"


class Cause(StrEnum):
    """Why a field differs: git changed, the world changed, both did, or a default came to hold."""

    INTENT = "intent"
    DRIFT = "drift"
    CONFLICT = "conflict"
    DEFAULT = "default"


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class FieldChange:
    """One changed field. ``before``, ``after`` and ``base`` (what was applied last) are values as people write them.

    For a secret they are its version, or None: never a value, a hash or a length. ``sensitive`` says that.

    It is never changed, and not frozen: a frozen one takes three times as long to make, and there is one a field.
    """

    path: str
    before: Any
    after: Any
    base: Any = None
    cause: Cause
    sensitive: bool = False
    note: str = ""
    source: Source | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """That a change puts a resource back as it was, and not as a manifest wants it.

    ``ledger`` is the entry that the ledger gets back, None where it had none. ``rests`` are the paths of the secrets
    whose former resting form comes back as it was kept.
    """

    ledger: LedgerEntry | None = None
    rests: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Change:
    """One planned change of one resource.

    A resource may have several, one a class of change; each edge of its life cycle is one of its own.
    ``columns`` holds what is written: column name to stored value; secrets are missing there and named in ``secrets``
    (field paths). ``rev`` is the live revision that was planned against, None for a create. ``before`` and ``after``
    are the whole resource as plain data, secrets masked, for reports. ``reason`` says why in words.

    Nobody changes it behind the stage that makes it; it is not frozen, as a :class:`FieldChange` is not.
    """

    address: Address
    action: Action
    fields: Sequence[FieldChange] = ()
    edge: Edge | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    rev: int | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    reason: str = ""
    risks: tuple[Risk, ...] = ()
    source: Source | None = None
    resource: Resource[Any] | None = None
    applied: str = ""
    """Canonical JSON of the managed columns after the change, for the ledger."""
    back: Back | None = None
    """Set where a rollback puts the resource back."""
    previous: Address | None = None
    """Where a resource that moves stood before; None for everything else."""

    @property
    def management(self) -> str:
        """How the resource is managed behind the change."""
        if self.back is not None and self.back.ledger is not None:
            return self.back.ledger.management
        return "full" if self.resource is None else self.resource.management

    @property
    def writes(self) -> bool:
        """Whether applying it writes into a kind's table."""
        return self.action in WRITING


WRITING = frozenset({Action.CREATE, Action.UPDATE, Action.ROTATE_SECRET, Action.TRANSITION, Action.DELETE})
COUNTED = WRITING | {Action.ADOPT, Action.MOVE, Action.FORGET}
"""Actions that make a plan differ from "No changes."."""
