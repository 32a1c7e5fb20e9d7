"""What happens as a stream of JSON objects, one a line, with the event names of the contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.errors import ReconcilerError
from reconciler.model.report import Report, ResourceLine
from reconciler.model.run import Event, Outcome, Run
from reconciler.render.findings_json import diagnostic_json
from reconciler.render.origin_json import origin_json
from reconciler.render.plan_json import place_text, summary_json, terraform_actions
from reconciler.render.plan_text import verdict

_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warn", Severity.MANUAL: "info"}
_VERBS = {"create": "create", "update": "update", "delete": "delete", "forget": "forget", "no-op": "noop"}


def line(kind: str, message: str, /, *, level: str = "info", **facts: Any) -> dict[str, Any]:
    """One line of the stream."""
    return {"@level": level, "@message": message, "@module": "reconciler", "type": kind, **facts}


def version_line(version: str) -> dict[str, Any]:
    """The first line of every stream."""
    return line("version", f"reconciler {version}", reconciler=version, ui="1.0")


def diagnostic_line(one: Diagnostic) -> dict[str, Any]:
    """A finding."""
    message = f"{one.severity.value.capitalize()}: {one.summary}"
    return line("diagnostic", message, level=_LEVEL[one.severity], diagnostic=diagnostic_json(one))


def error_lines(error: ReconcilerError) -> Iterator[dict[str, Any]]:
    """An error that ends a command: its findings, then itself."""
    yield from map(diagnostic_line, error.diagnostics)
    yield line(
        "diagnostic",
        f"Error: {error.message}",
        level="error",
        diagnostic={
            "severity": "error",
            "code": error.code,
            "summary": error.message,
            "detail": "",
            "hint": error.hint,
        },
    )


def event_lines(event: Event, report: Report | None) -> Iterator[dict[str, Any]]:
    """Something that happened during an apply; of writing and its end one line a resource."""
    yield line(event.type, event.message, **dict(event.facts))
    kind = {"write": "apply_start", "done": "apply_complete"}.get(str(event.facts.get("step")))
    if kind is None or report is None:
        return
    for one in report.changes:
        action = terraform_actions(one)[0]
        if action != "no-op" or not {"adopt", "move"}.isdisjoint(one.actions):
            message = f"{one.address}: {'Applying' if kind == 'apply_start' else 'Applied'}"
            yield line(kind, message, hook={"resource": resource_json(one), "action": _VERBS[action]})


def outcome_lines(run: Run, report: Report) -> Iterator[dict[str, Any]]:
    """How an apply ended."""
    if run.outcome is Outcome.UNCHANGED:
        yield from plan_lines(report)
    yield summary_line(report, operation="apply", run=run)


def plan_lines(report: Report) -> Iterator[dict[str, Any]]:
    """A plan: its drift, its changes, its findings, its counts."""
    for one in (*(found for found in report.changes if found.drifted), *report.observed):
        yield line("resource_drift", f"{one.address}: Drift detected", change=_change(one, drift=True))
    for one in report.changes:
        action = ", ".join(one.actions)
        yield line("planned_change", f"{one.address}: Plan to {action}", change=_change(one, drift=False))
    denied = (one.diagnostic() for one in report.denials)
    yield from map(diagnostic_line, (*report.diagnostics, *denied, *report.guarded))
    yield summary_line(report, operation="plan")


def summary_line(report: Report, *, operation: str, run: Run | None = None) -> dict[str, Any]:
    """The counts, of a plan or of the run that applied it."""
    summary = report.summary
    facts: dict[str, Any] = summary_json(report) | {"digest": report.digest} | origin_json(report)
    counts = (summary.add, summary.change, summary.destroy, summary.adopt)
    message = verdict(summary, empty=report.empty)
    if run is not None:
        facts |= {"run": run.id, "outcome": run.outcome.value}
        if run.outcome is not Outcome.APPLIED:
            counts = (0, 0, 0, 0)
        message = f"Apply complete! {counts[0]} added, {counts[1]} changed, {counts[2]} destroyed."
    changes = {
        "add": counts[0],
        "change": counts[1],
        "remove": counts[2],
        "import": counts[3],
        "operation": operation,
    }
    return line("change_summary", message, changes=changes, reconciler=facts)


def resource_json(one: ResourceLine) -> dict[str, Any]:
    """Which resource a line is about."""
    return {
        "addr": str(one.address),
        "resource_type": one.type,
        "resource_name": one.address.name,
        "tenant": one.address.tenant or None,
    }


def _change(one: ResourceLine, *, drift: bool) -> dict[str, Any]:
    return {
        "resource": resource_json(one),
        "action": "update" if drift else _VERBS[terraform_actions(one)[0]],
        "actions": list(one.actions),
        "causes": sorted(one.causes),
        "risks": [str(risk) for risk in one.risks],
        "fields": [field.path for field in one.fields] + (["state"] if one.edges else []),
        "source": place_text(one.source),
    }
