"""SelfCare: roles that individuals hold, addresses that lock out, and the warning of a stopped customer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.kinds.self_care import (
    KIND,
    customer_is_running,
    no_role_taken_from_holders,
    risks,
)
from reconciler.model.lifecycle import Risk
from reconciler.model.secret import SecretValue
from tests.kinds.customers import customer, errors, individual, lines, plan_of, role, self_care
from tests.kinds.worlds import found, partner, planned, view

LUMEN = customer()
ROLES = [role(), role("readers", default=False)]
BOTH = self_care(allowedRoles=["portal", "readers"])
ONE = self_care(allowedRoles=["readers"])


def test_a_role_is_not_taken_from_those_who_hold_it() -> None:
    world = view([ONE, individual()], [partner(), LUMEN, *ROLES, BOTH, individual()])
    (finding,) = found(no_role_taken_from_holders, ONE, world)
    assert finding.at == "allowedRoles"
    assert "portal" in finding.summary
    assert str(individual().address) in finding.summary


def test_holders_count_without_a_manifest_too() -> None:
    world = view([ONE], [LUMEN, BOTH, individual()])
    assert len(found(no_role_taken_from_holders, ONE, world)) == 1


def test_a_list_that_is_left_to_the_world_takes_nothing_away() -> None:
    for watched in (
        replace(self_care(allowedRoles=["readers"]), management="createOnly"),
        replace(self_care(allowedRoles=["readers"]), ignore_changes=("allowedRoles",)),
    ):
        world = view([watched, individual()], [LUMEN, *ROLES, BOTH, individual()])
        assert found(no_role_taken_from_holders, watched, world) == []


def test_a_role_that_nobody_holds_any_more_may_go() -> None:
    moved = individual(role="readers")
    assert found(no_role_taken_from_holders, ONE, view([ONE, moved], [LUMEN, BOTH, individual()])) == []
    assert found(no_role_taken_from_holders, ONE, view([ONE], [LUMEN, BOTH])) == []


def test_an_individual_that_never_had_the_role_is_no_holder() -> None:
    world = view([ONE, individual()], [LUMEN, self_care(allowedRoles=["readers"])])
    assert found(no_role_taken_from_holders, ONE, world) == []


@pytest.mark.parametrize(("state", "warned"), [("active", 0), ("suspended", 1), ("blocked", 1), ("closed", 0)])
def test_credentials_of_a_stopped_customer_have_no_effect(state: str, warned: int) -> None:
    world = view([BOTH], [(LUMEN, {"state": state})])
    assert len(found(customer_is_running, BOTH, world)) == warned


@pytest.mark.parametrize(
    ("spec", "locks"),
    [
        ({"trustedIps": ["192.0.2.1"]}, True),
        ({"trustedIps": ["192.0.2.1"], "trustedIpsOnly": True}, True),
        ({"allowedRoles": []}, True),
        ({"allowedRoles": ["portal", "readers"]}, False),
        ({"twoFactor": "optional"}, False),
    ],
)
def test_what_may_lock_people_out(spec: dict[str, object], *, locks: bool) -> None:
    before = self_care(allowedRoles=["portal"])
    after = self_care(**({"allowedRoles": ["portal"]} | spec))
    world = view([after], [LUMEN, before])
    change = planned(world, after.address, changed=list(spec))
    assert list(risks(change, world)) == ([Risk.LOCKS_OUT] if locks else [])


def test_another_spelling_of_the_addresses_is_no_change() -> None:
    before = self_care(trustedIps=["192.0.2.0/24", "198.51.100.7"])
    after = self_care(trustedIps="198.51.100.7/32;\n192.0.2.0/255.255.255.0;")
    world = view([after], [partner(), LUMEN, before], managed=[before])
    assert not any(line.startswith("update") for line in lines(plan_of(world)))


def test_another_spelling_of_a_format_is_no_change() -> None:
    before = self_care(outputTimeFormat="HH24:MI")
    after = self_care(outputTimeFormat="hh:mi")
    world = view([after], [partner(), LUMEN, before], managed=[before])
    assert not any(line.startswith("update") for line in lines(plan_of(world)))


def test_the_policy_holds_for_the_password_and_not_for_the_token() -> None:
    assert [one.code for one in KIND.secret_check("password", SecretValue("x"), view())] == ["USR-03"]
    assert list(KIND.secret_check("apiToken.token", SecretValue("x"), view())) == []


def test_a_self_care_is_not_deleted_from_under_its_individuals() -> None:
    live = [partner(), LUMEN, *ROLES, BOTH, individual()]
    left = plan_of(view([individual()], live, managed=[BOTH, individual()]), prune=True)
    assert errors(left) == [("IND-01", str(individual().address), "role")]
    together = plan_of(view([], live, managed=[BOTH, individual()]), prune=True)
    assert errors(together) == []
