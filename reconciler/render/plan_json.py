"""A plan as JSON, in the names of Terraform's plan, so that viewers and policies written for it read ours.

Our own facts stand under the one key ``reconciler``, at the top and in each change. Secrets stand as ``(secret)``, with
what becomes of those that change behind it, and are marked in ``before_sensitive`` and ``after_sensitive``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model.canonical import in_key_order
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.report import EdgeLine, FieldLine, Report, ResourceLine
from reconciler.model.source import Source
from reconciler.render.access_json import shift_json
from reconciler.render.approvals_json import approvals_json
from reconciler.render.findings_json import diagnostic_json
from reconciler.render.origin_json import origin_json
from reconciler.render.values import secret_text

FORMAT_VERSION = "1.2"
_NOTHING_WRITTEN = ("no-op",)


def plan_json(report: Report, *, version: str) -> dict[str, Any]:
    """The whole plan. ``version`` is the version of this program."""
    errored = any(one.severity is Severity.ERROR for one in (*report.diagnostics, *report.guarded))
    denied = bool(report.denials)
    return {
        "format_version": FORMAT_VERSION,
        "terraform_version": version,
        "applyable": not errored and not denied and not report.empty and report.snapshot is None,
        "complete": not report.with_action("held", "manual", "denied", "blocked-by") and report.snapshot is None,
        "errored": errored,
        "resource_changes": [resource_change(one) for one in report.changes],
        "resource_drift": [*map(_drift, _drifted(report))],
        "planned_values": {"root_module": {"resources": [*_values(report.changes, after=True)]}},
        "prior_state": {
            "format_version": "1.0",
            "terraform_version": version,
            "values": {"root_module": {"resources": [*_values(report.changes, after=False)]}},
        },
        "configuration": {"root_module": {"resources": [*_configuration(report)]}},
        "reconciler": _own_facts(report),
    }


def terraform_actions(one: ResourceLine) -> list[str]:
    """What happens to a resource, in Terraform's words."""
    found = set(one.actions)
    if "create" in found:
        return ["create"]
    if "delete" in found:
        return ["delete"]
    if found & {"update", "rotate-secret", "transition"}:
        return ["update"]
    if "forget" in found:
        return ["forget"]
    return [*_NOTHING_WRITTEN]


def resource_change(one: ResourceLine) -> dict[str, Any]:
    """One entry of ``resource_changes``."""
    change: dict[str, Any] = {
        "actions": terraform_actions(one),
        "before": in_key_order(one.before),
        "after": in_key_order(_with_new_secrets(one)),
        "after_unknown": {},
        "before_sensitive": _sensitive(one.before, one.sensitive),
        "after_sensitive": _sensitive(one.after, one.sensitive),
    }
    if "adopt" in one.actions:
        change["importing"] = {"id": str(one.address)}
    return {**_identity(one), "change": change, "reconciler": _facts(one)}


def _identity(one: ResourceLine) -> dict[str, Any]:
    return {
        "address": str(one.address),
        "previous_address": None if one.previous is None else str(one.previous),
        "mode": "managed",
        "type": one.type,
        "name": one.address.name,
        "provider_name": "reconciler",
    }


def _facts(one: ResourceLine) -> dict[str, Any]:
    return {
        "tenant": one.address.tenant or None,
        "source": place_text(one.source),
        "actions": list(one.actions),
        "risks": [str(risk) for risk in one.risks],
        "reasons": list(one.reasons),
        "fields": [*map(_field, one.fields), *(_edge(edge) for edge in one.edges)],
        "edges": [_step(edge) for edge in one.edges],
        "manual_actions": [_step(edge) for edge in one.manual],
        **_earlier(one),
    }


def _earlier(one: ResourceLine | FieldLine | EdgeLine) -> dict[str, bool]:
    """Says of what was pending before the branch that it was, and nothing of anything else."""
    return {"earlier": True} if one.earlier else {}


def _field(one: FieldLine) -> dict[str, Any]:
    return {
        "path": one.path,
        "cause": one.cause,
        "before": one.before,
        "after": one.after,
        "base": one.base,
        "sensitive": one.sensitive,
        "source": place_text(one.source),
        "verdict": one.verdict or None,
        "risk": [],
        **_earlier(one),
    }


def _edge(one: EdgeLine) -> dict[str, Any]:
    return {
        "path": "state",
        "cause": one.cause,
        "before": one.before,
        "after": one.after,
        "base": None,
        "sensitive": False,
        "source": place_text(one.source),
        "verdict": one.verdict or None,
        "risk": [str(risk) for risk in one.risks],
    }


def _step(one: EdgeLine) -> dict[str, Any]:
    return {
        "from": one.before,
        "to": one.after,
        "effect": one.effect,
        "risks": [str(risk) for risk in one.risks],
        "source": place_text(one.source),
        **_earlier(one),
    }


