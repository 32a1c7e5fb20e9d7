"""The table: one row a measurement, with its budget, and a mark where it is over."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from measuring import Cost

OVER = "OVER"
LEEWAY = 1.05
"""A budget is exceeded by more than this: what is measured twice differs by as much."""
GROWTH = 1.05
"""Budget of the exponents."""
_SIDE = 56


class Line(NamedTuple):
    """One measurement in one place, the median of ``runs``, with what it is compared with and what is its budget.

    ``budget`` is a multiple of ``beside``, ``more`` seconds beyond it, ``seconds`` a number of seconds by itself,
    ``memory`` MB and ``locks`` seconds of wall clock for which they are ``held``; nothing of it is nought.
    """

    name: str
    cost: Cost
    runs: int
    beside: Cost | None = None
    budget: float = 0
    more: float = 0
    seconds: float = 0
    memory: float = 0
    held: float | None = None
    locks: float = 0
    grows: bool = False

    @property
    def ratio(self) -> float:
        """How many times what it is compared with, in processor time."""
        return 0 if self.beside is None else self.cost.processor / self.beside.processor

    @property
    def beyond(self) -> float:
        """How many seconds of processor more."""
        return 0 if self.beside is None else self.cost.processor - self.beside.processor

    @property
    def budgets(self) -> str:
        """The budget in words."""
        words = [
            f"{self.budget:g} x" if self.budget else "",
            f"+{self.more:g} s" if self.more else "",
            f"{self.seconds:g} s" if self.seconds else "",
            f"{self.memory:g} MB" if self.memory else "",
            f"locks {self.locks:g} s" if self.locks else "",
        ]
        return ", ".join(filter(None, words)) or "-"

    @property
    def over(self) -> str:
        """What is over its budget, in words; nothing where all is within."""
        pairs = (
            ("time", self.ratio, self.budget),
            ("time", self.beyond, self.more),
            ("time", self.cost.processor, self.seconds),
            ("memory", self.cost.memory, self.memory),
            ("locks", self.held or 0, self.locks),
        )
        return ", ".join(name for name, value, budget in pairs if budget and value > budget * LEEWAY)


def lines(size: int, found: Mapping[str, Sequence[Line]]) -> Iterator[str]:
    """The table of one size, the places side by side."""
    names = list(dict.fromkeys(one.name for measured in found.values() for one in measured))
    rows = {place: {one.name: one for one in measured} for place, measured in found.items()}
    yield ""
    yield f"N = {size}; medians of processor time, runs in brackets; locks by wall clock"
    yield (f"{'':<20} {'budget':<18}" + "".join(f"| {place:<{_SIDE}}" for place in found)).rstrip()
    head = f"{'beside':>8} {'product':>9} {'ratio':>13} {'memory':>8} {'locks':>7}  "
    yield (f"{'':<20} {'':<18}" + "".join(f"| {head:<{_SIDE}}" for _ in found)).rstrip()
    for name in names:
        here = [rows[place].get(name) for place in found]
        budget = next(one.budgets for one in here if one is not None)
        yield (f"{name:<20} {budget:<18}" + "".join(f"| {_side(one):<{_SIDE}}" for one in here)).rstrip()


def growth(measured: Mapping[int, Mapping[str, Sequence[Line]]]) -> Iterator[str]:
    """The exponents of N between two sizes, of time and of memory, for the rows that have a budget of growth."""
    (small, before), (large, after) = sorted(measured.items())
    yield ""
    yield f"growth from {small} to {large}, as exponent of N; budget {GROWTH}"
    for place, found in after.items():
        old = {one.name: one for one in before.get(place, ())}
        for one in found:
            if one.grows and one.name in old:
                was = old[one.name]
                times, memories, floors = (
                    math.log(new / past) / math.log(large / small)
                    for new, past in (
                        (one.cost.processor, was.cost.processor),
                        (one.cost.memory, was.cost.memory),
                        (one.beside.processor, was.beside.processor) if one.beside and was.beside else (1, 1),
                    )
                )
                mark = OVER if max(times, memories) > GROWTH else ""
                yield f"{one.name:<20} {place:<14} time {times:.2f} (floor {floors:.2f}), memory {memories:.2f}  {mark}"


def _side(one: Line | None) -> str:
    """One row in one place."""
    if one is None:
        return ""
    beside = "" if one.beside is None else f"{one.beside.processor:.2f} s"
    ratio = "" if one.beside is None else f"{one.beyond:+.2f} s" if one.more else f"{one.ratio:.2f} x"
    held = "" if one.held is None else f"{one.held:.2f} s"
    mark = f"{OVER} {one.over}" if one.over else ""
    time, memory = f"{one.cost.processor:.2f} s", f"{one.cost.memory:.0f} MB"
    return f"{beside:>8} {time:>9} {ratio:>8} [{one.runs}] {memory:>8} {held:>7}  {mark}".rstrip()
