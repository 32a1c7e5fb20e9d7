"""What the templates of a page show of changes and findings: plain values, with what is invisible made visible.

Nothing here is markup; the templates escape every value. Sections are made of these values alone, so that a page on
something else than a plan can use them as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any

from reconciler.model.dataclass import dataclass
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.report import EdgeLine, FieldLine, ResourceLine
from reconciler.render.resource_text import SYMBOLS
from reconciler.render.review import (
    action_words,
    class_of,
    is_denied,
    is_risky,
    line_words,
    ordered_fields,
    tallies,
    tenant_of,
)
from reconciler.render.terminal import safe, shorten
from reconciler.render.values import HIDDEN, NONE, is_long_text, secret_text, value_text

_ROOM = 2_000
_LINES = 400


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a value; ``changed`` when the other side has no such line."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One field or step, before and after side by side. ``notes`` stand below."""

    path: str
    before: tuple[Line, ...]
    after: tuple[Line, ...]
    cause: str
    place: str
    notes: tuple[str, ...] = ()
    denied: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One change. ``tenant``, ``kind`` are numbers of the page's lists; ``unfolded`` ones are open from the start."""

    number: int
    group: str
    symbol: str
    words: str
    address: str
    tenant: int
    kind: int
    actions: tuple[str, ...]
    causes: tuple[str, ...]
    risks: tuple[str, ...]
    reasons: tuple[str, ...]
    place: str
    rows: tuple[Row, ...]
    risky: bool
    unfolded: bool
    denied: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The changes of one tenant."""

    name: str
    number: int
    changes: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnostic."""

    severity: str
    code: str
    summary: str
    about: str
    place: str
    snippet: str
    detail: str
    hint: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: names for tenants and kinds, by number, and words for the rest."""

    tenants: tuple[str, ...]
    kinds: tuple[str, ...]
    actions: tuple[tuple[str, str], ...]
    causes: tuple[str, ...]
    risks: tuple[str, ...]
    verdicts: tuple[str, ...] = ()
    label: str = "Action"
    risky: bool = True


def choices(changes: Sequence[ResourceLine]) -> Choices:
    """The filters that these changes need."""
    actions = {action for one in changes for action in one.actions}
    return Choices(
        tenants=tuple(sorted({tenant_of(one) for one in changes})),
        kinds=tuple(sorted({one.address.kind for one in changes})),
        actions=tuple((action, word) for action, (_, word, _) in SYMBOLS.items() if action in actions),
        causes=tuple(sorted({cause for one in changes for cause in one.causes})),
        risks=tuple(sorted({str(risk) for one in changes for risk in one.risks})),
        verdicts=("denied", "allowed") if any(map(is_denied, changes)) else (),
    )


def groups(changes: Sequence[ResourceLine], offered: Choices, *, first: int = 1, unfold: bool) -> tuple[Group, ...]:
    """The changes by tenant, most risks first; numbered from ``first``. ``unfold`` opens all of them."""
    by_tenant: dict[str, list[ResourceLine]] = {}
    for one in changes:
        by_tenant.setdefault(tenant_of(one), []).append(one)
    tenants = {name: number for number, name in enumerate(offered.tenants)}
    kinds = {name: number for number, name in enumerate(offered.kinds)}
    made = []
    for tally in tallies(changes, tenant_of):
        items = []
        for one in by_tenant[tally.name]:
            items.append(_item(one, first, tenants[tally.name], kinds[one.address.kind], unfold=unfold))
            first += 1
        made.append(Group(safe(tally.name), tenants[tally.name], tuple(items)))
    return tuple(made)


def denials(found: Iterable[Denial]) -> tuple[Finding, ...]:
    """The denials in their order, in the shape of findings."""
    return tuple(
        Finding(
            severity="denied",
            code=safe(one.code),
            summary=safe(one.message),
            about=", ".join(safe(text) for text in (str(one.address or ""), one.path) if text),
            place=safe(str(one.source)) if one.source else "",
            snippet="",
            detail="",
            hint=f"who can: {safe(', '.join(one.who_can)) or 'nobody'}" if one.address is not None else "",
        )
        for one in found
    )


def findings(found: Iterable[Diagnostic]) -> tuple[Finding, ...]:
    """The diagnostics, in their order."""
    return tuple(
        Finding(
            severity=str(one.severity),
            code=safe(one.code),
            summary=safe(one.summary),
            about=", ".join(safe(text) for text in (str(one.address or ""), one.path) if text),
            place=safe(str(one.source)) if one.source else "",
            snippet=safe(one.snippet.text) if one.snippet else "",
            detail=safe(one.detail),
            hint=safe(one.hint),
        )
        for one in found
    )


def _item(one: ResourceLine, number: int, tenant: int, kind: int, *, unfold: bool) -> Item:
    symbol, words = action_words(one)
    file = one.source.file if one.source else ""
    creates = "create" in one.actions
    rows = [_row(field, file, creates=creates) for field in ordered_fields(one)]
    rows += [_step(edge, file) for edge in (*one.edges, *one.manual)]
    return Item(
        number=number,
        group=class_of(one),
        symbol=symbol,
        words=words,
        address=safe(one.title),
        tenant=tenant,
        kind=kind,
        actions=one.actions,
        causes=tuple(sorted(one.causes)),
        risks=tuple(map(str, one.risks)),
        reasons=tuple(map(safe, one.reasons)),
        place=safe(one.source.short) if one.source else "",
        rows=tuple(rows),
        risky=is_risky(one),
        unfolded=bool(rows) and (unfold or is_risky(one) or is_denied(one)),
        denied=is_denied(one),
    )


def _row(field: FieldLine, file: str, *, creates: bool) -> Row:
    notes = []
    before: tuple[Line, ...]
    after: tuple[Line, ...]
    if field.sensitive:
        words = secret_text(field.before, field.after, field.note).removeprefix(HIDDEN).strip()
        before, after = (Line(HIDDEN),), (Line(f"{HIDDEN} {words}".strip()),)
    else:
        before, after = sides(None if creates else field.before, field.after)
        notes += [f"last applied: {value_text(field.base, _ROOM)}"] if field.cause == "conflict" else []
        notes += [safe(field.note)] if field.note else []
    return Row(
        path=safe(field.path),
        before=() if creates else before,
        after=after,
        cause=safe(field.cause),
        place=safe(line_words(field.source, file)),
        notes=tuple(notes),
        denied=field.verdict == "denied",
    )


def _step(edge: EdgeLine, file: str) -> Row:
    return Row(
        path="state",
        before=(Line(safe(edge.before)),),
        after=(Line(safe(edge.after)),),
        cause=safe(edge.cause),
        place=safe(line_words(edge.source, file)),
        notes=(safe(edge.effect),) if edge.effect else (),
        denied=edge.verdict == "denied",
    )


def sides(before: Any, after: Any) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Both values in lines, with the lines marked that only one of them has. Plain values are one line."""
    left, right = _lines(before), _lines(after)
    if len(left) == len(right) == 1 or before is None or after is None:
        return tuple(map(Line, left)), tuple(map(Line, right))
    gone, new = set(range(len(left))), set(range(len(right)))
    for block in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks():
        gone -= set(range(block.a, block.a + block.size))
        new -= set(range(block.b, block.b + block.size))
    return (
        tuple(Line(text, number in gone) for number, text in enumerate(left)),
        tuple(Line(text, number in new) for number, text in enumerate(right)),
    )


def _lines(value: Any) -> list[str]:
    if value is None:
        return [NONE]
    if is_long_text(value):
        lines = [shorten(safe(line), _ROOM) for line in str(value).split("\n")]
    elif isinstance(value, list | tuple) and value:
        lines = [value_text(one, _ROOM) for one in value]
    elif isinstance(value, dict) and value:
        lines = [f"{safe(str(key))}: {value_text(one, _ROOM)}" for key, one in value.items()]
    else:
        return [value_text(value, _ROOM)]
    rest = len(lines) - _LINES
    return lines if rest <= 0 else [*lines[:_LINES], f"… {rest} more lines"]
