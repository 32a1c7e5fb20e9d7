"""What an answer tells about what one may not see: a foreign resource and an absent one are answered alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.escalation.estate import Estate, known
from tests.oracle.oracle import Key

PAULA = known("farol", "paula")


def answers(estate: Estate, key: Key, change: Mapping[str, Any], *, actor: str = PAULA) -> tuple[Any, Any]:
    """The answers to the same manifest about a resource that is there and about one that is not."""
    spec = {**estate.specs[key], **change}
    found = []
    for name in (key[2], "x" * len(key[2])):
        estate.write((key[0], key[1], name), spec)
        told = estate.apply(actor)
        estate.remove((key[0], key[1], name))
        found.append((told.code, told.out.replace(name, "NAME"), told.err.replace(name, "NAME")))
    return found[0], found[1]


def test_a_field_that_may_change(estate: Estate) -> None:
    foreign, absent = answers(estate, ("Category", "duna", "billing"), {"displayName": "Mine"})
    assert foreign == absent


def test_a_field_that_never_changes(estate: Estate) -> None:
    """The rule for everybody about fields that never change would say whether the resource is there."""
    change = {"alias": "another", "use": "signature"}
    foreign, absent = answers(estate, ("Certificate", "duna", "duna-a-seal"), change, actor=known("farol", "isa"))
    assert foreign == absent


def test_an_edge_that_no_path_leads_to(estate: Estate) -> None:
    change = {"displayName": "Another", "state": "archived"}
    estate.put(("ServiceType", "duna", "incident"), state="archived")
    foreign, absent = answers(estate, ("ServiceType", "duna", "incident"), change)
    assert foreign == absent


def test_a_natural_key_that_is_taken(estate: Estate) -> None:
    """That a value is taken is told without the address of what holds it."""
    spec = {**estate.specs["ClientService", "farol", "farol-a-two"], "alias": "duna-a-one"}
    estate.write(("ClientService", "farol", "farol-a-new"), spec)
    told = estate.apply(PAULA)
    assert told.code == 1
    assert told.says("CS-03")
    assert "ClientService/duna" not in told.out + told.err
