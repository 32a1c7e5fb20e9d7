"""ServiceType: it is not deleted while something refers to it."""

from __future__ import annotations

from reconciler.kinds.service_type import KIND
from tests.kinds.worlds import found, planned, resource, view

TENANT = "farol-services"
TYPE = resource("ServiceType", "incident", tenant=TENANT, displayName="Incident")
CATEGORY = resource("Category", "signing", tenant=TENANT, displayName="Signing", serviceTypes=["request", "incident"])
(IN_USE,) = (rule for rule in KIND.rules if rule.code == "CAT-02")


def test_the_reference_that_still_uses_it_is_named() -> None:
    world = view([CATEGORY], [TYPE, CATEGORY])
    (finding,) = found(IN_USE, planned(world, TYPE.address, deletes=True), world)
    assert (finding.address, finding.at) == (CATEGORY.address, "serviceTypes[1]")
    assert "archive" in finding.hint


def test_a_reference_without_manifest_has_no_place() -> None:
    world = view([], [TYPE, CATEGORY])
    (finding,) = found(IN_USE, planned(world, TYPE.address, deletes=True), world)
    assert finding.at == ""


def test_a_reference_that_goes_does_not_hold_it() -> None:
    without = resource("Category", "signing", tenant=TENANT, displayName="Signing")
    world = view([without], [TYPE, CATEGORY])
    assert found(IN_USE, planned(world, TYPE.address, deletes=True), world) == []
    leaving = view([], [TYPE, CATEGORY])
    leaving.leaving = frozenset([CATEGORY.address])
    assert found(IN_USE, planned(leaving, TYPE.address, deletes=True), leaving) == []


def test_a_change_is_no_deletion() -> None:
    world = view([TYPE, CATEGORY], [TYPE, CATEGORY])
    assert found(IN_USE, planned(world, TYPE.address, changed=["displayName"]), world) == []
