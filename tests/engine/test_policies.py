"""Policies as values: what a file may hold, what rules are asked about, and where messages end."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.adapters.manifests import Limits, parse
from reconciler.engine.policies import plan_findings, plan_work, read_policies
from reconciler.engine.policies.ask import pieces
from reconciler.kinds import discover
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.plan import Plan
from reconciler.model.policy import Answers, Breach, Policy

CATALOG = discover()
HEAD = "apiVersion: reconciler/v1\nkind: Policy\nmetadata: {name: p}\nspec:\n"
RULE = "    - {name: one, for: change, deny: 'true', message: no}\n"


def read(text: str) -> tuple[tuple[Policy, ...], list[Diagnostic]]:
    documents, problems = parse("p.cel.yaml", text.encode(), limits=Limits())
    assert problems == []
    return read_policies(documents, CATALOG)


def faults(text: str) -> list[tuple[str, str]]:
    return [(f"{one.code} {one.source}", one.summary) for one in read(text)[1]]


def test_a_sound_file_is_read() -> None:
    policies, found = read(HEAD + "  rules:\n" + RULE)
    assert (policies[0].name, policies[0].spec.rules[0].word, found) == ("p", "deny", [])


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("x: 1\n", "POL-01 p.cel.yaml:1:1", "x is no key"),
        (HEAD + "  rules: []\n", "POL-01 p.cel.yaml:5:3", "must not be empty"),
        (
            HEAD + "  rules:\n    - {name: a, for: changes, deny: 'x', message: m}\n",
            "POL-01 p.cel.yaml:6:17",
            "must be",
        ),
        (HEAD + "  rules:\n    - {name: a, for: plan, message: m}\n", "POL-01 p.cel.yaml:6:7", "exactly one of"),
        (HEAD + "  rules:\n    - {name: a, for: plan, deny: x, warn: x, message: m}\n", "POL-01 p.cel.yaml:6:7", "one"),
        (HEAD + "  rules:\n    - {name: a, for: plan, deny: true, message: m}\n", "POL-01 p.cel.yaml:6:28", "a string"),
        (
            HEAD + "  rules:\n    - {name: a, for: change, on: {kinds: [Isuer]}, deny: x, message: m}\n",
            "POL-01 p.cel.yaml:6:43",
            "no kind Isuer",
        ),
        (
            HEAD + "  rules:\n    - {name: a, for: plan, on: {kinds: [Issuer]}, deny: x, message: m}\n",
            "POL-01 p.cel.yaml:6:7",
            "sees the whole plan",
        ),
        (HEAD + "  rules:\n" + RULE + RULE, "POL-01 p.cel.yaml:7:8", "two rules are called one"),
        (
            HEAD + "  rules:\n    - {name: a, for: plan, deny: '" + "x" * 2001 + "', message: m}\n",
            "POL-02 p.cel.yaml:6:28",
            "longer than 2000",
        ),
        (
            HEAD + "  rules:\n    - {name: a, for: plan, deny: '" + "(" * 25 + "1" + ")" * 25 + "', message: m}\n",
            "POL-02 p.cel.yaml:6:28",
            "25 deep",
        ),
        (
            HEAD + "  rules:\n" + RULE + "  tests:\n    - {name: t, given: {change: {}}, expect: {deny: [two]}}\n",
            "POL-01 p.cel.yaml:8:54",
            "no rule two could deny",
        ),
        (
            HEAD + "  rules:\n" + RULE + "  tests:\n    - {name: t, given: {}, expect: {}}\n",
            "POL-01 p.cel.yaml:8:17",
            "exactly one of plan and change",
        ),
    ],
)
def test_a_wrong_file_is_told_with_its_place(text: str, place: str, words: str) -> None:
    found = faults(text)
    assert place in [one for one, _ in found]
    assert any(words in summary for _, summary in found), found


def test_names_are_unique_over_all_files() -> None:
    text = HEAD + "  rules:\n" + RULE
    assert [code for code, _ in faults(f"{text}---\n{text}")] == ["POL-01 p.cel.yaml:3:12", "POL-01 p.cel.yaml:10:12"]


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("plain", [(True, "plain")]),
        ("{{ a }}", [(False, "a")]),
        ("x {{ a }} y {{ b.c }}.", [(True, "x "), (False, "a"), (True, " y "), (False, "b.c"), (True, ".")]),
        ('{{ {"a": {"b": 1}}["a"] }}!', [(False, '{"a": {"b": 1}}["a"]'), (True, "!")]),
        ('{{ "}}" + a }}', [(False, '"}}" + a')]),
        ('{{ "\\"}}" }}', [(False, '"\\"}}"')]),
        ("a }} b { c }", [(True, "a }} b { c }")]),
        ("{{ open", [(False, "open")]),
        ("{{}}", [(False, "{{")]),
    ],
)
def test_messages_are_cut_at_their_placeholders(message: str, wanted: list[Any]) -> None:
    assert list(pieces(message)) == wanted


def test_rules_are_asked_only_about_changes_that_fit() -> None:
    text = HEAD + (
        "  rules:\n"
        "    - {name: a, for: change, on: {kinds: [Issuer]}, deny: 'true', message: m}\n"
        "    - {name: b, for: field, on: {actions: [delete]}, deny: 'true', message: m}\n"
        "    - {name: c, for: change, deny: 'true', message: m}\n"
    )
    changes = [
        {"address": "Issuer/t/a", "reconciler": {"actions": ["create"]}},
        {"address": "IssuerX/t/b", "reconciler": {"actions": ["update", "delete"]}},
    ]
    work = plan_work(read(text)[0], {"resource_changes": changes, "planned_values": {}, "reconciler": {"digest": "x"}})
    case = work.cases[0]
    assert [one.changes for one in case.asks] == [(0,), (1,), (0, 1)]
    assert (case.plan, case.head) == (None, {"reconciler": {"digest": "x"}})


@pytest.mark.parametrize(
    ("deny", "line", "column", "place"),
    [
        ("a ++ b", 1, 4, "p.cel.yaml:9:16"),
        ("'a ++ b'", 1, 4, "p.cel.yaml:9:17"),
        ("|\n        a &&\n        b ++ c", 2, 4, "p.cel.yaml:11:12"),
        (">\n        a &&\n        b ++ c", 1, 9, "p.cel.yaml:9:13"),
        ("'a ++ ''b'''", 1, 4, "p.cel.yaml:9:13"),
        ("a ++ b", 0, 0, "p.cel.yaml:9:13"),
    ],
)
def test_a_fault_points_into_the_expression_as_far_as_that_is_known(
    deny: str, line: int, column: int, place: str
) -> None:
    text = HEAD + f"  rules:\n    - name: a\n      for: plan\n      message: m\n      deny: {deny}\n"
    policies, found = read(text)
    assert found == []
    breach = Breach(code="POL-02", program=0, text="no", line=line, column=column)
    told = plan_findings(plan_work(policies, {}), Answers(breaches=(breach,)), Plan(changes=()), {})
    assert [(one.code, str(one.source)) for one in told] == [("POL-02", place)]
