"""The ways in which somebody might come by a right: each ends with exit code 4, its code, and nothing written."""

from __future__ import annotations

import subprocess

import pytest

from tests.escalation.estate import Estate, known
from tests.oracle.oracle import Key

ROOT, ROOT_TWO = known("", "root"), known("", "root-two")
PAULA, PEDRO, DIANA, DORA = (
    known("farol", "paula"),
    known("farol", "pedro"),
    known("duna", "diana"),
    known("arco", "dora"),
)
ISA, AUDITOR = known("farol", "isa"), known("", "aud-farol")
SYSTEM: Key = ("SystemConfiguration", "", "platform")
FAROL: Key = ("Partner", "", "farol")
DUNA: Key = ("Partner", "", "duna")
SMTP: Key = ("SmtpSettings", "farol", "farol-a-one-smtp")
ADMINISTRATOR = {"email": "new@example.com", "displayName": "New", "role": "administrator"}


def test_what_belongs_to_somebody_is_changed_by_them(estate: Estate) -> None:
    """The way that is open, so that the others are not closed for another reason."""
    estate.write(FAROL, {"legalName": "Farol, S.A."})
    told = estate.apply(PAULA)
    assert told.code == 0, told.err
    assert estate.sql("SELECT legal_name FROM partners WHERE name = 'farol'") == [("Farol, S.A.",)]


def test_an_object_that_is_given_for_the_first_time_is_no_field_that_changes(estate: Estate) -> None:
    """``billing.currency`` never changes; a partner that becomes a reseller gets it together with its ``billing``."""
    estate.write(DUNA, {"type": "reseller", "billing": {"account": "DUN-1"}})
    estate.write(("Issuer", "duna", "duna-a"), {"billing": None})
    told = estate.apply(ROOT, ROOT_TWO)
    assert told.code == 0, told.err
    estate.write(DUNA, {"billing": {"account": "DUN-1", "currency": "USD"}})
    assert "GEN-05" in estate.apply(ROOT, ROOT_TWO).err


def test_the_first_step_of_a_plan_makes_no_administrator_for_the_second(estate: Estate) -> None:
    estate.write(("Operator", "", "paula-too"), ADMINISTRATOR)
    estate.write(SYSTEM, {"custodyYears": 12})
    told = estate.refuses(PAULA, code="PRM-02")
    assert "PRM-01" in told.err


def test_the_own_role_never_changes(estate: Estate) -> None:
    estate.write(("Operator", "farol", "isa"), {"role": "partner", "issuer": None})
    before = estate.content()
    told = estate.apply(ISA)
    assert (told.code, "GEN-05" in told.err) == (1, True)
    assert estate.content() == before


def test_a_foreign_resource_is_not_adopted(estate: Estate) -> None:
    duna: Key = ("Category", "duna", "billing")
    estate.sql("DELETE FROM reconciler_resources WHERE kind = 'Category' AND tenant = 'duna'")
    estate.write(duna)
    told = estate.refuses(PAULA, code="PRM-02")
    assert "Billing" not in told.out + told.err


def test_a_resource_is_not_stolen_by_its_owner_field(estate: Estate) -> None:
    estate.write(("ClientService", "farol", "farol-b-two"), {"issuer": "farol-a"})
    before = estate.content()
    told = estate.apply(ISA)
    assert told.code in (1, 4)
    assert told.says("GEN-05") or told.says("PRM-02")
    assert estate.content() == before


def test_a_resource_is_not_stolen_by_another_tenant_in_its_manifest(estate: Estate) -> None:
    """The tenant is part of the identity: the same name in another tenant is another resource."""
    estate.write(("Certificate", "farol", "duna-a-seal"), {**estate.specs["Certificate", "duna", "duna-a-seal"]})
    before = estate.content()
    assert estate.apply(ISA).code in (1, 4)
    assert estate.content() == before


def test_a_role_is_edited_in_one_plan_and_used_in_the_next_by_administrators_alone(estate: Estate) -> None:
    clerk: Key = ("Role", "", "clerk")
    estate.write(clerk, {"permissions": [{"path": "customer", "access": "write"}]})
    estate.refuses(PAULA, code="PRM-01")
    estate.remove(clerk)
    estate.write(("SelfCare", "farol", "casa-care"), {"allowedRoles": ["clerk", "customer-default"]})
    assert estate.apply(PAULA).code == 0  # the second half is the own right, and gives what the roles held before


