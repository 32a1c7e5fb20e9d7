"""Access as plain data: what somebody may do, and who gains and loses what through a plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.model.entitlement import Entitlement, Shift
from reconciler.model.principal import Principal


def access_json(who: Principal, rights: Sequence[Entitlement]) -> dict[str, Any]:
    """Everything that somebody may do."""
    return {**person_json(who), "rights": [right_json(one) for one in rights]}


def person_json(who: Principal) -> dict[str, Any]:
    """Who somebody is, as rights see it."""
    return {
        "address": str(who.address),
        "known_as": who.known_as,
        "role": who.role.value,
        "company": None if who.company is None else str(who.company),
        "scope": sorted(map(str, who.scope)),
        "barred": who.barred or None,
        "only": None if who.only is None else {"address": str(who.only[0]), "edge": who.only[1]},
    }


def right_json(one: Entitlement) -> dict[str, Any]:
    """One right. ``resources`` is null for every resource of the kind."""
    return {
        "kind": one.kind,
        "verb": one.verb,
        "what": one.what,
        "reach": one.reach,
        "condition": one.condition or None,
        "resources": None if one.resources is None else [str(address) for address in one.resources],
    }


def shift_json(one: Shift) -> dict[str, Any]:
    """One gain or loss."""
    return {
        "who": one.who.known_as,
        "address": str(one.who.address),
        "role": one.who.role.value,
        "change": "gain" if one.gains else "loss",
        **right_json(one.right),
    }
