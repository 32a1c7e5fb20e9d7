"""Entitlement: one thing that somebody may do, and over which resources; and what a plan gives and takes of it."""

from __future__ import annotations

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """One row group of the matrix as it stands for one person.

    ``what`` are its fields, or its edge. ``reach`` and ``condition`` are those of the cell. ``resources`` are what it
    holds over now, in order; None means every resource of the kind. For ``create`` they are empty: the reach says
    where something new may stand.
    """

    kind: str
    verb: str
    what: str
    reach: str
    condition: str = ""
    resources: tuple[Address, ...] | None = ()

    @property
    def count(self) -> int | None:
        """Over how many resources it holds; None for every one of the kind."""
        return None if self.resources is None else len(self.resources)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What one person gains or loses through a plan: a right, with the resources over which it is new or gone.

    ``entirely`` says that the person had no right at all before, or has none behind the plan.
    """

    who: Principal
    gains: bool
    entirely: bool = False
    right: Entitlement
