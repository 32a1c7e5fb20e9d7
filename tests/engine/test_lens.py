"""Lens: what people may not read is absent, in every part of a plan and in every word about it."""

from __future__ import annotations

from dataclasses import replace

from reconciler.engine.lens import ANOTHER, OUTSIDE
from reconciler.model.address import Address
from reconciler.model.change import Action, Change
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from tests.engine.people import (
    CEDRO,
    CUSTODY,
    FAROL,
    RUI,
    SEAL,
    SERVICE,
    SIGNING,
    Case,
    case,
    category,
    certificate,
    child,
    configuration,
)
from tests.kinds.worlds import issuer, operator, partner, service

INES, RUI_MAIL, MARA, ROOT, UMA = (
    "ines@farol.example.com",
    "rui@farol.example.com",
    "mara@maresia.example.com",
    "root@example.com",
    "uma@tax.example.com",
)
UNREAD = "there is a change that you may not read"


def seen(found: Case, *names: str) -> dict[str, Change]:
    """The changes that people see, by address."""
    plan = found.lens(*names).plan(found.plan, found.judged(*names).denials)
    return {str(one.address): one for one in plan.changes if one.action is not Action.REFRESH}


# --- resources and fields --------------------------------------------------------------------------------------------


def test_a_field_that_may_not_be_read_is_absent_and_not_blanked() -> None:
    found = case(certificate(alias="cedro-seal", wallet="Direction"))
    (change,) = seen(found, INES).values()
    assert (change.fields, change.reason) == ((), UNREAD)
    assert change.before is not None
    assert change.after is not None
    assert change.before["spec"] == change.after["spec"] == {"alias": "cedro-seal"}
    assert "wallet" not in change.columns
    (whole,) = seen(found, RUI_MAIL).values()
    assert [one.path for one in whole.fields] == ["wallet"]


def test_a_change_beside_it_that_may_be_read_is_shown() -> None:
    found = case(certificate(alias="another", wallet="Direction"))
    (change,) = seen(found, INES).values()
    assert ([one.path for one in change.fields], change.reason) == (["alias"], UNREAD)


def test_people_who_ask_together_see_together() -> None:
    found = case(certificate(wallet="Direction"))
    (change,) = seen(found, INES, RUI_MAIL).values()
    assert [one.path for one in change.fields] == ["wallet"]


def test_a_resource_that_may_not_be_read_is_told_by_its_address_alone() -> None:
    found = case(category(displayName="Stamps"), configuration(value={"years": 12}))
    changes = seen(found, MARA)
    assert {address: one.action for address, one in changes.items()} == {
        str(SIGNING.address): Action.DENIED,
        str(CUSTODY.address): Action.DENIED,
    }
    for one in changes.values():
        assert (one.fields, one.columns, one.before, one.after, one.edge) == ((), {}, None, None, None)
    assert set(seen(found, INES)) == {str(SIGNING.address), str(CUSTODY.address)}


def test_an_absent_and_a_foreign_resource_give_the_same_answer() -> None:
    absent, foreign = case(category("faq")), case(category("signing", displayName="Faq"))
    (one,) = seen(absent, MARA).values()
    (other,) = seen(foreign, MARA).values()
    assert (one.action, one.reason, one.fields) == (other.action, other.reason, other.fields)
    assert absent.lens(MARA).readable(Address("Category", FAROL, "nothing")) == frozenset()
    assert foreign.lens(MARA).readable(SIGNING.address) == frozenset()


def test_what_no_manifest_names_is_not_named_to_those_who_may_not_read_it() -> None:
    """Its address is known from the database alone."""
    found = case(gone=[SIGNING], prune=True)
    assert seen(found, MARA) == {}
    assert str(SIGNING.address) not in "".join(found.denials(MARA))
    assert str(SIGNING.address) in seen(found, INES)


def test_what_stays_as_it_is_and_is_foreign_is_not_told_at_all() -> None:
    plan = case().lens(MARA).plan(case().plan)
    assert {one.address.tenant or one.address.name for one in plan.changes} <= {"maresia", "signatures-1k"}


def test_the_digest_is_that_of_the_whole_plan() -> None:
    """So that people with other eyes can agree to the same plan; what they read says that it is not the whole."""
    found = case(category(displayName="Stamps"))
    mine, whole = found.lens(MARA).plan(found.plan), found.lens(ROOT, INES, RUI_MAIL).plan(found.plan)
    assert mine.digest == whole.digest == found.plan.digest
    assert (mine.partial, whole.partial) == (True, False)


def test_preconditions_and_consequences_are_those_of_what_may_be_read() -> None:
    found = case(issuer(state="blocked"))
    for name in (MARA, "eva@farol.example.com"):
        plan = found.lens(name).plan(found.plan)
        for one in (*plan.cascades, *plan.preconditions):
            assert found.lens(name).sees(one.address)
        assert all(found.lens(name).sees(one.resource) for one in plan.notices)


def test_mail_to_people_who_may_not_be_read_is_not_told() -> None:
    found = case(child("novo"))
    dora = "dora@atlantico.example.com"
    assert ROOT in [one.recipient for one in found.plan.notices]
    assert found.lens(dora).plan(found.plan).notices == ()
    assert found.lens(ROOT).plan(found.plan).notices == found.plan.notices


