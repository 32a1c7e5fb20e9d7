"""What became of an apply, as JSON for ``--report``."""

from __future__ import annotations

from typing import Any

from reconciler.model.errors import OutcomeUnknown, ReconcilerError
from reconciler.model.past import Past
from reconciler.model.report import Report
from reconciler.model.run import Run
from reconciler.render.findings_json import diagnostic_json
from reconciler.render.plan_json import place_text, summary_json, terraform_actions

FORMAT_VERSION = "1.0"


def run_json(run: Run) -> dict[str, Any]:
    """One run."""
    return {
        "id": run.id,
        "digest": run.digest,
        "actor": run.actor,
        "approvers": list(run.approvers),
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "seconds": run.seconds,
        "outcome": run.outcome.value,
        "added": run.added,
        "changed": run.changed,
        "destroyed": run.destroyed,
        "commit": run.commit,
        "rollback_of": run.rollback_of,
        "notices": run.notices,
    }


def past_json(past: Past) -> dict[str, Any]:
    """One run with its changes."""
    return {
        "format_version": FORMAT_VERSION,
        "run": run_json(past.run),
        "changes": [
            {
                "address": str(one.address),
                "action": one.action,
                "edge": one.edge,
                "reason": one.reason,
                "fields": [dict(field) for field in one.fields],
                "source": one.source,
                "kept": one.kept,
                "later_runs": list(past.later.get(one.address, ())),
            }
            for one in past.changes
        ],
        "broken": list(past.broken),
        "can_be_rolled_back": bool(past.changes) and not past.broken and all(one.kept for one in past.changes),
    }


def applied_json(run: Run, report: Report) -> dict[str, Any]:
    """An apply that went well, or had nothing to do."""
    return {
        "format_version": FORMAT_VERSION,
        "outcome": run.outcome.value,
        "exit_code": 0,
        "run": run_json(run),
        "environment": report.environment or None,
        "database": report.identity,
        "summary": summary_json(report),
        "changes": [
            {
                "address": str(one.address),
                "type": one.type,
                "actions": terraform_actions(one),
                "classes": list(one.actions),
                "risks": [str(risk) for risk in one.risks],
                "source": place_text(one.source),
            }
            for one in report.changes
        ],
        "diagnostics": [diagnostic_json(one) for one in report.diagnostics],
    }


def refused_json(error: ReconcilerError) -> dict[str, Any]:
    """An apply that ended with an error; unknown stays unknown."""
    return {
        "format_version": FORMAT_VERSION,
        "outcome": "unknown" if isinstance(error, OutcomeUnknown) else "not applied",
        "exit_code": error.exit_code,
        "error": {"code": error.code, "message": error.message, "hint": error.hint},
        "diagnostics": [diagnostic_json(one) for one in error.diagnostics],
    }
