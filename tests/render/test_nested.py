"""Nested values are explained place by place."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.render.nested import ABSENT, Place, nested_differences


def origin(address: str, role: str = "primary") -> dict[str, Any]:
    return {"address": address, "role": role, "tunnel": False}


def test_each_changed_place_is_named() -> None:
    before = [origin("198.51.100.1"), origin("198.51.100.2")]
    after = [origin("198.51.100.1"), origin("198.51.100.3", "backup")]
    assert nested_differences(before, after) == [
        Place("[1].address", "198.51.100.2", "198.51.100.3"),
        Place("[1].role", "primary", "backup"),
    ]


def test_places_come_in_the_order_of_entries() -> None:
    before = [origin(f"198.51.100.{place}") for place in range(12)]
    after = [{**one, "tunnel": True} for one in before]
    found = nested_differences(before, after)
    assert found is not None
    assert [one.path for one in found] == [f"[{place}].tunnel" for place in range(12)]


def test_a_key_that_comes_or_goes_is_absent_on_the_other_side() -> None:
    assert nested_differences([{"a": 1, "b": 2}], [{"a": 1, "c": 3}]) == [
        Place("[0].b", 2, ABSENT),
        Place("[0].c", ABSENT, 3),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([origin("198.51.100.1")], [origin("198.51.100.1"), origin("198.51.100.2")]),
        (["a"], ["b"]),
        ("a", "b"),
        (None, [origin("198.51.100.1")]),
        ([], []),
    ],
)
def test_other_values_are_left_to_whole_entries(before: Any, after: Any) -> None:
    assert nested_differences(before, after) is None
