"""ClientService: what an active one needs, what stops it, and its last days."""

from __future__ import annotations

import datetime as dt

import pytest

from reconciler.kinds.client_service import (
    bundle_is_active,
    certificate_covers_documents,
    certificate_works,
    complete_when_active,
    effective_state,
    issuer_active_on_activation,
    not_the_last_service,
    on_change,
    qualified_signature_due,
    secret_check,
    tokens_end,
)
from reconciler.model.resource import Resource
from reconciler.model.secret import SecretValue
from tests.kinds.worlds import certificate, found, issuer, planned, resource, service, system, view

NOW = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)
SEAL = certificate()
SECRET = {"fromEnv": "CEDRO_SECRET", "version": "1"}
BOUND = service(certificate="cedro-seal", clientSecret=SECRET, state="active")
WORKING = {
    "state": "active",
    "not_before": "2026-01-01T00:00:00Z",
    "not_after": "2028-01-01T00:00:00Z",
    "access_granted_at": "2026-06-01T00:00:00Z",
    "access_expires_at": "2026-07-31T00:00:00Z",
}


def bundle(name: str = "signatures-1k", /) -> Resource[object]:
    """A Bundle."""
    return resource("Bundle", name, displayName=name, includedSignatures=1000)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({}, ""),
        ({"state": "pending-authorization"}, "pending-authorization"),
        ({"state": "access-expired"}, "access-expired"),
        ({"not_before": "2026-06-15T12:00:01Z"}, "not valid yet"),
        ({"not_after": "2026-06-15T12:00:00Z"}, "has ended"),
        ({"access_granted_at": "2026-06-16T00:00:00Z"}, "no access yet"),
        ({"access_expires_at": "2026-06-15T12:00:00Z"}, "no access any more"),
        ({"not_after": None, "access_expires_at": None}, ""),
    ],
)
def test_the_certificate_of_an_active_service_works(change: dict[str, str | None], word: str) -> None:
    world = view([BOUND], [(BOUND, {"state": "active"}), (SEAL, WORKING | change)])
    findings = found(certificate_works, BOUND, world, NOW)
    assert [one.at for one in findings] == (["certificate"] if word else [])
    assert all(word in one.summary for one in findings)


def test_a_service_without_a_wanted_state_is_judged_by_its_live_state() -> None:
    plain = service(certificate="cedro-seal", clientSecret=SECRET)
    for state, expected in (("active", 1), ("suspended", 0), ("registered", 0)):
        world = view([plain], [(plain, {"state": state}), (SEAL, {"state": "access-expired"})])
        assert len(found(certificate_works, plain, world, NOW)) == expected


def test_what_the_plan_does_to_the_certificate_counts_and_what_it_cannot_do_does_not() -> None:
    for live, wanted, expected in (
        ("suspended", "active", 0),
        ("active", "suspended", 1),
        ("pending-authorization", "active", 1),
    ):
        world = view(
            [BOUND, certificate(state=wanted)], [(BOUND, {"state": "active"}), (SEAL, WORKING | {"state": live})]
        )
        assert len(found(certificate_works, BOUND, world, NOW)) == expected


def test_a_new_certificate_is_not_active_at_once() -> None:
    world = view([BOUND, SEAL], [])
    assert len(found(certificate_works, BOUND, world, NOW)) == 1


def test_an_active_service_is_complete() -> None:
    for one, expected in (
        (BOUND, []),
        (service(certificate="cedro-seal", state="active"), ["state"]),
        (service(clientSecret=SECRET, state="active"), ["state"]),
        (service(certificate="cedro-seal", state="suspended"), []),
    ):
        assert [finding.at for finding in found(complete_when_active, one, view([one]))] == expected


def test_a_service_that_runs_cannot_lose_its_certificate() -> None:
    stripped = service(clientSecret=SECRET)
    world = view([stripped], [(BOUND, {"state": "active"})])
    (finding,) = found(complete_when_active, stripped, world)
    assert "certificate" in finding.summary


def test_activation_needs_an_active_issuer() -> None:
    for declared, live, expected in (
        ([], "active", []),
        ([], "suspended", ["state"]),
        ([issuer(state="active")], "registered", []),
        ([issuer(state="blocked")], "active", ["state"]),
    ):
        world = view([BOUND, *declared], [(BOUND, {"state": "registered"}), (issuer(), {"state": live})])
        change = planned(world, BOUND.address, to="active")
        assert [one.at for one in found(issuer_active_on_activation, change, world)] == expected


