"""Authorize, in cases to be read beside the rules: who carries which part of a plan, and what others are told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.engine.authorize import authorize
from reconciler.model.address import Address
from reconciler.model.authorization import Carriers
from reconciler.model.resource import Resource
from tests.engine.people import (
    CEDRO,
    CUSTODY,
    FAROL,
    INES,
    SEAL,
    SIGNING,
    case,
    category,
    child,
    configuration,
    marked,
)
from tests.kinds.worlds import certificate, issuer, operator, partner, resource, service

PARTNER = Address("Partner", "", FAROL)
ROOT_MAIL, INES_MAIL, RUI_MAIL = "root@example.com", "ines@farol.example.com", "rui@farol.example.com"
DORA_MAIL, MARA_MAIL, UMA_MAIL = "dora@atlantico.example.com", "mara@maresia.example.com", "uma@tax.example.com"


# --- the lines -------------------------------------------------------------------------------------------------------


def test_a_field_that_belongs_to_administrators() -> None:
    assert case(configuration(value={"years": 12})).denials(INES_MAIL) == [
        (
            "partner operator ines@farol.example.com may not update "
            "GeneralConfiguration/farol-services/cs-cedro-invoices.custody (field value.years): "
            "general configurations are changed by administrators only [CFG-01]; who can: administrator"
        )
    ]


def test_a_step_that_belongs_to_others_comes_with_one_that_may_be_walked() -> None:
    """PRM-03."""
    found = case(issuer(state="suspended"))
    assert found.denials(INES_MAIL) == [
        (
            "partner operator ines@farol.example.com may not transition Issuer/farol-services/oficina-cedro "
            "(edge active->suspended): suspension belongs to the issuer; you may walk active->blocked [PRM-03]; "
            "who can: issuer"
        )
    ]
    assert found.denials(RUI_MAIL) == []


def test_a_certificate_is_refused_even_to_administrators() -> None:
    """CRT-01."""
    found = case(certificate(wallet="Direction"))
    assert found.denials(ROOT_MAIL) == [
        (
            "administrator operator root@example.com may not update Certificate/farol-services/cedro-seal "
            "(field wallet): certificates are changed by operators of their issuer only [CRT-01]; who can: issuer"
        )
    ]
    assert found.denials(RUI_MAIL) == []
    assert len(found.denials("eva@farol.example.com")) == 1


def test_each_denied_part_is_told_and_nothing_is_authorised() -> None:
    """GEN-07: the plan is refused whole, for the parts that nobody carries."""
    found = case(configuration(value={"years": 12}), certificate(wallet="W"), category(displayName="Stamps"))
    assert [code for code, _ in found.codes(ROOT_MAIL)] == ["CRT-01", "SUP-08"]
    assert found.judged(ROOT_MAIL).authorization is None


# --- several people --------------------------------------------------------------------------------------------------


def test_people_of_several_roles_carry_a_plan_together() -> None:
    found = case(configuration(value={"years": 12}), certificate(wallet="W"), category(displayName="Stamps"))
    assert found.denials(ROOT_MAIL, RUI_MAIL, INES_MAIL) == []
    assert found.denials(INES_MAIL, RUI_MAIL, ROOT_MAIL) == []
    assert found.codes(ROOT_MAIL, RUI_MAIL) == [("SUP-08", "displayName")]


def test_rights_of_two_people_never_add_up_inside_one_part() -> None:
    """Ines has the reach and not the right to this field, Dora elsewhere the right and here not the reach."""
    found = case(operator("new", "administrator", email="new@example.com"))
    assert found.codes(INES_MAIL, DORA_MAIL) == [("PRM-02", "metadata.name")]
    child_of_farol = child("below", parent=FAROL, vatNumber="513990038")
    assert case(child_of_farol).codes(DORA_MAIL) == [("PRM-02", "metadata.name")]
    assert case(child_of_farol).codes(DORA_MAIL, INES_MAIL) == [("PRM-02", "metadata.name")]
    # ``not self`` is judged for the one who carries: somebody else's agreement does not open one's own state.
    found = case(operator("ines", "partner", FAROL, state="suspended"))
    assert found.codes(INES_MAIL) == [("OPR-04", "state")]
    assert found.codes(INES_MAIL, RUI_MAIL) == [("OPR-04", "state")]
    assert found.codes(INES_MAIL, "carla@farol.example.com") == []


def test_a_creation_and_its_field_may_have_two_carriers() -> None:
    """The administrator makes a service, its issuer binds the certificate: CRT-01 of the create row of that field."""
    found = case(service("cs-new", certificate="cedro-seal"))
    assert found.codes(ROOT_MAIL) == [("PRM-01", "certificate")]
    assert found.codes(RUI_MAIL) == [("CS-07", "metadata.name")]
    assert found.codes(ROOT_MAIL, RUI_MAIL) == []
    assert found.codes(ROOT_MAIL, "eva@farol.example.com") == [("PRM-01", "certificate")]


def test_a_creation_without_the_field_needs_no_right_to_it() -> None:
    found = case(service("cs-new"))
    assert found.codes(ROOT_MAIL) == found.codes(INES_MAIL) == []


def test_a_secret_of_a_new_service_is_for_those_who_hold_it() -> None:
    secret = {"fromEnv": "X", "version": "1"}
    found = case(service("cs-new", clientSecret=secret))
    assert found.codes(ROOT_MAIL) == [("PRM-01", "clientSecret")]
    assert found.codes(INES_MAIL) == []
    assert found.codes(ROOT_MAIL, RUI_MAIL) == []


def test_the_plan_of_a_customer_is_given_by_administrators() -> None:
    """A field with its own create row counts when it has another value than its default."""

    def customer(**spec: Any) -> Resource[Any]:
        given = {"companyName": "Lumen", "address": {"line1": "Rua 1"}, "customerType": "retail"}
        return resource("Customer", "lumen", FAROL, **(given | spec))

    assert case(customer(plan="enterprise")).codes(INES_MAIL) == [("PRM-01", "plan")]
    assert case(customer(plan="enterprise")).codes(INES_MAIL, ROOT_MAIL) == []
    assert case(customer(plan="standard")).codes(INES_MAIL) == []
    assert case(customer()).codes(INES_MAIL) == []


# --- reach -----------------------------------------------------------------------------------------------------------


def test_a_distributor_reaches_its_children_and_nobody_else() -> None:
    assert case(category("faq", "maresia")).codes(DORA_MAIL) == []
    assert case(category("faq", "maresia")).codes(MARA_MAIL) == []
    assert case(category("faq", FAROL)).codes(DORA_MAIL) == [("PRM-02", "metadata.name")]
    assert case(category("faq", "atlantico")).codes(MARA_MAIL) == [("PRM-02", "metadata.name")]


def test_a_distributor_makes_partners_below_itself_only() -> None:
    """PRM-04, ``children only``."""
    assert case(child("fresh", vatNumber="513990038")).codes(DORA_MAIL) == []
    other = partner("fresh", vatNumber="513990038")
    assert [code for code, _ in case(other).codes(DORA_MAIL)] == ["PRM-02"]
    assert case(other).codes(ROOT_MAIL) == []


def test_a_partner_cannot_be_taken_by_naming_the_own_company_above_it() -> None:
    """Both ends count: where a resource stands now, and where the plan puts it."""
    stolen = partner(parent="atlantico")
    assert [code for code, _ in case(stolen).codes(DORA_MAIL)] == ["PRM-02"]
    assert case(child("maresia", parent="atlantico", legalName="Other, Lda.")).codes(DORA_MAIL) == []


def test_a_thing_that_is_only_planned_belongs_where_the_plan_puts_it() -> None:
    company = issuer("fresh", vatNumber="513990038")
    person = operator("pia", "issuer", FAROL, issuer="fresh")
    assert case(company, person).codes(INES_MAIL) == []
    assert [code for code, _ in case(company, person).codes(MARA_MAIL)] == ["PRM-02", "PRM-02"]


def test_the_same_answer_for_what_is_absent_and_what_is_foreign() -> None:
    absent = case(category("nothing-here")).judged(MARA_MAIL).denials
    foreign = case(category("signing", displayName="Mine")).judged(MARA_MAIL).denials
    (one,), (other,) = absent, foreign
    assert one.line.replace("nothing-here", "signing") == other.line
    assert (one.path, one.hidden) == (other.path, other.hidden) == ("metadata.name", True)


# --- delegation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "may"),
    [
        (operator("new", "administrator"), {ROOT_MAIL}),
        (operator("new", "auditor", auditScope=[f"{FAROL}/oficina-cedro"]), {ROOT_MAIL}),
        (operator("new", "partner", FAROL), {ROOT_MAIL, INES_MAIL}),
        (operator("new", "partner", "maresia"), {ROOT_MAIL, DORA_MAIL, MARA_MAIL}),
        (operator("new", "issuer", FAROL, issuer="oficina-cedro"), {ROOT_MAIL, INES_MAIL, RUI_MAIL}),
    ],
    ids=["administrator", "auditor", "partner", "child-partner", "issuer"],
)
def test_nobody_creates_an_operator_above_the_own_level(person: Resource[Any], may: set[str]) -> None:
    """OPR-03, the table of delegation."""
    everybody = {ROOT_MAIL, DORA_MAIL, INES_MAIL, MARA_MAIL, RUI_MAIL, UMA_MAIL}
    assert {name for name in everybody if case(person).codes(name) == []} == may


@pytest.mark.parametrize("name", [ROOT_MAIL, INES_MAIL, RUI_MAIL])
def test_nobody_changes_the_state_of_the_own_operator(name: str) -> None:
    """OPR-04."""
    own = {
        ROOT_MAIL: operator("root", "administrator", email=ROOT_MAIL, state="suspended"),
        INES_MAIL: operator("ines", "partner", FAROL, state="suspended"),
        RUI_MAIL: operator("rui", "issuer", FAROL, issuer="oficina-cedro", state="suspended"),
    }[name]
    assert case(own).codes(name) == [("OPR-04", "state")]


def test_no_part_of_a_plan_authorises_another_part_of_it() -> None:
    """Rights are judged on live data: an operator whom the plan makes carries nothing of it."""
    made = operator("new", "partner", FAROL)
    assert case(made, category("faq")).people("new@farol.example.com") == ()
    # Nor does a tier that the plan raises.
    raised = partner(tier="distributor")
    below = child("below", parent=FAROL, vatNumber="513990038")
    assert case(raised, below).codes(INES_MAIL) == [("PRM-01", "tier"), ("PRM-02", "metadata.name")]
    assert case(raised, below).codes(INES_MAIL, ROOT_MAIL) == []


# --- life cycles -----------------------------------------------------------------------------------------------------


def test_a_path_of_which_some_steps_are_somebody_elses_is_told_as_a_whole() -> None:
    """LIF-02: an issuer operator may not block; from suspended the partner may resume and not delete."""
    found = case(issuer(state="deleted"))
    (line,) = found.denials(INES_MAIL)
    assert line.startswith(
        "partner operator ines@farol.example.com may not transition Issuer/farol-services/oficina-cedro "
        "(edge blocked->deleted): you may walk active->blocked; blocked->deleted belongs to administrator [LIF-02]"
    )
    assert found.denials(ROOT_MAIL) == []
    assert found.denials(INES_MAIL, ROOT_MAIL) == []


@pytest.mark.parametrize(
    ("stopped_by", "may"),
    [
        ("administrator", {ROOT_MAIL}),
        ("distributor", {ROOT_MAIL}),
        ("partner", {ROOT_MAIL, INES_MAIL}),
        (None, {ROOT_MAIL}),
    ],
)
def test_who_resumes_stands_at_the_level_of_who_stopped_it(stopped_by: str | None, may: set[str]) -> None:
    """LIF-03; what another program stopped is resumed by those whose right has no condition."""
    found = case(issuer(state="active"), live={CEDRO.address: {"state": "blocked", "stopped_by": stopped_by}})
    assert {name for name in (ROOT_MAIL, INES_MAIL) if found.codes(name) == []} == may
    for name in {ROOT_MAIL, INES_MAIL} - may:
        assert found.codes(name) == [("LIF-03", "state")]


@pytest.mark.parametrize(("name", "level"), [(INES_MAIL, "partner"), (ROOT_MAIL, "administrator")])
def test_the_level_of_who_carries_a_stop_is_written(name: str, level: str) -> None:
    judgement = case(issuer(state="blocked")).judged(name)
    assert judgement.authorization is not None
    (stop,) = [one for one in judgement.authorization.plan.changes if one.edge is not None]
    assert stop.columns["stopped_by"] == level
    assert judgement.authorization.plan.digest == case(issuer(state="blocked")).plan.digest


# --- what surrounds a resource ---------------------------------------------------------------------------------------


def test_labels_need_any_right_to_write() -> None:
    """An administrator writes nothing of a category but its end; that is enough for a label."""
    labelled = case(marked(SIGNING, team="blue"))
    assert labelled.codes(ROOT_MAIL) == labelled.codes(INES_MAIL) == []
    assert labelled.codes(RUI_MAIL) != []
    assert case(marked(SEAL, team="blue")).codes(ROOT_MAIL) != []
    assert case(marked(SEAL, team="blue")).codes(RUI_MAIL) == []
    assert case(marked(SEAL, team="blue")).codes(UMA_MAIL) == [("OPR-06", "metadata.labels")]


def test_protection_is_lifted_by_those_who_may_delete() -> None:
    guarded = marked(CUSTODY, protect=True)
    found = case(CUSTODY, stand=[guarded], live={CUSTODY.address: {"protect": True}})
    assert found.codes(INES_MAIL) == [("CFG-01", "lifecycle.protect")]
    assert found.codes(ROOT_MAIL) == []
    # Of an issuer, a partner writes its address, and takes it not to its tombstone.
    found = case(CEDRO, stand=[marked(CEDRO, protect=True)], live={CEDRO.address: {"protect": True}})
    assert found.codes(INES_MAIL) == [("PRM-03", "lifecycle.protect")]
    assert found.codes(ROOT_MAIL) == []


def test_protecting_needs_any_right_to_write() -> None:
    assert case(marked(CEDRO, protect=True)).codes(INES_MAIL) == []


def test_adopting_is_writing() -> None:
    found = case(unmanaged=[SIGNING])
    assert found.codes(INES_MAIL) == found.codes(ROOT_MAIL) == []
    assert found.codes(MARA_MAIL) == [("PRM-02", "metadata.name")]
    assert found.codes(UMA_MAIL) == [("OPR-06", "metadata.name")]


def test_forgetting_is_writing() -> None:
    """A resource whose row is gone leaves the ledger, for those who could have written it."""
    found = case(gone=[SIGNING])
    assert found.codes(MARA_MAIL) == []  # nothing is asked for: it is held, not deleted
    found = case(gone=[SIGNING], prune=True)
    assert found.codes(INES_MAIL) == found.codes(ROOT_MAIL) == []
    (told,) = found.judged(MARA_MAIL).denials
    assert (told.code, told.address) == ("PRM-02", None)  # what no manifest names is not named here either


def test_another_way_to_be_managed_is_writing() -> None:
    """No column holds ``lifecycle.management``: the ledger alone learns it, and not from those who may not write."""
    watched, kept = replace(SIGNING, management="observe"), replace(SIGNING, management="createOnly")
    for found in (case(watched), case(kept)):
        assert found.codes(INES_MAIL) == found.codes(ROOT_MAIL) == []
        assert found.codes(MARA_MAIL) == [("PRM-02", "metadata.name")]
        assert found.codes(UMA_MAIL) == [("OPR-06", "metadata.name")]


# --- people who may not ----------------------------------------------------------------------------------------------


def test_an_auditor_writes_nothing_not_even_nothing() -> None:
    """OPR-06."""
    assert case().codes(UMA_MAIL) == []  # a plan without changes may be read; apply refuses
    assert [code for code, _ in case(issuer(language="pt-PT")).codes(UMA_MAIL)] == ["OPR-06"]


@pytest.mark.parametrize("state", ["registered", "suspended", "blocked", "deleted"])
def test_an_operator_who_is_not_active_is_nobody(state: str) -> None:
    """OPR-09."""
    (ines,) = case(live={INES.address: {"state": state}}).people(INES_MAIL)
    assert ines.barred == f"the operator is {state}"
    assert case(category("faq"), live={INES.address: {"state": state}}).codes(INES_MAIL) == [("OPR-09", "")]


@pytest.mark.parametrize(
    ("state", "barred"), [("active", False), ("suspended", False), ("blocked", True), ("deleted", True)]
)
def test_an_operator_of_a_company_that_is_blocked_is_nobody(state: str, *, barred: bool) -> None:
    """OPR-09."""
    (ines,) = case(live={PARTNER: {"state": state}}).people(INES_MAIL)
    (rui,) = case(live={CEDRO.address: {"state": state}}).people(RUI_MAIL)
    assert (bool(ines.barred), bool(rui.barred)) == (barred, barred)


def test_in_a_suspended_company_only_the_way_back_remains() -> None:
    """OPR-09."""
    suspended = {PARTNER: {"state": "suspended"}}
    back = partner(state="active")
    assert case(back, live=suspended).codes(INES_MAIL) == []
    assert case(category("faq"), live=suspended).codes(INES_MAIL) == [("OPR-09", "")]
    assert case(back, category("faq"), live=suspended).codes(INES_MAIL) == [("OPR-09", "")]
    assert case(category("faq"), live=suspended).codes(ROOT_MAIL, INES_MAIL) != []


@pytest.mark.parametrize(
    ("last_day", "barred"), [("2026-06-15", ""), ("2026-06-14", "its access ended with 2026-06-14")]
)
def test_an_auditor_is_one_to_the_end_of_the_last_day(last_day: str, barred: str) -> None:
    (uma,) = case(live={Address("Operator", "", "uma"): {"valid_until": last_day}}).people(UMA_MAIL)
    assert uma.barred == barred


# --- the installer ---------------------------------------------------------------------------------------------------


def test_the_installer_carries_everything() -> None:
    found = case(configuration(value={"years": 12}), certificate(wallet="W"), category(displayName="Stamps"))
    judgement = authorize(found.rights, found.plan, found.view, Carriers(installer="somebody"))
    assert judgement.denials == ()
    assert judgement.authorization is not None


def test_nobody_carries_nothing() -> None:
    found = case(category("faq"))
    with pytest.raises(ValueError, match="somebody"):
        authorize(found.rights, found.plan, found.view, Carriers())
