"""A graph as DOT, as Mermaid and as JSON.

Every text passes :func:`safe`, which leaves no control character, and is then quoted as its language asks for. In
drawings a tenant is a box, which stands for the references to it by ``metadata.tenant``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from reconciler.model.address import Address
from reconciler.model.graph import Graph, Node, Presence, Reference
from reconciler.model.rule import TENANT
from reconciler.render.findings_json import range_json
from reconciler.render.terminal import safe
from reconciler.render.values import as_json

FORMAT_VERSION = "1.0"

_REMARKS = {
    Presence.DECLARED: "",
    Presence.UNSELECTED: " (not selected)",
    Presence.BUILT_IN: " (built in)",
    Presence.UNDECLARED: " (not declared)",
}
_PLAIN = frozenset(" /-.()[]")
"""What means nothing between quotes in Mermaid, beside letters and digits."""


def graph_dot(graph: Graph) -> str:
    """The graph in the language of Graphviz; a node is called by its address."""
    lines = ["digraph reconciler {", "  rankdir=RL", "  node [shape=box]"]
    for home, nodes in _by_home(graph).items():
        if home:
            box = [f"  subgraph {_dot('cluster_' + home)} {{", f"    label={_dot(home)}"]
            lines += [*box, *(f"    {_dot_node(one)}" for one in nodes), "  }"]
        else:
            lines += [f"  {_dot_node(one)}" for one in nodes]
    for one in _drawn(graph):
        lines.append(f"  {_dot(str(one.origin))} -> {_dot(str(one.target))} [label={_dot(one.field)}]")
    return "\n".join([*lines, "}", ""])


def graph_mermaid(graph: Graph) -> str:
    """The graph as a flowchart of Mermaid; nodes are numbered in order of creation."""
    names = {one.address: f"n{number}" for number, one in enumerate(graph.nodes, start=1)}
    lines = ["flowchart RL", "  classDef elsewhere stroke-dasharray: 4 4"]
    for number, (home, nodes) in enumerate(_by_home(graph).items(), start=1):
        if home:
            lines.append(f"  subgraph t{number}[{_mermaid(home)}]")
            lines += [*(f"    {_mermaid_node(names, one)}" for one in nodes), "  end"]
        else:
            lines += [f"  {_mermaid_node(names, one)}" for one in nodes]
    for one in _drawn(graph):
        lines.append(f"  {names[one.origin]} -->|{_mermaid(one.field)}| {names[one.target]}")
    return "\n".join([*lines, ""])


def graph_json(graph: Graph) -> str:
    """The graph as one JSON document in ASCII."""
    return as_json(_document(graph), indent=2) + "\n"


FORMS: dict[str, Callable[[Graph], str]] = {"dot": graph_dot, "mermaid": graph_mermaid, "json": graph_json}
"""Word of ``--format`` to the function that renders a graph."""


def _document(graph: Graph) -> dict[str, Any]:
    return {
        "format_version": FORMAT_VERSION,
        "resources": [
            {
                "address": str(one.address),
                "kind": one.address.kind,
                "tenant": one.address.tenant or None,
                "name": one.address.name,
                "presence": one.presence.value,
                "range": None if one.source is None else range_json(one.source),
            }
            for one in graph.nodes
        ],
        "references": [
            {"from": str(one.origin), "field": one.field, "to": str(one.target)} for one in graph.references
        ],
    }


def _by_home(graph: Graph) -> dict[str, list[Node]]:
    """The nodes by tenant, those of the platform first; the order of creation holds in each."""
    found: dict[str, list[Node]] = {"": []}
    for one in graph.nodes:
        found.setdefault(one.home, []).append(one)
    return found


def _drawn(graph: Graph) -> Iterator[Reference]:
    return (one for one in graph.references if one.field != TENANT)


def _dot_node(node: Node) -> str:
    name, remark = str(node.address), _REMARKS[node.presence]
    return f"{_dot(name)} [label={_dot(name + remark)}, style=dashed]" if remark else _dot(name)


def _dot(text: str) -> str:
    """``text`` as a quoted name of DOT that shows itself as a label: a backslash and ``&`` have a meaning there."""
    shown = safe(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'"{shown}"'


def _mermaid_node(names: dict[Address, str], node: Node) -> str:
    remark = _REMARKS[node.presence]
    return f"{names[node.address]}[{_mermaid(str(node.address) + remark)}]" + (":::elsewhere" if remark else "")


def _mermaid(text: str) -> str:
    """``text`` between quotes, with all that Mermaid, Markdown or HTML could take for theirs as a code."""
    return '"' + "".join(one if one.isalnum() or one in _PLAIN else f"#{ord(one)};" for one in safe(text)) + '"'
