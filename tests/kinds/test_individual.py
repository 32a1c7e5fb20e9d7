"""Individual: roles that the customer allows, days between which a person can log in, and the mail at the beginning."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from reconciler.kinds.individual import effective_state, effects, risks, role_is_allowed
from reconciler.model.lifecycle import Risk
from reconciler.model.resource import Resource
from tests.kinds.customers import customer, errors, individual, lines, plan_of, role, self_care
from tests.kinds.worlds import found, partner, planned, system, view

LUMEN = customer()
RUI = individual()
PORTAL = role()
NOW = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(("allowed", "refused"), [(["portal"], 0), (["readers"], 1), ([], 1)])
def test_the_role_is_one_of_those_allowed(allowed: list[str], refused: int) -> None:
    for world in (
        view([LUMEN, PORTAL, RUI, self_care(allowedRoles=allowed)]),
        view([RUI], [LUMEN, PORTAL, self_care(allowedRoles=allowed)]),
    ):
        assert [one.at for one in found(role_is_allowed, RUI, world)] == ["role"] * refused


def test_without_a_self_care_there_is_no_individual() -> None:
    (finding,) = found(role_is_allowed, RUI, view([RUI], [LUMEN, PORTAL]))
    assert "no SelfCare" in finding.summary


def test_the_self_care_answers_while_the_live_one_still_allows_the_role() -> None:
    narrowed = self_care(allowedRoles=["readers"])
    world = view([RUI, narrowed], [LUMEN, PORTAL, self_care(allowedRoles=["portal"]), RUI])
    assert found(role_is_allowed, RUI, world) == []
    gone = view([RUI, narrowed], [LUMEN, PORTAL, self_care(allowedRoles=["readers"]), RUI])
    assert len(found(role_is_allowed, RUI, gone)) == 1


def test_a_role_that_does_not_exist_or_is_for_others_is_one_wrong_place() -> None:
    care = self_care(allowedRoles=["readers"])
    for roles in ([], [role(type="admin")]):
        assert found(role_is_allowed, RUI, view([RUI, care, *roles], [LUMEN])) == []


def state(now: dt.datetime = NOW, live: str = "active", **spec: Any) -> str:
    """The effective state of an individual with these fields."""
    one = individual(**spec)
    world = view([one], [LUMEN, (one, {"state": live})])
    entity = world.at(one.address)
    assert entity is not None
    return effective_state(entity, world, now)


def test_the_effective_state_follows_state_dates_and_clock() -> None:
    assert state() == "active"
    assert state(live="disabled") == "disabled"
    assert state(live="disabled", expirationDate="2020-01-01") == "disabled"
    assert state(activationDate="2026-06-16") == "pending"
    assert state(activationDate="2026-06-15") == "active"
    assert state(expirationDate="2026-06-16") == "active"
    assert state(expirationDate="2026-06-15") == "expired"


def test_the_days_are_those_of_the_persons_time_zone() -> None:
    late = dt.datetime(2026, 6, 15, 23, 30, tzinfo=dt.UTC)  # in Lisbon it is the 16th already
    assert state(late, activationDate="2026-06-16") == "active"
    assert state(late, activationDate="2026-06-16", timeZone="Atlantic/Azores") == "pending"
    one = individual(activationDate="2026-06-16")
    world = view([one], [LUMEN, self_care(timeZone="Atlantic/Azores"), one])
    entity = world.at(one.address)
    assert entity is not None
    assert effective_state(entity, world, late) == "pending"


def test_a_live_zone_that_is_none_counts_as_that_of_the_platform() -> None:
    one = individual(activationDate="2026-06-16")
    world = view([one], [LUMEN, (one, {"time_zone": "Nowhere/Land"})])
    entity = world.at(one.address)
    assert entity is not None
    assert effective_state(entity, world, dt.datetime(2026, 6, 15, 23, 30, tzinfo=dt.UTC)) == "active"


def languages(one: Resource[Any], *around: Resource[Any]) -> list[str]:
    """Languages of the notices that the creation of an individual writes."""
    world = view([one, LUMEN, *around])
    return [notice.language for notice in effects(planned(world, one.address, creates=True), world)]


def test_a_new_individual_gets_a_mail_in_its_language() -> None:
    assert languages(RUI) == ["pt-PT"]
    assert languages(RUI, system(defaultLanguage="en")) == ["en"]
    assert languages(RUI, system(defaultLanguage="en"), self_care(language="pt-PT")) == ["pt-PT"]
    assert languages(individual(language="en"), self_care(language="pt-PT")) == ["en"]


def test_the_mail_holds_no_password() -> None:
    world = view([LUMEN, RUI, self_care(allowedRoles=["portal"]), role(), system()], [partner()])
    (notice,) = [one for one in plan_of(world).notices if one.event == "individual-created"]
    assert notice.recipient == "rui.prates@lumen.example.com"
    assert notice.resource == RUI.address
    assert dict(notice.payload) == {
        "platform.name": "Atlantic",
        "company.name": "Lumen Grupo",
        "individual.login": "rui.prates",
    }


def test_only_creation_writes_a_mail() -> None:
    world = view([individual(language="en")], [LUMEN, RUI])
    assert list(effects(planned(world, RUI.address, changed=["language"]), world)) == []


def test_risks() -> None:
    world = view([individual(trustedIps=["192.0.2.1"])], [LUMEN, RUI])
    assert list(risks(planned(world, RUI.address, creates=True), world)) == [Risk.SENDS_MAIL]
    assert list(risks(planned(world, RUI.address, changed=["trustedIps"]), world)) == [Risk.LOCKS_OUT]
    assert list(risks(planned(world, RUI.address, changed=["email"]), world)) == []


def test_inherit_takes_a_second_factor_away_and_silence_leaves_it() -> None:
    live = [partner(), LUMEN, role(), self_care(allowedRoles=["portal"]), individual(twoFactor="disabled")]
    silent = plan_of(view([RUI], live, managed=[RUI]))
    assert not any(line.startswith("update") for line in lines(silent))
    asked = individual(twoFactor="inherit")
    plan = plan_of(view([asked], live, managed=[RUI]))
    (change,) = [one for one in plan.changes if one.action.value == "update"]
    assert errors(plan) == []
    assert dict(change.columns) == {"two_factor": None}
