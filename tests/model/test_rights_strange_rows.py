"""Rights over rows that other programs wrote and no rule has judged: whoever is not plainly somebody is nobody."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.kinds.operator import is_active_administrator
from reconciler.model.address import Address
from tests.engine.people import FAROL, INES, case, operator
from tests.kinds.worlds import system

INES_MAIL, ROOT, UMA = "ines@farol.example.com", "root@example.com", "uma@tax.example.com"


@pytest.mark.parametrize("role", ["root", "distributor", "customer", "", None])
def test_an_operator_whose_role_is_none_is_nobody_and_breaks_nothing(role: Any) -> None:
    found = case(live={INES.address: {"role": role}}).rights
    assert found.find(INES_MAIL) is None
    (ines,) = [one for one in found.principals() if one.address == INES.address]
    assert ines.barred == "its role is none"


@pytest.mark.parametrize("role", ["administrator", "auditor"])
def test_nobody_stands_above_the_own_place_by_the_word_in_a_row(role: str) -> None:
    found = case(live={INES.address: {"role": role, "audit_scope": '["farol-services/cedro-retail"]'}}).rights
    principal = found.find(INES_MAIL)
    assert principal is not None
    assert principal.barred == "its place does not fit its role"
    entity = found.view.at(INES.address)
    assert entity is not None
    assert not is_active_administrator(entity)


@pytest.mark.parametrize("last_day", ["soon", "", "9999"])
def test_an_end_that_cannot_be_read_is_no_day_ahead(last_day: str) -> None:
    (uma,) = case(live={Address("Operator", "", "uma"): {"valid_until": last_day}}).people(UMA)
    assert uma.barred == "the end of its access cannot be read"


@pytest.mark.parametrize("zone", ["Mars/City", "../etc/passwd", ""])
def test_a_time_zone_that_does_not_exist_opens_nothing_and_breaks_nothing(zone: str) -> None:
    uma, settings = Address("Operator", "", "uma"), system()
    live = {uma: {"valid_until": "2026-12-31"}, settings.address: {"default_time_zone": zone}}
    (found,) = case(stand=[settings], live=live).people(UMA)
    assert found.barred == "the end of its access cannot be read"


def test_a_name_by_which_several_are_known_is_nobodys() -> None:
    stray = operator("stray", "partner", FAROL)
    looks_alike = {stray.address: {"email": "ROOT@example.com ", "state": "active"}}
    assert case(stand=[stray], live=looks_alike).rights.find(ROOT) is None
    other = {stray.address: {"state": "active"}}
    assert case(stand=[stray], live=other).rights.find(ROOT) is not None
