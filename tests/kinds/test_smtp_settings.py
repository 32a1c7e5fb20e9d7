"""SmtpSettings: what follows from the switches, and when settings count as untested."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from reconciler.kinds.smtp_settings import KIND, at_creation, managed, on_change, secret_check, untested
from reconciler.model.encode import field_value, same
from reconciler.model.kind import Level
from reconciler.model.resource import Resource
from reconciler.model.secret import SecretValue
from tests.kinds.worlds import found, planned, resource, view

OWN = {
    "scope": "clientService",
    "clientService": "cs-cedro",
    "host": "smtp.cedro.example.com",
    "username": "info@cedro.example.com",
    "password": {"fromEnv": "CEDRO_SMTP", "version": "1"},
}


def smtp(**spec: object) -> Resource[object]:
    """Settings of a client service."""
    return resource("SmtpSettings", "smtp-cedro", tenant="farol-services", **(OWN | spec))


SHARED = resource(
    "SmtpSettings",
    "smtp-cedro",
    tenant="farol-services",
    scope="clientService",
    clientService="cs-cedro",
    useSystem=True,
)


@pytest.mark.parametrize(
    ("spec", "port"),
    [
        ({}, 25),
        ({"tlsRequired": True}, 25),
        ({"tlsEnable": False}, 25),
        ({"tlsEnable": False, "tlsRequired": True}, 465),
        ({"tlsEnable": False, "tlsRequired": True, "port": 587}, 587),
    ],
)
def test_the_port_follows_from_tls(spec: dict[str, object], port: int) -> None:
    assert field_value(KIND.by_path["port"], smtp(**spec)) == port


def test_the_sender_follows_from_the_username() -> None:
    sender = KIND.by_path["from"]
    assert field_value(sender, smtp()) == "info@cedro.example.com"
    assert field_value(sender, smtp(**{"from": "shop@cedro.example.com"})) == "shop@cedro.example.com"


def test_with_the_mail_server_of_the_system_nothing_else_is_managed() -> None:
    free = {one.path for one in KIND.fields if not managed(SHARED.spec, one.path)}
    assert free == {one.path for one in KIND.fields} - {
        "metadata.labels",
        "metadata.annotations",
        "lifecycle.protect",
        "scope",
        "clientService",
        "useSystem",
    }
    assert all(managed(smtp().spec, one.path) for one in KIND.fields)


def test_system_settings_stand_outside_every_tenant() -> None:
    assert KIND.level_of is not None
    assert KIND.level_of(smtp().spec) is None
    assert KIND.level_of(smtp(scope="system").spec) is Level.PLATFORM


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "db.localhost", "127.0.0.1", "::1", "fe80::1", "::", "169.254.169.254"]
)
def test_hosts_inside_are_refused(host: str) -> None:
    with pytest.raises(ValidationError) as caught:
        smtp(host=host)
    assert [error["type"] for error in caught.value.errors()] == ["SMTP-07"]


@pytest.mark.parametrize("host", ["10.0.0.5", "mail", "smtp.example.com.", "127.1"])
def test_other_hosts_are_judged_by_their_format(host: str) -> None:
    """A private address may be a mail server; a name without a full stop is none."""
    if host == "10.0.0.5":
        assert field_value(KIND.by_path["host"], smtp(host=host)) == host
        return
    with pytest.raises(ValidationError) as caught:
        smtp(host=host)
    assert [error["type"] for error in caught.value.errors()] == ["GEN-14"]


def test_new_settings_are_untested() -> None:
    world = view([smtp()])
    assert dict(at_creation(smtp(), world)) == {"test_state": "custom-untested"}
    assert dict(at_creation(SHARED, world)) == {"test_state": "system-default"}


def test_every_edit_makes_them_untested_and_a_label_does_not() -> None:
    world = view([smtp(description="new")], [(smtp(), {"test_state": "custom-ok"})])
    address = smtp().address
    for changed, expected in (
        (["description"], {"test_state": "custom-untested"}),
        (["password"], {"test_state": "custom-untested"}),
        (["metadata.labels"], {}),
    ):
        change = planned(world, address, changed=changed)
        assert dict(on_change(change, world)) == expected
        assert [one.at for one in found(untested, change, world)] == ["metadata.name"] * bool(expected)


def test_going_back_to_the_system_needs_no_test() -> None:
    world = view([SHARED], [smtp()])
    change = planned(world, SHARED.address, changed=["useSystem"])
    assert dict(on_change(change, world)) == {"test_state": "system-default"}
    assert found(untested, change, world) == []


def test_new_settings_are_warned_about_and_leaving_ones_are_not() -> None:
    new = view([smtp()])
    assert len(found(untested, planned(new, smtp().address, creates=True), new)) == 1
    gone = view([], [smtp()])
    change = planned(gone, smtp().address, deletes=True)
    assert found(untested, change, gone) == []
    assert list(on_change(change, gone)) == []


@pytest.mark.parametrize(("length", "expected"), [(1, 0), (1024, 0), (1025, 1)])
def test_the_length_of_a_resolved_password(length: int, expected: int) -> None:
    findings = list(secret_check("password", SecretValue("x" * length), view()))
    assert [(one.at, one.code) for one in findings] == [("password", "GEN-14")] * expected


def test_what_steers_the_password_is_marked() -> None:
    assert {one.path for one in KIND.fields if one.guards == "password"} == {
        "host",
        "port",
        "tlsEnable",
        "tlsRequired",
    }


@pytest.mark.parametrize(
    ("wanted", "live", "equal"),
    [
        ("smtp.example.com", "SMTP.Example.COM", True),
        ("xn--mller-kva.example.com", "müller.example.com", True),
        ("2001:db8::1", "2001:0DB8:0::1", True),
        ("smtp.example.com", "smtp.example.net", False),
        ("198.51.100.1", "198.51.100.2", False),
    ],
)
def test_another_spelling_of_the_host_is_no_change(wanted: str, live: str, *, equal: bool) -> None:
    assert same(KIND.by_path["host"], wanted, live) is equal
