"""What GitLab reads: code quality for the merge request's diff, and the counts of its widget for plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.model.drift import DriftReport
from reconciler.model.report import Findings, Report
from reconciler.render.drift_remarks import drift_remarks
from reconciler.render.origin_remarks import origin_remarks
from reconciler.render.remarks import Level, Remark, finding_remarks, fingerprints, plan_remarks
from reconciler.render.terminal import safe
from reconciler.render.values import as_json

_SEVERITY = {Level.ERROR: "critical", Level.WARNING: "minor", Level.NOTE: "info"}


def findings_gitlab(findings: Findings, *, prefix: str = "") -> str:
    """Code quality of ``validate``. ``prefix`` leads from the root of the repository to the working folder."""
    return _quality(finding_remarks(findings.diagnostics), prefix)


def plan_gitlab(report: Report, *, prefix: str = "") -> str:
    """Code quality of a plan: where it comes from, findings, guards, and the changes that want a second look."""
    return _quality([*origin_remarks(report), *plan_remarks(report, plain=False)], prefix)


def drift_gitlab(report: DriftReport, *, prefix: str = "") -> str:
    """Code quality of drift."""
    return _quality(drift_remarks(report), prefix)


def plan_gitlab_widget(report: Report) -> str:
    """The report ``terraform`` of a job: how many resources a plan creates, updates and deletes.

    Beside a base these are the branch's own: the widget stands in its merge request, and has room for nothing else.
    """
    summary = report.summary if report.base is None else report.base.own
    return as_json({"create": summary.add, "update": summary.change, "delete": summary.destroy}) + "\n"


def _quality(remarks: Sequence[Remark], prefix: str) -> str:
    marks = fingerprints(remarks)
    entries = [_entry(one, mark, prefix) for one, mark in zip(remarks, marks, strict=True)]
    return as_json(entries, indent=2) + "\n"


def _entry(one: Remark, mark: str, prefix: str) -> dict[str, Any]:
    return {
        "description": f"{safe(one.code)}: {one.text}",
        "check_name": safe(one.code),
        "fingerprint": mark,
        "severity": _SEVERITY[one.level],
        "location": {"path": safe(prefix + one.place.file), "lines": {"begin": max(1, one.place.line)}},
    }