def place_text(source: Source | None) -> str | None:
    """``file:line``, or nothing."""
    return None if source is None else source.short


def _drifted(report: Report) -> list[ResourceLine]:
    return [one for one in report.changes if one.drifted] + list(report.observed)


def _drift(one: ResourceLine) -> dict[str, Any]:
    """Before is what was applied last, after is what the world made of it."""
    moved = [line for line in one.fields if line.cause in ("drift", "conflict")]
    live = one.before or {}
    return {
        **_identity(one),
        "change": {
            "actions": ["update"] if live else ["delete"],
            "before": {line.path: line.base for line in moved},
            "after": {line.path: line.before for line in moved},
            "after_unknown": {},
            "before_sensitive": {line.path: True for line in moved if line.sensitive},
            "after_sensitive": {line.path: True for line in moved if line.sensitive},
        },
        "reconciler": {**_facts(one), "fields": [_field(line) for line in moved]},
    }


def _values(changes: Iterable[ResourceLine], *, after: bool) -> Iterable[dict[str, Any]]:
    for one in changes:
        values = one.after if after else one.before
        if values is None:
            continue
        yield {
            "address": str(one.address),
            "mode": "managed",
            "type": one.type,
            "name": one.address.name,
            "provider_name": "reconciler",
            "schema_version": 0,
            "values": in_key_order(values),
            "sensitive_values": _sensitive(values, one.sensitive),
        }


def _configuration(report: Report) -> Iterable[dict[str, Any]]:
    for one in report.changes:
        if one.source is not None:
            yield {
                "address": str(one.address),
                "mode": "managed",
                "type": one.type,
                "name": one.address.name,
                "provider_config_key": "reconciler",
                "source": place_text(one.source),
            }


def _sensitive(values: Mapping[str, Any] | None, paths: Iterable[str]) -> dict[str, Any] | bool:
    if values is None:
        return False
    marked: dict[str, Any] = {}
    for path in paths:
        node: Any = values
        target = marked
        *above, last = path.split(".")
        for step in above:
            node = node.get(step) if isinstance(node, Mapping) else None
            if node is None:
                break
            target = target.setdefault(step, {})
        if isinstance(node, Mapping) and node.get(last) is not None:
            target[last] = True
    return marked


def _with_new_secrets(one: ResourceLine) -> Mapping[str, Any] | None:
    """The resource as it will be. A secret that changes says so: viewers show what differs, and masks are alike."""
    after = one.after
    for line in one.fields:
        if line.sensitive and after is not None and one.before is not None:
            after = _replaced(after, ("spec", *line.path.split(".")), secret_text(line.before, line.after, line.note))
    return after


def _replaced(node: Mapping[str, Any], way: tuple[str, ...], text: str) -> Mapping[str, Any]:
    first, *rest = way
    if node.get(first) is None:
        return node
    inner = node[first]
    if rest:
        return {**node, first: _replaced(inner, tuple(rest), text)} if isinstance(inner, Mapping) else node
    return {**node, first: text}


def _own_facts(report: Report) -> dict[str, Any]:
    return {
        "digest": report.digest,
        "summary": summary_json(report),
        "environment": report.environment or None,
        "manifests": {"digest": report.manifests, "commit": report.commit},
        "database": report.identity,
        "carriers": list(report.carriers),
        "denied": [denial_json(one) for one in report.denials],
        "approvals": None if report.approvals is None else approvals_json(report.approvals),
        "access": [shift_json(one) for one in report.shifts],
        "held": [str(one.address) for one in report.with_action("held")],
        "manual_actions": [
            {"address": str(one.address), "steps": [_step(edge) for edge in one.manual], "reasons": list(one.reasons)}
            for one in report.with_action("manual")
        ],
        "cascades": [
            {"address": str(one.address), "state": one.state, "reason": one.reason} for one in report.cascades
        ],
        "notifications": [
            {"event": one.event, "resource": str(one.resource), "recipient": one.recipient, "language": one.language}
            for one in report.notices
        ],
        "diagnostics": [*_problems(report.diagnostics)],
        "guards": [*_problems(report.guarded)],
        **origin_json(report),
    }


def denial_json(one: Denial) -> dict[str, Any]:
    """One denial: what nobody who carries the plan has the right to, and who could do it."""
    return {
        "address": None if one.address is None else str(one.address),
        "verb": one.verb,
        "what": one.what or None,
        "path": one.path or None,
        "code": one.code,
        "reason": one.reason,
        "who_can": list(one.who_can),
        "message": one.line,
        "source": place_text(one.source),
    }


def _problems(found: Iterable[Diagnostic]) -> Iterable[dict[str, Any]]:
    return map(diagnostic_json, found)


def summary_json(report: Report) -> dict[str, int]:
    """The counts of a plan."""
    summary = report.summary
    return {name: getattr(summary, name) for name in type(summary).__dataclass_fields__}
