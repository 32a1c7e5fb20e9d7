"""Certificate: access that runs out, states that others walk into, and tombstones."""

from __future__ import annotations

import datetime as dt

import pytest

from reconciler.kinds.certificate import (
    KIND,
    access_is_renewed,
    authority_is_active,
    not_deleted_while_used,
    not_past_its_end,
)
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.lifecycle import Risk
from tests.kinds.worlds import authority, certificate, found, issuer, planned, service, system, view

SEAL = certificate()
NOW = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)


def test_a_new_certificate_needs_an_active_authority() -> None:
    for state, expected in (("active", []), ("disabled", ["certificateAuthority"])):
        world = view([SEAL], [(authority(), {"state": state})])
        assert [one.at for one in found(authority_is_active, SEAL, world)] == expected


def test_an_existing_certificate_outlives_its_authority() -> None:
    world = view([SEAL], [SEAL, (authority(), {"state": "disabled"})])
    assert found(authority_is_active, SEAL, world) == []


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ("2026-06-22T12:00:01Z", ""),
        ("2026-06-22T12:00:00Z", "in 7 days"),
        ("2026-06-17T12:00:01Z", "in 3 days"),
        ("2026-06-16T12:00:00Z", "in 1 day,"),
        ("2026-06-15T12:00:01Z", "in 1 day,"),
        ("2026-06-15T12:00:00Z", "the access ended"),
    ],
)
def test_days_left_are_rounded_up(ends: str, words: str) -> None:
    world = view([SEAL], [(SEAL, {"state": "active", "access_expires_at": ends})])
    summaries = [one.summary for one in found(access_is_renewed, SEAL, world, NOW)]
    assert len(summaries) == bool(words)
    assert all(words in one for one in summaries)


def test_the_platform_may_ask_earlier() -> None:
    live = [(SEAL, {"state": "active", "access_expires_at": "2026-07-05T12:00:00Z"})]
    assert found(access_is_renewed, SEAL, view([SEAL], live), NOW) == []
    world = view([SEAL, system(caAccess={"warnDays": 20})], live)
    (finding,) = found(access_is_renewed, SEAL, world, NOW)
    assert finding.at == "metadata.name"


def test_signatures_run_out_as_well() -> None:
    settings = system(caAccess={"maxSignatures": 1000, "warnUsagePercent": 80})
    for used, expected in ((799, 0), (800, 1), (1000, 1)):
        world = view([SEAL, settings], [(SEAL, {"state": "active", "access_signatures_since_grant": used})])
        assert len(found(access_is_renewed, SEAL, world, NOW)) == expected


def test_renewing_is_manual_and_one_line_for_both_reasons() -> None:
    live = {"state": "access-expired", "access_expires_at": "2026-06-01T00:00:00Z"}
    world = view([SEAL], [(SEAL, {**live, "access_signatures_since_grant": 1_000_000_000})])
    (finding,) = found(access_is_renewed, SEAL, world, NOW)
    assert "ended" in finding.summary
    assert "signatures" in finding.summary
    assert (access_is_renewed.severity, access_is_renewed.phase) == (Severity.MANUAL, Phase.TIME)


@pytest.mark.parametrize("state", ["pending-authorization", "expired", "revoked", "deleted"])
def test_without_access_there_is_nothing_to_renew(state: str) -> None:
    world = view([SEAL], [(SEAL, {"state": state, "access_expires_at": "2026-06-01T00:00:00Z"})])
    assert found(access_is_renewed, SEAL, world, NOW) == []


def test_a_time_that_nobody_can_read_is_not_judged() -> None:
    world = view([SEAL], [(SEAL, {"state": "active", "access_expires_at": "soon", "not_after": "late"})])
    assert found(access_is_renewed, SEAL, world, NOW) == []
    assert found(not_past_its_end, SEAL, world, NOW) == []


def test_an_ended_certificate_cannot_be_active() -> None:
    wanted = certificate(state="active")
    for end, expected in (("2026-06-15T11:59:59Z", ["state"]), ("2026-06-15T12:00:01Z", [])):
        world = view([wanted], [(wanted, {"state": "access-expired", "not_after": end})])
        assert [one.at for one in found(not_past_its_end, wanted, world, NOW)] == expected
    left_out = view([SEAL], [(SEAL, {"state": "active", "not_after": "2026-01-01T00:00:00Z"})])
    assert found(not_past_its_end, SEAL, left_out, NOW) == []


def test_a_certificate_in_use_is_not_deleted() -> None:
    user = service(certificate="cedro-seal")
    gone = certificate(state="deleted")
    for live, expected in (
        ([(user, {"state": "suspended"})], ["state"]),
        ([(user, {"state": "deleted"})], []),
        ([service()], []),
        ([user, (issuer(), {"state": "deleted"})], []),
    ):
        world = view([gone], [(gone, {"state": "suspended"}), *live])
        change = planned(world, gone.address, to="deleted")
        assert [one.at for one in found(not_deleted_while_used, change, world)] == expected


def test_a_service_that_leaves_in_the_same_plan_does_not_hold_it() -> None:
    gone, user = certificate(state="deleted"), service(certificate="cedro-seal")
    live = [(gone, {"state": "suspended"}), (user, {"state": "suspended"})]
    world = view([gone, service(certificate="cedro-seal", state="deleted")], live)
    assert found(not_deleted_while_used, planned(world, gone.address, to="deleted"), world) == []
    unbound = view([gone, service()], live)
    assert found(not_deleted_while_used, planned(unbound, gone.address, to="deleted"), unbound) == []


def test_other_edges_are_no_deletion() -> None:
    user = service(certificate="cedro-seal")
    world = view([certificate(state="suspended")], [(SEAL, {"state": "active"}), user])
    assert found(not_deleted_while_used, planned(world, SEAL.address, to="suspended"), world) == []


def test_edges_that_people_and_the_system_walk() -> None:
    assert KIND.lifecycle is not None
    (consent,) = KIND.lifecycle.path("pending-authorization", "active") or ()
    assert consent.walker == "human"
    (expiry,) = KIND.lifecycle.path("active", "expired") or ()
    assert expiry.walker == "system"
    away = [edge for edge in KIND.lifecycle.edges if edge.source == "active"]
    assert all(Risk.STOPS_SIGNING in edge.risks for edge in away)
    buried = [edge for edge in KIND.lifecycle.edges if edge.target == "deleted"]
    assert all({Risk.IRREVERSIBLE, Risk.LEGAL_RETENTION} <= set(edge.risks) for edge in buried)
