"""Plan file: a plan as a sealed JSON document, and back.

The document holds the plan whole and nothing that is secret: of secrets it has the path, the versions and a note,
never a value, a hash or a length. Its seal is a hash over its canonical bytes, so that a change of any byte is
noticed.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import rfc8785

from reconciler.model.address import Address
from reconciler.model.approval import Approvals, Given, PlanClass, Reason, Void
from reconciler.model.canonical import SAFE, plain_json, strict_json
from reconciler.model.change import COUNTED, Action, Back, Cause, Change, FieldChange
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.effect import Cascade, Notice
from reconciler.model.errors import Stale, UsageError
from reconciler.model.lifecycle import Edge, Risk
from reconciler.model.moved import Rewrite
from reconciler.model.plan import Plan, Precondition, Summary
from reconciler.model.resource import LedgerEntry
from reconciler.model.source import Snippet, Source

FORMAT = 2
SCHEMA = "reconciler-plan"
_BIG = "$int"
"""Key of the object that stands for an integer that other readers of JSON would round."""


def to_document(plan: Plan, made_by: Mapping[str, str], aside: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The sealed document. ``made_by`` says who and what made it: version of the tool, principal, and the like.

    ``aside`` is what its report tells besides: see :mod:`reconciler.engine.planfile.aside`.
    """
    document = {
        "schema": SCHEMA,
        "format": FORMAT,
        "madeBy": dict(made_by),
        "digest": plan.digest,
        "identity": plan.identity,
        "environment": plan.environment,
        "manifests": plan.manifests,
        "commit": plan.commit,
        "summary": {name: getattr(plan.summary, name) for name in Summary.__slots__},
        "changes": [_change(one) for one in plan.changes],
        "observed": [_change(one) for one in plan.observed],
        **_followed(plan),
        "preconditions": [[str(one.address), one.rev] for one in plan.preconditions],
        "diagnostics": [diagnostic_document(one) for one in plan.diagnostics],
        "denials": [denial_document(one) for one in plan.denials],
        "carriers": list(plan.carriers),
        "partial": plan.partial,
        "approvals": None if plan.approvals is None else _approvals(plan.approvals),
        **({"rollback": plan.rollback} if plan.rollback else {}),
        **({"letsGo": True} if plan.lets_go else {}),
        **({"rewrites": [_rewrite(one) for one in plan.rewrites]} if plan.rewrites else {}),
        "aside": None if aside is None else dict(aside),
    }
    return {**document, "seal": _seal(document)}


def told(plan: Plan) -> list[dict[str, Any]]:
    """What a plan says that it does, in the form of the document and without what may move under it.

    Lines of manifests move, and causes come from the ledger: neither is part of what is agreed on. What follows from
    its changes is, because the digest of a partial plan does not speak for what that shows.
    """
    found = [_change(one) for one in plan.changes if one.action in COUNTED]
    for one in found:
        one["source"] = None
        one["fields"] = [{**line, "source": None, "base": None, "cause": ""} for line in one["fields"]]
    counted = plan.summary
    numbers = {
        "add": counted.add,
        "change": counted.change,
        "destroy": counted.destroy,
        "forget": counted.forget,
    }
    rewritten = [_rewrite(one) for one in plan.rewrites]
    return [*found, numbers, {**_followed(plan), "partial": plan.partial, "rewrites": rewritten}]


def to_bytes(plan: Plan, made_by: Mapping[str, str], aside: Mapping[str, Any] | None = None) -> bytes:
    """The canonical bytes of the document, with a line end behind them."""
    return _canonical(to_document(plan, made_by, aside)) + b"\n"


def from_document(document: Any) -> Plan:
    """The plan of a document. Its changes have no ``resource``: who applies it reads the manifests again.

    Raises:
        UsageError: it is no plan (PLN-01), or of another format (PLN-03).
        Stale: it was changed after it was made (PLN-02).
    """
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise UsageError(
            "this is no plan of reconciler", code="PLN-01", hint="make one with reconciler plan --out FILE"
        )
    version = document.get("format")
    if type(version) is not int or version != FORMAT:
        age = "an older" if type(version) is int and version < FORMAT else "a newer"
        raise UsageError(
            f"this plan was made by {age} version", code="PLN-03", hint="use that version, or make the plan again"
        )
    content = {key: value for key, value in document.items() if key != "seal"}
    seal = document.get("seal")
    if type(seal) is not str or not hmac.compare_digest(seal.encode(), _seal(content).encode()):
        raise Stale("the plan was changed after it was made", code="PLN-02", hint="make the plan again")
    try:
        return _plan(content)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as problem:
        raise UsageError("this plan has not the shape of one", code="PLN-01", hint="make the plan again") from problem


