"""Difference: what the comparison of one resource found, before anybody plans what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import Enum
from typing import Any

from reconciler.model.address import Address
from reconciler.model.change import Back, Cause, FieldChange
from reconciler.model.dataclass import dataclass
from reconciler.model.resource import LedgerEntry
from reconciler.model.view import Entity


class Standing(Enum):
    """How a resource stands between git, the database and the ledger.

    ``NEW``: declared, and there is no row. ``CHANGED``: declared and managed, and the row differs. ``UNOWNED``:
    declared, there is a row, and the ledger does not know it; the row may differ as well. ``STALE``: only the ledger
    is behind. ``OBSERVED``: the row differs, and the manifest only watches. ``GONE``: in the ledger, and no manifest
    names it.
    """

    NEW = "new"
    CHANGED = "changed"
    UNOWNED = "unowned"
    STALE = "stale"
    OBSERVED = "observed"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """What a rollback puts back: ``columns`` hold exactly these stored values in the end, whatever the kind would add.

    ``unmanage`` says that the ledger forgets a resource whose row stays.
    """

    columns: Mapping[str, Any]
    back: Back
    unmanage: bool = False


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Difference:
    """One resource that is not as it should be.

    ``fields`` are the changed fields without secrets and without the life cycle; ``secrets`` the changed secrets;
    ``state`` the life cycle, when the manifest asks for another state than the live one (for a new resource: than
    none). ``columns`` are the stored values that ``fields`` and ``secrets`` write; values at rest and fingerprints of
    secrets are never among them. ``applied`` is what the ledger will keep. ``reason`` says in words why, where that
    is not plain. It is never changed, and not frozen, as a :class:`FieldChange` is not.
    """

    entity: Entity
    standing: Standing
    fields: Sequence[FieldChange] = ()
    secrets: tuple[FieldChange, ...] = ()
    state: FieldChange | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    secret_columns: Mapping[str, Any] = field(default_factory=dict)
    applied: str = ""
    entry: LedgerEntry | None = None
    reason: str = ""
    restore: Restore | None = None
    """Set where a former state is put back."""

    @property
    def address(self) -> Address:
        """The address of the resource."""
        return self.entity.address

    @property
    def drifted(self) -> bool:
        """Whether the world alone has moved, in a row that is there."""
        lines = (*self.fields, *self.secrets, *([] if self.state is None else [self.state]))
        return self.standing is Standing.CHANGED and all(one.cause is Cause.DRIFT for one in lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """All differences of a run, in order of address, and how many declared resources are as they should be."""

    items: tuple[Difference, ...] = ()
    unchanged: int = 0