def test_an_issuer_operator_widens_no_list_of_allowed_roles(estate: Estate) -> None:
    estate.write(("SelfCare", "farol", "casa-care"), {"allowedRoles": ["clerk", "customer-default"]})
    estate.refuses(ISA, code="PRM-01")


def test_a_role_outside_of_the_allowed_list_is_given_in_no_plan(estate: Estate) -> None:
    estate.write(("Individual", "farol", "casa-person"), {"role": "customer-default"})
    before = estate.content()
    told = estate.apply(PAULA)
    assert (told.code, "IND-01" in told.err) == (1, True)
    assert estate.content() == before


def test_the_name_of_a_deleted_operator_is_not_used_again(estate: Estate) -> None:
    gone: Key = ("Operator", "farol", "pausa")
    estate.put(gone, state="deleted")
    estate.write(gone, state_of(estate, gone, "active"))
    before = estate.content()
    told = estate.apply(PAULA)
    assert told.code in (1, 4)
    assert estate.content() == before
    assert estate.apply(known("farol", "pausa")).code == 4


def state_of(estate: Estate, key: Key, state: str) -> dict[str, object]:
    return {**estate.specs[key], "state": state}


@pytest.mark.parametrize("limit", [("--target", "Category/duna/*"), ("--exclude", "Partner/*")], ids=lambda one: one[0])
def test_a_limited_plan_is_judged_like_any_other(estate: Estate, limit: tuple[str, str]) -> None:
    estate.write(FAROL, {"legalName": "Farol, S.A."})
    estate.write(("Category", "duna", "billing"), {"displayName": "Mine"})
    estate.refuses(PAULA, code="PRM-02", more=limit)


def test_a_denied_change_is_left_out_by_exclude_and_not_written(estate: Estate) -> None:
    """Leaving a change out is no way around: what is applied is judged, and the rest does not happen."""
    estate.write(FAROL, {"legalName": "Farol, S.A."})
    estate.write(("Category", "duna", "billing"), {"displayName": "Mine"})
    assert estate.apply(PAULA, more=("--exclude", "Category/duna/*")).code == 0
    assert estate.sql("SELECT display_name FROM categories WHERE tenant = 'duna'") == [("Billing",)]


def test_nobody_lifts_the_own_suspension(estate: Estate) -> None:
    pausa: Key = ("Operator", "farol", "pausa")
    estate.write(pausa, {"state": "active"})
    estate.refuses(known("farol", "pausa"), code="OPR-09")


@pytest.mark.parametrize("state", ["suspended", "blocked"])
def test_nobody_changes_the_own_state(estate: Estate, state: str) -> None:
    estate.write(("Operator", "", "root"), {"state": state})
    estate.refuses(ROOT, code="OPR-04")


def test_the_last_administrator_stays_whoever_asks(estate: Estate) -> None:
    estate.put(("Operator", "", "root-two"), state="suspended")
    estate.write(("Operator", "", "root"), {"state": "suspended"})
    before = estate.content()
    told = estate.apply(ROOT)
    assert told.code in (2, 3, 4, 5, 6, 7)
    assert told.says("OPR-04")
    assert estate.content() == before


def test_nobody_locks_the_own_door(estate: Estate) -> None:
    """A partner operator does not take the own company to a state from which it cannot come back."""
    estate.write(FAROL, {"state": "blocked"})
    estate.refuses(PAULA, code="PRM-03")


def test_the_mail_policy_is_not_widened_and_used_in_one_plan(estate: Estate) -> None:
    estate.write(SYSTEM, {"policy": {"smtpEditors": ["administrator", "issuer"]}})
    estate.write(SMTP, {"description": "mine"})
    estate.refuses(ISA, code="PRM-04")


def test_the_mail_policy_takes_effect_with_the_next_plan(estate: Estate) -> None:
    estate.write(SYSTEM, {"policy": {"smtpEditors": ["administrator", "issuer"]}})
    assert estate.apply(ROOT).code == 0
    estate.remove(SYSTEM)
    estate.write(SMTP, {"description": "mine"})
    told = estate.apply(ISA)
    assert told.code == 0, told.err


def test_a_tier_is_not_raised_and_used_in_one_plan(estate: Estate) -> None:
    estate.write(FAROL, {"tier": "distributor"})
    estate.write(DUNA, {"parent": "farol", "legalName": "Mine"})
    told = estate.refuses(PAULA, code="PRM-01")
    assert "PRM-02" in told.err


