"""What a workflow of GitHub reads: annotations at manifest lines, the summary of a step, and its outputs.

A runner takes every line of a log that begins with ``::`` for a command, so no text of data begins a line here, none
holds a line end, and what separates the parts of a command is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.model.drift import DriftReport
from reconciler.model.report import Findings, Report
from reconciler.render.drift_remarks import drift_remarks
from reconciler.render.drift_text import verdict as drift_verdict
from reconciler.render.findings_text import findings_verdict
from reconciler.render.origin_remarks import origin_facts, origin_remarks
from reconciler.render.plan_text import clear, verdict
from reconciler.render.remarks import Level, Remark, finding_remarks, plan_remarks, weightiest_first
from reconciler.render.terminal import safe

SHOWN = 10
"""Annotations of one level that are shown of a step; more are cut without a word."""
LISTED = 25
"""Remarks that the summary of a step lists."""

_COMMAND = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
_PLAIN = frozenset(" -/,")


def findings_github(findings: Findings, *, prefix: str = "") -> str:
    """The outcome of ``validate`` as annotations. ``prefix`` leads from the repository's root to the working folder."""
    remarks = weightiest_first(finding_remarks(findings.diagnostics))
    return _annotations(remarks, prefix) + findings_verdict(findings) + "\n"


def plan_github(report: Report, *, prefix: str = "") -> str:
    """A plan as annotations: denials, findings, guards, then its changes, weightiest first.

    The notices begin with where it comes from, so that many changes do not push that out.
    """
    remarks = [*origin_remarks(report), *plan_remarks(report, plain=True)]
    return _annotations(remarks, prefix) + plan_verdict(report) + "\n"


def drift_github(report: DriftReport, *, prefix: str = "") -> str:
    """Drift as annotations."""
    return _annotations(weightiest_first(drift_remarks(report)), prefix) + drift_verdict(report) + "\n"


def drift_outputs(report: DriftReport) -> dict[str, str]:
    """Outputs of a step that looks for drift."""
    counts = {name: str(number) for name, number in report.counts.items()}
    return {"verdict": "drift" if report.counted else "none", "drift": _truth(holds=bool(report.counted)), **counts}


def findings_outputs(findings: Findings) -> dict[str, str]:
    """Outputs of a step that validates."""
    counts = _counts(finding_remarks(findings.diagnostics))
    return {
        "verdict": "valid" if findings.valid else "errors",
        "valid": _truth(holds=findings.valid),
        "resources": str(findings.resources),
        "files": str(findings.files),
        **counts,
    }


def plan_outputs(report: Report) -> dict[str, str]:
    """Outputs of a step that plans. ``verdict`` is errors, denied, held, changes or none."""
    summary = report.summary
    names = ("add", "change", "destroy", "adopt", "move", "forget", "held", "manual", "drift", "unchanged")
    return {
        "verdict": plan_word(report),
        "changes": _truth(holds=not report.empty if report.base is None else report.base.changes),
        "digest": report.digest,
        "denials": str(len(report.denials)),
        **{name: str(getattr(summary, name)) for name in names},
        **_counts(finding_remarks((*report.diagnostics, *report.guarded))),
        **origin_facts(report),
    }


def outputs_text(outputs: dict[str, str]) -> str:
    """Outputs as the runner reads them, one a line; a value never holds a line end."""
    return "".join(f"{name}={safe(value)}\n" for name, value in outputs.items())


def findings_summary(findings: Findings) -> str:
    """The summary of a step that validates, in Markdown."""
    remarks = weightiest_first(finding_remarks(findings.diagnostics))
    return _markdown(findings_verdict(findings), remarks)


def plan_word(report: Report) -> str:
    """What became of a plan in one word."""
    if any(one.level is Level.ERROR for one in finding_remarks(report.diagnostics)):
        return "errors"
    if report.denials or report.with_action("denied"):
        return "denied"
    if any(one.level is Level.ERROR for one in finding_remarks(report.guarded)):
        return "held"
    return "none" if report.empty else "changes"


def plan_verdict(report: Report) -> str:
    """The line about a plan that scripts look for."""
    return verdict(report.summary, empty=clear(report) and not report.with_action("denied"))


# --- annotations -----------------------------------------------------------------------------------------------------


def _annotations(remarks: Sequence[Remark], prefix: str) -> str:
    lines = []
    for level in Level:
        found = [one for one in remarks if one.level is level]
        shown = found if len(found) <= SHOWN else found[: SHOWN - 1]
        lines += [_annotation(one, prefix) for one in shown]
        more = len(found) - len(shown)
        if more:
            word = "change or finding" if more == 1 else "changes and findings"
            lines.append(f"::{_COMMAND[level]} title=And {more} more::{more} more {word} of this weight.")
    return "".join(f"{line}\n" for line in lines)


def _annotation(one: Remark, prefix: str) -> str:
    place = one.source
    facts: list[tuple[str, str]] = []
    if place is not None:
        facts = [("file", prefix + place.file), ("line", str(place.line)), ("col", str(place.column))]
        if place.end_line >= place.line:
            facts.append(("endLine", str(place.end_line)))
        if place.end_line == place.line and place.end_column > place.column:
            facts.append(("endColumn", str(place.end_column)))
    facts.append(("title", f"{one.code} {one.about}".strip()))
    return f"::{_COMMAND[one.level]} {','.join(f'{key}={_fact(value)}' for key, value in facts)}::{_data(one.text)}"


def _data(text: str) -> str:
    return safe(text).replace("%", "%25")


def _fact(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


# --- counts ----------------------------------------------------------------------------------------------------------


def _counts(remarks: Iterable[Remark]) -> dict[str, str]:
    found = [one.level for one in remarks]
    return {"errors": str(found.count(Level.ERROR)), "warnings": str(found.count(Level.WARNING))}


def _truth(*, holds: bool) -> str:
    return "true" if holds else "false"


# --- summary ---------------------------------------------------------------------------------------------------------


def _markdown(head: str, remarks: Sequence[Remark]) -> str:
    lines = [f"### {head}", ""]
    if remarks:
        lines += ["| | Where | What |", "|---|---|---|"]
        for one in remarks[:LISTED]:
            where = _code(one.source.short) if one.source else ""
            lines.append(f"| {one.level} | {where} | {_code(one.code)} {_code(one.text)} |")
        lines.append("")
    more = len(remarks) - LISTED
    if more > 0:
        lines += [f"And {more} more.", ""]
    return "\n".join(lines)


def _code(text: str) -> str:
    """Text of data in Markdown: in a code element, where nothing is a mention, with every other sign as an entity."""
    signs = (one if one.isalnum() or one in _PLAIN else f"&#{ord(one)};" for one in safe(text))
    return f"<code>{''.join(signs)}</code>"
