"""Nested values that differ, place by place: DeepDiff finds the places. It explains; it is not the comparison.

Pure. DeepDiff is imported when two lists of objects differ and somebody reads the plan, and never before.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class _Absent:
    """Stands for a key that is not there."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()


class Place(NamedTuple):
    """One difference inside a value. ``path`` is written as ``[1].role``; a key that is not there is ``ABSENT``."""

    path: str
    before: Any
    after: Any


def nested_differences(before: Any, after: Any) -> list[Place] | None:
    """The places in which two lists of objects differ, in order.

    None when they are no lists of objects, or not equally long: then whole entries came or went, which says more.
    """
    if not (_objects(before) and _objects(after)) or len(before) != len(after):
        return None
    from deepdiff import DeepDiff

    tree = DeepDiff(before, after, view="tree", threshold_to_diff_deeper=0)
    levels = sorted((level for found in tree.values() for level in found), key=_order)
    return [_place(level) for level in levels]


def _objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _steps(level: Any) -> list[str | int]:
    steps: list[str | int] = level.path(output_format="list")
    return steps


def _order(level: Any) -> list[tuple[int, str]]:
    """Entries by their number, keys by their name."""
    return [(step, "") if isinstance(step, int) else (-1, step) for step in _steps(level)]


def _place(level: Any) -> Place:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in _steps(level))
    gone, new = "removed" in level.report_type, "added" in level.report_type
    return Place(path, ABSENT if new else level.t1, ABSENT if gone else level.t2)