def test_a_distributor_does_not_become_the_parent_of_a_foreign_partner(estate: Estate) -> None:
    estate.write(DUNA, {"parent": "arco"})
    estate.refuses(DORA, code="PRM-02")
    estate.write(("Category", "duna", "billing"), {"displayName": "Mine"})
    estate.refuses(DORA, code="PRM-02")


def test_a_plan_of_an_administrator_lends_its_first_half_to_nobody(estate: Estate) -> None:
    """The administrator may set the parent; what the distributor gains by it counts from the next plan on."""
    estate.write(DUNA, {"parent": "arco"})
    estate.write(("SupportMail", "duna", "new"), MAILBOX)
    told = estate.refuses(ROOT, DORA, code="SUP-08")
    assert "SupportMail/duna/new" in told.err


MAILBOX = {
    "address": "new@duna.example.com",
    "tenantId": "11111111-2222-3333-4444-555555555555",
    "clientId": "11111111-2222-3333-4444-666666666666",
    "clientSecret": {"fromEnv": "SECRET"},
    "clientSecretExpiresAt": "2027-06-01",
}


def test_an_enterprise_plan_is_not_bought_and_used_in_one_plan(estate: Estate) -> None:
    estate.write(("Customer", "farol", "casa"), {"plan": "enterprise"})
    estate.write(("Domain", "farol", "casa-site"), {"scheme": "http", "ssl": {"source": "none", "coverage": "san"}})
    told = estate.refuses(PAULA, code="PRM-01")
    assert "DOM-09" in told.err


def test_an_enterprise_plan_of_an_administrator_counts_from_the_next_plan_on(estate: Estate) -> None:
    estate.write(("Customer", "farol", "casa"), {"plan": "enterprise"})
    estate.write(("Domain", "farol", "casa-site"), {"scheme": "http", "ssl": {"source": "none", "coverage": "san"}})
    before = estate.content()
    told = estate.apply(PAULA, ROOT)
    assert told.code == 0, told.err  # the administrator carries both parts
    assert estate.content() != before


def test_an_auditor_applies_nothing_not_even_nothing(estate: Estate) -> None:
    estate.write(SYSTEM)
    estate.refuses(AUDITOR, code="OPR-06")


def test_an_operator_of_a_suspended_company_has_the_way_back_alone(estate: Estate) -> None:
    paco = known("parada", "paco")
    parada: Key = ("Partner", "", "parada")
    estate.write(parada, {"legalName": "Parada, S.A."})
    estate.refuses(paco, code="OPR-09")
    estate.write(parada, {"legalName": "Parada", "state": "active"})
    told = estate.apply(paco)
    assert told.code == 0, told.err
    assert estate.state(parada) == "active"


def test_who_writes_nothing_neither_rehearses_nor_writes_findings_down(estate: Estate) -> None:
    """What is rehearsed is written too, although it is taken back; and a suspended company keeps reading alone."""
    estate.write(("Issuer", "farol", "farol-a"), {"legalName": "X"})
    ilda, rehearsal, record = known("farol", "ilda"), ("plan", "--rehearse"), ("drift", "--record")
    before = estate.content()
    for who, code, call in ((AUDITOR, "OPR-06", rehearsal), (AUDITOR, "OPR-06", record), (ilda, "OPR-09", record)):
        told = estate.run(call[0], "manifests", call[1], "--as", who)
        assert (told.code, told.says(code)) == (4, True), told.out + told.err
    assert estate.content() == before
    assert estate.run("drift", "manifests", "--record", "--as", PAULA).code == 0


def test_a_barred_approver_is_nobody(estate: Estate) -> None:
    estate.write(SYSTEM, {"custodyYears": 12})
    estate.refuses(PAULA, known("", "root-out"), code="OPR-09")


def test_the_same_person_twice_is_no_second_person(estate: Estate) -> None:
    estate.write(FAROL, {"billing": {"account": "FAR-2"}})
    estate.refuses(ROOT, ROOT, code="GEN-25")
    estate.refuses(ROOT, ROOT.upper(), code="GEN-25")
    told = estate.apply(ROOT, ROOT_TWO)
    assert told.code == 0, told.err


