"""Ask: policies and plans as work for the evaluator.

What costs is to hand values over; so rules that name kinds or actions are asked only about changes that fit, and rules
about changes see of the plan only its head.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reconciler.model.manifest import PathKey
from reconciler.model.policy import Ask, Case, Judge, Policy, PolicyRule, PolicyTest, Program, Scope, Work

_NAMES: Mapping[Scope, tuple[str, ...]] = {
    "plan": ("plan",),
    "change": ("change", "before", "after", "plan"),
    "field": ("field", "change", "before", "after", "plan"),
}
_LISTS = ("resource_changes", "resource_drift", "planned_values", "prior_state", "configuration")
_OWN_LISTS = ("denied", "held", "manual_actions", "cascades", "notifications", "diagnostics", "guards")


def plan_work(policies: Sequence[Policy], document: Mapping[str, Any]) -> Work:
    """All rules of all policies about one plan, which is ``document``."""
    programs, judges = _compiled(policies)
    return Work(programs=programs, judges=judges, cases=(_case(document, tuple(enumerate(judges)), whole=True),))


def trial_work(policies: Sequence[Policy]) -> tuple[Work, tuple[tuple[Policy, int], ...]]:
    """The tests of all policies, each asking the rules of its own policy; and which test each case is."""
    programs, judges = _compiled(policies)
    cases: list[Case] = []
    which: list[tuple[Policy, int]] = []
    for policy in policies:
        own = tuple((number, one) for number, one in enumerate(judges) if one.policy is policy)
        for number, test in enumerate(policy.spec.tests):
            cases.append(_case(_given(test), own, whole=test.given.plan is not None))
            which.append((policy, number))
    return Work(programs=programs, judges=judges, cases=tuple(cases)), tuple(which)


def _given(test: PolicyTest) -> Mapping[str, Any]:
    return {"resource_changes": [test.given.change]} if test.given.plan is None else test.given.plan


def _case(document: Mapping[str, Any], judges: Sequence[tuple[int, Judge]], *, whole: bool) -> Case:
    changes = document.get("resource_changes")
    listed = list(changes) if isinstance(changes, list) else []
    asks: list[Ask] = []
    used: dict[int, Mapping[str, Any]] = {}
    for number, judge in judges:
        if judge.scope != "plan":
            fitting = tuple(index for index, one in enumerate(listed) if _fits(judge.rule, one))
            used |= {index: _mapping(listed[index]) for index in fitting}
            asks.append(Ask(judge=number, changes=fitting))
        elif whole:
            asks.append(Ask(judge=number))
    seen = whole and any(judge.scope == "plan" for _, judge in judges)
    return Case(plan=document if seen else None, head=head_of(document), changes=used, asks=tuple(asks))


def _fits(rule: PolicyRule, change: Any) -> bool:
    """Whether a rule is asked about a change. One that does not say what it is, as in a test, is asked about."""
    found = _mapping(change)
    if rule.on.kinds and "address" in found and str(found["address"]).partition("/")[0] not in rule.on.kinds:
        return False
    if rule.on.actions:
        actions = _mapping(found.get("reconciler")).get("actions")
        return not isinstance(actions, list) or not set(rule.on.actions).isdisjoint(map(str, actions))
    return True


def head_of(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """A plan as rules about changes see it: without its lists of resources."""
    head = {key: value for key, value in document.items() if key not in _LISTS}
    own = head.get("reconciler")
    if isinstance(own, Mapping):
        head["reconciler"] = {key: value for key, value in own.items() if key not in _OWN_LISTS}
    return head


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


# --- expressions -----------------------------------------------------------------------------------------------------


def _compiled(policies: Sequence[Policy]) -> tuple[tuple[Program, ...], tuple[Judge, ...]]:
    programs: list[Program] = []
    judges: list[Judge] = []
    for policy in policies:
        for number, rule in enumerate(policy.spec.rules):
            at: PathKey = ("spec", "rules", number)
            words = f"of rule {rule.name} of policy {policy.name}"

            def add(source: str, key: str, *, whole: bool = True) -> int:
                programs.append(
                    Program(
                        source=source,
                        names=_NAMES[rule.scope],  # noqa: B023  # called in this turn of the loop only
                        what=f"{key} {words}",  # noqa: B023  # as above
                        policy=policy,  # noqa: B023  # as above
                        path=(*at, key),  # noqa: B023  # as above
                        whole=whole,
                    )
                )
                return len(programs) - 1

            judges.append(
                Judge(
                    scope=rule.scope,
                    when=None if rule.when is None else add(rule.when, "when"),
                    strike=add(rule.strike, rule.word),
                    message=tuple(
                        part if text else add(part, "message", whole=False) for text, part in pieces(rule.message)
                    ),
                    policy=policy,
                    rule=rule,
                )
            )
    return tuple(programs), tuple(judges)


def pieces(message: str) -> Iterator[tuple[bool, str]]:
    """A message as texts (true) and the expressions of its ``{{ }}``; an open one goes to the end and is no CEL."""
    rest = message
    while rest:
        text, opened, behind = rest.partition("{{")
        if text:
            yield True, text
        if not opened:
            return
        end = _end(behind)
        yield False, behind[:end].strip() or "{{"
        rest = behind[end + 2 :]


def _end(text: str) -> int:
    """Where the expression at the start of a text ends: at the first ``}}`` outside of its strings and braces."""
    depth = at = 0
    while at < len(text):
        one = text[at]
        if one in "\"'":
            close = text.find(one, at + 1)
            while close > 0 and text[close - 1] == "\\":
                close = text.find(one, close + 1)
            at = len(text) if close < 0 else close
        elif one == "{":
            depth += 1
        elif one == "}" and depth == 0 and text.startswith("}}", at):
            return at
        elif one == "}":
            depth -= 1
        at += 1
    return len(text)
