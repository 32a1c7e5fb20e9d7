"""Domain: derived origins, certificates that end, hosts of strangers, and the way out of the active state."""

from __future__ import annotations

import datetime as dt

import pytest

from reconciler.kinds.domain import (
    KIND,
    certificate_ends,
    certificate_is_pem,
    coverage_fits_the_plan,
    host_below_a_stranger,
)
from reconciler.model.encode import same, stored_values
from reconciler.model.resource import FileContent
from reconciler.model.secret import SecretValue
from tests.kinds.customers import customer, domain, errors, lines, plan_of
from tests.kinds.worlds import found, partner, view

LUMEN = customer()
NOW = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)
SSL = {"source": "uploaded", "certificate": {"fromFile": "a.pem"}, "privateKey": {"fromEnv": "KEY", "version": "1"}}
HOST = domain()


@pytest.mark.parametrize(
    ("spec", "scheme", "port"),
    [
        ({"scheme": "http"}, "http", 80),
        ({"scheme": "https"}, "https", 443),
        ({"scheme": "both"}, "https", 443),
        ({"scheme": "both", "originScheme": "http"}, "http", 80),
        ({"scheme": "http", "originScheme": "https"}, "https", 443),
        ({"scheme": "http", "originPort": 8080}, "http", 8080),
    ],
)
def test_scheme_and_port_of_the_origins_are_derived(spec: dict[str, object], scheme: str, port: int) -> None:
    one = domain(**spec)
    values = dict(zip((column.name for column in KIND.columns), stored_values(KIND, one, {}), strict=True))
    assert (values["origin_scheme"], values["origin_port"]) == (scheme, port)


def test_a_derived_value_is_managed() -> None:
    live = [partner(), LUMEN, (HOST, {"origin_port": 8080})]
    plan = plan_of(view([HOST], live, managed=[HOST]))
    assert [one.path for change in plan.changes for one in change.fields] == ["originPort"]


def test_the_order_of_ports_means_nothing_and_that_of_origins_does() -> None:
    before = domain(httpPorts=[80, 8080, 443], origins=[{"address": "192.0.2.1"}, {"address": "192.0.2.2"}])
    live = [partner(), LUMEN, before]
    ports = domain(httpPorts=[443, 80, 8080], origins=[{"address": "192.0.2.1"}, {"address": "192.0.2.2"}])
    assert not any(line.startswith("update") for line in lines(plan_of(view([ports], live, managed=[before]))))
    turned = domain(httpPorts=[80, 8080, 443], origins=[{"address": "192.0.2.2"}, {"address": "192.0.2.1"}])
    assert any(line.startswith("update") for line in lines(plan_of(view([turned], live, managed=[before]))))


# --- certificates (DOM-04, DOM-09) ---


@pytest.mark.parametrize(
    ("ends", "warned"),
    [("2026-06-23", 0), ("2026-06-22", 1), ("2026-06-15", 1), ("2026-01-01", 1), (None, 0)],
)
def test_an_uploaded_certificate_is_warned_about_seven_days_before_its_end(ends: str | None, warned: int) -> None:
    one = domain(scheme="https", ssl=SSL)
    world = view([one], [(HOST, {"ssl_expires_at": ends})])
    assert [finding.at for finding in found(certificate_ends, one, world, NOW)] == ["metadata.name"] * warned


@pytest.mark.parametrize(("state", "warned"), [("active", 0), ("pending", 0), ("failure", 1)])
def test_a_free_certificate_renews_itself_unless_it_failed(state: str, warned: int) -> None:
    one = domain(scheme="https", ssl={"source": "lets-encrypt"})
    world = view([one], [(HOST, {"ssl_expires_at": "2026-06-16", "ssl_state": state})])
    assert len(found(certificate_ends, one, world, NOW)) == warned


def test_a_live_end_that_is_no_date_says_nothing() -> None:
    one = domain(scheme="https", ssl=SSL)
    assert found(certificate_ends, one, view([one], [(HOST, {"ssl_expires_at": "soon"})]), NOW) == []


def test_without_a_certificate_nothing_ends() -> None:
    world = view([HOST], [(HOST, {"ssl_expires_at": "2026-06-16"})])
    assert found(certificate_ends, HOST, world, NOW) == []
    assert found(certificate_ends, domain(scheme="https", ssl=SSL), view([domain(ssl=SSL)]), NOW) == []


@pytest.mark.parametrize(("plan", "refused"), [("standard", 1), ("enterprise", 0)])
def test_wide_certificates_are_for_enterprise_customers_live_ones_too(plan: str, refused: int) -> None:
    one = domain(ssl={"coverage": "san"})
    world = view([one], [customer(plan=plan)])
    assert [finding.at for finding in found(coverage_fits_the_plan, one, world)] == ["ssl.coverage"] * refused


