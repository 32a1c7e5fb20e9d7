"""Key order: in which order the keys of a manifest are written, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from reconciler.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class KeyOrder:
    """The order of the keys of a mapping, and of those below each of them.

    A list has the order of its entries. ``each`` is the order below the keys of a mapping that are free, such as
    names. A key that is not known comes behind those that are, where it was.
    """

    known: Mapping[str, KeyOrder] = field(default_factory=dict)
    each: KeyOrder | None = None

    def place(self, key: str) -> int:
        """Where a key stands among its neighbours, from 0."""
        for place, known in enumerate(self.known):
            if known == key:
                return place
        return len(self.known)

    def below(self, key: str) -> KeyOrder:
        """The order of the keys below a key."""
        return self.known.get(key) or self.each or FREE


FREE = KeyOrder()
"""Every key stays where it is."""
