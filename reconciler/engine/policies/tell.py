"""Tell: the answers of the evaluator as diagnostics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.engine.policies.ask import head_of
from reconciler.engine.policies.read import finding
from reconciler.model.address import Address
from reconciler.model.diagnostic import Diagnostic, in_order
from reconciler.model.plan import Plan
from reconciler.model.policy import (
    DENIED,
    FAILED,
    NO_ANSWER,
    TEST_FAILED,
    UNFINISHED,
    UNREADABLE,
    WARNED,
    Answers,
    Breach,
    Judge,
    Policy,
    Program,
    Strike,
    Work,
)
from reconciler.model.source import Source

_TEXTS = {one.code: one for one in (UNREADABLE, FAILED, NO_ANSWER, UNFINISHED)}
_HINTS = {
    UNREADABLE.code: "mend the expression; reconciler validate shows whether it reads",
    FAILED.code: "guard it with when: or has(), and test it; an expression that fails is no pass",
    NO_ANSWER.code: "compare it with something",
    UNFINISHED.code: "make the expression simpler, or choose fewer changes with on:",
}
UNREAD = "what it says is about something that you may not read"
"""Stands for the message of a rule, and for what kept an expression from an answer."""
_DENIED_HINT = "change the manifests; a policy is changed first and by itself"


def plan_findings(
    work: Work, answers: Answers, plan: Plan, document: Mapping[str, Any], *, shown: Mapping[str, Any] | None = None
) -> list[Diagnostic]:
    """What the policies say about a plan, and where they could not, in the order of the rules.

    ``shown`` is the plan as those see it who are told, None when they see all of it. A message that shows a value is
    told to them where they see everything that it was made from; else the name of the rule has to do.
    """
    changes = document.get("resource_changes") or []
    reader = _Reader(document, shown)
    addresses = [str(one["address"]) for one in changes]
    known: dict[str, tuple[Address, Source | None]] = {}
    for one in plan.changes:
        name = str(one.address)
        if name not in known or known[name][1] is None:
            known[name] = (one.address, one.source)
    found = [
        _breach(work, one, "" if one.change is None else addresses[one.change], whole=_answered(work, one, reader))
        for one in answers.breaches
    ]
    told: dict[tuple[int, int], int] = {}
    for strike in answers.strikes:
        key = (strike.case, strike.judge)
        told[key] = told.get(key, 0) + 1
        about = None if strike.change is None else known.get(addresses[strike.change])
        judge = work.judges[strike.judge]
        plain = all(isinstance(part, str) for part in judge.message)
        whole = plain or reader.sees(judge.scope, strike.change)
        found.append(_strike(judge, strike if whole else replace(strike, message=UNREAD), about))
    for key, count in answers.counts.items():
        if count > told.get(key, 0):
            rest = f"{count - told.get(key, 0)} more" if reader.sees("plan", None) else "more"
            found.append(_rest(work.judges[key[1]], rest))
    return found


def trial_findings(
    work: Work, answers: Answers, which: Sequence[tuple[Policy, int]], *, only_expressions: bool
) -> list[Diagnostic]:
    """The tests that fail (POL-07), and the expressions that are none (POL-02).

    ``only_expressions``: nothing is said about tests, for the policies hold errors anyway.
    """
    found: list[Diagnostic] = []
    failed: set[int] = set()
    for breach in answers.breaches:
        if breach.case is None:
            found.append(_breach(work, breach, ""))
            failed.update(range(len(which)))
            continue
        failed.add(breach.case)
        policy, number = which[breach.case]
        about = f"test {policy.spec.tests[number].name}: "
        found.append(_breach(work, breach, "", before=about))
    if only_expressions:
        return in_order(found)
    struck: dict[int, dict[str, set[str]]] = {}
    for strike in answers.strikes:
        rule = work.judges[strike.judge].rule
        struck.setdefault(strike.case, {"deny": set(), "warn": set()})[rule.word].add(rule.name)
    for case, (policy, number) in enumerate(which):
        if case not in failed:
            found += _test(policy, number, struck.get(case, {}))
    return in_order(found)


def _test(policy: Policy, number: int, struck: Mapping[str, set[str]]) -> list[Diagnostic]:
    test = policy.spec.tests[number]
    words: list[str] = []
    for word in ("deny", "warn"):
        wanted, got = set(getattr(test.expect, word)), struck.get(word, set())
        words += [f"{name} should {word} and does not" for name in sorted(wanted - got)]
        words += [f"{name} {'denies' if word == 'deny' else 'warns'} and should not" for name in sorted(got - wanted)]
    if not words:
        return []
    summary = f"test {test.name} of policy {policy.name} fails: {'; '.join(words)}"
    return [
        finding(policy.document, ("spec", "tests", number, "name"), TEST_FAILED, summary, "mend the rule or the test")
    ]


def _strike(judge: Judge, strike: Strike, about: tuple[Address, Source | None] | None) -> Diagnostic:
    text = DENIED if judge.rule.word == "deny" else WARNED
    address, source = about or (None, None)
    return Diagnostic(
        code=text.code,
        severity=text.severity,
        phase=text.phase,
        summary=f"policy {judge.policy.name}, rule {judge.rule.name}: {strike.message}",
        detail=f"said by {_place_of(judge)}",
        hint=_DENIED_HINT if text is DENIED else "",
        address=address,
        path=strike.path,
        source=source,
    )


def _rest(judge: Judge, rest: str) -> Diagnostic:
    text = DENIED if judge.rule.word == "deny" else WARNED
    return Diagnostic(
        code=text.code,
        severity=text.severity,
        phase=text.phase,
        summary=f"policy {judge.policy.name}, rule {judge.rule.name}: and {rest} that are not listed",
        detail=f"said by {_place_of(judge)}",
    )


def _place_of(judge: Judge) -> str:
    rules = judge.policy.spec.rules
    number = next(index for index, one in enumerate(rules) if one is judge.rule)
    return judge.policy.document.places.nearest(("spec", "rules", number)).short


def _answered(work: Work, one: Breach, reader: _Reader) -> bool:
    """Whether what kept an expression from an answer may be told: what is no expression is wrong by itself."""
    scope = "plan" if one.judge is None else work.judges[one.judge].scope
    return one.code == UNREADABLE.code or reader.sees(scope, one.change)


class _Reader:
    """Who is told: what of a plan they see as it is."""

    def __init__(self, document: Mapping[str, Any], shown: Mapping[str, Any] | None) -> None:
        self._changes = document.get("resource_changes") or []
        self._all = shown is None or shown == document
        self._head = self._all or (shown is not None and head_of(shown) == head_of(document))
        listed = [] if shown is None else shown.get("resource_changes") or []
        self._shown = {str(one["address"]): one for one in listed}

    def sees(self, scope: str, change: int | None) -> bool:
        """Whether they see everything that an expression of a scope was asked about."""
        if self._all or scope == "plan" or change is None:
            return self._all
        one = self._changes[change]
        return self._head and self._shown.get(str(one["address"])) == one


def _breach(work: Work, breach: Breach, about: str, *, before: str = "", whole: bool = True) -> Diagnostic:
    program = work.programs[breach.program]
    text = _TEXTS[breach.code]
    where = f" at {about}" if about else ""
    diagnostic = finding(program.policy.document, program.path, text, "")
    return Diagnostic(
        code=text.code,
        severity=text.severity,
        phase=text.phase,
        summary=f"{before}{program.what}{where}: {breach.text if whole else UNREAD}",
        hint=_HINTS[text.code],
        path=diagnostic.path,
        source=_place(program, breach) or diagnostic.source,
    )


def _place(program: Program, breach: Breach) -> Source | None:
    """Where an expression is wrong, as exactly as it can be said: its own place, or that inside of it."""
    document = program.policy.document
    value = document.places.values.get(program.path)
    if value is None or not breach.line or not program.whole:
        return value
    written = document.line_text(value.line)
    start = value.column - 1
    if written[start : start + 1] == "|":
        line = value.line + breach.line
        first = document.line_text(value.line + 1)
        column = len(first) - len(first.lstrip()) + breach.column
        return Source(value.file, line, column, line, column + 1)
    quoted = written[start : start + 1] in "\"'"
    if breach.line > 1 or written[start + quoted :][: len(program.source)] != program.source:
        return value
    column = value.column + quoted + breach.column - 1
    return Source(value.file, value.line, column, value.line, column + 1)
