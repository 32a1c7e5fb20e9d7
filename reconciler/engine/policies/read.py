"""Read: documents of policies as checked values, with every fault at its place (POL-01, POL-02)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Diagnostic, in_order
from reconciler.model.formats import nearest
from reconciler.model.manifest import Document, PathKey
from reconciler.model.placing import path_text, shown_key
from reconciler.model.policy import DEEPEST, MALFORMED, UNREADABLE, Policy, PolicyFile, PolicyRule, PolicyTest
from reconciler.model.rule import RuleText

_TYPES = {
    "string_type": "a string",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}
_EXPRESSIONS = ("when", "deny", "warn", "message")
_MOST = 200
"""Policies of one run."""


def read_policies(documents: Sequence[Document], catalog: Catalog) -> tuple[tuple[Policy, ...], list[Diagnostic]]:
    """The policies of documents, and what is wrong with them."""
    policies: list[Policy] = []
    found: list[Diagnostic] = []
    for document in documents:
        try:
            file = PolicyFile.model_validate(_without_nulls(document.tree))
        except ValidationError as error:
            found += [_fault(document, one) for one in error.errors(include_url=False, include_input=False)]
            continue
        policy = Policy(name=file.metadata.name, spec=file.spec, document=document)
        policies.append(policy)
        found += [*_names(policy), *_kinds(policy, catalog), *_expected(policy)]
    for name, count in Counter(one.name for one in policies).items():
        for policy in policies:
            if count > 1 and policy.name == name:
                at: PathKey = ("metadata", "name")
                found.append(finding(policy.document, at, MALFORMED, f"{count} policies are called {name}", "rename"))
    if len(policies) > _MOST:
        at = ("kind",)
        summary = f"there are {len(policies)} policies; {_MOST} are judged at most"
        found.append(finding(policies[_MOST].document, at, MALFORMED, summary, "put rules that belong together in one"))
    return tuple(policies), in_order(found)


def finding(document: Document, at: PathKey, text: RuleText, summary: str, hint: str = "") -> Diagnostic:
    """Something about a policy, at the place of a key or of the nearest one above it."""
    return Diagnostic(
        code=text.code,
        severity=text.severity,
        phase=text.phase,
        summary=summary,
        hint=hint,
        path=path_text(at),
        source=document.places.nearest(at),
    )


def _without_nulls(value: Any) -> Any:
    """An explicit null is the same as leaving a key out, but for what a test gives: there it is a value."""
    if isinstance(value, dict):
        return {key: one if key == "given" else _without_nulls(one) for key, one in value.items() if one is not None}
    return [_without_nulls(one) for one in value] if isinstance(value, list) else value


def _fault(document: Document, error: Any) -> Diagnostic:
    at: PathKey = tuple(error["loc"])
    name = path_text(at) or "the document"
    match error["type"]:
        case "extra_forbidden":
            return finding(document, at, MALFORMED, f"{shown_key(str(at[-1]))} is no key of a policy here")
        case "missing":
            return finding(document, at[:-1], MALFORMED, f"{name} is missing", "add it")
        case "string_too_long":
            text = UNREADABLE if at[-1] in _EXPRESSIONS else MALFORMED
            return finding(
                document, at, text, f"{name} is longer than {error['ctx']['max_length']} characters", "split it"
            )
        case "literal_error":
            return finding(document, at, MALFORMED, f"{name} must be {error['ctx']['expected']}")
        case "string_pattern_mismatch":
            return finding(document, at, MALFORMED, f"{name} must be small letters, digits, dots and hyphens")
        case "too_short" | "string_too_short":
            return finding(document, at, MALFORMED, f"{name} must not be empty")
        case "too_long":
            return finding(document, at, MALFORMED, f"{name} has more than {error['ctx']['max_length']} entries")
        case "POL-01":
            return finding(document, at, MALFORMED, f"{name} {error['msg']}")
        case sort if sort in _TYPES:
            return finding(document, at, MALFORMED, f"{name} must be {_TYPES[sort]}")
    return finding(document, at, MALFORMED, f"{name} is not what belongs there")


def _names(policy: Policy) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    names: set[str] = set()
    for number, rule in enumerate(policy.spec.rules):
        at: PathKey = ("spec", "rules", number)
        if rule.name in names:
            found.append(finding(policy.document, (*at, "name"), MALFORMED, f"two rules are called {rule.name}"))
        names.add(rule.name)
        for key in ("when", rule.word, "message"):
            depth = _depth(getattr(rule, key) or "")
            if depth > DEEPEST:
                summary = f"the brackets of this expression stand {depth} deep; {DEEPEST} are allowed"
                found.append(finding(policy.document, (*at, key), UNREADABLE, summary, "split the rule"))
    return found


def _depth(source: str) -> int:
    depth = most = 0
    for one in source:
        if one in "([{":
            depth += 1
            most = max(most, depth)
        elif one in ")]}":
            depth -= 1
    return most


def _kinds(policy: Policy, catalog: Catalog) -> list[Diagnostic]:
    """A kind that does not exist would make a rule that never strikes."""
    found: list[Diagnostic] = []
    for number, rule in enumerate(policy.spec.rules):
        for index, kind in enumerate(rule.on.kinds):
            if kind not in catalog:
                close = nearest(kind, list(catalog))
                at: PathKey = ("spec", "rules", number, "on", "kinds", index)
                summary = f"there is no kind {shown_key(kind)}"
                found.append(
                    finding(policy.document, at, MALFORMED, summary, f"did you mean {close}?" if close else "")
                )
    return found


def _expected(policy: Policy) -> list[Diagnostic]:
    """A test expects rules that are there, and that do what it expects of them."""
    found: list[Diagnostic] = []
    for number, test in enumerate(policy.spec.tests):
        for word in ("deny", "warn"):
            known = {rule.name for rule in policy.spec.rules if rule.word == word and _asked(test, rule)}
            for index, name in enumerate(getattr(test.expect, word)):
                if name not in known:
                    at: PathKey = ("spec", "tests", number, "expect", word, index)
                    summary = f"no rule {name} could {word} in this test"
                    hint = f"rules that could: {', '.join(sorted(known)) or 'none'}"
                    found.append(finding(policy.document, at, MALFORMED, summary, hint))
    return found


def _asked(test: PolicyTest, rule: PolicyRule) -> bool:
    return test.given.plan is not None or rule.scope != "plan"
