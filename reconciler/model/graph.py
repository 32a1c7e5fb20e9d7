"""Graph: the resources that manifests declare, and the references between them."""

from __future__ import annotations

from enum import StrEnum

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.source import Source


class Presence(StrEnum):
    """How a resource comes into a graph: one that is not declared, or not selected, is only named by others."""

    DECLARED = "declared"
    UNSELECTED = "unselected"
    BUILT_IN = "built_in"
    UNDECLARED = "undeclared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One resource. ``home`` is the tenant to which it belongs or which it is itself, empty at platform level.

    ``source`` is the place of its name in its manifest, None for one that is not declared.
    """

    address: Address
    home: str
    presence: Presence
    source: Source | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One reference. ``field`` is the path that names ``target``; ``metadata.tenant`` is one too."""

    origin: Address
    field: str
    target: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Nodes and references in order of creation. ``diagnostics`` are what is wrong between the resources."""

    nodes: tuple[Node, ...]
    references: tuple[Reference, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
