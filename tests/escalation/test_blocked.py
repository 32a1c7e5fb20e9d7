"""What waits for something that is denied says so, and for what."""

from __future__ import annotations

import json

from tests.escalation.estate import Estate, known
from tests.oracle.oracle import Key

PAULA, ROOT = known("farol", "paula"), known("", "root")
ROLE: Key = ("Role", "", "fresh")


def denied_role(estate: Estate) -> None:
    """A role, which administrators alone make, and somebody of a portal who is to have it."""
    estate.write(ROLE, {"type": "customer", "permissions": [{"path": "customer", "access": "read"}]})
    user = next(key for key in estate.specs if key[:2] == ("CustomerUser", "farol"))
    estate.write(user, {"role": "fresh"})


def test_what_names_a_denied_creation_waits_for_it(estate: Estate) -> None:
    denied_role(estate)
    told = estate.plan(PAULA)
    assert told.code == 4
    assert "Blocked: 1 change." in told.out
    assert "it waits for Role/fresh, which is denied" in told.out
    made = json.loads(estate.plan(PAULA, more=("--format", "json")).out)
    actions = {one["address"]: one["reconciler"]["actions"] for one in made["resource_changes"]}
    assert ["update", "blocked-by"] in [one for name, one in actions.items() if name.startswith("CustomerUser/farol")]
    assert actions["Role/fresh"] == ["create"]
    assert made["complete"] is False


def test_nothing_waits_where_nothing_is_denied(estate: Estate) -> None:
    denied_role(estate)
    told = estate.plan(ROOT)
    assert told.code == 0, told.out
    assert "Blocked" not in told.out
    assert "waits for" not in told.out


def test_nothing_waits_for_what_is_not_told(estate: Estate) -> None:
    """A foreign resource that a manifest names may exist or not: no line says which."""
    new: Key = ("Category", "duna", "fresh")
    estate.write(("ServiceType", "duna", "fresh"), {"displayName": "Fresh"})
    estate.write(new, {"displayName": "Fresh", "serviceTypes": ["fresh"]})
    told = estate.plan(PAULA)
    assert told.code == 4
    assert "Blocked" not in told.out


def test_a_plan_file_with_what_waits_is_carried_with_somebody_who_may(estate: Estate) -> None:
    denied_role(estate)
    assert estate.plan(PAULA, more=("--out", "p.plan")).code == 4
    assert "Blocked: 1 change." in estate.run("show", "p.plan").out
    told = estate.run("apply", "p.plan", "--auto-approve", "--as", PAULA, "--as", ROOT)
    assert told.code == 0, told.err


def test_the_way_on_behind_the_step_of_a_person_waits(estate: Estate) -> None:
    spare: Key = ("Certificate", "farol", "farol-a-spare")
    estate.put(spare, state="pending-authorization")
    estate.write(spare, {"state": "suspended"})
    told = estate.apply(known("farol", "isa"))
    assert told.code == 0, told.err
    assert "the way on to suspended waits for the step pending-authorization->active" in " ".join(told.out.split())
    assert estate.state(spare) == "pending-authorization"