def test_rights_of_two_people_never_add_up_in_one_part(estate: Estate) -> None:
    """One may block an issuer operator of the own company, the other one is an issuer: neither may do this edge."""
    estate.write(("Issuer", "farol", "farol-a"), {"billing": {"account": "NEW-1"}, "legalName": "X"})
    told = estate.apply(PAULA, ISA)
    assert told.code in (1, 4)
    estate.write(("Issuer", "farol", "farol-a"), {"billing": None, "legalName": "X", "state": "suspended"})
    estate.write(("Issuer", "duna", "duna-a"), {"state": "suspended"})
    told = estate.refuses(PAULA, ISA, DIANA, code="PRM-03")
    assert "Issuer/duna/duna-a" in told.err
    assert "Issuer/farol/farol-a" not in told.err


def test_a_plan_file_of_an_administrator_is_applied_by_nobody_less(estate: Estate) -> None:
    estate.write(SYSTEM, {"custodyYears": 12})
    assert estate.plan(ROOT, more=("--out", "p.plan")).code == 0
    before = estate.content()
    told = estate.run("apply", "p.plan", "--auto-approve", "--as", PAULA)
    assert (told.code, "PRM-01" in told.err) == (4, True), told.err
    assert estate.content() == before


def test_an_absent_and_a_foreign_resource_give_the_same_answer(estate: Estate) -> None:
    estate.write(("Category", "duna", "billing"), {"displayName": "Mine"})
    foreign = estate.refuses(PAULA, code="PRM-02")
    estate.remove(("Category", "duna", "billing"))
    estate.write(("Category", "duna", "absent1"), {"displayName": "Mine"})
    absent = estate.refuses(PAULA, code="PRM-02")
    assert foreign.err.replace("billing", "absent1") == absent.err


def test_no_name_in_a_manifest_says_who_asks(estate: Estate) -> None:
    estate.write(SYSTEM, {"custodyYears": 12})
    estate.refuses(code="OPR-09")


def test_what_is_foreign_is_not_pruned(estate: Estate) -> None:
    """It takes no part in the plan, as though it were not there; where it is judged, it is denied."""
    estate.write(FAROL)
    limit = ("--prune", "--target", "Category/duna/billing", "--allow-delete", "Category:5")
    before = estate.content()
    foreign = estate.apply(PAULA, more=limit)
    absent = estate.apply(PAULA, more=tuple(one.replace("billing", "absent1") for one in limit))
    assert (foreign.code, foreign.says("TGT-02")) == (0, True)
    assert foreign.out.replace("billing", "absent1") == absent.out
    assert estate.content() == before
    estate.judged()
    estate.refuses(PAULA, code="PRM-02", more=limit)


def test_a_policy_is_read_from_elsewhere_than_the_pull_request(estate: Estate) -> None:
    """A policy that denies a change, and the change that takes it away, do not stand in one pull request."""
    git = ["git", "-c", "user.name=farol", "-c", "user.email=farol@example.com"]
    policy = estate.folder / "policies" / "custody.cel.yaml"
    policy.parent.mkdir()
    policy.write_text(POLICY, encoding="utf-8")
    for words in (["init", "-q"], ["add", "policies"], ["commit", "-q", "-m", "Begin"]):
        subprocess.run([*git, *words], cwd=estate.folder, check=True)
    policy.unlink()
    estate.write(SYSTEM, {"custodyYears": 9})
    before = estate.content()
    told = estate.apply(ROOT, more=("--policy-rev", "HEAD"))
    assert (told.code, "years-never-shrink" in told.err) == (4, True), told.err
    assert estate.content() == before


POLICY = """\
apiVersion: reconciler/v1
kind: Policy
metadata:
  name: custody
spec:
  description: The insurer asks for it.
  rules:
    - name: years-never-shrink
      for: change
      on: {kinds: [SystemConfiguration], actions: [update]}
      deny: after.spec.custodyYears < before.spec.custodyYears
      message: documents would be kept for fewer years
"""


def test_an_auditor_applies_nothing_with_an_administrator_behind(estate: Estate) -> None:
    """Whoever carries the parts: the one who applies is an auditor, and an auditor applies nothing."""
    estate.write(SYSTEM, {"custodyYears": 12})
    estate.refuses(AUDITOR, ROOT, code="OPR-06")


def test_an_auditor_behind_others_approves_nothing(estate: Estate) -> None:
    estate.write(FAROL, {"billing": {"account": "FAR-2"}})
    estate.refuses(ROOT, AUDITOR, code="OPR-06")
    estate.write(FAROL, {"billing": {"account": "FAR-1"}})
    estate.write(("Category", "farol", "billing"), {"displayName": "Mine"})
    estate.refuses(PAULA, AUDITOR, code="OPR-06")


