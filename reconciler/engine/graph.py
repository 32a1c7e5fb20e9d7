"""Graph: from a view to the resources that are declared and what they name, in the order of their creation."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.model.address import PLATFORM, Address
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.graph import Graph, Node, Presence, Reference
from reconciler.model.references import creation_key, references
from reconciler.model.selection import Selects
from reconciler.model.view import View


def draw(view: View, selects: Selects, diagnostics: Sequence[Diagnostic] = ()) -> Graph:
    """The graph of what ``selects`` chooses of the declared resources, and of what those name."""
    key = creation_key(view)
    # By address first: where parents form a loop, which there may still be, the order depends on where one begins.
    chosen = sorted(sorted(filter(selects, view.declared)), key=key)
    named = [
        Reference(origin=address, field=path, target=target)
        for address in chosen
        if (entity := view.at(address)) is not None
        for target, path in references(view, entity)
    ]
    nodes = dict.fromkeys(chosen, Presence.DECLARED)
    built_in = {Address(kind.name, PLATFORM, seed["name"]) for kind in view.catalog.values() for seed in kind.seeds}
    for one in named:
        if one.target not in nodes:
            nodes[one.target] = _presence(view, one.target, built_in)
    return Graph(
        nodes=tuple(_node(view, one, nodes[one]) for one in sorted(nodes, key=key)),
        references=tuple(named),
        diagnostics=tuple(diagnostics),
    )


def _presence(view: View, address: Address, built_in: set[Address]) -> Presence:
    if address in view.declared:
        return Presence.UNSELECTED
    return Presence.BUILT_IN if address in built_in else Presence.UNDECLARED


def _node(view: View, address: Address, presence: Presence) -> Node:
    resource = view.declared.get(address)
    return Node(
        address=address,
        home=address.name if address.kind in view.catalog.tenants else address.tenant,
        presence=presence,
        source=None if resource is None else resource.document.places.nearest(("metadata", "name")),
    )
