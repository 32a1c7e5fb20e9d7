"""Words: comparing what people type with what is known."""

from __future__ import annotations

from collections.abc import Sequence


def folded(text: str) -> str:
    """The form in which names compare: trimmed and case-folded."""
    return text.strip().casefold()


def nearest(word: str, words: Sequence[str]) -> str | None:
    """The word at an edit distance of at most two, if there is one; the first of the nearest."""
    best: tuple[int, str] | None = None
    for one in words:
        if abs(len(one) - len(word)) > 2:
            continue
        distance = _distance(word.casefold(), one.casefold())
        if distance <= 2 and (best is None or distance < best[0]):
            best = (distance, one)
    return None if best is None else best[1]


def _distance(left: str, right: str) -> int:
    """Edit distance with swaps of neighbours counted as one."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b)))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                row[j] = min(row[j], older[j - 2] + 1)
    return row[-1]
