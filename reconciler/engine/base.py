"""Base: the plan of a branch beside the plan of the commit that it began at, over the same live data.

What both plans do alike was pending before the branch: drift, mostly, and what nobody has applied yet. The rest is the
branch's own. Two lines are alike when they are about the same field of the same resource and lead from the same value
to the same value; two findings when they have the same code, place and words. A resource that either plan moves is
known by the name that it has in the live data, which both read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.aside import Aside, Pending
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.plan import Summary
from reconciler.model.report import Base, Check, EdgeLine, FieldLine, Report, ResourceLine

_HOLDING = frozenset({"GEN-20", "OPR-04"})
_COUNTED = ("create", "adopt", "move", "update", "rotate-secret", "transition", "delete", "forget")
_CHANGES = frozenset({"update", "rotate-secret", "transition"})


def since(head: Report, base: Report | None, *, commit: str) -> Report:
    """The report of a branch with what of it was pending before. Its own lines and findings come first.

    ``base`` is the report of ``commit``; None when nothing could be planned there, so that everything is the branch's.
    """
    if base is None:
        found = Base(commit=commit, own=replace(head.summary, drift=0, unchanged=0), invalid=True)
        checked = replace(found, check=_check(head, head.changes, _findings(head), head.denials))
        return replace(head, base=replace(checked, before=Check.ERROR))
    known = {_live(one): one for one in base.changes}
    changes = [_marked(one, known.get(_live(one))) for one in head.changes]
    told = {_sign(one) for one in _findings(base)}
    findings = frozenset(one for one in _findings(head) if _sign(one) in told)
    refused = {_denied(one) for one in base.denials}
    denials = frozenset(one for one in head.denials if _denied(one) in refused)
    own = [one for one in changes if not one.earlier]
    new_findings = [one for one in _findings(head) if one not in findings]
    new_denials = [one for one in head.denials if one not in denials]
    made = Base(
        commit=commit,
        own=_own(own, known),
        earlier=base.summary,
        withdrawn=tuple(_withdrawn(head, base)),
        findings=findings,
        denials=denials,
        before=_check(base, base.changes, _findings(base), base.denials),
    )
    check = _check(head, own, new_findings, new_denials)
    if check is Check.NONE and made.changes:
        check = Check.CHANGES
    return replace(
        head,
        changes=tuple(changes),
        diagnostics=_first(head.diagnostics, findings),
        guarded=_first(head.guarded, findings),
        denials=(*new_denials, *(one for one in head.denials if one in denials)),
        base=replace(made, check=check),
    )


def aside_of(report: Report) -> Aside:
    """What a report tells besides its plan, so that it can be told again from a file."""
    base = report.base
    pending = {one.address: _pending(one) for one in report.changes} if base is not None else {}
    return Aside(
        guarded=report.guarded,
        shifts=report.shifts,
        base=base,
        pending={address: one for address, one in pending.items() if one != Pending()},
    )


def told_again(report: Report, aside: Aside) -> Report:
    """A report that was described anew from the same plan, with what of it was pending before the branch."""
    base = aside.base
    if base is None:
        return report
    new = [one for one in report.denials if one not in base.denials]
    return replace(
        report,
        changes=tuple(_marked_again(one, aside.pending.get(one.address)) for one in report.changes),
        diagnostics=_first(report.diagnostics, base.findings),
        guarded=_first(report.guarded, base.findings),
        denials=(*new, *(one for one in report.denials if one in base.denials)),
        base=base,
    )


# --- lines -----------------------------------------------------------------------------------------------------------


def _marked(one: ResourceLine, before: ResourceLine | None) -> ResourceLine:
    if before is None:
        return one
    there = {_field(line) for line in before.fields}
    fields = tuple(replace(line, earlier=_field(line) in there) for line in one.fields)
    steps = {_edge(line) for line in (*before.edges, *before.manual)}
    edges = tuple(replace(line, earlier=_edge(line) in steps) for line in one.edges)
    manual = tuple(replace(line, earlier=_edge(line) in steps) for line in one.manual)
    lines = [*(line.earlier for line in fields), *(line.earlier for line in (*edges, *manual))]
    same = not _new(one, before) and all(lines)
    return replace(one, fields=fields, edges=edges, manual=manual, earlier=same)


def _live(one: ResourceLine) -> Address:
    return one.previous or one.address


def _new(one: ResourceLine, before: ResourceLine | None) -> set[str]:
    """The actions that were not pending. A move to another name is another move."""
    known = () if before is None else before.actions
    elsewhere = before is not None and one.address != before.address
    return {word for word in one.actions if word not in known or (word == "move" and elsewhere)}


def _pending(one: ResourceLine) -> Pending:
    return Pending(fields=_places(one.fields), edges=_places(one.edges), manual=_places(one.manual), whole=one.earlier)


def _places(lines: Sequence[FieldLine | EdgeLine]) -> tuple[int, ...]:
    return tuple(place for place, line in enumerate(lines) if line.earlier)


def _marked_again(one: ResourceLine, pending: Pending | None) -> ResourceLine:
    if pending is None:
        return one
    return replace(
        one,
        fields=tuple(replace(line, earlier=place in pending.fields) for place, line in enumerate(one.fields)),
        edges=tuple(replace(line, earlier=place in pending.edges) for place, line in enumerate(one.edges)),
        manual=tuple(replace(line, earlier=place in pending.manual) for place, line in enumerate(one.manual)),
        earlier=pending.whole,
    )


def _field(line: FieldLine) -> tuple[str, str, str, str]:
    return (line.path, repr(line.before), repr(line.after), line.note)


def _edge(line: EdgeLine) -> tuple[str, str]:
    return (line.before, line.after)


def _own(lines: Sequence[ResourceLine], known: dict[Address, ResourceLine]) -> Summary:
    """The counts of the branch's own part: an action that was pending counts as a change where a line of it is new."""
    counts = dict.fromkeys(("add", "change", "destroy", "adopt", "move", "forget", "held", "manual"), 0)
    for one in lines:
        new = _new(one, known.get(_live(one)))
        walked = {"transition", "forget"} <= set(one.actions)
        if "create" in new:
            counts["add"] += 1
        elif "delete" in new or (walked and new):
            counts["destroy"] += 1
        elif _CHANGES & new or (_fresh(one) and not set(one.actions).isdisjoint(_CHANGES | {"create"})):
            counts["change"] += 1
        counts["adopt"] += "adopt" in new
        counts["move"] += "move" in new
        counts["forget"] += "forget" in new and not walked
        counts["held"] += "held" in new
        counts["manual"] += "manual" in one.actions and any(not line.earlier for line in one.manual)
    transitions = sum(not edge.earlier for one in lines for edge in one.edges)
    return Summary(**counts, transitions=transitions)


