"""Role: defaults of a type with live data, roles in use, narrower permissions."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.kinds.role import KIND, SEEDS, built_in_stays, one_default_of_each_type, risks, unused_when_deleted
from reconciler.model.diagnostic import Phase
from reconciler.model.lifecycle import Risk
from reconciler.model.resource import Resource
from reconciler.model.view import View
from tests.kinds.customers import errors, plan_of
from tests.kinds.worlds import CATALOG, found, planned, resource, view


def role(name: str, **spec: Any) -> Resource[Any]:
    """A role of type customer."""
    return resource("Role", name, **({"type": "customer"} | spec))


BUILT_IN = role("customer-default", default=True)
USER = resource(
    "SelfCare",
    "lumen",
    tenant="farol-services",
    customer="lumen",
    login="lumen-portal",
    password={"fromEnv": "PASSWORD"},
    allowedRoles=["readers", "writers"],
)


def test_a_second_default_stands_at_the_manifest_that_brings_it() -> None:
    world = view([role("aaa", default=True)], [BUILT_IN])
    (finding,) = found(one_default_of_each_type, world)
    assert (finding.at, finding.address) == ("default", role("aaa").address)


def test_a_default_that_exists_comes_before_one_that_begins_now() -> None:
    world = view([role("aaa", default=True), BUILT_IN], [role("aaa"), BUILT_IN])
    assert [one.address for one in found(one_default_of_each_type, world)] == [role("aaa").address]


def test_the_default_may_move() -> None:
    world = view([role("aaa", default=True), role("customer-default")], [BUILT_IN])
    assert found(one_default_of_each_type, world) == []


def test_a_type_without_a_default_is_found_with_live_data() -> None:
    world = view([role("aaa")], [(BUILT_IN, {"default": False})])
    (finding,) = found(one_default_of_each_type, world)
    assert (finding.at, finding.address) == ("metadata.name", role("aaa").address)
    assert found(one_default_of_each_type, view([role("aaa")], [BUILT_IN])) == []


def test_without_live_data_a_default_that_cannot_be_seen_is_not_missed() -> None:
    plain = role("aaa")
    assert found(one_default_of_each_type, View(CATALOG, {plain.address: plain}, None)) == []
    taken = role("customer-default")
    both = {one.address: one for one in (plain, taken)}
    assert len(found(one_default_of_each_type, View(CATALOG, both, None))) == 1


def test_types_do_not_share_a_default() -> None:
    world = view([resource("Role", "staff", type="admin", default=True)], [BUILT_IN])
    assert found(one_default_of_each_type, world) == []


def test_a_role_in_use_is_not_deleted() -> None:
    world = view([], [role("readers"), USER])
    (finding,) = found(unused_when_deleted, planned(world, role("readers").address, deletes=True), world)
    assert (finding.at, finding.address) == ("allowedRoles[0]", USER.address)


def test_a_role_that_nobody_has_is_deleted() -> None:
    world = view([], [role("spare"), USER])
    assert found(unused_when_deleted, planned(world, role("spare").address, deletes=True), world) == []


def test_a_role_goes_together_with_its_last_user() -> None:
    world = view([], [role("readers"), USER])
    world.leaving = frozenset({USER.address})
    assert found(unused_when_deleted, planned(world, role("readers").address, deletes=True), world) == []


def test_the_default_of_a_type_is_not_deleted() -> None:
    world = view([], [BUILT_IN])
    (finding,) = found(unused_when_deleted, planned(world, BUILT_IN.address, deletes=True), world)
    assert finding.at == ""


def test_a_built_in_role_is_never_deleted() -> None:
    world = view([], [(role("customer-default"), {"built_in": True})])
    (finding,) = found(unused_when_deleted, planned(world, role("customer-default").address, deletes=True), world)
    assert finding.code == "ROLE-02"


WIDE = [{"path": "customer", "access": "write"}]


@pytest.mark.parametrize(
    ("permissions", "used", "risky"),
    [
        ([{"path": "customer", "access": "write"}, {"path": "customer.invoices", "access": "none"}], True, True),
        ([], True, True),
        ([{"path": "customer", "access": "write"}, {"path": "customer.users", "access": "write"}], True, False),
        ([], False, False),
    ],
)
def test_narrower_permissions_of_a_role_in_use_lock_out(permissions: Any, *, used: bool, risky: bool) -> None:
    before, after = role("readers", permissions=WIDE), role("readers", permissions=permissions)
    world = view([after], [before, *([USER] if used else [])])
    change = planned(world, after.address, changed=["permissions"])
    assert list(risks(change, world)) == ([Risk.LOCKS_OUT] if risky else [])


def test_the_built_in_roles_are_one_default_of_each_type() -> None:
    assert [(one["name"], one["type"]) for one in SEEDS] == [
        ("admin-default", "admin"),
        ("reseller-default", "reseller"),
        ("account-default", "account"),
        ("customer-default", "customer"),
    ]
    for one in SEEDS:
        assert set(one) <= set(KIND.row_columns)
        assert one["default"] is True
        assert one["built_in"] is True
        assert one["description"] == f"Built-in role given to a new {one['type']}"
        assert one["permissions"] == f'[{{"path":"{one["type"]}","access":"write"}}]'


@pytest.mark.parametrize("path", ["description", "permissions"])
def test_what_a_built_in_role_grants_is_changed_by_nobody(path: str) -> None:
    ours = role("customer-default", default=True)
    built_in = view([ours], [(ours, {"built_in": True})])
    change = planned(built_in, ours.address, changed=[path])
    (finding,) = found(built_in_stays, change, built_in)
    assert finding.at == path
    assert "another name" in finding.hint
    assert built_in_stays.phase is Phase.POLICY
    own = view([ours], [(ours, {"built_in": False})])
    assert found(built_in_stays, planned(own, ours.address, changed=[path]), own) == []


def test_the_default_of_a_built_in_role_may_move() -> None:
    ours = role("customer-default")
    world = view([ours], [(ours, {"built_in": True, "default": True})])
    assert found(built_in_stays, planned(world, ours.address, changed=["default", "metadata.labels"]), world) == []


def test_a_plan_that_changes_a_built_in_role_is_refused() -> None:
    ours = role("customer-default", default=True, description="Ours")
    made = plan_of(view([ours], [(BUILT_IN, {"built_in": True})]))
    assert errors(made) == [("ROLE-02", str(ours.address), "description")]
