"""What undoing a run comes to, resource by resource: as it is, as it shall be again, and what stands against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.model.address import Address
from reconciler.model.columns import Field
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.encode import decode
from reconciler.model.kind import Kind
from reconciler.model.resource import LedgerEntry, Row

_ENVELOPE = ("metadata.", "lifecycle.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Something that is no longer as the run left it. ``path`` is empty for the row as a whole.

    ``written`` is false of what no row tells, and so the journal does not either.
    """

    address: Address
    what: str
    path: str = ""
    columns: frozenset[str] = frozenset()
    written: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """One resource, as it is and as it shall be again: stored rows, None where there is none.

    ``columns`` are the stored values that are put back, ``rests`` the paths of secrets whose resting form comes back.
    """

    address: Address
    kind: Kind
    row: Row | None
    target: Row | None
    entry: LedgerEntry | None
    ledger: LedgerEntry | None
    columns: Mapping[str, Any]
    rests: tuple[str, ...] = ()

    @property
    def state_differs(self) -> bool:
        """Whether the life cycle has to be walked."""
        if self.kind.lifecycle is None or self.target is None:
            return False
        place = self.kind.index["state"]
        return self.row is None or self.row[place] != self.target[place]

    @property
    def paths(self) -> frozenset[str]:
        """The fields that are put back."""
        return frozenset(one.path for one in changed_fields(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoing:
    """What undoing a run comes to: what is put back, and what stands against it.

    ``named`` are resources that get nothing back but their former name, which live data has already.
    """

    items: tuple[Undone, ...] = ()
    named: tuple[Undone, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    faults: tuple[Diagnostic, ...] = ()


def changed_fields(one: Undone) -> Iterator[Field]:
    """The fields that a rollback writes; of a row that is made anew those that held something."""
    if one.target is None:
        return
    index = one.kind.index
    for field in one.kind.fields:
        if field.transient:
            continue
        wanted = [one.target[index[column.name]] for column in field.columns]
        if one.row is None:
            bare = field.path.startswith(_ENVELOPE) and not decode(field, wanted[0])
            if not bare and any(value is not None for value in wanted):
                yield field
        elif wanted != [one.row[index[column.name]] for column in field.columns]:
            yield field
