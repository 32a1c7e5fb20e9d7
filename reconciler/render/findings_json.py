"""Diagnostics as JSON, for editors and pipelines."""

from __future__ import annotations

from typing import Any

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.report import Findings
from reconciler.model.source import Source

FORMAT_VERSION = "1.0"


def findings_json(findings: Findings) -> dict[str, Any]:
    """The outcome of ``validate``."""
    errors = sum(one.severity is Severity.ERROR for one in findings.diagnostics)
    warnings = sum(one.severity is Severity.WARNING for one in findings.diagnostics)
    return {
        "format_version": FORMAT_VERSION,
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": warnings,
        "diagnostics": [diagnostic_json(one) for one in findings.diagnostics],
    }


def diagnostic_json(one: Diagnostic) -> dict[str, Any]:
    """One finding."""
    return {
        "severity": one.severity.value,
        "code": one.code,
        "phase": one.phase.value,
        "summary": one.summary,
        "detail": one.detail,
        "hint": one.hint,
        "address": None if one.address is None else str(one.address),
        "path": one.path or None,
        "range": None if one.source is None else range_json(one.source),
        "snippet": None
        if one.snippet is None
        else {
            "code": one.snippet.text,
            "highlight_start_offset": one.snippet.start,
            "highlight_end_offset": one.snippet.start + one.snippet.length,
        },
    }


def range_json(source: Source) -> dict[str, Any]:
    """A place: lines and columns count from 1, columns count characters."""
    return {
        "filename": source.file,
        "start": {"line": source.line, "column": source.column},
        "end": {"line": source.end_line, "column": source.end_column},
    }
