"""Partner: the rules, effects and risks that need live data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.kinds.partner import (
    KIND,
    at_creation,
    bills_that_move,
    effects,
    issuers_fit_the_type,
    nothing_left_when_deleted,
    parent_is_a_distributor,
    risks,
    somebody_at_work,
)
from reconciler.model.address import Address
from reconciler.model.effect import Cascade, Notice
from reconciler.model.lifecycle import Risk
from reconciler.model.resource import Resource
from tests.cli.tree import CLOCK, Tree
from tests.kinds.worlds import found, issuer, operator, partner, planned, resource, service, system, view

ANA = operator("ana", "partner", "farol-services")
ADMINISTRATOR = operator("root", "administrator", language="en")
DELETED = {"state": "deleted"}


CUSTOMER = resource(
    "Customer",
    "lumen",
    tenant="farol-services",
    companyName="Lumen",
    address={"line1": "Rua do Lume 1", "city": "Lisboa", "postalCode": "1250-096", "country": "PRT"},
)
SCHEDULE = resource(
    "ReportSchedule", "monthly", tenant="farol-services", dayOfMonth=3, recipients=["finance@farol.example.com"]
)


def test_code_is_made_of_the_key() -> None:
    assert dict(at_creation(partner(), view())) == {"code": "PRT.599900016"}


@pytest.mark.parametrize(
    "left",
    [
        (issuer(), {"state": "blocked"}),
        (service(), {"state": "suspended"}),
        (CUSTOMER, {"state": "blocked"}),
        (SCHEDULE, {"state": "enabled"}),
        (partner("norte", parent="farol-services"), {}),
    ],
    ids=["issuer", "service", "customer", "schedule", "child"],
)
def test_a_partner_with_something_alive_is_not_deleted(left: tuple[Resource[Any], dict[str, Any]]) -> None:
    one, columns = left
    world = view([partner(state="deleted")], [(partner(), {"state": "blocked"}), (one, columns)])
    (finding,) = found(nothing_left_when_deleted, planned(world, partner().address, to="deleted"), world)
    assert finding.at == "state"
    assert str(one.address) in finding.summary


def test_a_partner_with_tombstones_alone_is_deleted() -> None:
    world = view(
        [partner(state="deleted")],
        [
            (partner(), {"state": "blocked"}),
            (issuer(), DELETED),
            (service(), DELETED),
            (CUSTOMER, {"state": "closed"}),
            (SCHEDULE, {"state": "paused"}),
            (partner("norte", parent="farol-services"), DELETED),
            issuer("elsewhere", "norte"),
        ],
    )
    assert found(nothing_left_when_deleted, planned(world, partner().address, to="deleted"), world) == []


def test_services_go_with_an_issuer_of_the_same_plan() -> None:
    world = view(
        [partner(state="deleted"), issuer(state="deleted")],
        [(partner(), {"state": "blocked"}), (issuer(), {"state": "blocked"}), (service(), {"state": "active"})],
    )
    assert found(nothing_left_when_deleted, planned(world, partner().address, to="deleted"), world) == []


def test_at_most_ten_are_listed() -> None:
    many = [issuer(f"issuer-{number:02}") for number in range(12)]
    world = view([partner(state="deleted")], [(partner(), {"state": "blocked"}), *many])
    (finding,) = found(nothing_left_when_deleted, planned(world, partner().address, to="deleted"), world)
    assert finding.summary.count("Issuer/") == 10
    assert finding.summary.endswith("and 2 more")


def test_only_the_way_to_deleted_is_judged() -> None:
    world = view([partner(state="blocked")], [(partner(), {"state": "active"}), issuer()])
    assert found(nothing_left_when_deleted, planned(world, partner().address, to="blocked"), world) == []


def test_a_change_of_type_lists_the_issuers_whose_payer_changes() -> None:
    world = view(
        [partner(type="reseller")],
        [partner(), (issuer(), {"payer": "issuer"}), (issuer("gone"), DELETED | {"payer": "issuer"})],
    )
    change = planned(world, partner().address, changed=["type", "billing.account"])
    (finding,) = found(bills_that_move, change, world)
    assert finding.at == "type"
    assert "Issuer/farol-services/oficina-cedro" in finding.summary
    assert "gone" not in finding.summary
    assert "first day of the next month" in finding.summary
    assert list(risks(change, world)) == [Risk.BILLING_IMPACT]


BILLED = {"billing": {"account": "CED-1"}}


@pytest.mark.parametrize(
    ("word", "left", "wrong"),
    [
        ("reseller", (issuer(**BILLED), {"state": "registered"}), True),
        ("reseller", (issuer(), {"state": "active"}), False),
        ("reseller", (issuer(**BILLED), DELETED), False),
        ("integrator", (issuer(), {"state": "suspended"}), True),
        ("integrator", (issuer(), {"state": "blocked"}), False),
        ("integrator", (issuer(**BILLED), {"state": "active"}), False),
        ("integrator", (issuer("elsewhere", "norte"), {"state": "active"}), False),
    ],
)
def test_a_change_of_type_fits_issuers_without_a_manifest(
    word: str, left: tuple[Resource[Any], dict[str, Any]], wrong: bool
) -> None:
    was = "integrator" if word == "reseller" else "reseller"
    world = view([partner(type=word)], [partner(type=was), left])
    told = found(issuers_fit_the_type, planned(world, partner().address, changed=["type"]), world)
    assert [one.at for one in told] == (["type"] if wrong else [])
    assert all(str(left[0].address) in one.summary for one in told)
    assert found(issuers_fit_the_type, planned(world, partner().address, changed=["legalName"]), world) == []


@pytest.mark.parametrize(("management", "wrong"), [("full", False), ("createOnly", True), ("observe", True)])
def test_an_issuer_that_is_only_watched_has_to_fit_as_it_is(management: str, wrong: bool) -> None:
    declared = replace(issuer(), management=management)
    world = view([partner(type="reseller"), declared], [partner(), (issuer(**BILLED), {})])
    told = found(issuers_fit_the_type, planned(world, partner().address, changed=["type"]), world)
    assert bool(told) is wrong


def test_another_change_moves_no_bill() -> None:
    world = view([partner()], [partner(), (issuer(), {"payer": "issuer"})])
    change = planned(world, partner().address, changed=["legalName"])
    assert found(bills_that_move, change, world) == []
    assert list(risks(change, world)) == []


def test_a_tier_is_not_taken_from_a_parent() -> None:
    child = partner("norte", parent="farol-services", vatNumber="599900024")
    world = view([partner()], [partner(tier="distributor"), child])
    (finding,) = found(parent_is_a_distributor, partner(), world)
    assert finding.at == ("tier", "spec")
    kept = partner(tier="distributor")
    assert found(parent_is_a_distributor, kept, view([kept], [kept, child])) == []


@pytest.mark.parametrize("how", [{"management": "createOnly"}, {"ignore_changes": ("parent",)}])
def test_a_tier_is_not_taken_from_the_parent_of_a_child_that_stays_as_it_is(how: dict[str, Any]) -> None:
    child = partner("norte", parent="farol-services", vatNumber="599900024")
    alone = replace(partner("norte", vatNumber="599900024"), **how)
    (finding,) = found(
        parent_is_a_distributor, partner(), view([partner(), alone], [partner(tier="distributor"), child])
    )
    assert finding.at == ("tier", "spec")


def test_a_new_partner_is_announced_to_active_administrators() -> None:
    world = view([partner()], [ADMINISTRATOR, (operator("old", "administrator"), {"state": "blocked"}), system()])
    change = planned(world, partner().address, creates=True)
    (notice,) = effects(change, world)
    assert isinstance(notice, Notice)
    assert (notice.event, notice.recipient, notice.language) == ("company-registered", "root@farol.example.com", "en")
    assert notice.resource == partner().address
    assert notice.payload == {
        "platform.name": "Atlantic",
        "company.name": "Farol Services, Lda.",
        "company.vatNumber": "599900016",
    }
    assert list(risks(change, world)) == []


def test_activation_takes_the_registered_operators_along() -> None:
    seller = operator("sul", "issuer", "farol-services", issuer="oficina-cedro")
    world = view(
        [partner(state="active", language="es-ES")],
        [partner(), (ANA, {"state": "registered"}), (seller, {"state": "registered"}), system()],
    )
    found_effects = list(effects(planned(world, partner().address, to="active"), world))
    assert [one.address for one in found_effects if isinstance(one, Cascade)] == [ANA.address]
    notices = [one for one in found_effects if isinstance(one, Notice)]
    assert [(one.event, one.recipient, one.language) for one in notices] == [
        ("company-activated", "office@farol.example.com", "es-ES"),
        ("operator-created", "ana@farol.example.com", "es-ES"),
    ]


def test_coming_back_tells_active_operators_again() -> None:
    world = view(
        [partner(state="active")],
        [
            (partner(), {"state": "suspended"}),
            (ANA, {"state": "active"}),
            (operator("bea", "partner", "farol-services"), {"state": "blocked"}),
        ],
    )
    found_effects = list(effects(planned(world, partner().address, to="active"), world))
    assert [one.event for one in found_effects if isinstance(one, Notice)] == ["company-activated", "operator-created"]
    assert not [one for one in found_effects if isinstance(one, Cascade)]


def test_who_is_told_follows_from_the_state_after_the_plan() -> None:
    """One is blocked by the same plan and gets no link for a password; another comes back with the company."""
    out = operator("ana", "partner", "farol-services", state="blocked")
    back = operator("bea", "partner", "farol-services", state="active")
    world = view(
        [partner(state="active"), out, back],
        [(partner(), {"state": "suspended"}), (out, {"state": "active"}), (back, {"state": "blocked"})],
    )
    found_effects = list(effects(planned(world, partner().address, to="active"), world))
    assert [one.resource for one in found_effects if isinstance(one, Notice)] == [partner().address, back.address]


def test_deletion_takes_the_operators_along() -> None:
    world = view(
        [partner(state="deleted")],
        [(partner(), {"state": "active"}), (ANA, {"state": "suspended"}), (operator("b", "partner", "norte"), {})],
    )
    change = planned(world, partner().address, to="deleted")
    assert [str(edge) for edge in change.edges] == ["active->blocked", "blocked->deleted"]
    assert [(one.address, one.state) for one in effects(change, world) if isinstance(one, Cascade)] == [
        (ANA.address, "deleted")
    ]


def test_operators_of_the_set_count_as_active_without_a_state() -> None:
    active = partner(state="active")
    assert found(somebody_at_work, active, view([active, ANA], [])) == []
    assert found(somebody_at_work, active, view([active], [ANA])) == []
    (finding,) = found(somebody_at_work, active, view([active], [(ANA, {"state": "blocked"})]))
    assert finding.at == "metadata.name"


def test_a_partner_is_a_tenant_and_its_key_never_changes() -> None:
    assert KIND.is_tenant
    assert KIND.by_path["country"].key
    assert KIND.by_path["vatNumber"].immutable == "GEN-05"
    assert KIND.by_path["billing.currency"].immutable == "GEN-05"
    assert KIND.by_path["contact.email"].pii
    assert Address("Partner", "", "farol-services") == partner().address


UNDER_AN_INTEGRATOR = """\
apiVersion: reconciler/v1
kind: Operator
metadata: {name: root}
spec: {email: root@example.com, displayName: Root, role: administrator}
---
apiVersion: reconciler/v1
kind: Partner
metadata: {name: farol}
spec:
  legalName: Farol Services, Lda.
  vatNumber: "599900016"
  type: integrator
  contact: {email: office@farol.example.com}
  address: {line1: Rua do Farol 1, city: Lisboa, postalCode: 1100-001, country: PRT}
