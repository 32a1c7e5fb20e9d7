"""Graphs in their three forms, each read back by a reader of its language."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.address import Address
from reconciler.model.graph import Graph, Node, Presence, Reference
from reconciler.model.source import Source
from reconciler.render.graph import FORMS, graph_dot, graph_json, graph_mermaid
from reconciler.render.terminal import safe
from tests.render.graph_readers import read_dot, read_mermaid
from tests.render.injections import PAYLOADS
from tests.render.test_injections import commands

FAROL = Address("Partner", "", "farol")
ROLE = Address("Role", "", "reader")
INCIDENT = Address("ServiceType", "farol", "incident")
SIGNING = Address("Category", "farol", "signing")
LOST = Address("ServiceType", "farol", "lost")


def node(address: Address, presence: Presence = Presence.DECLARED) -> Node:
    home = address.name if address.kind == "Partner" else address.tenant
    place = Source("tenants/farol.yaml", 4, 9, 4, 14) if presence is Presence.DECLARED else None
    return Node(address=address, home=home, presence=presence, source=place)


SMALL = Graph(
    nodes=(
        node(ROLE, Presence.BUILT_IN),
        node(FAROL, Presence.UNSELECTED),
        node(INCIDENT),
        node(LOST, Presence.UNDECLARED),
        node(SIGNING),
    ),
    references=(
        Reference(origin=INCIDENT, field="metadata.tenant", target=FAROL),
        Reference(origin=SIGNING, field="metadata.tenant", target=FAROL),
        Reference(origin=SIGNING, field="serviceTypes[0]", target=INCIDENT),
        Reference(origin=SIGNING, field="serviceTypes[1]", target=LOST),
    ),
)


def test_dot_is_what_graphviz_reads() -> None:
    assert (
        graph_dot(SMALL)
        == """\
digraph reconciler {
  rankdir=RL
  node [shape=box]
  "Role/reader" [label="Role/reader (built in)", style=dashed]
  subgraph "cluster_farol" {
    label="farol"
    "Partner/farol" [label="Partner/farol (not selected)", style=dashed]
    "ServiceType/farol/incident"
    "ServiceType/farol/lost" [label="ServiceType/farol/lost (not declared)", style=dashed]
    "Category/farol/signing"
  }
  "Category/farol/signing" -> "ServiceType/farol/incident" [label="serviceTypes[0]"]
  "Category/farol/signing" -> "ServiceType/farol/lost" [label="serviceTypes[1]"]
}
"""
    )
    read = read_dot(graph_dot(SMALL))
    assert read.dashed == {"Role/reader", "Partner/farol", "ServiceType/farol/lost"}
    assert len(read.boxes["cluster_farol"]) == 4


def test_mermaid_is_a_flowchart() -> None:
    assert (
        graph_mermaid(SMALL)
        == """\
flowchart RL
  classDef elsewhere stroke-dasharray: 4 4
  n1["Role/reader (built in)"]:::elsewhere
  subgraph t2["farol"]
    n2["Partner/farol (not selected)"]:::elsewhere
    n3["ServiceType/farol/incident"]
    n4["ServiceType/farol/lost (not declared)"]:::elsewhere
    n5["Category/farol/signing"]
  end
  n5 -->|"serviceTypes[0]"| n3
  n5 -->|"serviceTypes[1]"| n4
"""
    )
    assert read_mermaid(graph_mermaid(SMALL)).edges == [
        ("n5", "serviceTypes[0]", "n3"),
        ("n5", "serviceTypes[1]", "n4"),
    ]


def test_json_holds_every_reference_and_every_place() -> None:
    found = json.loads(graph_json(SMALL))
    assert found["format_version"] == "1.0"
    assert found["references"][0] == {
        "from": "ServiceType/farol/incident",
        "field": "metadata.tenant",
        "to": "Partner/farol",
    }
    assert [one["presence"] for one in found["resources"]] == [
        "built_in", "unselected", "declared", "undeclared", "declared"
    ]  # fmt: skip
    role, _, incident, *_ = found["resources"]
    assert (role["tenant"], role["range"]) == (None, None)
    assert incident == {
        "address": "ServiceType/farol/incident",
        "kind": "ServiceType",
        "tenant": "farol",
        "name": "incident",
        "presence": "declared",
        "range": {
            "filename": "tenants/farol.yaml",
            "start": {"line": 4, "column": 9},
            "end": {"line": 4, "column": 14},
        },
    }


def hostile(text: str) -> Graph:
    """``text`` in every place of a graph."""
    here, there = Address(text, text, text), Address("Role", text, f"{text}x")
    place = Source(text, 1, 1, 1, 2)
    return Graph(
        nodes=(
            Node(address=here, home=text, presence=Presence.DECLARED, source=place),
            Node(address=there, home=text, presence=Presence.UNDECLARED, source=None),
        ),
        references=(Reference(origin=here, field=text, target=there),),
    )


def judge(text: str) -> None:
    """Each form holds the two nodes, the box and the one edge, whatever ``text`` is, and shows it as it is safe."""
    graph = hostile(text)
    here, there = (safe(str(one.address)) for one in graph.nodes)
    shown = [here, f"{there} (not declared)"]
    dot = read_dot(graph_dot(graph))
    assert list(dot.nodes.values()) == shown
    assert [(dot.nodes[tail], label, dot.nodes[head]) for tail, label, head in dot.edges] == [
        (shown[0], safe(text), shown[1])
    ]
    assert [len(one) for one in dot.boxes.values()] == [2]
    mermaid = read_mermaid(graph_mermaid(graph))
    assert list(mermaid.nodes.values()) == shown
    assert mermaid.edges == [("n1", safe(text), "n2")]
    assert list(mermaid.boxes) == [safe(text)]
    found = json.loads(graph_json(graph))
    assert found["references"] == [
        {"from": str(graph.nodes[0].address), "field": text, "to": str(graph.nodes[1].address)}
    ]
    assert graph_json(graph).isascii()
    for render in FORMS.values():
        out = render(graph)
        assert out.replace("\n", "").isprintable()
        assert commands(out) == []


@pytest.mark.parametrize("text", [*PAYLOADS, 'a" b', "a\\", '\\"', "\\N", "&lt;", "x]; y", "style:#35;", "end", "`x`"])
def test_no_text_gets_out_of_its_quotes(text: str) -> None:
    judge(text)


@given(st.text(min_size=1))
def test_no_text_at_all_gets_out_of_its_quotes(text: str) -> None:
    judge(text)


def test_a_graph_of_nothing_is_still_a_graph() -> None:
    nothing = Graph(nodes=(), references=())
    assert read_dot(graph_dot(nothing)).nodes == {}
    assert read_mermaid(graph_mermaid(nothing)).nodes == {}
    assert json.loads(graph_json(nothing))["resources"] == []
