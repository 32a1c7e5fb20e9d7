"""Judging: runs a rule and gives its findings a place, the same way at every phase."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.model.address import Address
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.placing import diagnose
from reconciler.model.resource import Resource
from reconciler.model.rule import Finding, Rule, RuleText, Unjudged
from reconciler.model.view import View


def judge(rule: Rule, view: View, subject: Address | None, *arguments: Any) -> Iterator[Diagnostic]:
    """The diagnostics of ``rule`` called with ``arguments``; ``subject`` is the resource that it judges, if any."""
    try:
        for finding in rule.check(*arguments):
            yield placed(rule, finding, view=view, subject=subject)
    except Unjudged:
        return


def placed(rule: Rule | RuleText, finding: Finding, *, view: View, subject: Address | None) -> Diagnostic:
    """A finding as a diagnostic, in the manifest of the resource that it names, else of ``subject``."""
    address = finding.address or subject
    resource: Resource[Any] | None = None
    kind = None
    if address is not None:
        resource = view.declared.get(address)
        kind = view.catalog.get(address.kind)
        if finding.address is None:
            finding = Finding(
                finding.summary, finding.at, finding.hint, finding.detail, address=address, code=finding.code
            )
    return diagnose(rule, finding, kind=kind, resource=resource)
