"""Small worlds, explored to the first plan; the scorecard goes further. A removed rule shows as a gained right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.engine import authorize as engine
from reconciler.model.rights import Rights, Verdict
from tests.oracle import small
from tests.oracle.conftest import Told
from tests.oracle.small import STARTS, explore


@pytest.mark.parametrize("name", sorted(STARTS))
def test_nobody_gains_what_could_not_be_given(name: str, told: Told) -> None:
    found = explore(STARTS[name], depth=1)
    told(f"small world {name}: {found.states} states, {found.plans} plans, {found.allowed} allowed, depth 1")
    assert found.wrong == []
    assert found.allowed >= 60


RULES: dict[str, Callable[[Any, str, Any, str, str], bool]] = {
    "nobody creates above the own level": lambda _who, verb, entity, _path, _edge: (
        verb == "create" and entity.address.kind == "Operator"
    ),
    "tier and parent are for administrators": lambda _who, verb, _entity, path, _edge: (
        verb == "update" and path in ("tier", "parent")
    ),
    "the policy is for administrators": lambda _who, verb, _entity, path, _edge: (
        verb == "update" and path.startswith("policy")
    ),
    "the scope is for administrators": lambda _who, verb, _entity, path, _edge: (
        verb == "update" and path == "auditScope"
    ),
    "outside of the reach nothing is resumed": lambda _who, verb, _entity, _path, edge: (
        verb == "transition" and edge in ("suspended->active", "blocked->active")
    ),
}
"""A rule, as the questions that the engine answers with yes once it is gone."""
WHERE = {
    "the scope is for administrators": "auditor",
    "outside of the reach nothing is resumed": "stopped",
}


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_removed_rule_is_noticed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    decide = Rights.decide
    gone = RULES[rule]

    def without(self: Rights, who: Any, verb: str, entity: Any, *, path: str = "", edge: str = "") -> Verdict:
        if gone(who, verb, entity, path, edge):
            return Verdict(allowed=True)
        return decide(self, who, verb, entity, path=path, edge=edge)

    monkeypatch.setattr(Rights, "decide", without)
    monkeypatch.setattr(small, "closed", lambda *_: ())  # the second wall behind the matrix
    found = explore(STARTS[WHERE.get(rule, "partners")], depth=1, first_wrong=True)
    assert found.wrong, f"{found.allowed} plans allowed, and nothing noticed"


def test_a_plan_without_any_judgement_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine._Judge, "denials", lambda *_: ())
    monkeypatch.setattr(small, "closed", lambda *_: ())
    assert explore(STARTS["partners"], depth=1, first_wrong=True).wrong
