"""What a plan file tells besides its plan, as a part of the document, and back. The seal of the file covers it.

Of people it holds what reports show of them: address, name, role. Nothing else of their rights is written down.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reconciler.engine.planfile import (
    count_from,
    denial_document,
    denial_from,
    diagnostic_document,
    diagnostic_from,
)
from reconciler.model.access import RoleWord
from reconciler.model.address import Address
from reconciler.model.aside import Aside, Pending
from reconciler.model.entitlement import Entitlement, Shift
from reconciler.model.errors import UsageError
from reconciler.model.plan import Summary
from reconciler.model.principal import Principal
from reconciler.model.report import Base, Check


def aside_document(aside: Aside) -> dict[str, Any]:
    """The part of the document."""
    return {
        "guards": [diagnostic_document(one) for one in aside.guarded],
        "access": [_shift(one) for one in aside.shifts],
        "base": None if aside.base is None else _base(aside.base),
        "pending": [
            [str(address), one.whole, list(one.fields), list(one.edges), list(one.manual)]
            for address, one in aside.pending.items()
        ],
    }


def aside_from(document: Any) -> Aside:
    """What :func:`aside_document` wrote; a file without an aside tells nothing besides its plan.

    Raises:
        UsageError: it has not the shape of it (PLN-01).
    """
    if document is None:
        return Aside()
    try:
        return Aside(
            guarded=tuple(diagnostic_from(one) for one in document["guards"]),
            shifts=tuple(_read_shift(one) for one in document["access"]),
            base=None if document["base"] is None else _read_base(document["base"]),
            pending={
                Address.parse(address): Pending(
                    whole=whole is True, fields=_places(fields), edges=_places(edges), manual=_places(manual)
                )
                for address, whole, fields, edges, manual in document["pending"]
            },
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as problem:
        raise UsageError("this plan has not the shape of one", code="PLN-01", hint="make the plan again") from problem


# --- out -------------------------------------------------------------------------------------------------------------


def _shift(one: Shift) -> dict[str, Any]:
    right = one.right
    return {
        "address": str(one.who.address),
        "knownAs": one.who.known_as,
        "role": one.who.role.value,
        "gains": one.gains,
        "entirely": one.entirely,
        "kind": right.kind,
        "verb": right.verb,
        "what": right.what,
        "reach": right.reach,
        "condition": right.condition,
        "resources": None if right.resources is None else [str(address) for address in right.resources],
    }


def _base(base: Base) -> dict[str, Any]:
    return {
        "commit": base.commit,
        "own": _summary(base.own),
        "earlier": _summary(base.earlier),
        "withdrawn": [[str(address), path] for address, path in base.withdrawn],
        "findings": sorted(map(diagnostic_document, base.findings), key=repr),
        "denials": sorted(map(denial_document, base.denials), key=repr),
        "check": base.check.value,
        "before": base.before.value,
        "invalid": base.invalid,
    }


def _summary(summary: Summary) -> dict[str, int]:
    return {name: getattr(summary, name) for name in Summary.__slots__}


# --- in --------------------------------------------------------------------------------------------------------------


def _read_shift(one: Mapping[str, Any]) -> Shift:
    resources = one["resources"]
    return Shift(
        who=Principal(
            address=Address.parse(one["address"]), known_as=_text(one["knownAs"]), role=RoleWord(one["role"])
        ),
        gains=one["gains"] is True,
        entirely=one["entirely"] is True,
        right=Entitlement(
            kind=_text(one["kind"]),
            verb=_text(one["verb"]),
            what=_text(one["what"]),
            reach=_text(one["reach"]),
            condition=_text(one["condition"]),
            resources=None if resources is None else tuple(map(Address.parse, resources)),
        ),
    )


def _read_base(one: Mapping[str, Any]) -> Base:
    return Base(
        commit=_text(one["commit"]),
        own=_read_summary(one["own"]),
        earlier=_read_summary(one["earlier"]),
        withdrawn=tuple((Address.parse(address), _text(path)) for address, path in one["withdrawn"]),
        findings=frozenset(map(diagnostic_from, one["findings"])),
        denials=frozenset(map(denial_from, one["denials"])),
        check=Check(one["check"]),
        before=Check(one["before"]),
        invalid=one["invalid"] is True,
    )


def _read_summary(one: Mapping[str, Any]) -> Summary:
    return Summary(**{name: count_from(number) for name, number in one.items()})


def _places(found: Any) -> tuple[int, ...]:
    return tuple(map(count_from, found))


def _text(value: Any) -> str:
    if type(value) is not str:
        msg = "a word is a text"
        raise TypeError(msg)
    return value
