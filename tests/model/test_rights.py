"""Rights: who may do what, read beside the matrix. Every case is about live data, as rights are."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.model.access import RoleWord
from reconciler.model.address import Address
from reconciler.model.principal import Principal, Question
from reconciler.model.rights import ALLOWED, Rights, Verdict
from reconciler.model.view import Entity
from tests.engine.people import (
    CEDRO,
    CUSTODY,
    FAROL,
    INES,
    RUI,
    SEAL,
    SERVICE,
    SIGNING,
    STAND,
    case,
    operator,
)
from tests.kinds.worlds import CATALOG, resource, system

PARTNER = Address("Partner", "", FAROL)
ATLANTICO, MARESIA = Address("Partner", "", "atlantico"), Address("Partner", "", "maresia")


def rights(**more: Any) -> Rights:
    """Rights over the platform as it stands."""
    return case(**more).rights


def who(name: str, found: Rights) -> Principal:
    """An operator by the name before the at sign."""
    mails = {"root": "example.com", "dora": "atlantico.example.com", "mara": "maresia.example.com"}
    mails["uma"] = "tax.example.com"
    principal = found.find(f"{name}@{mails.get(name, 'farol.example.com')}")
    assert principal is not None
    return principal


def verdict(name: str, verb: str, address: Address, *, found: Rights | None = None, **where: str) -> Verdict:
    """What is decided for somebody about something that stands."""
    asked = found or rights()
    entity = asked.view.at(address)
    assert entity is not None
    return asked.decide(who(name, asked), verb, entity, **where)


# --- who -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "role", "company"),
    [
        ("root", RoleWord.ADMINISTRATOR, None),
        ("dora", RoleWord.DISTRIBUTOR, ATLANTICO),
        ("mara", RoleWord.PARTNER, MARESIA),
        ("ines", RoleWord.PARTNER, PARTNER),
        ("rui", RoleWord.ISSUER, CEDRO.address),
        ("uma", RoleWord.AUDITOR, None),
    ],
)
def test_the_role_of_an_operator_follows_from_the_operator_and_the_company(
    name: str, role: RoleWord, company: Address | None
) -> None:
    principal = who(name, rights())
    assert (principal.role, principal.company, principal.barred) == (role, company, "")


@pytest.mark.parametrize("name", ["ines@farol.example.com", "INES@FAROL.example.com", f"{FAROL}/ines"])
def test_an_operator_is_known_by_mail_or_by_place(name: str) -> None:
    found = rights().find(name)
    assert found is not None
    assert found.address == INES.address


@pytest.mark.parametrize(
    "name", ["", "nobody@example.com", "ines", f"{FAROL}/", "Operator/farol-services/ines", "cedro-seal"]
)
def test_nobody_else_is_an_operator(name: str) -> None:
    assert rights().find(name) is None


def test_only_people_are_people() -> None:
    found = rights()
    entity = found.view.at(SEAL.address)
    assert entity is not None
    with pytest.raises(ValueError, match="nobody"):
        found.principal_of(entity)


def test_somebody_without_a_company_is_nobody() -> None:
    stray = operator("stray", "issuer", FAROL, issuer="closed-down")
    (found,) = case(stand=[stray], live={stray.address: {"state": "active"}}).people("stray@farol.example.com")
    assert found.barred == "its company does not exist"


# --- what ------------------------------------------------------------------------------------------------------------


def test_what_no_row_allows_is_denied() -> None:
    assert verdict("root", "test-configuration", SEAL.address) == Verdict(allowed=False, code="PRM-01")
    assert verdict("root", "no-such-verb", SEAL.address) == Verdict(allowed=False, code="PRM-01")


def test_the_longest_path_that_fits_decides() -> None:
    address = SERVICE.address
    assert verdict("ines", "read", address, path="alias") == ALLOWED
    assert verdict("ines", "read", address, path="clientSecret") == Verdict(allowed=False, code="GEN-04")
    assert verdict("ines", "read", address, path="clientSecret.version") == Verdict(allowed=False, code="GEN-04")
    # An object covers the fields below it.
    assert verdict("root", "update", CUSTODY.address, path="value.years") == ALLOWED
    assert verdict("root", "update", CUSTODY.address, path="valueless").code == "PRM-01"


@pytest.mark.parametrize("name", ["root", "dora", "ines", "mara", "rui", "uma"])
def test_a_secret_is_read_by_nobody(name: str) -> None:
    assert verdict(name, "read", SERVICE.address, path="clientSecret").code == "GEN-04"


def test_certificates_are_those_of_their_issuer() -> None:
    told = {
        name: verdict(name, "update", SEAL.address, path="wallet") for name in ("root", "ines", "rui", "eva", "uma")
    }
    assert {name: one.code for name, one in told.items()} == {
        "root": "CRT-01",
        "ines": "CRT-01",
        "rui": "",
        "eva": "PRM-02",
        "uma": "OPR-06",
    }


def test_an_edge_is_a_right_of_its_own() -> None:
    steps = ("active->suspended", "active->blocked", "blocked->active", "blocked->deleted")
    told = {
        name: [edge for edge in steps if verdict(name, "transition", CEDRO.address, edge=edge).allowed]
        for name in ("root", "ines", "rui", "uma")
    }
    assert told == {
        "root": ["active->blocked", "blocked->active", "blocked->deleted"],
        "ines": ["active->blocked"],
        "rui": ["active->suspended"],
        "uma": [],
    }


def test_a_person_at_the_certificate_authority_is_none_of_ours() -> None:
    """LIF-04, ``human only``."""
    found = verdict("rui", "transition", SEAL.address, edge="access-expired->active")
    assert (found.code, found.condition) == ("LIF-04", "human only")


# --- where -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("root", {FAROL, "atlantico", "maresia"}),
        ("dora", {"atlantico", "maresia"}),
        ("mara", {"maresia"}),
        ("ines", {FAROL}),
        ("rui", {FAROL}),
        ("uma", {FAROL}),
    ],
)
def test_partners_that_are_read(name: str, seen: set[str]) -> None:
    found = rights()
    assert {one.address.name for one in found.view.all("Partner") if found.reads(who(name, found), one)} == seen


def test_an_issuer_operator_reads_the_code_of_the_tenant_and_not_its_billing() -> None:
    told = {
        path: verdict("rui", "read", PARTNER, path=path).allowed for path in ("legalName", "status.code", "billing")
    }
    assert told == {"legalName": True, "status.code": True, "billing": False}
    assert verdict("uma", "read", PARTNER, path="status.code").allowed is False


def test_an_issuer_is_alone_with_what_it_owns() -> None:
    """``own`` of an issuer operator: its certificates and services, not those of another issuer of the same tenant."""
    assert verdict("rui", "read", SERVICE.address, path="alias").allowed
    assert verdict("eva", "read", SERVICE.address, path="alias").code == "PRM-02"
    assert verdict("eva", "update", CUSTODY.address, path="mode").code == "CFG-01"
    assert verdict("eva", "read", CUSTODY.address, path="mode").code == "PRM-02"  # owned through the service


def test_a_right_to_the_own_record_is_for_that_record_alone() -> None:
    """``self``: an issuer operator changes the own Issuer, an auditor reads the own Operator."""
    assert verdict("rui", "update", CEDRO.address, path="language").allowed
    assert verdict("eva", "update", CEDRO.address, path="language").code == "PRM-02"
    assert verdict("uma", "read", Address("Operator", "", "uma"), path="email").allowed
    assert verdict("uma", "read", RUI.address, path="email").code == "PRM-02"


def test_what_stands_at_platform_level_is_in_nobodys_own() -> None:
    authority = Address("CertificateAuthority", "", "atlantic-trust")
    assert [
        verdict(name, "read", authority, path="displayName").allowed for name in ("root", "rui", "ines", "dora")
    ] == [
        True,
        True,
        False,
        False,
    ]


def test_a_company_above_itself_ends_the_search() -> None:
    """Other programs may write a circle of parents; nobody hangs on it, and nobody gains by it who is not in it."""
    found = rights(live={ATLANTICO: {"parent": "maresia"}})
    assert verdict("dora", "read", MARESIA, found=found, path="billing").allowed
    assert verdict("ines", "read", MARESIA, found=found, path="billing").code == "PRM-02"


def test_what_a_distributor_is_allowed_below_only() -> None:
    """``children only``: below the own company, and not at it."""
    found = rights()
    below, own = found.view.at(MARESIA), found.view.at(ATLANTICO)
    assert below is not None
    assert own is not None
    dora = who("dora", found)
    assert (found.below(dora, below), found.below(dora, own)) == (True, False)


# --- conditions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stopped_by", "may"), [("partner", True), ("issuer", True), ("distributor", False), (None, False)]
)
def test_the_level_of_who_stopped_it(stopped_by: str | None, *, may: bool) -> None:
    """LIF-03."""
    found = rights(live={SERVICE.address: {"state": "suspended", "stopped_by": stopped_by}})
    told = verdict("ines", "transition", SERVICE.address, found=found, edge="suspended->active")
    assert told == (ALLOWED if may else Verdict(allowed=False, code="LIF-03", condition="level of stopper"))
    assert verdict("root", "transition", SERVICE.address, found=found, edge="suspended->active").allowed


def test_a_condition_that_nobody_knows_does_not_hold() -> None:
    found = rights()
    entity = found.view.at(SIGNING.address)
    assert entity is not None
    question = Question(who=who("root", found), verb="update", entity=entity, live=found.view)
    assert found.holds("on Sundays", question) is False


def test_conditions_fail_with_the_code_at_their_place() -> None:
    """Of ``not self; level of stopper`` the first that does not hold is told."""
    colleague = Address("Operator", FAROL, "carla")
    stopped = {"state": "suspended", "stopped_by": "administrator"}
    found = rights(live={colleague: stopped})
    assert verdict("ines", "transition", colleague, found=found, edge="suspended->active").code == "LIF-03"
    assert verdict("ines", "transition", INES.address, edge="active->suspended").code == "OPR-04"


@pytest.mark.parametrize(("editors", "may"), [([], False), (["partner"], True), (["issuer"], False)])
def test_mail_settings_are_open_to_whom_the_platform_says(editors: list[str], *, may: bool) -> None:
    """PRM-04, ``policy smtpEditors``."""
    smtp = resource(
        "SmtpSettings", "smtp", FAROL, scope="clientService", clientService="cs-cedro-invoices", useSystem=True
    )
    found = rights(stand=[smtp, system(policy={"smtpEditors": editors})])
    told = verdict("ines", "update", smtp.address, found=found, path="useSystem")
    assert (told.allowed, told.code) == (may, "" if may else "PRM-04")


# --- barred ----------------------------------------------------------------------------------------------------------


def test_who_is_barred_may_nothing_whatever_the_cell_says() -> None:
    """OPR-09."""
    found = rights(live={INES.address: {"state": "suspended"}})
    for verb, path in (("read", "alias"), ("update", "language"), ("create", "")):
        assert verdict("ines", verb, SERVICE.address, found=found, path=path).code == "OPR-09"


def test_everybody_who_is_anybody_is_found() -> None:
    assert {one.address for one in rights().principals()} == {one for one in STAND if one.kind == "Operator"}


def test_an_absent_resource_is_asked_about_by_its_address() -> None:
    """Reach is judged by the tenant alone then, so that the answer says nothing about what is there."""
    found = rights()
    absent = Entity(Address("Category", FAROL, "none"), CATALOG["Category"], None, None)
    assert found.decide(who("ines", found), "read", absent).allowed
    assert found.decide(who("mara", found), "read", absent).code == "PRM-02"
