"""State: what the ledger tells of one managed resource beyond what a plan needs."""

from __future__ import annotations

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """A managed resource: where it was declared when it was applied last, at which commit, when, and by which run.

    ``applied`` is canonical JSON, an object from column to stored value. ``applied_at`` is a time of RFC 3339.
    """

    address: Address
    applied: str
    source: str
    commit: str | None
    management: str
    applied_at: str
    run: str