PEM = "-----BEGIN {0}-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END {0}-----\n"


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        (PEM.format("PRIVATE KEY"), True),
        (PEM.format("EC PRIVATE KEY"), True),
        (PEM.format("PRIVATE KEY").replace("\n", "\r\n"), True),
        (PEM.format("PRIVATE KEY").replace("\n", " "), True),
        (PEM.format("CERTIFICATE"), False),
        ("MC4CAQAwBQYDK2VwBCIEIA==", False),
        ("-----BEGIN PRIVATE KEY-----", False),
    ],
)
def test_a_private_key_is_pem(text: str, *, accepted: bool) -> None:
    findings = list(KIND.secret_check("ssl.privateKey", SecretValue(text), view()))
    assert [(one.code, one.at) for one in findings] == ([] if accepted else [("GEN-14", "ssl.privateKey")])
    assert all("MC4C" not in one.summary for one in findings)


def test_a_certificate_is_pem() -> None:
    one = domain(scheme="https", ssl=SSL)
    for data, refused in (
        (PEM.format("CERTIFICATE").encode(), 0),
        (PEM.format("PRIVATE KEY").encode(), 1),
        (b"\xff", 1),
    ):
        one.files = {"ssl.certificate": FileContent("a.pem", data, "application/x-pem-file")}
        assert len(found(certificate_is_pem, one, view([one]))) == refused


# --- hosts of other customers (DOM-10) ---


@pytest.mark.parametrize(
    ("live", "owner", "warned"),
    [
        ("lumen.example.com", "outro", 1),
        ("lumen.example.com", "lumen-grupo", 0),
        ("*.lumen.example.com", "outro", 1),
        ("example.com", "outro", 1),
        ("a.www.lumen.example.com", "outro", 0),
        ("n.example.com", "outro", 0),
    ],
)
def test_a_host_below_that_of_another_customer(live: str, owner: str, warned: int) -> None:
    other = domain("other", host=live, customer=owner)
    world = view([HOST], [other])
    assert [(one.address, one.at) for one in found(host_below_a_stranger, world)] == [(HOST.address, "host")] * warned


def test_a_star_below_the_bare_host_of_another_customer() -> None:
    star = domain("star", host="*.lumen.example.com")
    world = view([star], [domain("other", host="lumen.example.com", customer="outro")])
    assert len(found(host_below_a_stranger, world)) == 1


# --- the way out ---


def test_an_active_domain_is_disabled_before_it_is_deleted() -> None:
    world = view([], [partner(), LUMEN, (HOST, {"state": "active"})], managed=[HOST])
    assert lines(plan_of(world, prune=True)) == [
        f"transition {HOST.address} active->disabled",
        f"delete {HOST.address}",
    ]


@pytest.mark.parametrize("state", ["pending", "disabled"])
def test_an_idle_domain_is_deleted_at_once(state: str) -> None:
    world = view([], [partner(), LUMEN, (HOST, {"state": state})], managed=[HOST])
    assert lines(plan_of(world, prune=True)) == [f"delete {HOST.address}"]


def test_a_domain_never_becomes_pending_again() -> None:
    world = view([domain(state="pending")], [partner(), LUMEN, (HOST, {"state": "active"})], managed=[HOST])
    assert errors(plan_of(world)) == [("LIF-01", str(HOST.address), "state")]


def test_the_host_is_the_key_whatever_its_case() -> None:
    live = [partner(), LUMEN, (HOST, {"host": "WWW.Lumen.example.com"})]
    assert errors(plan_of(view([HOST], live, managed=[HOST]))) == []
    other = [partner(), LUMEN, (HOST, {"host": "old.lumen.example.com"})]
    assert [code for code, _, _ in errors(plan_of(view([HOST], other, managed=[HOST])))] == ["GEN-05"]


def test_live_origins_may_lack_what_has_a_default() -> None:
    field = KIND.by_path["origins"]
    whole = '[{"address":"203.0.113.80","role":"primary","tunnel":false}]'
    assert same(field, whole, '[{"address":"203.0.113.80"}]')
    assert not same(field, whole, '[{"address":"203.0.113.80","role":"backup"}]')
    assert not same(field, whole, '["203.0.113.80"]')


@pytest.mark.parametrize("live", ["WWW.Lumen.Example.COM", "www.lumen.example.com"])
def test_hosts_compare_in_lower_case(live: str) -> None:
    assert same(KIND.by_path["host"], "www.lumen.example.com", live)


def test_hosts_compare_as_a_labels() -> None:
    field = KIND.by_path["host"]
    assert same(field, "*.xn--mller-kva.example.com", "*.müller.example.com")
    assert not same(field, "*.xn--mller-kva.example.com", "xn--mller-kva.example.com")
    assert not same(field, "www.example.com", "www..example.com")
