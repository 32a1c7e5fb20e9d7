"""Messages of the users' own policies show values: to whoever asks only those that they may read."""

from __future__ import annotations

import pytest

from tests.escalation.estate import JUDGED, Estate, known
from tests.oracle.oracle import Key

ROOT, PAULA = known("", "root"), known("farol", "paula")
FAROL: Key = ("Partner", "", "farol")
BILLING: Key = ("Category", "duna", "billing")
OWN: Key = ("Category", "farol", "billing")
POLICY = """\
apiVersion: reconciler/v1
kind: Policy
metadata: {name: house}
spec:
  description: What everybody should hear about.
  rules:
    - name: whole
      for: plan
      %(word)s: "true"
      message: "{{ plan.resource_changes.filter(c, c.type == 'category').map(c, c.change.after.spec.displayName) }}"
    - name: each
      for: change
      %(word)s: "true"
      message: "{{ change.address }} of {{ plan.reconciler.summary.change }}"
    - name: plain
      for: plan
      %(word)s: "true"
      message: everything is looked at twice
"""
FAILING = """\
    - name: failing
      for: plan
      warn: "int(plan.resource_changes[0].change.after.spec.displayName) > 0"
      message: never said
"""


@pytest.fixture
def ruled(estate: Estate) -> Estate:
    """A plan in which a foreign resource changes, beside an own one."""
    estate.settings(JUDGED)
    (estate.folder / "policies").mkdir()
    (estate.folder / "policies" / "house.cel.yaml").write_text(POLICY % {"word": "warn"} + FAILING, encoding="utf-8")
    estate.write(FAROL, {"legalName": "Farol, S.A."})
    estate.write(BILLING, {"displayName": "Undisclosed"})
    return estate


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_message_shows_nothing_that_is_foreign(ruled: Estate, form: str) -> None:
    whole = ruled.plan(ROOT, more=("--format", form))
    assert whole.says("Undisclosed")
    assert "of 2" in " ".join(whole.out.split())
    told = ruled.plan(PAULA, more=("--format", form))
    text = " ".join(told.out.split())
    assert "Undisclosed" not in told.out
    assert "something that you may not read" in text
    assert "everything is looked at twice" in text
    assert "of 2" not in text


def test_apply_refuses_with_no_more_words(ruled: Estate) -> None:
    (ruled.folder / "policies" / "house.cel.yaml").write_text(POLICY % {"word": "deny"}, encoding="utf-8")
    told = ruled.apply(PAULA)
    assert told.code == 4
    assert "Undisclosed" not in told.out + told.err
    assert "policy house, rule whole: what it says is about something" in " ".join(told.err.split())


def test_who_sees_all_of_a_plan_is_told_all(ruled: Estate) -> None:
    ruled.remove(BILLING)
    ruled.remove(FAROL)
    ruled.write(OWN, {"displayName": "Mine"})
    text = " ".join(ruled.plan(PAULA, more=("--target", "Category/farol/*")).out.split())
    assert "Category/farol/billing of 1" in text
    assert "rule whole: [" in text


def test_by_default_a_policy_sees_no_more_than_who_asks(ruled: Estate) -> None:
    """So what a pull request writes into a policy is no window."""
    ruled.settings()
    ruled.remove(FAROL)
    ruled.write(OWN, {"displayName": "Mine"})
    told = ruled.plan(PAULA, more=("--mine", "--verbose"))
    assert "Undisclosed" not in told.out
    assert " of 1 " in " ".join(told.out.split())