def test_what_a_mail_will_say_is_for_its_reader() -> None:
    """It says what comes from elsewhere too, as the name of the platform."""
    found = case(operator("novo", "issuer", tenant="farol-services", issuer="oficina-cedro"))
    told = found.lens(INES).plan(found.plan).notices
    assert told
    assert {str(one.payload) for one in told} == {"{}"}
    assert all(one.payload for one in found.lens(ROOT).plan(found.plan).notices)


def test_of_what_waits_no_revision_is_told_where_a_field_may_not_be_read() -> None:
    """It would say that this field has changed; what is written keeps its own."""
    held = Change(address=SEAL.address, action=Action.HELD, rev=7)
    found = case()
    (mine,) = found.lens(INES).plan(replace(found.plan, changes=(held,))).changes
    (whole,) = found.lens(RUI_MAIL).plan(replace(found.plan, changes=(held,))).changes
    assert (mine.rev, whole.rev) == (None, 7)


def test_an_auditor_sees_the_issuers_in_scope() -> None:
    lens = case().lens(UMA)
    assert lens.sees(CEDRO.address)
    assert lens.sees(SERVICE.address)
    assert not lens.sees(Address("Issuer", FAROL, "outra"))
    assert not lens.sees(RUI.address)
    assert not lens.sees(SIGNING.address)
    assert lens.readable(Address("Partner", "", FAROL)) & {"legalName", "billing.account"} == {"legalName"}


# --- words -----------------------------------------------------------------------------------------------------------


def test_words_name_no_address_that_may_not_be_read() -> None:
    text = f"{SERVICE.address} has the same alias as {SIGNING.address}, see Bundle/signatures-1k and Partner/atlantico"
    assert case().lens(MARA).words(text) == (
        f"{ANOTHER} has the same alias as {ANOTHER}, see Bundle/signatures-1k and {ANOTHER}"
    )
    assert case().lens(ROOT).words(text) == text


def test_words_about_uniqueness_name_the_other_only_to_those_who_may_read_it() -> None:
    mine = child("maresia", legalName="Maresia, Lda.")
    clash = Diagnostic(
        code="PAR-01",
        severity=Severity.ERROR,
        phase=Phase.REFERENCE,
        summary="Partner/maresia has the same vatNumber as Partner/farol-services",
        hint="give it another vatNumber; the other one is in the database",
        address=mine.address,
        path="vatNumber",
    )
    (told,) = case(mine).lens(MARA).diagnostics([clash])
    assert told.summary == f"Partner/maresia has the same vatNumber as {ANOTHER}"
    assert "farol" not in told.summary + told.detail + told.hint
    (told,) = case(mine).lens(ROOT).diagnostics([clash])
    assert told.summary == clash.summary


def test_of_errors_about_what_may_not_be_read_is_told_that_there_are_some() -> None:
    found = case(partner(country="ESP"), certificate(use="signature"))
    assert {one.code for one in found.plan.diagnostics} == {"GEN-05"}
    told = found.lens(MARA).diagnostics(found.plan.diagnostics)
    assert [(one.code, one.address, one.severity) for one in told] == [(OUTSIDE, None, Severity.ERROR)]
    assert "farol" not in told[0].summary


def test_a_finding_about_a_field_that_may_not_be_read_tells_its_place_and_no_value() -> None:
    """Of a certificate that stands a partner reads the alias and the end; GEN-05 would tell what the rest is."""
    found = case(certificate(certificateAuthority="meseta-firma"))
    (clear,) = [one for one in found.plan.diagnostics if one.code == "GEN-05"]
    assert "atlantic-trust" in clear.summary
    (told,) = found.lens(INES).diagnostics([clear])
    assert (told.code, told.address, told.path, told.severity) == (clear.code, SEAL.address, clear.path, clear.severity)
    assert "atlantic-trust" not in told.summary + told.detail + told.hint
    (told,) = found.lens(RUI_MAIL).diagnostics([clear])
    assert told.summary == clear.summary


def test_what_a_manifest_alone_shows_is_told_to_its_reader() -> None:
    finding = Diagnostic(
        code="GEN-14",
        severity=Severity.ERROR,
        phase=Phase.SCHEMA,
        summary="sortOrder is a number",
        address=SIGNING.address,
        path="sortOrder",
    )
    assert case().lens(MARA).diagnostics([finding]) == (finding,)


def test_a_secret_is_shown_as_its_version_to_those_who_read_what_surrounds_it() -> None:
    secret = {"fromEnv": "X", "version": "2"}
    found = case(service("cs-cedro-invoices", clientSecret=secret))
    (change,) = seen(found, INES).values()
    assert change.secrets == ("clientSecret",)
    assert seen(found, MARA)[str(SERVICE.address)].secrets == ()


def test_a_reason_names_no_stranger() -> None:
    lens = case().lens(INES)
    assert lens.words("follows Partner/atlantico") == f"follows {ANOTHER}"
    assert lens.words("follows Partner/farol-services") == "follows Partner/farol-services"
