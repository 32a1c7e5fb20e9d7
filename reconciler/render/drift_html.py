"""A report of drift as one page: what drifted, when, by whom; made of the sections of the page of a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any

from reconciler.model.drift import DriftFinding, DriftReport, Sort
from reconciler.render.drift_remarks import story_texts
from reconciler.render.drift_text import ROWS, SORTS, by_whom, verdict
from reconciler.render.html import chart, page
from reconciler.render.page import Choices, Group, Item, Line, Row, findings, sides
from reconciler.render.review import PLATFORM, Tally
from reconciler.render.terminal import safe
from reconciler.render.values import secret_text

_SERIES = (("change", "changed"), ("destroy", "missing"), ("other", "unmanaged"))
_PART = {Sort.CHANGED: "change", Sort.MISSING: "destroy", Sort.UNMANAGED: "other"}
_MANY = 200
_UNFOLDED = 25
_MOMENTS = 100


def render_drift_html(report: DriftReport) -> str:
    """The page."""
    found = [*report.counted, *report.waived]
    offered = Choices(
        tenants=tuple(sorted(set(map(_tenant, found)))),
        kinds=tuple(sorted({one.address.kind for one in found})),
        actions=tuple((word, word) for word in _words(found)),
        causes=tuple(sorted({one.cause for one in found})),
        risks=(),
        label="Finding",
        risky=False,
    )
    made = _groups(found, offered)
    environment = safe(report.environment)
    return page(
        "drift.html",
        title=f"Drift of {environment}" if environment else "Drift",
        verdict=verdict(report),
        counts=[(number, word, "waits") for word, number in report.counts.items() if number],
        facts=[
            (word, safe(text)) for word, text in (("Environment", report.environment), ("As of", report.as_of)) if text
        ],
        told=findings(report.diagnostics),
        charts=[
            chart(title, word, _tallies(report.counted, key), series=_SERIES)
            for title, word, key in (
                ("Drift by tenant", "tenant", _tenant),
                ("Drift by kind", "kind", lambda one: one.address.kind),
                ("Drift by writer", "writer", _writer),
            )
        ]
        if report.counted
        else [],
        series=_SERIES,
        moments=_moments(found),
        later=max(0, sum(bool(_when(one)) for one in found) - _MOMENTS),
        offered=offered,
        total=sum(len(group.changes) for group in made),
        many=len(found) > _MANY,
        groups=made,
        resolved=[(safe(str(one.address)), safe(one.path) or ROWS[one.sort]) for one in report.resolved],
    )


def _tenant(one: DriftFinding) -> str:
    return one.address.tenant or PLATFORM


def _writer(one: DriftFinding) -> str:
    return "nobody knows" if one.writer is None else by_whom(one.writer).removeprefix("by ")


def _when(one: DriftFinding) -> str:
    return one.writer.at if one.writer is not None else one.first_seen


def _words(found: Sequence[DriftFinding]) -> list[str]:
    present = {str(word) for one in found for word in (one.sort, one.state)}
    return [word for word in ("changed", "missing", "unmanaged", "new", "known", "waived") if word in present]


def _tallies(found: Iterable[DriftFinding], key: Callable[[DriftFinding], str]) -> list[Tally]:
    counts: dict[str, Counter[str]] = {}
    for one in found:
        counts.setdefault(key(one), Counter())[_PART[one.sort]] += 1
    return sorted((Tally(name, **count) for name, count in counts.items()), key=lambda one: (-one.total, one.name))


def _moments(found: Sequence[DriftFinding]) -> list[dict[str, Any]]:
    """The time line: the latest first, what one program did to one resource at one time together."""
    timed = sorted((one for one in found if _when(one)), key=lambda one: str(one.address))
    timed.sort(key=_when, reverse=True)
    moments = []
    for (at, address, who), group in groupby(timed, key=lambda one: (_when(one), one.address, by_whom(one.writer))):
        paths = [safe(one.path) or ROWS[one.sort] for one in group]
        moments.append({"at": safe(at), "address": safe(str(address)), "who": who, "what": ", ".join(paths)})
    return moments[:_MOMENTS]


def _groups(found: Sequence[DriftFinding], offered: Choices) -> tuple[Group, ...]:
    by_address: dict[Any, list[DriftFinding]] = {}
    for one in found:
        by_address.setdefault(one.address, []).append(one)
    by_tenant: dict[str, list[list[DriftFinding]]] = {}
    for together in by_address.values():
        by_tenant.setdefault(_tenant(together[0]), []).append(together)
    number, made = 0, []
    for tenant, resources in sorted(by_tenant.items(), key=lambda item: (-len(item[1]), item[0])):
        place = offered.tenants.index(tenant)
        items = []
        for together in resources:
            number += 1
            items.append(_item(together, number, place, offered, unfold=len(by_address) <= _UNFOLDED))
        made.append(Group(safe(tenant), place, tuple(items)))
    return tuple(made)


def _item(found: Sequence[DriftFinding], number: int, tenant: int, offered: Choices, *, unfold: bool) -> Item:
    first = found[0]
    symbol, _, _, _ = SORTS[first.sort]
    states = tuple(dict.fromkeys(str(one.state) for one in found))
    return Item(
        number=number,
        group=_PART[first.sort],
        symbol=symbol,
        words=f"{first.sort}, {', '.join(states)}",
        address=safe(str(first.address)),
        tenant=tenant,
        kind=offered.kinds.index(first.address.kind),
        actions=(*dict.fromkeys(str(one.sort) for one in found), *states),
        causes=tuple(sorted({one.cause for one in found})),
        risks=(),
        reasons=(),
        place=next((safe(one.source.short) for one in found if one.source), ""),
        rows=tuple(map(_row, found)),
        risky=False,
        unfolded=unfold,
        denied=False,
    )


def _row(one: DriftFinding) -> Row:
    before: tuple[Line, ...]
    after: tuple[Line, ...]
    if one.sort is not Sort.CHANGED:
        before, after = (), (Line(ROWS[one.sort]),)
    elif one.sensitive:
        before, after = (), (Line(secret_text(one.expected, one.actual)),)
    else:
        before, after = sides(one.expected, one.actual)
    return Row(
        path=safe(one.path) or str(one.sort),
        before=before,
        after=after,
        cause=safe(one.cause),
        place="",
        notes=(f"{'; '.join(story_texts(one))}; {one.state}",),
    )
