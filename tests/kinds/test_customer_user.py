"""CustomerUser: a person with a password that satisfies the policy."""

from __future__ import annotations

from reconciler.kinds.customer_user import KIND
from reconciler.model.secret import SecretValue
from tests.kinds.customers import customer, errors, lines, plan_of, user
from tests.kinds.worlds import partner, system, view

LIVE = [partner(), customer(), user()]


def test_a_password_satisfies_the_policy_in_the_set() -> None:
    world = view([system(passwordPolicy={"minLength": 12, "requireUpper": True})])
    (finding,) = KIND.secret_check("password", SecretValue("kurz-4711"), world)
    assert (finding.code, finding.at) == ("USR-03", "password")
    assert "minLength" in finding.summary
    assert "requireUpper" in finding.summary
    assert "requireDigits" not in finding.summary
    assert "kurz" not in finding.summary + finding.hint + finding.detail
    assert list(KIND.secret_check("password", SecretValue("Lang-genug-4711"), world)) == []


def test_without_a_system_configuration_the_defaults_hold() -> None:
    assert list(KIND.secret_check("password", SecretValue("abc123"), view())) == []
    assert len(list(KIND.secret_check("password", SecretValue("abcdef"), view()))) == 1


def test_the_confirmation_is_no_difference() -> None:
    confirmed = user(confirmPassword={"fromEnv": "PASSWORD", "version": "1"})
    plan = plan_of(view([confirmed], LIVE, managed=[user()]))
    assert not any(line.startswith(("update", "rotate")) for line in lines(plan))
    assert "confirm_password" not in KIND.row_columns


def test_a_new_version_rotates_the_password_and_nothing_else() -> None:
    renewed = user(password={"fromEnv": "OTHER", "version": "2"})
    assert lines(plan_of(view([renewed], LIVE, managed=[user()]))) == [f"rotate-secret {renewed.address}"]


def test_the_email_address_is_the_key() -> None:
    moved = user(email="ana@lumen.example.com")
    assert [code for code, _, _ in errors(plan_of(view([moved], LIVE, managed=[user()])))] == ["GEN-05"]
    spelled = user(email="ANA.MOURA@Lumen.example.com")
    assert errors(plan_of(view([spelled], LIVE, managed=[user()]))) == []


def test_pruning_removes_the_row() -> None:
    plan = plan_of(view([], LIVE, managed=[user()]), prune=True)
    assert lines(plan) == [f"delete {user().address}"]
