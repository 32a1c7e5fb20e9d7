"""Customer: a tree, a first user, a currency for ever, and an end that is a tombstone."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.kinds.customer import (
    CONFIRM_CLOSE,
    KIND,
    at_creation,
    billing_is_lifted_by_payment,
    closing_is_confirmed_and_empty,
    comes_with_a_user,
    no_closed_parent,
    on_change,
    tree_is_sound,
)
from reconciler.model.address import Address
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.lifecycle import Risk
from reconciler.model.resource import Resource
from tests.kinds.customers import TENANT, customer, domain, errors, lines, plan_of, user
from tests.kinds.worlds import found, partner, planned, view

LUMEN = customer()
ADDRESS = LUMEN.address
CHILD = customer("lumen-norte", parent="lumen-grupo")


def closing(*, confirmed: str = "lumen-grupo") -> Resource[Any]:
    """lumen-grupo on its way out."""
    one = customer(state="closed")
    one.annotations = {CONFIRM_CLOSE: confirmed} if confirmed else {}
    return one


# --- the tree (CUS-01, CUS-06) ---


def test_a_loop_is_told_whole_and_once_at_its_first_resource() -> None:
    loop = [customer("c", parent="a"), customer("a", parent="b"), customer("b", parent="c"), customer("d", parent="a")]
    (finding,) = found(tree_is_sound, view(loop))
    assert finding.address == Address("Customer", TENANT, "a")
    assert finding.at == "parent"
    assert "a -> b -> c -> a" in finding.summary


def test_a_loop_through_the_database_is_found() -> None:
    world = view([customer("a", parent="b")], [customer("a"), customer("b", parent="a")])
    (finding,) = found(tree_is_sound, world)
    assert "a -> b -> a" in finding.summary


def test_a_loop_that_is_only_in_the_database_is_left_alone() -> None:
    world = view([customer("c")], [customer("a", parent="b"), customer("b", parent="a"), customer("c")])
    assert found(tree_is_sound, world) == []


def test_two_loops_are_two_findings() -> None:
    loops = [customer("a", parent="a"), customer("x", parent="y"), customer("y", parent="x")]
    assert [one.address.name for one in found(tree_is_sound, view(loops)) if one.address] == ["a", "x"]


def chain(length: int) -> list[Resource[Any]]:
    """Customers below each other, the top first."""
    return [customer(f"c{n}", **({"parent": f"c{n - 1}"} if n > 1 else {})) for n in range(1, length + 1)]


def test_eight_levels_are_allowed_and_the_ninth_is_named() -> None:
    assert found(tree_is_sound, view(chain(8))) == []
    (finding,) = found(tree_is_sound, view(chain(12)))
    assert finding.address is not None
    assert finding.address.name == "c9"


def test_a_new_child_under_a_deep_live_chain_is_named_itself() -> None:
    live = chain(8)
    (finding,) = found(tree_is_sound, view([customer("new", parent="c8")], live))
    assert finding.address is not None
    assert finding.address.name == "new"


def test_a_move_that_deepens_a_live_chain_is_named_where_it_is_declared() -> None:
    live = [*chain(8), customer("top")]
    (finding,) = found(tree_is_sound, view([customer("c1", parent="top")], live))
    assert finding.address is not None
    assert finding.address.name == "c1"


@pytest.mark.parametrize(("state", "expected"), [("closed", ["parent"]), ("blocked", [])])
def test_no_living_customer_has_a_closed_parent(state: str, expected: list[str]) -> None:
    world = view([CHILD], [(LUMEN, {"state": state}), CHILD])
    assert [one.at for one in found(no_closed_parent, CHILD, world)] == expected


def test_a_closed_child_may_keep_its_closed_parent() -> None:
    world = view([CHILD], [(LUMEN, {"state": "closed"}), (CHILD, {"state": "closed"})])
    assert found(no_closed_parent, CHILD, world) == []


# --- a new customer (CUS-03, CUS-04) ---


def test_a_new_customer_comes_with_a_user() -> None:
    world = view([LUMEN], [partner()])
    assert errors(plan_of(world)) == [("CUS-03", str(ADDRESS), "metadata.name")]
    assert errors(plan_of(view([LUMEN, user()], [partner()]))) == []


def test_a_user_that_is_only_watched_does_not_count() -> None:
    watched = user()
    watched.management = "observe"
    change = planned(view([LUMEN, watched]), ADDRESS, creates=True)
    assert [one.at for one in found(comes_with_a_user, change, view([LUMEN, watched]))] == ["metadata.name"]


def test_an_existing_customer_needs_no_new_user() -> None:
    changed = customer(companyName="Lumen")
    assert errors(plan_of(view([changed], [partner(), LUMEN], managed=[LUMEN]))) == []


def test_the_currency_is_that_of_the_tenants_bills() -> None:
    reseller = partner(type="reseller", billing={"account": "R-1", "currency": "USD"})
    assert dict(at_creation(LUMEN, view([LUMEN], [reseller]))) == {"currency": "USD"}
    assert dict(at_creation(LUMEN, view([LUMEN], [partner()]))) == {"currency": "EUR"}
    assert dict(at_creation(customer(currency="CHF"), view())) == {}


def test_the_currency_is_fixed_at_creation() -> None:
    world = view([LUMEN, user()], [partner()])
    created = next(one for one in plan_of(world).changes if one.address == ADDRESS)
    assert created.columns["currency"] == "EUR"
    asked = customer(currency="USD")
    live = [partner(), (LUMEN, {"currency": "EUR"})]
    assert errors(plan_of(view([asked], live, managed=[LUMEN]))) == [("CUS-04", str(ADDRESS), "currency")]
    assert errors(plan_of(view([customer(currency="EUR")], live, managed=[LUMEN]))) == []
    assert lines(plan_of(view([LUMEN], live, managed=[LUMEN]))) == [f"refresh {ADDRESS}"]


# --- the end (CUS-05, CUS-06) ---


def test_closing_needs_the_name_as_confirmation() -> None:
    for name, expected in (("", ["state"]), ("lumen", ["state"]), ("lumen-grupo", [])):
        one = closing(confirmed=name)
        world = view([one], [partner(), LUMEN])
        assert [
            each.at for each in found(closing_is_confirmed_and_empty, planned(world, ADDRESS, to="closed"), world)
        ] == (expected)


@pytest.mark.parametrize(("state", "clear"), [("active", False), ("suspended", False), ("closed", True)])
def test_closing_leaves_no_open_child(state: str, *, clear: bool) -> None:
    world = view([closing()], [partner(), LUMEN, (CHILD, {"state": state})])
    summaries = [
        one.summary for one in found(closing_is_confirmed_and_empty, planned(world, ADDRESS, to="closed"), world)
    ]
    assert (summaries == []) is clear
    assert all(str(CHILD.address) in one for one in summaries)


@pytest.mark.parametrize(("state", "clear"), [("active", False), ("pending", True), ("disabled", True)])
def test_closing_leaves_no_active_domain(state: str, *, clear: bool) -> None:
    world = view([closing()], [partner(), LUMEN, (domain(), {"state": state})])
    assert (errors(plan_of(world)) == []) is clear


def test_a_domain_that_the_same_plan_disables_or_deletes_does_not_count() -> None:
    live = [partner(), LUMEN, (domain(), {"state": "active"})]
    disabled = plan_of(view([closing(), domain(state="disabled")], live, managed=[LUMEN]))
    assert errors(disabled) == []
    pruned = plan_of(view([closing()], live, managed=[LUMEN, domain()]), prune=True)
    assert errors(pruned) == []


def test_many_children_are_listed_up_to_ten() -> None:
    children = [customer(f"child-{n:02}", parent="lumen-grupo") for n in range(12)]
    world = view([closing()], [LUMEN, *children])
    (finding,) = found(closing_is_confirmed_and_empty, planned(world, ADDRESS, to="closed"), world)
    assert "child-09" in finding.summary
    assert "child-10" not in finding.summary
    assert "2 more" in finding.summary


def test_closing_is_for_ever() -> None:
    world = view([closing()], [partner(), LUMEN], managed=[LUMEN])
    plan = plan_of(world)
    assert errors(plan) == []
    (change,) = [one for one in plan.changes if one.edge is not None]
    assert str(change.edge) == "active->closed"
    assert {Risk.IRREVERSIBLE, Risk.LEGAL_RETENTION} <= set(change.risks)


def test_a_closed_customer_accepts_no_change() -> None:
    dead = [partner(), (LUMEN, {"state": "closed", "currency": "EUR"})]
    for change in ({"companyName": "Lumen"}, {"state": "active"}):
        plan = plan_of(view([customer(**change)], dead, managed=[LUMEN]))
        assert errors(plan) == [("CUS-06", str(ADDRESS), next(iter(change)))]
    assert errors(plan_of(view([LUMEN], dead, managed=[LUMEN]))) == []


def test_a_customer_is_never_pruned_out_of_a_living_state() -> None:
    world = view([], [partner(), LUMEN], managed=[LUMEN])
    assert [code for code, _, _ in errors(plan_of(world, prune=True))] == ["GEN-08"]
    buried = view([], [partner(), (LUMEN, {"state": "closed"})], managed=[LUMEN])
    assert lines(plan_of(buried, prune=True)) == [f"forget {ADDRESS}"]


# --- stopping and resuming ---


@pytest.mark.parametrize(
    ("live", "wanted", "columns"),
    [
        ("active", "suspended", {"suspension_cause": "manual"}),
        ("active", "blocked", {"suspension_cause": None}),
        ("suspended", "active", {"suspension_cause": None, "stopped_by": None}),
        ("blocked", "suspended", {"suspension_cause": "manual"}),
        ("suspended", "closed", {"suspension_cause": None, "stopped_by": None}),
    ],
)
def test_what_a_stop_leaves_behind(live: str, wanted: str, columns: dict[str, str | None]) -> None:
    world = view([customer(state=wanted)], [(LUMEN, {"state": live})])
    assert dict(on_change(planned(world, ADDRESS, to=wanted), world)) == columns


def test_a_change_without_an_edge_leaves_the_memory_of_a_stop_alone() -> None:
    world = view([LUMEN], [(LUMEN, {"state": "suspended"})])
    assert dict(on_change(planned(world, ADDRESS, changed=["companyName"]), world)) == {}


def test_what_locks_out_says_so() -> None:
    assert KIND.lifecycle is not None
    locking = {str(edge) for edge in KIND.lifecycle.edges if Risk.LOCKS_OUT in edge.risks}
    assert locking == {"active->blocked", "active->suspended"}


# --- a suspension by the billing system (CUS-07) ---


@pytest.mark.parametrize("goal", ["active", "blocked"])
@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("overdue-invoice", "suspended for an overdue invoice; lifted by payment, not by configuration"),
        ("insufficient-funds", "suspended for insufficient funds; lifted by payment, not by configuration"),
    ],
)
def test_a_suspension_by_the_billing_system_is_lifted_by_nobody(cause: str, words: str, goal: str) -> None:
    world = view([customer(state=goal)], [partner(), (LUMEN, {"state": "suspended", "suspension_cause": cause})])
    (told,) = [one for one in plan_of(world).diagnostics if one.severity is Severity.ERROR]
    assert (told.code, told.path, told.summary, told.phase) == ("CUS-07", "state", words, Phase.POLICY)


@pytest.mark.parametrize(("goal", "cause"), [("active", "manual"), ("active", None), ("closed", "overdue-invoice")])
def test_other_ways_out_of_a_suspension_are_free(goal: str, cause: str | None) -> None:
    world = view([customer(state=goal)], [(LUMEN, {"state": "suspended", "suspension_cause": cause})])
    assert found(billing_is_lifted_by_payment, planned(world, ADDRESS, to=goal), world) == []
