"""Category: it is not deleted while a mailbox sorts into it."""

from __future__ import annotations

from reconciler.kinds.category import KIND
from tests.kinds.worlds import found, planned, resource, view

TENANT = "farol-services"
CATEGORY = resource("Category", "signing", tenant=TENANT, displayName="Signing")
MAIL = resource(
    "MailToTicket",
    "inbox",
    tenant=TENANT,
    supportMail="helpdesk",
    ingestFrom="2026-06-01T00:00:00Z",
    defaultCategory="signing",
)
(IN_USE,) = (rule for rule in KIND.rules if rule.code == "CAT-02")


def test_a_category_in_use_is_not_deleted() -> None:
    world = view([MAIL], [CATEGORY, MAIL])
    (finding,) = found(IN_USE, planned(world, CATEGORY.address, deletes=True), world)
    assert (finding.address, finding.at) == (MAIL.address, "defaultCategory")


def test_a_category_without_use_is_deleted() -> None:
    world = view([], [CATEGORY])
    assert found(IN_USE, planned(world, CATEGORY.address, deletes=True), world) == []


def test_the_name_of_another_tenant_is_another_category() -> None:
    elsewhere = resource("Category", "signing", tenant="norte", displayName="Signing")
    world = view([MAIL], [CATEGORY, elsewhere, MAIL])
    assert found(IN_USE, planned(world, elsewhere.address, deletes=True), world) == []


def test_the_way_into_the_archive_leads_through_disabled() -> None:
    assert KIND.lifecycle is not None
    way = KIND.lifecycle.path("active", "archived") or ()
    assert [str(edge) for edge in way] == ["active->disabled", "disabled->archived"]
