"""The ledger of what one may not see: nothing is written about it, and it holds up nobody."""

from __future__ import annotations

import pytest

from reconciler.engine.authorize.stamp import stamped
from reconciler.kinds import discover
from reconciler.model.access import RoleWord
from reconciler.model.address import Address
from reconciler.model.change import Action, Change
from reconciler.model.effect import Cascade
from reconciler.model.lifecycle import Edge
from reconciler.model.plan import Plan
from reconciler.model.principal import Principal
from reconciler.model.view import View
from tests.escalation.estate import Estate, known
from tests.oracle.oracle import Key

ROOT, PAULA, DIANA = known("", "root"), known("farol", "paula"), known("duna", "diana")
BILLING: Key = ("Category", "duna", "billing")


def ledger(estate: Estate) -> list[object]:
    where = "kind = 'Category' AND tenant = 'duna' AND name = 'billing'"
    return estate.sql(f"SELECT applied, run FROM reconciler_resources WHERE {where}")


@pytest.fixture
def accepted(estate: Estate) -> Estate:
    """The world changed a foreign resource, and git agrees with it meanwhile."""
    estate.judged()
    estate.put(BILLING, display_name="Accepted")
    estate.write(BILLING, {"displayName": "Accepted"})
    return estate


def test_a_renewal_is_noted_by_who_sees_the_resource_alone(accepted: Estate) -> None:
    before = ledger(accepted)
    content = accepted.content()
    told = accepted.apply(PAULA)
    assert (told.code, told.says("No changes.")) == (0, True), told.err
    assert accepted.content() == content  # not even a run
    accepted.write(("Partner", "", "farol"), {"legalName": "Farol, S.A."})
    told = accepted.apply(PAULA)
    assert (told.code, "writing 1 resource" in told.err) == (0, True), told.err
    assert ledger(accepted) == before
    assert "Category/duna" not in told.out + told.err
    assert accepted.apply(DIANA).code == 0
    assert ledger(accepted) != before


def test_administrators_see_and_note_everything(accepted: Estate) -> None:
    before = ledger(accepted)
    assert accepted.apply(ROOT).code == 0
    assert ledger(accepted) != before
    assert accepted.plan(ROOT).says("No changes.")


def test_an_approver_who_sees_it_notes_it(accepted: Estate) -> None:
    before = ledger(accepted)
    assert accepted.apply(PAULA, DIANA).code == 0
    assert ledger(accepted) != before


def test_a_renewal_that_manages_in_another_way_needs_the_right(accepted: Estate) -> None:
    accepted.write(BILLING, lifecycle={"management": "createOnly"})
    accepted.refuses(PAULA, code="PRM-02")


def test_a_cascade_remembers_the_level_of_who_carries_what_brings_it_about() -> None:
    """Of two people who carry one plan, each stops what follows from the own step (LIF-03)."""
    one, two = Address("Issuer", "farol", "a"), Address("Issuer", "farol", "b")
    edge = Edge("active", "blocked")
    who = {
        (address, str(edge)): Principal(address=Address("Operator", "", role.value), known_as=role.value, role=role)
        for address, role in ((one, RoleWord.ISSUER), (two, RoleWord.PARTNER))
    }
    services = {address: Address("ClientService", "farol", f"of-{address.name}") for address in (one, two)}
    plan = Plan(
        changes=tuple(Change(address=address, action=Action.TRANSITION, edge=edge) for address in (one, two)),
        cascades=tuple(Cascade(service, "suspended", "it stops", by=by) for by, service in services.items()),
    )
    made = stamped(View(discover(), {}, None), plan, who)
    assert [dict(cascade.columns)["stopped_by"] for cascade in made.cascades] == ["issuer", "partner"]
    assert [change.columns["stopped_by"] for change in made.changes] == ["issuer", "partner"]
