"""Graphs of the toy catalogue: what stands in them, and in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reconciler.engine.graph import draw
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.graph import Graph, Presence
from reconciler.model.resource import Resource
from reconciler.model.selection import selecting
from reconciler.model.view import View
from tests.engine.toy import GADGET, PARTNER, gadget, partner

FAROL = Address("Partner", "", "farol")


def drawn(*resources: Resource[Any], targets: tuple[str, ...] = ()) -> Graph:
    kinds = Catalog([GADGET, replace(PARTNER, is_tenant=True)])
    view = View(kinds, {one.address: one for one in resources}, None)
    return draw(view, selecting(kinds, targets=targets))


def names(graph: Graph, presence: Presence = Presence.DECLARED) -> list[str]:
    return [one.address.name for one in graph.nodes if one.presence is presence]


def test_every_reference_is_there_with_the_field_that_names_it() -> None:
    found = drawn(gadget("lamp", maker="farol", keeper="box", friends=["pen", "box"]), gadget("box"), partner())
    assert [(one.field, one.target.name) for one in found.references if one.origin.name == "lamp"] == [
        ("metadata.tenant", "farol"),
        ("maker", "farol"),
        ("keeper", "box"),
        ("friends[0]", "pen"),
        ("friends[1]", "box"),
    ]
    assert names(found, Presence.UNDECLARED) == ["pen"]


def test_the_order_is_that_of_creation() -> None:
    resources = [gadget("a", keeper="b"), gadget("b", keeper="z"), gadget("z"), gadget("c"), partner(), partner("duna")]
    found = drawn(*resources)
    assert names(found) == ["duna", "farol", "c", "z", "b", "a"]
    for _ in resources:
        resources = [*resources[1:], resources[0]]
        assert drawn(*resources) == drawn(*reversed(resources)) == found


def test_a_tenant_lies_in_its_own_box() -> None:
    found = drawn(gadget(), partner())
    assert [(one.address.name, one.home) for one in found.nodes] == [("farol", "farol"), ("lamp", "farol")]


def test_what_targets_leave_out_is_there_only_where_it_is_named() -> None:
    found = drawn(gadget("lamp", keeper="box"), gadget("box"), gadget("pen"), partner(), targets=("Gadget/*/lamp",))
    assert names(found) == ["lamp"]
    assert names(found, Presence.UNSELECTED) == ["farol", "box"]
    assert {one.origin.name for one in found.references} == {"lamp"}
    assert drawn(gadget(), partner(), targets=("Gadget/*/nothing",)).nodes == ()


def test_a_tenant_that_is_not_declared_is_marked() -> None:
    (farol, _) = drawn(gadget()).nodes
    assert (farol.address, farol.presence, farol.source) == (FAROL, Presence.UNDECLARED, None)


def test_loops_have_an_order_that_does_not_depend_on_the_files() -> None:
    ring = [gadget("a", keeper="b"), gadget("b", keeper="c"), gadget("c", keeper="a"), gadget("d", keeper="d")]
    found = drawn(*ring, partner())
    assert sorted(names(found)) == ["a", "b", "c", "d", "farol"]
    assert drawn(partner(), *reversed(ring)) == found


def test_a_chain_of_any_length_has_an_order() -> None:
    length = 5000
    chain = [gadget(f"g{number:04}", keeper=f"g{number - 1:04}" if number else None) for number in range(length)]
    assert names(drawn(partner(), *reversed(chain)))[1:] == [one.address.name for one in chain]