def from_bytes(data: bytes) -> Plan:
    """The plan of a file's bytes, which must be the canonical ones: see :func:`from_document` for what is raised."""
    try:
        document = strict_json(data.decode())
        canonical = _canonical(document) + b"\n"
    except (ValueError, RecursionError, rfc8785.CanonicalizationError) as problem:
        raise UsageError("this is no plan: it is no JSON", code="PLN-01", hint="make the plan again") from problem
    plan = from_document(document)
    if data != canonical:
        raise Stale("the plan was changed after it was made", code="PLN-02", hint="make the plan again")
    return plan


def made_by(document: Mapping[str, Any]) -> Mapping[str, str]:
    """Who and what made a document."""
    found = document.get("madeBy")
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


# --- out -------------------------------------------------------------------------------------------------------------


def _seal(document: Mapping[str, Any]) -> str:
    try:
        return "sha256:" + hashlib.sha256(_canonical(dict(document))).hexdigest()
    except rfc8785.CanonicalizationError:
        return ""


def _canonical(value: Any) -> bytes:
    """The bytes of RFC 8785; the short way where nothing needs more than that."""
    return plain_json(value) or rfc8785.dumps(value)


def _followed(plan: Plan) -> dict[str, Any]:
    """What follows from the changes of a plan."""
    return {
        "cascades": [[str(one.address), one.state, one.reason, _out(dict(one.columns))] for one in plan.cascades],
        "notices": [
            [one.event, str(one.resource), one.recipient, one.language, _out(one.payload)] for one in plan.notices
        ],
    }


def _change(change: Change) -> dict[str, Any]:
    edge = change.edge
    return {
        "address": str(change.address),
        "action": change.action.value,
        "fields": [_field(one) for one in change.fields],
        "edge": None
        if edge is None
        else [edge.source, edge.target, edge.effect, [one.value for one in edge.risks], edge.walker],
        "columns": _out(change.columns),
        "secrets": list(change.secrets),
        "rev": change.rev,
        "before": _out(change.before),
        "after": _out(change.after),
        "reason": change.reason,
        "risks": [one.value for one in change.risks],
        "source": _place(change.source),
        "applied": change.applied,
        **({} if change.back is None else {"back": _back(change.back)}),
        **({} if change.previous is None else {"previous": str(change.previous)}),
    }


def _back(back: Back) -> list[Any]:
    entry = back.ledger
    kept = None if entry is None else [entry.applied, entry.source, entry.commit, entry.management]
    return [kept, list(back.rests)]


def _rewrite(one: Rewrite) -> list[Any]:
    return [str(one.address), str(one.previous), one.rev, _out(one.columns), one.applied]


def _field(field: FieldChange) -> dict[str, Any]:
    return {
        "path": field.path,
        "before": _out(field.before),
        "after": _out(field.after),
        "base": _out(field.base),
        "cause": field.cause.value,
        "sensitive": field.sensitive,
        "note": field.note,
        "source": _place(field.source),
    }


def diagnostic_document(one: Diagnostic) -> dict[str, Any]:
    """One finding."""
    return {
        "code": one.code,
        "severity": one.severity.value,
        "phase": one.phase.value,
        "summary": one.summary,
        "detail": one.detail,
        "hint": one.hint,
        "address": None if one.address is None else str(one.address),
        "path": one.path,
        "source": _place(one.source),
        "snippet": None if one.snippet is None else list(one.snippet),
    }


def denial_document(one: Denial) -> dict[str, Any]:
    """One denial."""
    return {
        "who": one.who,
        "verb": one.verb,
        "address": None if one.address is None else str(one.address),
        "what": one.what,
        "reason": one.reason,
        "code": one.code,
        "whoCan": list(one.who_can),
        "path": one.path,
        "source": _place(one.source),
        "hidden": one.hidden,
    }


def _approvals(found: Approvals) -> dict[str, Any]:
    return {
        "class": found.weight.value,
        "needed": found.needed,
        "given": [[str(one.approver), one.known_as, one.valid_until] for one in found.given],
        "void": [[str(one.approver), one.known_as, one.why] for one in found.void],
        "reasons": [[str(one.address), one.what] for one in found.reasons],
        "hidden": found.hidden,
        "authors": found.authors,
    }


def _place(source: Source | None) -> list[Any] | None:
    return None if source is None else list(source)


