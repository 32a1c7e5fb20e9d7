"""CertificateAuthority: the rules with live data."""

from __future__ import annotations

from reconciler.kinds.certificate_authority import (
    KIND,
    qualified_in_production,
    services_that_stop,
    unused_when_deleted,
)
from reconciler.model.kind import Status
from tests.kinds.worlds import authority, certificate, found, planned, service, system, view


def test_an_authority_with_certificates_is_not_deleted() -> None:
    world = view([], [authority(), certificate(), certificate("cedro-second")])
    (finding,) = found(unused_when_deleted, planned(world, authority().address, deletes=True), world)
    assert finding.at == ""
    assert finding.detail == "Certificate/farol-services/cedro-seal, Certificate/farol-services/cedro-second"
    assert "Certificate/farol-services/cedro-seal" in finding.summary


def test_an_authority_whose_certificates_are_tombstones_is_deleted() -> None:
    world = view([], [authority(), (certificate(), {"state": "deleted"})])
    assert found(unused_when_deleted, planned(world, authority().address, deletes=True), world) == []
    assert found(unused_when_deleted, planned(world, authority().address, changed=["displayName"]), world) == []


def test_disabling_lists_the_active_services_that_stop() -> None:
    other = certificate("other-seal", certificateAuthority="norte-trust")
    world = view(
        [authority(state="disabled")],
        [
            authority(),
            certificate(),
            other,
            (service("cs-one", certificate="cedro-seal"), {"state": "active"}),
            (service("cs-two", certificate="cedro-seal"), {"state": "suspended"}),
            (service("cs-three", certificate="other-seal"), {"state": "active"}),
        ],
    )
    (finding,) = found(services_that_stop, planned(world, authority().address, to="disabled"), world)
    assert finding.at == "state"
    assert "cs-one" in finding.summary
    assert "cs-two" not in finding.summary
    assert "cs-three" not in finding.summary


def test_disabling_an_authority_that_nobody_uses_warns_of_nothing() -> None:
    world = view([authority(state="disabled")], [authority()])
    assert found(services_that_stop, planned(world, authority().address, to="disabled"), world) == []


def test_production_may_be_known_from_the_database_alone() -> None:
    plain = authority(qualified=False)
    assert [one.at for one in found(qualified_in_production, plain, view([plain], [system(environment="production")]))]
    assert found(qualified_in_production, plain, view([plain], [system()])) == []


def test_the_address_of_the_service_guards_the_secret() -> None:
    assert KIND.by_path["remoteService.baseUrl"].guards == "remoteService.clientSecret"
    assert isinstance(KIND.status[0], Status)
    assert (KIND.status[0].column, KIND.status[0].stored) == ("created_at", False)
