"""Operator: where a person begins, who is told, who keeps the doors open."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.kinds.operator import KIND, effects, entry_state, is_active_administrator, on_change
from reconciler.model.effect import Notice, Planned
from reconciler.model.kind import Deletion
from reconciler.model.resource import Resource
from reconciler.model.view import View
from tests.kinds.worlds import issuer, operator, partner, planned, system, view

ROOT = operator("root", "administrator")
ANA = operator("ana", "partner", "farol-services")
RUI = operator("rui", "issuer", "farol-services", issuer="oficina-cedro")


@pytest.mark.parametrize("state", ["registered", "active", "suspended", "blocked"])
@pytest.mark.parametrize("person", [ANA, RUI], ids=["partner", "issuer"])
def test_a_person_begins_as_the_company_stands(person: Resource[Any], state: str) -> None:
    world = view([person], [(partner(), {"state": state}), (issuer(), {"state": state})])
    assert entry_state(person, world) == ("active" if state == "active" else "registered")


def test_a_person_of_the_platform_begins_as_active() -> None:
    assert entry_state(ROOT, view([ROOT])) == "active"


def test_a_company_that_becomes_active_in_the_same_plan_is_active() -> None:
    world = view([ANA, partner(state="active")], [(partner(), {"state": "registered"})])
    assert entry_state(ANA, world) == "active"


def notices(change: Planned, world: View) -> list[tuple[str, str, str]]:
    """Event, recipient and language of the notices of a change."""
    return [(one.event, one.recipient, one.language) for one in effects(change, world) if isinstance(one, Notice)]


def test_a_new_person_is_told_once_and_only_as_active() -> None:
    world = view([ANA], [(partner(language="es-ES"), {"state": "active"}), system()])
    change = planned(world, ANA.address, creates=True)
    assert notices(change, world) == [("operator-created", "ana@farol.example.com", "es-ES")]
    (notice,) = effects(change, world)
    assert isinstance(notice, Notice)
    assert notice.payload == {
        "platform.name": "Atlantic",
        "company.name": "Farol Services, Lda.",
        "operator.name": "Ana",
    }
    world = view([ANA], [(partner(), {"state": "registered"}), system()])
    assert notices(planned(world, ANA.address, creates=True), world) == []


def test_a_person_who_is_active_through_the_company_is_told_by_the_company() -> None:
    world = view([ANA], [(partner(), {"state": "active"}), (ANA, {"state": "registered"})])
    assert notices(planned(world, ANA.address, to="active"), world) == []


@pytest.mark.parametrize(("token", "told"), [("2", True), (None, False)])
def test_another_reset_token_mails_a_link(token: str | None, *, told: bool) -> None:
    after = operator("root", "administrator", credentialsResetToken=token)
    world = view([after], [operator("root", "administrator", credentialsResetToken="1"), system()])
    change = planned(world, after.address, changed=["credentialsResetToken"])
    assert notices(change, world) == ([("password-reset", "root@farol.example.com", "pt-PT")] if told else [])


def test_other_changes_mail_nothing() -> None:
    world = view([ROOT], [ROOT])
    assert notices(planned(world, ROOT.address, changed=["displayName"]), world) == []


def test_the_language_of_an_issuer_operator_comes_from_issuer_then_partner() -> None:
    world = view([RUI], [(partner(language="es-ES"), {"state": "active"}), (issuer(), {"state": "active"}), system()])
    assert notices(planned(world, RUI.address, creates=True), world)[0][2] == "es-ES"
    spoken = issuer(language="en")
    world = view([RUI], [(partner(language="es-ES"), {"state": "active"}), (spoken, {"state": "active"}), system()])
    assert notices(planned(world, RUI.address, creates=True), world)[0][2] == "en"


def test_active_administrators_keep_the_doors_open() -> None:
    for person, columns, expected in (
        (ROOT, {}, True),
        (ROOT, {"state": "suspended"}, False),
        (ANA, {}, False),
    ):
        entity = view([], [(person, columns)]).at(person.address)
        assert entity is not None
        assert is_active_administrator(entity) is expected
    leaving = operator("root", "administrator", state="blocked")
    entity = view([leaving], [ROOT]).at(leaving.address)
    assert entity is not None
    assert not is_active_administrator(entity)


def test_who_stopped_somebody_is_forgotten_on_the_way_out() -> None:
    back = operator("root", "administrator", state="active")
    world = view([back], [(ROOT, {"state": "suspended", "stopped_by": "administrator"})])
    assert dict(on_change(planned(world, back.address, to="active"), world)) == {"stopped_by": None}


def test_pruning_is_the_path_to_the_tombstone() -> None:
    assert KIND.deletion is Deletion.PATH
    assert KIND.lifecycle is not None
    assert [str(edge) for edge in KIND.lifecycle.path("active", "deleted") or ()] == [
        "active->blocked",
        "blocked->deleted",
    ]
    assert KIND.lifecycle.edges[0].walker == "system"
