"""One resource of a plan for people: what happens to it, where its manifest stands, and why each field differs."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter

from reconciler.model.canonical import in_key_order
from reconciler.model.dataclass import dataclass
from reconciler.model.report import EdgeLine, FieldLine, GivenLines, ResourceLine
from reconciler.model.source import Source
from reconciler.render.nested import Place, nested_differences
from reconciler.render.terminal import WIDTH, Palette, safe, width, wrap
from reconciler.render.values import (
    entries_gone_and_new,
    is_long_text,
    plural,
    secret_text,
    text_difference,
    value_text,
)

SYMBOLS = {
    "delete": ("-", "delete", "red"),
    "create": ("+", "create", "green"),
    "move": (">", "move", "cyan"),
    "adopt": ("=", "adopt", "cyan"),
    "update": ("~", "update", "yellow"),
    "rotate-secret": ("~", "rotate secret", "yellow"),
    "transition": (">", "transition", "cyan"),
    "forget": ("x", "forget", "dim"),
    "held": ("!", "held", "magenta"),
    "manual": ("!", "manual", "magenta"),
    "denied": ("!", "denied", "red"),
    "blocked-by": ("!", "blocked", "magenta"),
    "refresh": ("=", "renew the ledger", "dim"),
}
"""Symbol, word and colour of each action, the weightiest first."""

CAUSES = {
    "intent": "git changed",
    "drift": "the world changed",
    "conflict": "both changed, differently",
    "default": "left out of the manifest",
}

_COLOURS = {"drift": "magenta", "conflict": "red", "intent": "cyan"}
_PLACES = 8
"""More differing places than this inside a list of objects are shown as whole entries."""
_PLAIN = re.compile(r"[ !$-9;-\[\]-~]*")
"""Text of which every character stands for itself: no quote, no backslash, nothing that a log may take for more."""
_FIELD = "      "
_DEEP = "          "


@dataclass(frozen=True, slots=True)
class Style:
    """How a report is laid out. ``verbose`` shows what is left out otherwise: the defaults of a new resource."""

    palette: Palette
    verbose: bool = False


def resource_lines(one: ResourceLine, style: Style) -> list[str]:
    """The block of one resource, without an empty line around it."""
    lines = _header(one, style)
    if one.risks:
        lines.append(style.palette.paint(f"{_FIELD}risk: {', '.join(one.risks)}", "bold", "red"))
    for denial in one.denied:
        what = denial.what or denial.verb
        lines.append(style.palette.paint(f"{_FIELD}! denied: {safe(what)} [{safe(denial.code)}]", "bold", "red"))
    for reason in one.reasons:
        lines += wrap(safe(reason), indent=_FIELD)
    file = one.source.file if one.source else ""
    creates = "create" in one.actions
    fields: Sequence[FieldLine] = one.fields
    if isinstance(fields, GivenLines) and not style.palette.on and (found := _given(fields, file, style)) is not None:
        lines += found
        fields = ()
    hidden = 0
    for field in sorted(fields, key=_by_place):
        if creates and field.cause == "default" and not style.verbose:
            hidden += 1
            continue
        lines += _field(field, file, style, creates=creates)
    if hidden:
        lines.append(style.palette.paint(f"{_FIELD}  and {hidden} {plural(hidden, 'default')}", "dim"))
    for edge in one.edges:
        lines += edge_lines(edge, file, style)
    for edge in one.manual:
        lines += edge_lines(edge, file, style, symbol="!")
    return lines


def _given(fields: GivenLines, file: str, style: Style) -> list[str] | None:
    """The lines of a new resource without colours; None where the places of its fields are not at hand.

    The same as those of :func:`_field`, without a value of its own for each of them.
    """
    given = fields.given
    numbers = given.lines(file)
    if numbers is None:
        return None
    found: list[tuple[int, list[str]]] = []
    for number, left, value in zip(numbers, _lefts(given.form.paths), given.values(), strict=True):
        why = f"line {number}"
        room = WIDTH - len(left) - len(why) - 2
        if type(value) is str and len(value) <= room - 2 and _PLAIN.fullmatch(value) is not None:
            text = f'{left}"{value}"'
        else:
            text = left + _fitting(value if type(value) is str else in_key_order(value), room)
        if text.isascii():
            found.append((number, [f"{text}{' ' * max(2, WIDTH - len(text) - len(why))}{why}"]))
        else:
            found.append((number, [_beside(text, why, style.palette, "")]))
    found += [(_by_place(one), _field(one, file, style, creates=True)) for one in fields.more()]
    return [line for _, lines in sorted(found, key=itemgetter(0)) for line in lines]


def edge_lines(edge: EdgeLine, file: str, style: Style, *, symbol: str = ">") -> list[str]:
    """One step of a life cycle, with what follows from it."""
    left = f"{_FIELD}{symbol} state {safe(edge.before)} -> {safe(edge.after)}"
    lines = [_beside(left, _why(edge.cause, edge.source, file), style.palette, edge.cause)]
    if symbol == "!":
        lines += wrap("a person walks this step, outside of the reconciler", indent=_DEEP)
    if edge.effect:
        lines += wrap(safe(edge.effect), indent=_DEEP)
    return lines


def _by_place(field: FieldLine) -> int:
    """In the order of the manifest; what it leaves out comes last, in the order of the declaration."""
    return sys.maxsize if field.source is None else field.source.line


def _header(one: ResourceLine, style: Style) -> list[str]:
    known = [action for action in SYMBOLS if action in one.actions]
    symbol, _, colour = SYMBOLS[known[0]] if known else ("~", "", "yellow")
    words = ", ".join(SYMBOLS[action][1] for action in known)
    plain = f"  {symbol} {words} {safe(one.title)}"
    painted = f"  {style.palette.paint(f'{symbol} {words}', 'bold', colour)} "
    painted += style.palette.paint(safe(one.title), "bold")
    if one.source is None:
        return [painted]
    place = safe(one.source.short)
    gap = WIDTH - width(plain) - width(place)
    if gap >= 2:
        return [painted + " " * gap + style.palette.paint(place, "dim")]
    return [painted, f"{_FIELD}{style.palette.paint(place, 'dim')}"]


def _field(field: FieldLine, file: str, style: Style, *, creates: bool) -> list[str]:
    symbol = "+" if creates else "~"
    if not creates and not field.sensitive and (field.before is None or field.after is None):
        symbol = "+" if field.before is None else "-"
    left = _left(symbol, field.path)
    why = _line(field.source, file) if creates else _why(field.cause, field.source, file)
    if field.earlier:
        why = f"pending before, {why}" if why else "pending before"
    lines = _value_lines(left, why, field, style, creates=creates)
    if field.cause == "conflict" and not field.sensitive:
        lines += wrap(f"last applied: {value_text(field.base)}", indent=_DEEP)
    if field.note and not field.sensitive:
        lines += wrap(safe(field.note), indent=_DEEP)
    return lines


@lru_cache(maxsize=1024)
def _lefts(paths: tuple[str, ...]) -> list[str]:
    """How the lines of new fields begin; many resources have the same fields."""
    return [f"{_left('+', one)}: " for one in paths]


@lru_cache(maxsize=1024)
def _left(symbol: str, path: str) -> str:
    return f"{_FIELD}{symbol} {safe(path)}"


def _value_lines(left: str, why: str, field: FieldLine, style: Style, *, creates: bool) -> list[str]:
    if creates and not field.sensitive:
        text = f"{left}: {_fitting(field.after, WIDTH - width(left) - width(why) - 4)}"
        return [_beside(text, why, style.palette, "")]

    def beside(text: str) -> str:
        return _beside(text, why, style.palette, "" if creates else field.cause)

    if field.sensitive:
        return [beside(f"{left}: {secret_text(field.before, field.after, field.note)}")]
    places = nested_differences(field.before, field.after)
    if places and len(places) <= _PLACES:
        return [beside(f"{left}:"), *(line for one in places for line in _place(one))]
    lists = entries_gone_and_new(field.before, field.after)
    if lists is not None:
        gone, new = lists
        entries = [("-", one, "red") for one in gone] + [("+", one, "green") for one in new]
        return [beside(f"{left}:")] + [
            f"{_DEEP}{style.palette.paint(sign, colour)} {value_text(one, WIDTH - len(_DEEP) - 2)}"
            for sign, one, colour in entries
        ]
    if is_long_text(field.before) and is_long_text(field.after):
        changed = text_difference(str(field.before), str(field.after))
        return [beside(f"{left}: text")] + [f"{_DEEP}{_cut(line, WIDTH - len(_DEEP))}" for line in changed]
    before, after = value_text(field.before, WIDTH), value_text(field.after, WIDTH)
    if width(left) + width(before) + width(after) + width(why) + 8 <= WIDTH:
        return [beside(f"{left}: {before} -> {after}")]
    room = WIDTH - len(_DEEP)
    return [
        beside(f"{left}:"),
        f"{_DEEP}{value_text(field.before, room)}",
        f"{_DEEP}-> {value_text(field.after, room - 3)}",
    ]


def _place(one: Place) -> list[str]:
    """One difference inside a list of objects."""
    path, room = safe(one.path), WIDTH - len(_DEEP) - 2
    before, after = value_text(one.before, room), value_text(one.after, room)
    if width(path) + width(before) + width(after) + 6 <= room:
        return [f"{_DEEP}~ {path}: {before} -> {after}"]
    return [f"{_DEEP}~ {path}:", f"{_DEEP}  {before}", f"{_DEEP}  -> {value_text(one.after, room - 3)}"]


def _fitting(value: object, room: int) -> str:
    if is_long_text(value):
        lines = str(value).count("\n") + 1
        return f"text of {lines} lines"
    return value_text(value, max(room, 20))


def _cut(text: str, room: int) -> str:
    return text if width(text) <= room else text[: room - 1] + "…"


def _why(cause: str, source: Source | None, file: str) -> str:
    place = _line(source, file)
    return f"{cause}, {place}" if cause and place else cause or place


def _line(source: Source | None, file: str) -> str:
    if source is None:
        return ""
    return f"line {source.line}" if source.file == file else safe(source.short)


def _beside(left: str, right: str, palette: Palette, cause: str) -> str:
    if not right:
        return left
    gap = max(2, WIDTH - width(left) - width(right))
    return left + " " * gap + palette.paint(right, _COLOURS.get(cause, "dim"))
