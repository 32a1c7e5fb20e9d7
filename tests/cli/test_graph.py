"""graph: the manifests drawn, offline."""

from __future__ import annotations

import json

from tests.cli.tree import Tree
from tests.render.graph_readers import read_dot, read_mermaid

LUMEN, ANA = "Customer/farol/lumen", "CustomerUser/farol/ana"


def test_dot_shows_what_names_what(tree: Tree) -> None:
    call = tree.run("graph")
    assert (call.code, call.err) == (0, "")
    read = read_dot(call.out)
    assert (ANA, "customer", LUMEN) in read.edges
    assert ("Category/farol/signing", "serviceTypes[0]", "ServiceType/farol/incident") in read.edges
    assert "Partner/farol" in read.boxes["cluster_farol"]
    assert len(read.nodes) == 8 + len(read.dashed)


def test_the_order_is_that_of_an_apply(tree: Tree) -> None:
    drawn = tree.run("graph", "--format", "json").json
    planned = tree.run("plan", "--format", "json").json
    declared = [one["address"] for one in drawn["resources"] if one["presence"] == "declared"]
    assert declared == [one["address"] for one in planned["resource_changes"]]
    places = {one: number for number, one in enumerate(one["address"] for one in drawn["resources"])}
    assert all(places[one["to"]] < places[one["from"]] for one in drawn["references"])


def test_all_forms_show_the_same(tree: Tree) -> None:
    found = tree.run("graph", "--format", "json").json
    dot = read_dot(tree.run("graph").out)
    mermaid = read_mermaid(tree.run("graph", "--format", "mermaid").out)
    edges = [(one["from"], one["field"], one["to"]) for one in found["references"] if one["field"] != "metadata.tenant"]
    assert dot.edges == edges
    numbered = {f"n{number}": one["address"] for number, one in enumerate(found["resources"], start=1)}
    assert [(numbered[tail], label, numbered[head]) for tail, label, head in mermaid.edges] == edges
    assert set(dot.nodes) == set(numbered.values())


def test_a_role_that_every_database_begins_with_is_built_in(tree: Tree) -> None:
    tree.edit("tenants/farol/customers.yaml", "  customer: lumen\n", "  customer: lumen\n  role: customer-default\n")
    assert tree.run("validate").code == 0
    found = tree.run("graph", "--target", ANA, "--format", "json").json
    assert [(one["address"], one["presence"]) for one in found["resources"]] == [
        ("Role/customer-default", "built_in"),
        ("Partner/farol", "unselected"),
        (LUMEN, "unselected"),
        (ANA, "declared"),
    ]


def test_what_is_not_declared_is_drawn_and_is_an_error(tree: Tree) -> None:
    tree.edit("tenants/farol/customers.yaml", "  customer: lumen\n", "  customer: lost\n")
    call = tree.run("graph")
    assert call.code == tree.run("validate").code == 1
    read = read_dot(call.out)
    assert read.nodes["Customer/farol/lost"] == "Customer/farol/lost (not declared)"
    assert (ANA, "customer", "Customer/farol/lost") in read.edges
    assert "tenants/farol/customers.yaml:18:3" in call.err
    assert "GEN-02" in call.err


def test_a_manifest_with_an_error_gives_no_graph(tree: Tree) -> None:
    tree.edit("tenants/farol/desk.yaml", "sortOrder: 10\n---", "sortOrder: first\n---")
    call = tree.run("graph")
    checked = tree.run("validate")
    assert (call.code, call.out) == (checked.code, "") == (1, "")
    (finding,) = [one for one in checked.out.splitlines() if one.startswith("tenants/")]
    assert finding in call.err


def test_targets_that_match_nothing_are_a_wrong_call(tree: Tree) -> None:
    call = tree.run("graph", "--target", "Category/nowhere/*")
    assert (call.code, call.out) == (1, "")
    assert "ERR-03" in call.err


def test_it_writes_a_file_when_asked(tree: Tree) -> None:
    call = tree.run("graph", "--format", "json", "--out", "graph.json")
    assert (call.code, call.out) == (0, "")
    text = (tree.folder / "graph.json").read_text(encoding="utf-8")
    assert text == tree.run("graph", "--format", "json").out
    assert json.loads(text)["resources"]
    assert "graph.json" in call.err
    assert tree.run("graph", "--out", "nowhere/graph.dot").code == 1


def test_an_environment_is_drawn_as_its_overlays_compose_it(envs: Tree) -> None:
    for name in ("", "staging"):
        chosen = ("--env", name) if name else ()
        assert envs.run("graph", *chosen).code == envs.run("validate", *chosen).code == 0


def test_it_needs_no_database(tree: Tree) -> None:
    tree.run("graph")
    assert not list(tree.folder.rglob("*.db"))
