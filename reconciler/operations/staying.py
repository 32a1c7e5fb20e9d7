"""Staying: whether what a plan leaves as it is fits what it writes, judged by the rules that manifests are judged by.

A plan must not end in a state that the rules call wrong. So the manifests are judged once more with the live values of
what stays in them, and what is wrong only then is an error of the plan. What is wrong already is none: another program
made it so, and nothing that this plan writes depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.engine.leave import Kept
from reconciler.engine.resolve import resolve
from reconciler.engine.stay import Reason, Staying, stay
from reconciler.engine.validate import validate as judge_schema
from reconciler.model.address import Address
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.resource import Resource
from reconciler.model.view import View
from reconciler.operations.validate import Judged

_WAYS_OUT = {
    Reason.IGNORED: "take {path} out of lifecycle.ignoreChanges, or change the fields beside it so that they fit",
    Reason.WAIVED: "change it in the database, or end what keeps it: the waiver, or a plan of drift alone",
    Reason.LEFT_OUT: "write {path} in the manifest, or change the fields beside it so that they fit",
    Reason.UNTOUCHED: "undo first what changed {path} since, or change it through git so that it fits",
}
_WHY = {
    Reason.IGNORED: "because lifecycle.ignoreChanges leaves it to the world",
    Reason.WAIVED: "because this plan leaves its drift alone",
    Reason.LEFT_OUT: "because the manifest leaves it out",
    Reason.UNTOUCHED: "because the run did not write it",
}

Mark = tuple[str, Address | None, str]


def unfitting(
    view: View,
    judged: Judged,
    kept: Kept,
    found: Sequence[Diagnostic],
    *,
    selects: Callable[[Address], bool],
) -> tuple[Diagnostic, ...]:
    """What would be wrong behind an apply for the sake of what stays. ``found`` is what was found without that."""
    return misfits(view, judged, stay(view, kept.differences, kept.fields, selects=selects), found)


def misfits(
    view: View, judged: Judged, staying: Iterable[Staying], found: Sequence[Diagnostic]
) -> tuple[Diagnostic, ...]:
    """The same for what is known to stay."""
    items = {one.address: one for one in staying}
    told: list[Diagnostic] = []
    behind: dict[Address, Resource[Any]] = {}
    for item in items.values():
        resources, wrong = judge_schema(view.catalog, [item.behind()])
        fresh = _errors(wrong) if item.written else []
        if fresh:
            known = _marks(judge_schema(view.catalog, [item.before()])[1])
            told += [_told(item, one) for one in fresh if _mark(one) not in known]
        if any(reason is not Reason.LEFT_OUT for reason in item.paths.values()):
            behind.update((one.address, one) for one in resources)
    if not told and behind:
        told = _beside(view, judged, items, behind, found)
    return tuple(dict.fromkeys(told))


def _beside(
    view: View,
    judged: Judged,
    items: Mapping[Address, Staying],
    behind: Mapping[Address, Resource[Any]],
    found: Sequence[Diagnostic],
) -> list[Diagnostic]:
    """The same between resources, and beside the database."""
    said = _marks(found)
    declared = [behind.get(address, one) for address, one in view.declared.items()]
    fresh = [one for one in _errors(_resolved(view, judged, declared)) if _mark(one) not in said]
    if not fresh:
        return []
    # What is so already: these resources as they are, beside all others as they are.
    before: list[Resource[Any]] = []
    for address in behind:
        before += judge_schema(view.catalog, [items[address].before()])[0]
    known = _marks(_resolved(view, judged, before))
    return [_told(_cause(items, behind, one), one) for one in fresh if _mark(one) not in known]


def _resolved(view: View, judged: Judged, declared: Iterable[Resource[Any]]) -> list[Diagnostic]:
    return resolve(view.catalog, declared, view.live, judged.read_file)[1]


def _cause(items: Mapping[Address, Staying], behind: Iterable[Address], wrong: Diagnostic) -> Staying:
    """The resource for whose sake something is wrong: the one it is about, else one that it names."""
    known = list(behind)
    named = (one for one in known if one == wrong.address or str(one) in wrong.summary)
    return items[next(named, known[0])]


def _told(item: Staying, wrong: Diagnostic) -> Diagnostic:
    path = item.concerning(wrong.path if wrong.address == item.address else "")
    reason = item.paths[path]
    summary = f"{item.address}: {path} stays as it is live, {_WHY[reason]}, and then a rule is broken: {wrong.summary}"
    hint = _WAYS_OUT[reason].format(path=path)
    return replace(
        wrong,
        phase=Phase.PLAN,
        summary=summary,
        hint=hint,
        address=item.address,
        path=path,
        source=item.place(path),
        snippet=None,
    )


def _errors(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    return [one for one in found if one.severity is Severity.ERROR]


def _mark(one: Diagnostic) -> Mark:
    return (one.code, one.address, one.path)


def _marks(found: Iterable[Diagnostic]) -> frozenset[Mark]:
    return frozenset(map(_mark, _errors(found)))