def test_an_operator_of_a_suspended_company_lends_nothing(estate: Estate) -> None:
    estate.write(("Category", "parada", "billing"), {"displayName": "Mine"})
    estate.refuses(PAULA, known("parada", "paco"), code="PRM-02")


def test_labels_of_a_foreign_resource_stay(estate: Estate) -> None:
    key: Key = ("Category", "duna", "billing")
    spec = estate.specs[key]
    estate.write(key, spec)
    path = estate.folder / "manifests" / "duna" / "Category-billing.yaml"
    path.write_text(path.read_text().replace('"name": "billing"', '"labels": {"mine": "yes"}, "name": "billing"'))
    estate.refuses(PAULA, code="PRM-02")


@pytest.mark.parametrize(
    "lifecycle", [{"management": "observe"}, {"protect": True}, {"ignoreChanges": ["displayName"]}]
)
def test_the_lifecycle_of_a_foreign_resource_stays(estate: Estate, lifecycle: dict[str, object]) -> None:
    estate.write(("Category", "duna", "billing"), lifecycle=lifecycle)
    before = estate.content()
    told = estate.apply(PAULA)
    assert told.code == 4, f"{told.code} {told.out} {told.err}"
    assert estate.content() == before


def test_a_foreign_tombstone_is_not_forgotten(estate: Estate) -> None:
    estate.put(("Issuer", "duna", "duna-a"), state="deleted")
    estate.write(FAROL)
    before = estate.content()
    for more in (("--target", "Issuer/duna/duna-a", "--prune"), ()):
        told = estate.apply(PAULA, more=more)
        assert told.code == 0, f"{told.code} {told.out} {told.err}"
        assert estate.content() == before
    estate.judged()
    told = estate.apply(PAULA, more=("--target", "Issuer/duna/duna-a", "--prune"))
    assert told.code == 4, f"{told.code} {told.out} {told.err}"
    assert estate.content() == before


SPARE: Key = ("Certificate", "farol", "farol-a-spare")


def test_a_persons_step_is_asked_for_by_its_issuer_alone(estate: Estate) -> None:
    estate.put(SPARE, state="pending-authorization")
    estate.write(SPARE, {"state": "active"})
    for who, code in ((ROOT, "CRT-01"), (PAULA, "CRT-01"), (AUDITOR, "OPR-06"), (DIANA, "CRT-01")):
        estate.refuses(who, code=code)
    estate.refuses(known("farol", "iris"), code="PRM-02")
    told = estate.plan(ROOT)
    text = " ".join(told.out.split())
    assert told.code == 4
    assert "! state pending-authorization -> active" in text
    assert "[CRT-01]; who can: issuer" in text
    told = estate.apply(ISA)
    assert (told.code, told.says("Manual: 1 step for a person.")) == (0, True), told.err
    assert estate.state(SPARE) == "pending-authorization"


def test_what_waits_for_a_person_already_denies_nobody(estate: Estate) -> None:
    """Once its issuer has asked, the certificate waits beside the plans of everybody else, and denies none of them."""
    estate.put(SPARE, state="pending-authorization")
    estate.write(SPARE, {"state": "active"})
    assert estate.apply(ISA).code == 0
    assert "Manual: 1 step for a person." in estate.plan(ROOT).out
    estate.write(SYSTEM, {"custodyYears": 12})
    told = estate.apply(ROOT)
    assert told.code == 0, told.err
    estate.put(SPARE, state="active")
    assert estate.apply(ROOT).code == 0


def test_an_access_that_expired_denies_nobody(estate: Estate) -> None:
    """The clock moved, and no manifest: nobody asks for anything."""
    estate.write(SPARE, {"state": "active"})
    assert estate.apply(ISA).code == 0
    estate.put(SPARE, state="access-expired")
    told = estate.apply(ROOT)
    assert (told.code, told.says("Manual: 1 step for a person.")) == (0, True), told.err
    estate.write(SPARE, {"state": "active", "wallet": "Another"})
    assert estate.apply(ISA).code == 0
    assert estate.apply(ROOT).code == 0


def test_what_waits_is_another_wish_than_that_of_now(estate: Estate) -> None:
    estate.put(SPARE, state="pending-authorization")
    estate.write(SPARE, {"state": "active"})
    assert estate.apply(ISA).code == 0
    estate.write(SPARE, {"state": "suspended"})
    estate.refuses(ROOT, code="CRT-01")
