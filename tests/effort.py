"""How much work something is, in a measure that is the same on a slow machine, a quick one and a busy one."""

from __future__ import annotations

import time
from collections.abc import Callable

_TURNS = 500_000
_USUAL = 0.02
"""Seconds of processor that a usual machine takes for so many turns of a plain loop."""


def effort(action: Callable[[], object], *, within: float, tries: int = 3) -> float:
    """Seconds of processor that ``action`` would take on a usual machine, by those of a plain loop around it.

    A machine may become slow while something is measured: whatever took more than ``within`` is measured anew,
    up to ``tries`` times, and the least counts.
    """
    least = float("inf")
    for _ in range(tries):
        before, taken, after = _seconds(_loop), _seconds(action), _seconds(_loop)
        least = min(least, taken / (before + after) * 2 * _USUAL)
        if least < within:
            break
    return least


def _loop() -> None:
    total = 0
    for number in range(_TURNS):
        total += number


def _seconds(action: Callable[[], object]) -> float:
    begun = time.process_time()
    action()
    return time.process_time() - begun