"""
ANA_OF_FAROL = """\
---
apiVersion: reconciler/v1
kind: Operator
metadata: {name: ana, tenant: farol}
spec: {email: ana@farol.example.com, displayName: Ana Prates, role: partner}
"""
CEDRO = """\
apiVersion: reconciler/v1
kind: Issuer
metadata: {name: cedro, tenant: farol}
spec:
  legalName: Oficina Cedro, S.A.
  vatNumber: "599900032"
  contact: {email: office@cedro.example.com}
  billing: {account: CED-1}
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tree:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECONCILER_CLOCK", CLOCK)
    return Tree(tmp_path, capsys)


@pytest.fixture
def resold(tree: Tree) -> Tree:
    """An integrator with an issuer that pays itself are live, and git has made a reseller of it."""
    tree.write("all.yaml", UNDER_AN_INTEGRATOR)
    tree.write("cedro.yaml", CEDRO)
    assert tree.run("apply", "--auto-approve", "--bootstrap").code == 0
    tree.edit("all.yaml", "type: integrator", "type: reseller\n  billing: {account: FAR-1}")
    return tree


def test_a_state_that_a_cascade_brings_about_may_be_asked_for(tree: Tree) -> None:
    """LIF-05 does not hold: the system walks the edge of the operator in the very plan that activates the partner."""
    tree.write("all.yaml", UNDER_AN_INTEGRATOR + ANA_OF_FAROL)
    assert tree.run("apply", "--auto-approve", "--bootstrap").code == 0
    state = "SELECT state FROM operators WHERE name = 'ana'"
    assert tree.sql(state) == [("registered",)]
    tree.edit("all.yaml", "role: partner}", "role: partner, state: active}")
    alone = tree.run("plan")
    assert alone.code == 1
    assert "LIF-05" in alone.out + alone.err
    tree.edit("all.yaml", "PRT}\n", "PRT}\n  state: active\n")
    root = ("apply", "--auto-approve", "--as", "root@example.com")
    assert tree.run(*root).code == 0
    assert tree.sql(state) == [("active",)]
    assert tree.run("plan", "--detailed-exitcode").code == 0
    before = (tree.folder / ".reconciler/live.db").read_bytes()
    assert tree.run(*root).out.startswith("No changes.")
    assert (tree.folder / ".reconciler/live.db").read_bytes() == before


def test_a_type_that_an_issuer_without_a_manifest_does_not_fit_is_neither_planned_nor_applied(resold: Tree) -> None:
    (resold.folder / "cedro.yaml").unlink()
    planned = resold.run("plan")
    assert planned.code == 1
    assert "BIL-02" in planned.out + planned.err
    assert "Issuer/farol/cedro" in planned.out + planned.err
    assert resold.run("apply", "--auto-approve", "--as", "root@example.com").code == 1
    assert resold.sql("SELECT type FROM partners") == [("integrator",)]
    resold.sql("UPDATE issuers SET billing_account = NULL, billing_currency = NULL")
    assert resold.run("plan").code == 0


def test_a_type_does_not_come_without_the_issuer_that_has_to_change_with_it(resold: Tree) -> None:
    """What targets leave out counts as it is."""
    resold.edit("cedro.yaml", "  billing: {account: CED-1}\n", "  billing: null\n")
    alone = resold.run("plan", "--target", "Partner/farol")
    assert alone.code == 1
    assert "BIL-02" in alone.out + alone.err
    assert resold.run("plan").code == 0
