"""Issuer: moves, payers and what goes with it."""

from __future__ import annotations

from reconciler.engine.resolve import resolve
from reconciler.kinds.issuer import (
    KIND,
    at_creation,
    billing_by_payer,
    effects,
    issuer_and_partner,
    keeps_its_tenant,
    moved,
    on_change,
    risks,
    under_a_running_partner,
)
from reconciler.model.effect import Cascade, Notice
from reconciler.model.lifecycle import Risk
from tests.kinds.customers import lines, plan_of
from tests.kinds.worlds import CATALOG, certificate, found, issuer, operator, partner, planned, service, system, view

OLD = issuer("oficina-cedro", "norte")
NEW = issuer()


def test_an_issuer_does_not_change_its_tenant() -> None:
    world = view([NEW], [OLD], managed=[OLD])
    (finding,) = found(keeps_its_tenant, planned(world, NEW.address, creates=True), world)
    assert finding.at == ("metadata.tenant", "metadata")
    assert str(OLD.address) in finding.summary
    second, first = world.at(NEW.address), world.at(OLD.address)
    assert second is not None
    assert first is not None
    assert moved(second, first, world)


def test_a_move_is_reported_once() -> None:
    """ISS-02 speaks in place of ISS-03, which a clash without a move still gives."""
    reports = []
    for managed in ([OLD], []):
        live = view([], [OLD, partner(), partner("norte", vatNumber="599900024")], managed=managed).live
        _, diagnostics = resolve(CATALOG, [NEW], live, lambda _document, _path: b"")
        reports.append([one.code for one in diagnostics])
    assert reports == [[], ["ISS-03"]]


def test_a_clash_is_no_move_while_the_old_manifest_is_there() -> None:
    for world in (
        view([NEW, OLD], [OLD], managed=[OLD]),
        view([NEW], [OLD]),
        view([NEW], [(OLD, {"state": "deleted"})], managed=[OLD]),
        view([NEW], [issuer("other", vatNumber="599900040")], managed=[issuer("other")]),
    ):
        assert found(keeps_its_tenant, planned(world, NEW.address, creates=True), world) == []


def test_a_stopped_partner_registers_no_issuer() -> None:
    for state, expected in (("suspended", 1), ("blocked", 1), ("deleted", 1), ("registered", 0), ("active", 0)):
        world = view([NEW], [(partner(), {"state": state})])
        findings = found(under_a_running_partner, planned(world, NEW.address, creates=True), world)
        assert [one.at for one in findings] == ["metadata.tenant"] * expected


def test_an_issuer_that_is_there_already_stays() -> None:
    world = view([NEW], [NEW, (partner(), {"state": "blocked"})])
    assert found(under_a_running_partner, planned(world, NEW.address, changed=["legalName"]), world) == []


def test_the_payer_follows_from_the_tenant() -> None:
    for tenant, payer in ((partner(), "issuer"), (partner(type="reseller"), "reseller")):
        assert dict(at_creation(NEW, view([NEW], [tenant]))) == {"payer": payer}
    direct = issuer("direct", "")
    assert dict(at_creation(direct, view([direct]))) == {"payer": "issuer"}


def test_billing_is_asked_for_by_the_live_state_too() -> None:
    world = view([NEW], [partner(), (NEW, {"state": "active"})])
    assert [one.at for one in found(billing_by_payer, NEW, world)] == ["spec"]
    assert found(billing_by_payer, NEW, view([NEW], [partner(), (NEW, {"state": "registered"})])) == []
    assert found(billing_by_payer, NEW, view([NEW], [partner(), (NEW, {"state": "blocked"})])) == []


def test_the_company_of_the_set_is_named_when_the_issuer_has_no_manifest() -> None:
    company = partner(vatNumber="599900032")
    (finding,) = found(issuer_and_partner, view([company], [NEW]))
    assert finding.address == company.address
    assert found(issuer_and_partner, view([company], [(NEW, {"state": "deleted"})])) == []


