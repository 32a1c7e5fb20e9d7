"""The evaluator: what expressions give, what fails is told, and nothing that one does gets out of its bounds."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.adapters.policies import Bounds, evaluate
from reconciler.model.manifest import Document
from reconciler.model.policy import Answers, Ask, Case, Judge, Policy, PolicyRule, PolicySpec, Program, Work

RULE = PolicyRule.model_validate({"name": "one", "for": "change", "deny": "true", "message": "m"})
POLICY = Policy(
    name="p",
    spec=PolicySpec(rules=[RULE]),
    document=Document("p.cel.yaml", 0, {}, locate=lambda: pytest.fail("no place is asked for"), line_text=str),
)
CHANGE = {"change": {"before": None, "after": {"spec": {"host": "smtp.example.com", "port": 25, "naïve": "日本"}}}}


def ask(
    *sources: str,
    plan: Mapping[str, Any] | None = None,
    changes: Mapping[int, Mapping[str, Any]] | None = None,
    scope: Any = "change",
    message: tuple[str | int, ...] = ("struck",),
    bounds: Bounds | None = None,
) -> Answers:
    """Each expression as a rule of its own; the message is that of the first, program 0."""
    names = ("plan",) if scope == "plan" else ("field", "change", "before", "after", "plan")
    found = {0: CHANGE} if changes is None else changes
    numbers = () if scope == "plan" else tuple(found)
    work = Work(
        programs=tuple(Program(source=one, names=names, what="x", policy=POLICY, path=()) for one in sources),
        judges=tuple(
            Judge(scope=scope, when=None, strike=at, message=message, policy=POLICY, rule=RULE)
            for at in range(len(sources))
        ),
        cases=(
            Case(
                plan=plan,
                head={"head": True},
                changes=found,
                asks=tuple(Ask(judge=at, changes=numbers) for at in range(len(sources))),
            ),
        ),
    )
    return evaluate(work, bounds=bounds)


def codes(answers: Answers) -> list[str]:
    return [one.code for one in answers.breaches]


@pytest.mark.parametrize(
    "source",
    [
        "after.spec.port == 25 && before == null",
        'after.spec["naïve"] == "日本"',
        "change.change.after.spec.host.endsWith('.example.com')",
        "plan.head && !has(after.spec.user)",
        "[1, 2].exists(one, one == 2) && {'a': 1}.all(key, key == 'a')",
        "type(after.spec.port) == int",
    ],
)
def test_what_holds_strikes(source: str) -> None:
    answers = ask(source)
    assert (len(answers.strikes), answers.breaches) == (1, ())


def test_what_does_not_hold_is_silent() -> None:
    answers = ask("after.spec.port == 26", "before != null && before.spec.port == 1")
    assert (answers.strikes, answers.breaches) == ((), ())


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        ("after.spec.user == 'x'", "POL-03", "there is no user"),
        ("before.spec.port == 1", "POL-03", "overload"),
        ("after.spec.port > 'x'", "POL-03", "overload"),
        ("has(after.none.host)", "POL-03", "there is no none"),
        ("after.spec.host.matches('[')", "POL-03", "regex"),
        ("1 / 0 == 1", "POL-03", "division by zero"),
        ("after.spec.port", "POL-04", "a number"),
        ("null", "POL-04", "null"),
        ("after.spec.host", "POL-04", "a string"),
        ("1 +", "POL-02", "Syntax error"),
        ("", "POL-02", "Syntax error"),
        ("aftr.spec.port == 1", "POL-02", "nothing is called aftr here"),
        ("false && aftr == 1", "POL-02", "nothing is called aftr here"),
        ("now() > 1", "POL-02", "there is no function now"),
        ("true || launch()", "POL-02", "there is no function launch"),
    ],
)
def test_what_gives_no_answer_is_told_and_never_a_pass(source: str, code: str, words: str) -> None:
    answers = ask(source)
    assert (codes(answers), answers.strikes) == ([code], ())
    assert words in answers.breaches[0].text


def test_one_expression_that_does_not_read_stops_all_of_them() -> None:
    answers = ask("true", "1 +", "2 +")
    assert (codes(answers), answers.strikes) == (["POL-02", "POL-02"], ())
    assert [one.program for one in answers.breaches] == [1, 2]
    assert (answers.breaches[0].line, answers.breaches[0].column) == (1, 4)


def test_a_message_shows_values_and_one_that_fails_does_not_hide_the_strike() -> None:
    shown = ask("after.spec.host", "true", message=("host ", 0, "!"))
    assert [one.message for one in shown.strikes] == ["host smtp.example.com!"]
    failing = ask("after.spec.nothing", "true", message=("host ", 0, "!"))
    assert ([one.message for one in failing.strikes], codes(failing)) == (["host ?!"], ["POL-03", "POL-03"])


def test_long_messages_are_cut() -> None:
    change = {"change": {"after": {"text": "x" * 100_000}}}
    found = ask("after.text", "true", changes={0: change}, message=(0, "y" * 5000))
    assert [len(one.message) for one in found.strikes] == [1000]


def test_many_strikes_are_counted_and_the_first_are_listed() -> None:
    changes = dict.fromkeys(range(100), CHANGE)
    found = ask("after.spec.port == 25", "after.spec.nothing == 1", changes=changes)
    assert (len(found.strikes), found.counts[0, 0], len(found.breaches)) == (20, 100, 20)


LIST = {"list": list(range(2000)), "text": "k" * 100_000}
BOMBS = {
    "nested comprehensions": "plan.list.all(a, plan.list.all(b, plan.list.all(c, true)))",
    "memory": "plan.list.map(a, plan.list.map(b, plan.text + plan.text)).size() > 1",
    "stack": " + ".join(["1"] * 100_000) + " > 1",
    "doubling": "[plan.text].map(a, a + a).map(a, a + a)" + ".map(a, a + a)" * 20 + ".size() == 1",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_as_an_error_of_its_rule(name: str) -> None:
    before = time.monotonic()
    found = ask("1 == 1", BOMBS[name], plan=LIST, changes={}, scope="plan", bounds=Bounds(seconds=1))
    assert [(one.code, one.program) for one in found.breaches] == [("POL-05", 1)]
    assert time.monotonic() - before < 30  # the processor's time is bounded by one second; the machine may be busy


def test_a_hostile_pattern_costs_nothing() -> None:
    found = ask('plan.text.matches("(k*)*(k*)*(k+)+b")', plan=LIST, changes={}, scope="plan")
    assert (found.strikes, found.breaches) == ((), ())
    large = ask('plan.text.matches("(((a{1,100}){1,100}){1,100}){1,100}")', plan=LIST, changes={}, scope="plan")
    assert codes(large) == ["POL-03"]


def test_brackets_without_end_are_an_error() -> None:
    found = ask("[" * 500, "{[!(" * 100, "(" * 90 + "1" + ")" * 90 + " == 1")
    assert set(codes(found)) <= {"POL-02", "POL-05"}
    assert (len(found.breaches) >= 1, found.strikes) == (True, ())


def test_the_worker_has_no_environment_and_no_work_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONSTARTUP", "/nowhere")
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    assert os.environ["PYTHONHOME"] == "/nowhere"
    assert len(ask("true").strikes) == 1
