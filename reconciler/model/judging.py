"""Judging: runs a rule and gives its findings a place, the same way at every phase."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.model.address import Address
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.placing import diagnose
from reconciler.model.resource import Resource
from reconciler.model.rule import Finding, Rule, RuleText, Unjudged
from reconciler.model.view import View

_UNCERTAIN = (
    "This was judged without what the snapshot does not hold; whoever plans against the database sees for sure."
)


def judge(rule: Rule, view: View, subject: Address | None, *arguments: Any) -> Iterator[Diagnostic]:
    """The diagnostics of ``rule`` called with ``arguments``; ``subject`` is the resource that it judges, if any."""
    doubts = view.doubts
    own = subject is not None and view.doubtful(subject)
    view.asks(subject or rule.code)
    try:
        for finding in rule.check(*arguments):
            view.speaks()
            found = placed(rule, finding, view=view, subject=subject)
            yield uncertain(found) if own or view.doubts != doubts else found
    except Unjudged:
        return
    finally:
        view.asks("")


def judge_declared(
    view: View, rules: Mapping[str, Sequence[Rule]], *arguments: Any, without: Container[Address] = ()
) -> Iterator[Diagnostic]:
    """The diagnostics of ``rules``, by kind, about every declared resource; as :func:`judge`, one after the other.

    Each rule is called with the resource, the view, and ``arguments``.
    """
    for address, resource in view.judged.items():
        mine = rules[address.kind]
        if not mine or address in without:
            continue
        view.asks(address)
        for rule in mine:
            doubts = view.doubts
            try:
                for finding in rule.check(resource, view, *arguments):
                    view.speaks()
                    found = placed(rule, finding, view=view, subject=address)
                    yield uncertain(found) if view.doubts != doubts or view.doubtful(address) else found
            except Unjudged:
                continue
    view.asks("")


def uncertain(found: Diagnostic) -> Diagnostic:
    """A finding that rests on data of which only a part is known: it may be wrong, so it is no error."""
    if found.severity is not Severity.ERROR:
        return found
    detail = f"{found.detail}\n{_UNCERTAIN}" if found.detail else _UNCERTAIN
    return replace(found, severity=Severity.WARNING, detail=detail)


def placed(rule: Rule | RuleText, finding: Finding, *, view: View, subject: Address | None) -> Diagnostic:
    """A finding as a diagnostic, in the manifest of the resource that it names, else of ``subject``."""
    address = finding.address or subject
    resource: Resource[Any] | None = None
    kind = None
    if address is not None:
        resource = view.manifest(address)
        kind = view.catalog.get(address.kind)
        if finding.address is None:
            finding = Finding(
                finding.summary, finding.at, finding.hint, finding.detail, address=address, code=finding.code
            )
    return diagnose(rule, finding, kind=kind, resource=resource)
