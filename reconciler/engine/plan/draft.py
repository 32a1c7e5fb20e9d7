"""Draft: what is going to happen to one resource, while the plan is being made."""

from __future__ import annotations

from dataclasses import field

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.difference import Difference
from reconciler.model.effect import Planned
from reconciler.model.given import paths_of
from reconciler.model.lifecycle import Edge
from reconciler.model.references import references
from reconciler.model.view import Entity, View

PROTECT = "lifecycle.protect"


@dataclass(slots=True, kw_only=True)
class Draft:
    """The intentions for one resource.

    ``writes`` is false when only the ledger is concerned or nothing may happen. ``entry`` is the state in which a new
    row begins. ``manual`` is the edge that a person must walk. ``held`` says why a delete waits.
    """

    difference: Difference
    creates: bool = False
    deletes: bool = False
    removed: bool = False
    """Its manifest is gone."""
    forgets: bool = False
    adopts: bool = False
    refreshes: bool = False
    frozen: bool = False
    """It is a tombstone that somebody wants to change; nothing is planned for it."""
    entry: str = ""
    edges: tuple[Edge, ...] = ()
    manual: Edge | None = None
    held: str = ""
    reason: str = ""
    planned: Planned | None = field(default=None)
    _named: tuple[tuple[Address, str], ...] | None = field(default=None, repr=False)

    @property
    def entity(self) -> Entity:
        """The resource."""
        return self.difference.entity

    @property
    def address(self) -> Address:
        """Its address."""
        return self.difference.address

    @property
    def tombstone(self) -> str:
        """The state in which its row would be kept for good; empty when its kind has none."""
        lifecycle = self.entity.kind.lifecycle
        return "" if lifecycle is None else lifecycle.tombstone

    @property
    def buries(self) -> bool:
        """Whether an edge leads into the tombstone."""
        return bool(self.tombstone) and any(edge.target == self.tombstone for edge in self.edges)

    def named(self, view: View) -> tuple[tuple[Address, str], ...]:
        """The addresses that it names after the plan, each with the path that names it; worked out once."""
        if self._named is None:
            self._named = tuple(references(view, self.entity))
        return self._named

    def settle(self) -> None:
        """Work out what rules and effects see of it."""
        difference = self.difference
        changed = {*paths_of(difference.fields), *(one.path for one in difference.secrets)}
        if difference.state is not None and (self.creates or self.edges):
            changed.add(difference.state.path)
        if self.frozen or not (self.creates or self.deletes or self.edges or changed):
            return
        self.planned = Planned(
            entity=self.entity,
            creates=self.creates,
            deletes=self.deletes,
            changed=frozenset(changed),
            edges=self.edges,
        )
