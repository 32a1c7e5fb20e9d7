"""A report of drift for machines: JSON and CSV, with absolute times and stable ids."""

from __future__ import annotations

import csv
import io
from typing import Any

from reconciler.model.drift import DriftFinding, DriftReport, Written
from reconciler.model.waiver import Waiver
from reconciler.render.findings_json import diagnostic_json, range_json
from reconciler.render.terminal import safe
from reconciler.render.values import as_json

FORMAT_VERSION = "1.0"

COLUMNS = (
    "id",
    "state",
    "finding",
    "address",
    "field",
    "applied",
    "live",
    "cause",
    "first_seen",
    "changed_at",
    "operator",
    "application",
    "user",
    "source",
    "commit",
    "waiver",
    "waived_until",
    "previous_address",
)
"""The columns of the CSV, in order."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def drift_json(report: DriftReport) -> dict[str, Any]:
    """The whole report."""
    return {
        "format_version": FORMAT_VERSION,
        "as_of": report.as_of,
        "environment": report.environment or None,
        "database": report.identity,
        "drift": bool(report.counted),
        "recorded": report.recorded,
        "summary": {**report.counts, "managed": report.managed},
        "findings": [finding_json(one) for one in report.findings],
        "resolved": [finding_json(one) for one in report.resolved],
        "diagnostics": [diagnostic_json(one) for one in report.diagnostics],
    }


def finding_json(one: DriftFinding) -> dict[str, Any]:
    """One finding."""
    return {
        "id": one.id,
        "state": str(one.state),
        "finding": str(one.sort),
        "address": str(one.address),
        "previous_address": None if one.previous is None else str(one.previous),
        "type": one.type,
        "tenant": one.address.tenant or None,
        "field": one.path or None,
        "applied": one.expected,
        "live": one.actual,
        "sensitive": one.sensitive,
        "cause": one.cause,
        "first_seen": one.first_seen or None,
        "last_change": None if one.writer is None else _writer(one.writer),
        "range": None if one.source is None else range_json(one.source),
        "commit": one.commit,
        "waiver": None if one.waiver is None else _waiver(one.waiver),
        "expired_waiver": None if one.expired is None else _waiver(one.expired),
    }


def drift_csv(report: DriftReport) -> str:
    """All findings, resolved ones last, a line each; values as JSON."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(COLUMNS)
    for one in (*report.findings, *report.resolved):
        by = one.writer
        row = (
            one.id,
            str(one.state),
            str(one.sort),
            str(one.address),
            one.path,
            as_json(one.expected) if one.path else "",
            as_json(one.actual) if one.path else "",
            one.cause,
            one.first_seen,
            "" if by is None else by.at,
            "" if by is None else by.operator,
            "" if by is None else by.application,
            "" if by is None else by.user,
            "" if one.source is None else one.source.short,
            one.commit or "",
            "" if one.waiver is None else one.waiver.name,
            "" if one.waiver is None else one.waiver.expires.isoformat(),
            "" if one.previous is None else str(one.previous),
        )
        # A bare carriage return is not quoted by the writer, and begins a row for a spreadsheet.
        lines.writerow([_cell(safe(text)) for text in row])
    return out.getvalue()


def _writer(one: Written) -> dict[str, Any]:
    return {
        "at": one.at,
        "operation": one.operation,
        "operator": one.operator or None,
        "application": one.application or None,
        "user": one.user or None,
    }


def _waiver(one: Waiver) -> dict[str, Any]:
    return {
        "name": one.name,
        "owner": one.owner,
        "reason": one.reason,
        "expires": one.expires.isoformat(),
        "range": None if one.source is None else range_json(one.source),
    }


def _cell(text: str) -> str:
    """What a spreadsheet would take for a formula begins with an apostrophe: names of programs come from outside."""
    return f"'{text}" if text.startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
