"""Where a plan comes from, as JSON: ``reconciler.snapshot`` and ``reconciler.base``."""

from __future__ import annotations

from typing import Any

from reconciler.model.diagnostic import Severity
from reconciler.model.plan import Summary
from reconciler.model.report import Base, Report
from reconciler.model.snapshot import SnapshotNote


def origin_json(report: Report) -> dict[str, Any]:
    """What there is of these facts; ``rollback`` is the run that the plan undoes."""
    found: dict[str, Any] = {}
    if report.snapshot is not None:
        found["snapshot"] = snapshot_json(report.snapshot)
    if report.rollback:
        found["rollback"] = report.rollback
    if report.base is not None:
        found["base"] = base_json(report, report.base)
    return found


def snapshot_json(note: SnapshotNote) -> dict[str, Any]:
    """What a plan was made from when that was no database."""
    return {
        "made_at": note.made_at,
        "made_for": list(note.made_for),
        "partial": note.partial,
        "environment": note.environment or None,
        "schema": note.schema,
        "version": note.version,
        "key": note.key,
        "unread": [str(one) for one in note.unread],
        "secrets_at_apply": [{"address": str(address), "path": path} for address, path in note.secrets],
    }


def base_json(report: Report, base: Base) -> dict[str, Any]:
    """What of a plan was pending before its branch."""
    errors = [one for one in (*report.diagnostics, *report.guarded) if one.severity is Severity.ERROR]
    earlier = sum(one in base.findings for one in errors)
    return {
        "commit": base.commit,
        "planned": not base.invalid,
        "checks": {"branch": base.check.value, "before": base.before.value},
        "branch": _counts(base.own),
        "before": _counts(base.earlier),
        "withdrawn": [{"address": str(address), "path": path or None} for address, path in base.withdrawn],
        "errors": {"branch": len(errors) - earlier, "before": earlier},
        "denials": {"branch": len(report.denials) - len(base.denials), "before": len(base.denials)},
    }


def _counts(summary: Summary) -> dict[str, int]:
    return {name: getattr(summary, name) for name in Summary.__slots__ if name != "unchanged"}
