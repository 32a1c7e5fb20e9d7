"""Access for people: what somebody may do, and who gains and loses what through a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.model.address import Address
from reconciler.model.entitlement import Entitlement, Shift
from reconciler.model.principal import LEVELS, Principal
from reconciler.render.resource_text import Style
from reconciler.render.terminal import safe, wrap
from reconciler.render.values import plural

_SHOWN = 6


def access_text(who: Principal, rights: Sequence[Entitlement], style: Style) -> str:
    """Everything that somebody may do, by kind."""
    lines = [style.palette.paint(safe(who.title), "bold")]
    if who.barred:
        lines += wrap(f"may do nothing: {safe(who.barred)}", indent="  ")
    elif who.only is not None:
        lines += wrap(
            f"the company is suspended: only {safe(who.only[1])} of {who.only[0]} may be applied", indent="  "
        )
    for kind in dict.fromkeys(one.kind for one in rights):
        lines += ["", f"  {style.palette.paint(kind, 'bold')}"]
        for one in (right for right in rights if right.kind == kind):
            lines += wrap(_right(one), indent="    ", hanging="        ")
    return "\n".join(lines) + "\n"


def people_text(people: Iterable[tuple[Principal, int]], style: Style) -> str:
    """Everybody, with the number of their rights."""
    lines = []
    for who, count in people:
        words = f"may do nothing: {who.barred}" if who.barred else f"{count} {plural(count, 'right')}"
        lines += wrap(f"{safe(who.title)} ({who.address}): {safe(words)}", hanging="    ")
    return "\n".join(lines or [style.palette.paint("Nobody.", "bold")]) + "\n"


def shifts_lines(found: Sequence[Shift], style: Style, *, whole: bool) -> list[str]:
    """Who gains and loses what, a line a person and kind; without ``whole`` the first few kinds of each person."""
    lines: list[str] = []
    for who, told in shifts_words(found, whole=whole):
        lines.append(f"  {style.palette.paint(safe(who), 'bold')}")
        for line in told:
            lines += wrap(line, indent="    ", hanging="        ")
    return lines


def shifts_words(found: Sequence[Shift], *, whole: bool) -> list[tuple[str, list[str]]]:
    """Each person as people are named, with what they gain and lose; nothing is escaped yet.

    Who gains something comes first, the highest roles before the others: that is what must not be missed.
    """
    people: dict[Address, list[Shift]] = {}
    for one in found:
        people.setdefault(one.who.address, []).append(one)
    words = []
    for address, mine in sorted(people.items(), key=lambda item: _weight(item[1])):
        told = [line for gains in (True, False) for line in _by_kind(mine, gains=gains)]
        if mine[0].entirely and not whole:
            told = [_entirely(mine)]
        rest = 0 if whole else len(told) - _SHOWN
        if rest > 0:
            told = [*told[:_SHOWN], f"and {rest} more; access diff shows them"]
        words.append((f"{mine[0].who.title} ({address})", told))
    return words


def _weight(found: Sequence[Shift]) -> tuple[bool, int]:
    role = found[0].who.role
    return not any(one.gains for one in found), LEVELS.index(role) if role in LEVELS else len(LEVELS)


def _entirely(found: Sequence[Shift]) -> str:
    """One line for somebody who comes or goes."""
    who = found[0].who
    whose = f" of {who.company}" if who.company is not None else ""
    word = "gains" if found[0].gains else "loses"
    return f"{word} everything that {who.role.value} rights{whose} give: {len(found)} {plural(len(found), 'right')}"


def shifts_text(found: Sequence[Shift], style: Style) -> str:
    """The whole of what a plan gives and takes."""
    if not found:
        return "Nobody gains or loses a right.\n"
    return "\n".join([style.palette.paint(shifts_head(found), "bold"), *shifts_lines(found, style, whole=True)]) + "\n"


def shifts_head(found: Iterable[Shift]) -> str:
    """How many people gain or lose rights."""
    people = len({one.who.address for one in found})
    return f"Access: {people} {'person gains or loses' if people == 1 else 'people gain or lose'} rights."


def _by_kind(found: Sequence[Shift], *, gains: bool) -> list[str]:
    mine = [one.right for one in found if one.gains is gains]
    lines = []
    for kind in dict.fromkeys(one.kind for one in mine):
        spread: dict[str, list[str]] = {}
        for one in mine:
            if one.kind == kind:
                spread.setdefault(_over(one), []).append(_what(one))
        for over, rights in spread.items():
            names = ", ".join(f"{kind}.{word}" for word in dict.fromkeys(rights))
            lines.append(f"{'gains' if gains else 'loses'} {names}{over}")
    return lines


def _right(one: Entitlement) -> str:
    fields = f" {one.what}" if one.what != "*" and "->" not in one.what else ""
    condition = f" ({one.condition})" if one.condition else ""
    return f"{_what(one)}{fields}{condition}{_over(one)}"


def _what(one: Entitlement) -> str:
    return one.what if "->" in one.what else one.verb


def _over(one: Entitlement) -> str:
    """``on 3``, ``on all``, or for what is new where it may stand."""
    if one.verb == "create":
        return f" in {one.reach}"
    return " on all" if one.resources is None else f" on {len(one.resources)}"