def test_a_service_that_is_active_already_is_not_judged_when_its_issuer_stops() -> None:
    world = view([BOUND], [(BOUND, {"state": "active"}), (issuer(), {"state": "blocked"})])
    assert found(issuer_active_on_activation, planned(world, BOUND.address, changed=["bundle"]), world) == []


def test_the_last_service_stays_with_its_issuer() -> None:
    gone = service(state="deleted")
    other = service("cs-other")
    for live, expected in (
        ([], ["state"]),
        ([other], []),
        ([(other, {"state": "deleted"})], ["state"]),
    ):
        world = view([gone], [(gone, {"state": "suspended"}), (issuer(), {"state": "active"}), *live])
        change = planned(world, gone.address, to="deleted")
        assert [one.at for one in found(not_the_last_service, change, world)] == expected


def test_the_last_service_goes_with_its_issuer() -> None:
    gone = service(state="deleted")
    world = view([gone, issuer(state="deleted")], [(gone, {"state": "suspended"}), (issuer(), {"state": "blocked"})])
    assert found(not_the_last_service, planned(world, gone.address, to="deleted"), world) == []


def test_a_new_secret_of_an_active_service_ends_tokens() -> None:
    for state, changed, expected in (
        ("active", "clientSecret", ["clientSecret"]),
        ("active", "additionalInfo", []),
        ("suspended", "clientSecret", []),
    ):
        world = view([service()], [(service(), {"state": state})])
        change = planned(world, service().address, changed=[changed])
        assert [one.at for one in found(tokens_end, change, world)] == expected
    new = view([BOUND])
    assert found(tokens_end, planned(new, BOUND.address, creates=True, changed=["clientSecret"]), new) == []


def test_qualified_signatures_are_due_on_the_configured_day() -> None:
    settings = system(legal={"qualifiedSignatureMandatoryFrom": "2026-06-15"})
    plain = service()
    assert len(found(qualified_signature_due, plain, view([plain, settings]), NOW)) == 1
    assert found(qualified_signature_due, plain, view([plain, settings]), NOW - dt.timedelta(days=1)) == []
    assert found(qualified_signature_due, plain, view([plain, settings], [(plain, {"state": "deleted"})]), NOW) == []
    assert found(qualified_signature_due, BOUND, view([BOUND, settings]), NOW) == []


def test_only_a_new_or_changed_bundle_must_be_active() -> None:
    plain, retired = service(), (bundle(), {"state": "retired"})
    assert len(found(bundle_is_active, plain, view([plain], [retired]))) == 1
    assert found(bundle_is_active, plain, view([plain], [plain, retired])) == []
    moved = service(bundle="old")
    assert len(found(bundle_is_active, plain, view([plain], [moved, retired]))) == 1


def test_a_restricted_certificate_signs_invoices_only() -> None:
    for types, restricted, expected in (
        (["e-invoice", "other"], "e-invoice", 1),
        (["e-invoice"], "e-invoice", 0),
        (["other"], "none", 0),
        (["other"], None, 0),
    ):
        one = service(certificate="cedro-seal", documentTypes=types)
        world = view([one], [(SEAL, {"restricted_to": restricted})])
        assert len(found(certificate_covers_documents, one, world)) == expected


def test_the_effective_state_follows_the_issuer() -> None:
    for own, above, expected in (
        ("active", "active", "active"),
        ("active", "suspended", "suspended"),
        ("registered", "blocked", "suspended"),
        ("active", "registered", "active"),
        ("deleted", "deleted", "deleted"),
    ):
        world = view([], [(service(), {"state": own}), (issuer(), {"state": above})])
        entity = world.at(service().address)
        assert entity is not None
        assert effective_state(entity, world, NOW) == expected


def test_who_stopped_a_service_is_forgotten_when_it_runs_again() -> None:
    world = view([BOUND], [(BOUND, {"state": "suspended", "stopped_by": "issuer"})])
    assert list(on_change(planned(world, BOUND.address, to="active"), world)) == [("stopped_by", None)]
    assert list(on_change(planned(world, BOUND.address, changed=["bundle"]), world)) == []


@pytest.mark.parametrize(("length", "expected"), [(15, 1), (16, 0), (128, 0), (129, 1)])
def test_the_length_of_a_resolved_secret(length: int, expected: int) -> None:
    findings = list(secret_check("clientSecret", SecretValue("x" * length), view()))
    assert [(one.at, one.code) for one in findings] == [("clientSecret", "GEN-14")] * expected
    assert all(str(length) not in one.summary.replace("128", "").replace("16", "") for one in findings)
