"""Describe: a plan as a report, one entry a resource, from which every output is made.

Grouping happens here, once: a resource has one change a class of change and one an edge, and people and viewers want to
see the resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.change import Action, Change
from reconciler.model.columns import snake
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic, in_order
from reconciler.model.entitlement import Shift
from reconciler.model.given import GivenFields
from reconciler.model.kind import Kind
from reconciler.model.lifecycle import Risk
from reconciler.model.plan import Plan
from reconciler.model.report import EdgeLine, FieldLine, GivenLines, Report, ResourceLine, line_of
from reconciler.model.snapshot import SnapshotNote

_STATE = "state"
_RISKS = list(Risk)
_CREATES = (str(Action.CREATE),)


def describe(
    catalog: Catalog,
    plan: Plan,
    *,
    guarded: Sequence[Diagnostic] = (),
    shifts: Sequence[Shift] = (),
    snapshot: SnapshotNote | None = None,
) -> Report:
    """The report of a plan.

    ``guarded`` are the findings of the guards and ``shifts`` what people gain and lose: the plan holds neither.
    ``snapshot`` is what the plan was made from, when that was no database.
    """
    judge = _Verdicts(plan)
    return Report(
        summary=plan.summary,
        empty=plan.empty,
        changes=_by_resource(catalog, plan.changes, judge),
        observed=_by_resource(catalog, plan.observed, None),
        cascades=plan.cascades,
        notices=plan.notices,
        diagnostics=tuple(in_order(list(plan.diagnostics))),
        guarded=tuple(in_order(list(guarded))),
        digest=plan.digest,
        identity=plan.identity,
        environment=plan.environment,
        manifests=plan.manifests,
        commit=plan.commit,
        denials=plan.denials,
        carriers=plan.carriers,
        shifts=tuple(shifts),
        approvals=plan.approvals,
        snapshot=snapshot,
        rollback=plan.rollback,
    )


class _Verdicts:
    """What was decided about the parts of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._judged = bool(plan.carriers)
        self._whole = any(one.address is None for one in plan.denials)
        self.of: dict[Address, list[Denial]] = {}
        for one in plan.denials:
            if one.address is not None:
                self.of.setdefault(one.address, []).append(one)

    def whole(self, address: Address) -> str | None:
        """The word for all fields of a resource, where they have the same; None where each has its own."""
        if not self._judged:
            return ""
        return "denied" if self._whole else None if address in self.of else "allowed"

    def verdict(self, address: Address, path: str) -> str:
        """The word for one field, or for ``state``. A creation that is denied takes all its fields with it."""
        if not self._judged:
            return ""
        mine = self.of.get(address, ())
        denied = self._whole or any(one.path in (path, "metadata.name") for one in mine)
        return "denied" if denied else "allowed"


def _by_resource(catalog: Catalog, changes: Iterable[Change], judge: _Verdicts | None) -> tuple[ResourceLine, ...]:
    grouped: dict[Address, list[Change]] = {}
    for one in changes:
        grouped.setdefault(one.address, []).append(one)
    return tuple(_resource(catalog, address, found, judge) for address, found in grouped.items())


def _resource(catalog: Catalog, address: Address, changes: Sequence[Change], judge: _Verdicts | None) -> ResourceLine:
    if len(changes) == 1 and changes[0].action is Action.CREATE:
        return _creation(catalog, changes[0], judge)
    kind = catalog.get(address.kind)
    steps = [one for one in changes if one.edge is not None]
    before = next((one.before for one in changes if one.before is not None), None)
    after = next((one.after for one in reversed(changes) if one.after is not None), None)
    if any(one.action is Action.CREATE for one in changes):
        before = None
    if any(one.action is Action.DELETE for one in changes):
        after = None
    # The reason of a step is its effect, which stands with the step; that of a move is the old address.
    reasons = [one.reason for one in changes if one.reason and one.edge is None and one.action is not Action.MOVE]
    return ResourceLine(
        address=address,
        type=snake(address.kind),
        actions=tuple(dict.fromkeys(str(one.action) for one in changes)),
        fields=tuple(_fields(address, changes, judge)),
        edges=tuple(_edge(one, judge) for one in steps if one.action is not Action.MANUAL),
        manual=tuple(_edge(one, judge) for one in steps if one.action is Action.MANUAL),
        risks=tuple(sorted({risk for one in changes for risk in one.risks}, key=_RISKS.index)),
        reasons=tuple(dict.fromkeys(reasons)),
        source=next((one.source for one in changes if one.source is not None and one.edge is None), None)
        or next((one.source for one in changes if one.source is not None), None),
        before=before,
        after=after,
        sensitive=() if kind is None else _secrets(kind),
        denied=() if judge is None else tuple(judge.of.get(address, ())),
        previous=next((one.previous for one in changes if one.previous is not None), None),
    )


def _creation(catalog: Catalog, change: Change, judge: _Verdicts | None) -> ResourceLine:
    """A new resource with no step of a life cycle, as are nearly all of a first apply."""
    address, given = change.address, change.fields
    kind = catalog.get(address.kind)
    whole = "" if judge is None else judge.whole(address)
    lines: Sequence[FieldLine]
    if isinstance(given, GivenFields) and whole is not None:
        lines = GivenLines(given, whole)
    else:
        lines = tuple(_fields(address, (change,), judge))
    return ResourceLine(
        address=address,
        type=snake(address.kind),
        actions=_CREATES,
        fields=lines,
        risks=tuple(sorted(set(change.risks), key=_RISKS.index)) if change.risks else (),
        reasons=(change.reason,) if change.reason else (),
        source=change.source,
        after=change.after,
        sensitive=() if kind is None else _secrets(kind),
        denied=() if judge is None else tuple(judge.of.get(address, ())),
        previous=change.previous,
    )


def _fields(address: Address, changes: Sequence[Change], judge: _Verdicts | None) -> Iterator[FieldLine]:
    whole = "" if judge is None else judge.whole(address)
    for one in changes:
        for line in one.fields:
            if one.edge is None or line.path != _STATE:
                verdict = judge.verdict(address, line.path) if judge is not None and whole is None else whole or ""
                yield line_of(line, verdict)


@cache  # a kind is equal to itself only
def _secrets(kind: Kind) -> tuple[str, ...]:
    return tuple(f"spec.{one.path}" for one in kind.fields if one.secret is not None)


def _edge(change: Change, judge: _Verdicts | None) -> EdgeLine:
    edge = change.edge
    if edge is None:
        msg = f"{change.address} has no edge here"
        raise ValueError(msg)
    wanted = next((line for line in change.fields if line.path == _STATE), None)
    return EdgeLine(
        before=edge.source,
        after=edge.target,
        effect=edge.effect,
        risks=change.risks,
        cause=str(wanted.cause) if wanted else "",
        source=wanted.source if wanted else change.source,
        verdict="" if judge is None else judge.verdict(change.address, _STATE),
    )
