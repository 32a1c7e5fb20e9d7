"""Life cycles: states, edges, and the shortest allowed path between two states."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from reconciler.model.dataclass import dataclass


class Risk(StrEnum):
    """Tags that a change carries so that a reviewer looks twice."""

    IRREVERSIBLE = "irreversible"
    STOPS_SIGNING = "stops-signing"
    LOCKS_OUT = "locks-out"
    BILLING_IMPACT = "billing-impact"
    LEGAL_RETENTION = "legal-retention"
    SENDS_MAIL = "sends-mail"


@dataclass(frozen=True, slots=True)
class Edge:
    """One step of a life cycle.

    ``walker`` is ``operator`` for an edge that a manifest may ask for, ``system`` for one that only the system, the
    clock or the certificate authority walks (LIF-05), ``human`` for one that a person walks elsewhere (LIF-04).
    ``effect`` says in words what follows.
    """

    source: str
    target: str
    effect: str = ""
    risks: tuple[Risk, ...] = ()
    walker: str = "operator"

    def __str__(self) -> str:
        return f"{self.source}->{self.target}"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The states of a kind, where a new resource begins, and the edges between them.

    ``tombstone`` is the state in which a row is kept and accepts no change any more (LIF-06), if there is one;
    ``tombstone_code`` is the rule that says so. ``stopped`` are the states for which ``status.stoppedBy`` remembers who
    walked into them.
    """

    states: tuple[str, ...]
    entry: str
    edges: tuple[Edge, ...]
    tombstone: str = ""
    tombstone_code: str = "LIF-06"
    stopped: tuple[str, ...] = ()
    _from: dict[str, tuple[Edge, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[str, list[Edge]] = {}
        for edge in self.edges:
            index.setdefault(edge.source, []).append(edge)
        object.__setattr__(self, "_from", {state: tuple(edges) for state, edges in index.items()})

    def path(self, start: str, goal: str) -> tuple[Edge, ...] | None:
        """The path with the fewest edges, or None when there is none; empty when ``start`` is ``goal``.

        Among paths of equal length one without a system edge is preferred, then one without a human edge, then the
        first by the names of the visited states. A longer way is never taken to avoid an edge.
        """
        if start == goal:
            return ()
        reached: list[tuple[Edge, ...]] = [()]
        seen = {start}
        while reached:
            longer = [
                (*way, edge)
                for way in reached
                for edge in self._from.get(way[-1].target if way else start, ())
                if edge.target not in seen
            ]
            found = [way for way in longer if way[-1].target == goal]
            if found:
                return min(found, key=_preference)
            seen.update(way[-1].target for way in longer)
            reached = longer
        return None

    def onward(self, state: str) -> tuple[Edge, ...]:
        """The edges that leave a state."""
        return self._from.get(state, ())


def _preference(way: tuple[Edge, ...]) -> tuple[bool, bool, tuple[str, ...]]:
    return (
        any(edge.walker == "system" for edge in way),
        any(edge.walker == "human" for edge in way),
        tuple(edge.target for edge in way),
    )
