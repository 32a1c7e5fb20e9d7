"""SARIF 2.1.0, for code scanning and editors: findings and the changes of a plan that want a second look.

Each result stands at its manifest line. Its fingerprint stays when lines move. Texts of data never become a link or a
placeholder of a message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from reconciler.model.drift import DriftReport
from reconciler.model.report import Findings, Report
from reconciler.model.rule import RuleText
from reconciler.render.drift_remarks import drift_remarks
from reconciler.render.origin_json import origin_json
from reconciler.render.origin_remarks import origin_remarks
from reconciler.render.remarks import CHANGE_TEXTS, Remark, finding_remarks, fingerprints, plan_remarks
from reconciler.render.terminal import safe
from reconciler.render.values import as_json

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_DOCS = "https://reconciler.example.com/docs"
_ROOT = "%SRCROOT%"
_LINK = re.compile(r"\]\(")
_PLACEHOLDER = re.compile(r"\{\d")

Rules = Callable[[str], Sequence[RuleText]]
"""The texts of a code; none for a code without one."""


def findings_sarif(findings: Findings, *, version: str, rules: Rules, prefix: str = "") -> str:
    """The outcome of ``validate``. ``prefix`` leads from the root of the repository to the working folder."""
    remarks = finding_remarks(findings.diagnostics)
    return _log(remarks, "validate", version=version, rules=rules, prefix=prefix, facts={})


def plan_sarif(report: Report, *, version: str, rules: Rules, prefix: str = "") -> str:
    """A plan: findings, guards, and the changes that want a second look.

    Where it comes from is told by notifications and properties of the run. Beside a base each result says whether it
    is new.
    """
    facts = {"digest": report.digest, "environment": report.environment, "manifests": report.manifests}
    return _log(
        plan_remarks(report, plain=False),
        "plan",
        version=version,
        rules=rules,
        prefix=prefix,
        facts={**facts, **origin_json(report)},
        notes=origin_remarks(report),
        compared=report.base is not None and not report.base.invalid,
    )


def drift_sarif(report: DriftReport, *, version: str, rules: Rules, prefix: str = "") -> str:
    """Drift: each finding, waived ones as notes."""
    facts = {"environment": report.environment, "asOf": report.as_of}
    return _log(drift_remarks(report), "drift", version=version, rules=rules, prefix=prefix, facts=facts)


def _log(
    remarks: Sequence[Remark],
    verb: str,
    *,
    version: str,
    rules: Rules,
    prefix: str,
    facts: Mapping[str, Any],
    notes: Sequence[Remark] = (),
    compared: bool = False,
) -> str:
    codes = sorted({one.code for one in remarks})
    index = {code: number for number, code in enumerate(codes)}
    marks = fingerprints(remarks)
    run = {
        "tool": {
            "driver": {
                "name": "reconciler",
                "version": version,
                "semanticVersion": version,
                "informationUri": _DOCS,
                "rules": [_rule(code, rules(code)) for code in codes],
                **({"notifications": [_rule(one.code, ()) for one in notes]} if notes else {}),
            }
        },
        "automationDetails": {"id": f"reconciler/{verb}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "results": [
            _result(one, index[one.code], mark, prefix) | (_novelty(one) if compared else {})
            for one, mark in zip(remarks, marks, strict=True)
        ],
        **_notifications(notes),
    }
    properties = {key: _told(value) for key, value in facts.items() if value}
    if properties:
        run["properties"] = properties
    return as_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _notifications(notes: Sequence[Remark]) -> dict[str, Any]:
    """What is true of the whole run, where readers look for how the run went."""
    told = [
        {
            "descriptor": {"id": one.code, "index": number},
            "level": one.level.value,
            "message": {"text": _message(one.text)},
        }
        for number, one in enumerate(notes)
    ]
    return {"invocations": [{"executionSuccessful": True, "toolExecutionNotifications": told}]} if told else {}


def _novelty(one: Remark) -> dict[str, str]:
    return {"baselineState": "unchanged" if one.earlier else "new"}


def _told(value: Any) -> Any:
    """Text of data in the properties, without control characters."""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, dict):
        return {key: _told(item) for key, item in value.items()}
    return [_told(item) for item in value] if isinstance(value, list) else value


def _rule(code: str, texts: Sequence[RuleText]) -> dict[str, Any]:
    words = [one.text for one in texts] or ([CHANGE_TEXTS[code]] if code in CHANGE_TEXTS else [])
    rule: dict[str, Any] = {"id": safe(code)}
    if words:
        text = " ".join(dict.fromkeys(words))
        rule["shortDescription"] = {"text": words[0]}
        rule["fullDescription"] = {"text": text}
        rule["help"] = {"text": text}
    phases = sorted({one.phase.value for one in texts})
    if phases:
        rule["properties"] = {"tags": phases}
    return rule


def _result(one: Remark, index: int, mark: str, prefix: str) -> dict[str, Any]:
    place = one.place
    region: dict[str, Any] = {"startLine": max(1, place.line), "startColumn": max(1, place.column)}
    if (place.end_line, place.end_column) > (place.line, place.column):
        region |= {"endLine": place.end_line, "endColumn": place.end_column}
    physical: dict[str, Any] = {
        "artifactLocation": {
            "uri": quote(prefix + place.file, safe="/", errors="backslashreplace"),
            "uriBaseId": _ROOT,
        },
        "region": region,
    }
    if one.snippet is not None and one.source is not None:
        line = {"startLine": region["startLine"], "snippet": {"text": safe(one.snippet.text)}}
        physical["contextRegion"] = line
    location: dict[str, Any] = {"physicalLocation": physical}
    if one.about:
        logical = {"fullyQualifiedName": safe(one.about), "kind": "resource"}
        location["logicalLocations"] = [logical]
    return {
        "ruleId": safe(one.code),
        "ruleIndex": index,
        "level": one.level.value,
        "message": {"text": _message(one.text)},
        "locations": [location],
        "partialFingerprints": {"primaryLocationLineHash": f"{mark}:1", "reconciler/v1": mark},
    }


def _message(text: str) -> str:
    """Plain text of a message: no embedded link, no placeholder."""
    if _LINK.search(text):
        text = text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    if _PLACEHOLDER.search(text):
        text = text.replace("{", "{{").replace("}", "}}")
    return text