def _out(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return {_BIG: str(value)} if abs(value) >= SAFE else value
    if isinstance(value, Mapping):
        return {str(key): _out(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_out(item) for item in value]
    return value


# --- in --------------------------------------------------------------------------------------------------------------


def _plan(document: Mapping[str, Any]) -> Plan:
    return Plan(
        changes=tuple(_read_change(one) for one in document["changes"]),
        observed=tuple(_read_change(one) for one in document["observed"]),
        cascades=tuple(
            Cascade(Address.parse(one[0]), one[1], one[2], tuple(sorted(_in(one[3]).items())))
            for one in document["cascades"]
        ),
        notices=tuple(
            Notice(one[0], Address.parse(one[1]), one[2], one[3], _in(one[4])) for one in document["notices"]
        ),
        preconditions=tuple(
            Precondition(address=Address.parse(one[0]), rev=one[1]) for one in document["preconditions"]
        ),
        diagnostics=tuple(diagnostic_from(one) for one in document["diagnostics"]),
        summary=Summary(**{name: count_from(number) for name, number in document["summary"].items()}),
        digest=document["digest"],
        identity=document["identity"],
        environment=document["environment"],
        manifests=document["manifests"],
        commit=document["commit"],
        denials=tuple(denial_from(one) for one in document.get("denials", ())),
        carriers=tuple(map(str, document.get("carriers", ()))),
        partial=document.get("partial") is True,
        rewrites=tuple(
            Rewrite(
                address=Address.parse(one[0]),
                previous=Address.parse(one[1]),
                rev=one[2],
                columns=_in(one[3]),
                applied=one[4],
            )
            for one in document.get("rewrites", ())
        ),
        approvals=None if document.get("approvals") is None else _read_approvals(document["approvals"]),
        rollback=str(document.get("rollback", "")),
        lets_go=document.get("letsGo") is True,
    )


def _read_change(one: Mapping[str, Any]) -> Change:
    edge = one["edge"]
    return Change(
        address=Address.parse(one["address"]),
        action=Action(one["action"]),
        fields=tuple(_read_field(field) for field in one["fields"]),
        edge=None if edge is None else Edge(edge[0], edge[1], edge[2], tuple(Risk(risk) for risk in edge[3]), edge[4]),
        columns=_in(one["columns"]),
        secrets=tuple(one["secrets"]),
        rev=one["rev"],
        before=_in(one["before"]),
        after=_in(one["after"]),
        reason=one["reason"],
        risks=tuple(Risk(risk) for risk in one["risks"]),
        source=_read_place(one["source"]),
        applied=one["applied"],
        back=None if "back" not in one else _read_back(Address.parse(one["address"]), *one["back"]),
        previous=None if one.get("previous") is None else Address.parse(one["previous"]),
    )


def _read_back(address: Address, kept: list[Any] | None, rests: list[str]) -> Back:
    entry = None if kept is None else LedgerEntry(address, *kept)
    return Back(ledger=entry, rests=tuple(rests))


def _read_field(one: Mapping[str, Any]) -> FieldChange:
    return FieldChange(
        path=one["path"],
        before=_in(one["before"]),
        after=_in(one["after"]),
        base=_in(one["base"]),
        cause=Cause(one["cause"]),
        sensitive=one["sensitive"],
        note=one["note"],
        source=_read_place(one["source"]),
    )


def diagnostic_from(one: Mapping[str, Any]) -> Diagnostic:
    """What :func:`diagnostic_document` wrote."""
    return Diagnostic(
        code=one["code"],
        severity=Severity(one["severity"]),
        phase=Phase(one["phase"]),
        summary=one["summary"],
        detail=one["detail"],
        hint=one["hint"],
        address=None if one["address"] is None else Address.parse(one["address"]),
        path=one["path"],
        source=_read_place(one["source"]),
        snippet=None if one["snippet"] is None else Snippet(*one["snippet"]),
    )


def denial_from(one: Mapping[str, Any]) -> Denial:
    """What :func:`denial_document` wrote."""
    return Denial(
        who=one["who"],
        verb=one["verb"],
        address=None if one["address"] is None else Address.parse(one["address"]),
        what=one["what"],
        reason=one["reason"],
        code=one["code"],
        who_can=tuple(one["whoCan"]),
        path=one["path"],
        source=_read_place(one["source"]),
        hidden=one["hidden"],
    )


def _read_approvals(one: Mapping[str, Any]) -> Approvals:
    return Approvals(
        weight=PlanClass(one["class"]),
        needed=count_from(one["needed"]),
        given=tuple(Given(Address.parse(who), str(name), str(until)) for who, name, until in one["given"]),
        void=tuple(Void(Address.parse(who), str(name), str(why)) for who, name, why in one["void"]),
        reasons=tuple(Reason(Address.parse(address), str(what)) for address, what in one["reasons"]),
        hidden=count_from(one["hidden"]),
        authors=str(one["authors"]),
    )


def count_from(number: Any) -> int:
    """A number that a document holds.

    Raises:
        TypeError: it is none.
    """
    if type(number) is not int:
        msg = "a count is a number"
        raise TypeError(msg)
    return number


def _read_place(value: Any) -> Source | None:
    return None if value is None else Source(*value)


def _in(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {_BIG}:
            return int(value[_BIG])
        return {key: _in(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_in(item) for item in value]
    return value
