"""SupportMail: secrets that end, and values that are no secrets."""

from __future__ import annotations

import datetime as dt

import pytest

from reconciler.kinds.support_mail import KIND, secret_check, secret_ends_soon, secret_not_ended
from reconciler.model.encode import field_value
from reconciler.model.resource import Resource
from reconciler.model.secret import SecretValue
from tests.kinds.worlds import found, resource, view

NOW = dt.datetime(2026, 2, 28, 23, 59, tzinfo=dt.UTC)


def mail(**spec: object) -> Resource[object]:
    """A SupportMail."""
    given: dict[str, object] = {
        "address": "helpdesk@farol.example.com",
        "tenantId": "6F1D9A52-3C47-4B8E-9A10-5D2E7C84B301",
        "clientId": "0b7c2e94-8d15-4f6a-b3c9-1e5a7d9f2046",
        "clientSecret": {"fromEnv": "FAROL_MAIL", "version": "1"},
    }
    return resource("SupportMail", "helpdesk", tenant="farol-services", **(given | spec))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-02-27", 0),
        ("2026-02-28", 1),
        ("2026-03-30", 1),
        ("2026-03-31", 0),
        ("2028-02-28", 0),
        ("2028-02-29", 1),
        ("2030-01-01", 1),
    ],
)
def test_the_day_on_which_a_secret_ends(day: str, expected: int) -> None:
    one = mail(clientSecretExpiresAt=day)
    findings = found(secret_ends_soon, one, view([one]), NOW)
    assert [finding.at for finding in findings] == ["clientSecretExpiresAt"] * expected


def test_two_years_from_a_leap_day_end_with_february() -> None:
    leap = dt.datetime(2028, 2, 29, tzinfo=dt.UTC)
    for day, expected in (("2030-02-28", 0), ("2030-03-01", 1)):
        one = mail(clientSecretExpiresAt=day)
        assert len(found(secret_ends_soon, one, view([one]), leap)) == expected


def test_two_years_from_december() -> None:
    december = dt.datetime(2026, 12, 31, tzinfo=dt.UTC)
    for day, expected in (("2028-12-31", 0), ("2029-01-01", 1)):
        one = mail(clientSecretExpiresAt=day)
        assert len(found(secret_ends_soon, one, view([one]), december)) == expected


def test_an_ended_secret_only_matters_to_an_active_mailbox() -> None:
    for state, day, expected in (("active", "2026-02-27", 1), ("active", "2026-02-28", 0), (None, "2026-02-27", 0)):
        one = mail(clientSecretExpiresAt=day, **({"state": state} if state else {}))
        assert len(found(secret_not_ended, one, view([one]), NOW)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0b7c2e94-8d15-4f6a-b3c9-1e5a7d9f2046", 1),
        (" 0B7C2E94-8D15-4F6A-B3C9-1E5A7D9F2046\n", 1),
        ("Kq8~not-a-guid-but-a-secret", 0),
    ],
)
def test_the_identifier_of_a_secret_is_no_secret(value: str, expected: int) -> None:
    findings = list(secret_check("clientSecret", SecretValue(value), view()))
    assert [(one.at, one.code) for one in findings] == [("clientSecret", "SUP-03")] * expected
    assert all(value.strip() not in f"{one.summary}{one.hint}{one.detail}" for one in findings)


def test_identifiers_are_stored_in_lower_case_and_the_name_is_the_address() -> None:
    assert field_value(KIND.by_path["tenantId"], mail()) == "6f1d9a52-3c47-4b8e-9a10-5d2e7c84b301"
    assert field_value(KIND.by_path["displayName"], mail()) == "helpdesk@farol.example.com"


def test_what_steers_the_secret_is_marked() -> None:
    assert {one.path for one in KIND.fields if one.guards == "clientSecret"} == {"tenantId", "clientId"}