def test_deletion_takes_everything_of_the_issuer_along() -> None:
    person = operator("rui", "issuer", "farol-services", issuer="oficina-cedro")
    other = service("cs-other", issuer="other")
    world = view(
        [issuer(state="deleted")],
        [
            (NEW, {"state": "active"}),
            (service(), {"state": "active"}),
            (service("cs-gone"), {"state": "deleted"}),
            certificate(),
            person,
            other,
        ],
    )
    change = planned(world, NEW.address, to="deleted")
    assert [str(edge) for edge in change.edges] == ["active->blocked", "blocked->deleted"]  # ISS-05
    assert {(one.address, one.state) for one in effects(change, world) if isinstance(one, Cascade)} == {
        (service().address, "deleted"),
        (certificate().address, "deleted"),
        (person.address, "deleted"),
    }


def test_activation_tells_the_company_in_the_language_of_its_tenant() -> None:
    person = operator("rui", "issuer", "farol-services", issuer="oficina-cedro", language="en")
    world = view(
        [issuer(state="active", billing={"account": "CED-1"})],
        [partner(language="es-ES"), (NEW, {"state": "registered"}), (person, {"state": "registered"}), system()],
    )
    found_effects = list(effects(planned(world, NEW.address, to="active"), world))
    assert [one.address for one in found_effects if isinstance(one, Cascade)] == [person.address]
    assert [(one.event, one.language) for one in found_effects if isinstance(one, Notice)] == [
        ("company-activated", "es-ES"),
        ("operator-created", "en"),
    ]


def test_who_is_told_follows_from_the_state_after_the_plan() -> None:
    """One is blocked by the same plan and gets no link for a password; another comes back with the company."""
    out = operator("rui", "issuer", "farol-services", issuer="oficina-cedro", state="blocked")
    back = operator("eva", "issuer", "farol-services", issuer="oficina-cedro", state="active")
    world = view(
        [issuer(state="active"), out, back],
        [(NEW, {"state": "suspended"}), (out, {"state": "active"}), (back, {"state": "suspended"})],
    )
    found_effects = list(effects(planned(world, NEW.address, to="active"), world))
    assert [one.resource for one in found_effects if isinstance(one, Notice)] == [NEW.address, back.address]


def test_who_stopped_it_is_forgotten_on_the_way_out() -> None:
    world = view([issuer(state="active")], [(NEW, {"state": "blocked", "stopped_by": "partner"})])
    assert dict(on_change(planned(world, NEW.address, to="active"), world)) == {"stopped_by": None}
    world = view([issuer(state="blocked")], [(NEW, {"state": "active"})])
    assert dict(on_change(planned(world, NEW.address, to="blocked"), world)) == {}


def test_a_change_of_billing_has_its_tag() -> None:
    world = view([NEW], [NEW])
    assert list(risks(planned(world, NEW.address, changed=["billing.account"]), world)) == [Risk.BILLING_IMPACT]
    assert list(risks(planned(world, NEW.address, changed=["legalName"]), world)) == []
    assert list(risks(planned(world, NEW.address, creates=True, changed=["billing.account"]), world)) == []


def test_stopping_is_not_blocking() -> None:
    assert KIND.lifecycle is not None
    tags = {str(edge): set(edge.risks) for edge in KIND.lifecycle.edges}
    assert tags["active->suspended"] == {Risk.STOPS_SIGNING}
    assert tags["active->blocked"] == {Risk.STOPS_SIGNING, Risk.LOCKS_OUT}
    assert tags["blocked->deleted"] == {Risk.IRREVERSIBLE, Risk.LEGAL_RETENTION}


def test_what_the_issuer_buries_is_forgotten_in_the_same_plan() -> None:
    """Its manifest is gone together with the issuer: nothing waits for pruning, and the next plan is empty."""
    cedro = issuer(billing={"account": "CED-1"}, state="deleted")
    gone = service("cs-gone")
    world = view(
        [system(), partner(), cedro],
        [system(), partner(), (cedro, {"state": "blocked"}), gone],
        managed=[system(), partner(), cedro, gone],
    )
    plan = plan_of(world)
    assert f"forget {gone.address}" in lines(plan)
    assert not [one for one in lines(plan) if one.startswith("held")]
    assert "GEN-21" not in {one.code for one in plan.diagnostics}