def _fresh(one: ResourceLine) -> bool:
    lines: tuple[FieldLine | EdgeLine, ...] = (*one.fields, *one.edges, *one.manual)
    return any(not line.earlier for line in lines)


def _withdrawn(head: Report, base: Report) -> Iterator[tuple[Address, str]]:
    """What was pending and is not any more: as it is live is how the branch wants it."""
    there = {_live(one): one for one in head.changes}
    for one in base.changes:
        if set(one.actions).isdisjoint(_COUNTED):
            continue
        now = there.get(_live(one))
        undone = now is not None and "delete" in one.actions and "delete" not in now.actions
        if now is None or undone or set(now.actions) <= {"refresh"}:
            yield one.address, ""
            continue
        paths = {line.path for line in now.fields} | ({"state"} if now.edges or now.manual else set())
        gone = [line.path for line in one.fields if line.path not in paths]
        if one.edges and "state" not in paths:
            gone.append("state")
        if "create" in one.actions and "create" in now.actions:
            continue  # a field that a new resource does not get is nothing that the database loses
        yield from ((one.address, path) for path in gone)


# --- findings --------------------------------------------------------------------------------------------------------


def _findings(report: Report) -> tuple[Diagnostic, ...]:
    return (*report.diagnostics, *report.guarded)


def _sign(one: Diagnostic) -> tuple[str, Severity, Address | None, str, str]:
    return (one.code, one.severity, one.address, one.path, one.summary)


def _denied(one: Denial) -> tuple[str, Address | None, str, str, str, str]:
    return (one.code, one.address, one.verb, one.what, one.path, one.who)


def _first(found: tuple[Diagnostic, ...], earlier: frozenset[Diagnostic]) -> tuple[Diagnostic, ...]:
    return tuple(sorted(found, key=lambda one: one in earlier))


def _check(
    report: Report, lines: Sequence[ResourceLine], findings: Sequence[Diagnostic], denials: Sequence[Denial]
) -> Check:
    """What stands against a part of a plan, the worst first, else whether it changes anything."""
    guarded = set(report.guarded)
    errors = [one for one in findings if one.severity is Severity.ERROR]
    holds = [one for one in errors if one.code in _HOLDING or (one in guarded and one.phase is not Phase.POLICY)]
    wrong = [one for one in errors if one not in holds]
    if any(one.phase is not Phase.POLICY for one in wrong):
        return Check.ERROR
    if denials or wrong:
        return Check.DENIED
    if holds:
        return Check.HELD
    counted = any(not set(one.actions).isdisjoint((*_COUNTED, "denied")) for one in lines)
    return Check.CHANGES if counted else Check.NONE
