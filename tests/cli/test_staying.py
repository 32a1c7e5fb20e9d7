"""What a plan leaves as it is has to fit what it writes: what is ignored, waived, or left out."""

from __future__ import annotations

import pytest

from tests.cli.tree import ROOT, SECOND, Tree

PARTNER = "tenants/farol/partner.yaml"
DESK = "tenants/farol/desk.yaml"
MAILBOX = """\
apiVersion: reconciler/v1
kind: SupportMail
metadata: {name: helpdesk, tenant: farol}
spec:
  provider: microsoft
  address: helpdesk@farol.example.com
  displayName: Farol Helpdesk
  tenantId: 6f1d9a52-3c47-4b8e-9a10-5d2e7c84b301
  clientId: 0b7c2e94-8d15-4f6a-b3c9-1e5a7d9f2046
  clientSecret: {fromEnv: ANA_PASSWORD, version: "1"}
  clientSecretExpiresAt: "2027-03-31"
  consent: {read: true, write: true, modify: true}
  mailboxScoped: true
  state: active
"""
WAIVER = """\
apiVersion: reconciler/v1
kind: Waiver
metadata: {name: campaign}
spec:
  owner: rita@example.com
  reason: Until the campaign is over.
  expires: 2026-06-22
  addresses: [Category/*]
"""
PRICES = """\
---
apiVersion: reconciler/v1
kind: Category
metadata: {name: prices, tenant: farol}
spec: {displayName: Prices, description: What it costs, audience: customers, serviceTypes: [incident], sortOrder: 20}
"""


def _ignoring(tree: Tree, *fields: str) -> None:
    words = f"lifecycle: {{ignoreChanges: [{', '.join(fields)}]}}\n"
    tree.edit(PARTNER, "  name: farol\nspec:", f"  name: farol\n{words}spec:")


@pytest.fixture
def ignoring(tree: Tree) -> Tree:
    """A partner whose billing is left to the world."""
    _ignoring(tree, "billing")
    tree.apply()
    return tree


def test_an_ignored_field_that_does_not_fit_any_more_is_an_error_at_its_entry(ignoring: Tree) -> None:
    ignoring.edit(PARTNER, "  type: reseller\n  billing: {account: FAR-0001}\n", "  type: integrator\n")
    call = ignoring.run("plan", "--as", ROOT)
    assert call.code == 1
    line = ignoring.line_of(PARTNER, "ignoreChanges")
    text = " ".join((call.out + call.err).split())
    assert f"{PARTNER}:{line}:" in text
    assert "error BIL-01: Partner/farol: billing.account stays as it is live" in text
    assert "because lifecycle.ignoreChanges leaves it to the world" in text
    assert "an integrator is not billed" in text
    assert "take billing.account out of lifecycle.ignoreChanges" in text
    assert ignoring.run("apply", "--auto-approve", *ignoring.everybody).code == 1
    assert ignoring.sql("SELECT type FROM partners") == [("reseller",)]


def test_the_way_out_that_is_told_is_one(ignoring: Tree) -> None:
    ignoring.edit(PARTNER, "  type: reseller\n  billing: {account: FAR-0001}\n", "  type: integrator\n")
    ignoring.edit(PARTNER, "lifecycle: {ignoreChanges: [billing]}\n", "")
    call = ignoring.run("apply", "--auto-approve", "--as", ROOT, "--as", SECOND)
    assert call.code == 0, call.err
    assert ignoring.sql("SELECT type, billing_account FROM partners") == [("integrator", None)]


def test_an_ignored_field_that_fits_is_none(ignoring: Tree) -> None:
    ignoring.sql("UPDATE partners SET billing_account = 'FAR-0002'")
    ignoring.edit(PARTNER, "legalName: Farol Services, Lda.", "legalName: Farol, Lda.")
    ignoring.apply()
    assert ignoring.sql("SELECT legal_name, billing_account FROM partners") == [("Farol, Lda.", "FAR-0002")]


def test_a_part_of_an_object_that_comes_later_is_missed(tree: Tree) -> None:
    tree.edit(PARTNER, "  type: reseller\n  billing: {account: FAR-0001}\n", "  type: integrator\n")
    tree.apply()
    tree.edit(PARTNER, "  type: integrator\n", "  type: reseller\n  billing: {account: FAR-0001, currency: EUR}\n")
    _ignoring(tree, "billing.account")
    call = tree.run("plan", "--as", ROOT)
    assert call.code == 1
    assert "error GEN-13: Partner/farol: billing.account stays as it is live" in " ".join(call.out.split())


def test_what_was_wrong_before_is_no_error_of_the_plan(ignoring: Tree) -> None:
    ignoring.sql("UPDATE partners SET billing_account = NULL, billing_currency = NULL")
    ignoring.edit(PARTNER, "legalName: Farol Services, Lda.", "legalName: Farol, Lda.")
    ignoring.apply()
    assert ignoring.sql("SELECT legal_name, billing_account FROM partners") == [("Farol, Lda.", None)]


def test_what_stays_in_a_resource_that_nothing_changes_is_not_judged(ignoring: Tree) -> None:
    ignoring.sql("UPDATE partners SET billing_account = NULL, billing_currency = NULL")
    assert "No changes." in ignoring.run("plan", "--as", ROOT).out


def test_a_resource_outside_of_the_targets_is_not_judged(ignoring: Tree) -> None:
    ignoring.edit(PARTNER, "  type: reseller\n  billing: {account: FAR-0001}\n", "  type: integrator\n")
    ignoring.edit(DESK, "sortOrder: 10\n---", "sortOrder: 30\n---")
    call = ignoring.run("plan", *ignoring.everybody, "--target", "ServiceType/*")
    assert (call.code, "BIL-01" in call.out) == (0, False)


def test_a_state_that_stays_because_nobody_says_it_has_to_fit(tree: Tree) -> None:
    tree.write("tenants/farol/mail.yaml", MAILBOX)
    tree.apply()
    tree.edit("tenants/farol/mail.yaml", "write: true", "write: false")
    tree.edit("tenants/farol/mail.yaml", "  state: active\n", "")
    call = tree.run("plan", "--as", ROOT)
    assert call.code == 1
    text = " ".join((call.out + call.err).split())
    assert "error SUP-05: SupportMail/farol/helpdesk: state stays as it is live" in text
    assert "write state in the manifest" in text


def test_a_waived_value_that_somebody_else_is_to_have_is_told(tree: Tree) -> None:
    tree.apply()
    tree.sql("UPDATE categories SET display_name = 'Prices'")
    tree.write("waivers/campaign.yaml", WAIVER)
    tree.write(DESK, (tree.folder / DESK).read_text(encoding="utf-8") + PRICES)
    call = tree.run("plan", "--as", ROOT)
    assert call.code == 1
    text = " ".join((call.out + call.err).split())
    assert "error CAT-01: Category/farol/signing: displayName stays as it is live" in text
    assert "because this plan leaves its drift alone" in text
    assert "Category/farol/prices" in text
