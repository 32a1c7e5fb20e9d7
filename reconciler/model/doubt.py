"""Doubt: what a part of the live data cannot tell. Knows addresses and nothing of what stands at them."""

from __future__ import annotations

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Where live data that is only a part leaves a question open.

    ``unread`` are declared resources of which nobody can say whether they exist: each has a stand-in for a row, which
    equals its manifest. ``partly`` are rows of which some fields are missing; these equal every manifest. ``absent``
    are declared resources that certainly do not exist. Of the kinds in ``whole`` every row is there with every field.
    """

    unread: frozenset[Address] = frozenset()
    partly: frozenset[Address] = frozenset()
    absent: frozenset[Address] = frozenset()
    whole: frozenset[str] = frozenset()

    def about(self, address: Address, /, *, found: bool) -> bool:
        """Whether an answer about an address may be wrong; ``found`` says whether anything stands there."""
        if address in self.unread or address in self.partly:
            return True
        return not found and address.kind not in self.whole and address not in self.absent
