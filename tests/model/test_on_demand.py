"""What is read on demand answers as what was read whole."""

from __future__ import annotations

from collections.abc import Collection

from reconciler.model.on_demand import OnDemand

WHOLE = {"a": 1, "b": 2, "c": 3}


def made(few: int) -> tuple[OnDemand[str, int], list[object]]:
    """The mapping, and what was read for it."""
    read: list[object] = []

    def some(keys: Collection[str]) -> dict[str, int]:
        read.append(sorted(keys))
        return {one: WHOLE[one] for one in keys if one in WHOLE}

    def whole() -> dict[str, int]:
        read.append("whole")
        return dict(WHOLE)

    return OnDemand(some, whole, few=few), read


def test_one_key_is_read_once_whether_it_is_there_or_not() -> None:
    found, read = made(5)
    for _ in range(2):
        assert found["a"] == 1
        assert found.get("x") is None
        assert "x" not in found
    assert read == [["a"], ["x"]]


def test_many_are_read_at_once() -> None:
    found, read = made(0)
    found.expect(["a", "x"])
    found.expect(["a", "b"])
    assert (found.get("a"), found.get("b"), found.get("x", 7)) == (1, 2, 7)
    assert read == [["a", "x"], ["b"]]


def test_whoever_goes_through_all_has_all() -> None:
    found, read = made(5)
    assert found == WHOLE
    assert list(found.items()) == list(WHOLE.items())
    assert len(found) == 3
    found.expect(["a"])
    assert found.get("c") == 3
    assert read == ["whole"]


def test_after_a_few_all_are_read() -> None:
    found, read = made(2)
    assert [found.get(one) for one in ("x", "a", "b", "c")] == [None, 1, 2, 3]
    assert read == [["x"], ["a"], "whole"]
