"""Effects: what follows from a planned change, as values. The planner collects them, apply writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.lifecycle import Edge
from reconciler.model.view import Entity


@dataclass(frozen=True, slots=True)
class Planned:
    """What is planned for one resource, as rules of phase plan and effects see it.

    ``changed`` are the paths of changed fields, on a create those that the manifest gives. ``edges`` is the path of its
    life cycle.
    """

    entity: Entity
    creates: bool = False
    deletes: bool = False
    changed: frozenset[str] = frozenset()
    edges: tuple[Edge, ...] = ()

    @property
    def address(self) -> Address:
        """The address of the resource."""
        return self.entity.address

    def changes(self, path: str) -> bool:
        """Whether the field, or one below it, changes."""
        return path in self.changed or any(one.startswith(f"{path}.") for one in self.changed)

    def enters(self, state: str) -> bool:
        """Whether an edge of the plan leads into ``state``, or a new resource begins in it."""
        return any(edge.target == state for edge in self.edges)


@dataclass(frozen=True, slots=True)
class Cascade:
    """Another resource goes to ``state`` in the same transaction, without a right of its own.

    ``columns`` are the server-owned columns that its kind changes with the state, and ``by`` is the resource whose
    change brings it about; the planner fills them in.
    """

    address: Address
    state: str
    reason: str
    columns: tuple[tuple[str, Any], ...] = ()
    by: Address | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """A row for the outbox ``notifications``. ``payload`` never holds a secret."""

    event: str
    resource: Address
    recipient: str
    language: str
    payload: Mapping[str, Any] = field(default_factory=dict)


Effect = Cascade | Notice
