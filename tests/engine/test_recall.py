"""Times as people write them."""

from __future__ import annotations

import pytest

from reconciler.engine.recall import moment
from tests.engine.worlds import NOW


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-06-15", "2026-06-15T00:00:00Z", "2026-06-15T23:59:59Z"),
        ("2026-06-15T08:00:00+02:00", "2026-06-15T06:00:00Z", "2026-06-15T06:00:00Z"),
        ("7d", "2026-06-08T12:00:00Z", "2026-06-08T12:00:00Z"),
        ("90m", "2026-06-15T10:30:00Z", "2026-06-15T10:30:00Z"),
        ("2w", "2026-06-01T12:00:00Z", "2026-06-01T12:00:00Z"),
    ],
)
def test_a_time_is_a_day_an_instant_or_a_span_back(text: str, start: str, end: str) -> None:
    assert moment(text, now=NOW) == start
    assert moment(text, now=NOW, end=True) == end


@pytest.mark.parametrize("text", ["", "7", "7x", "2026-02-30", "2026-06-15T08:00:00", "999999w", "-7d"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"(?s).*"):
        moment(text, now=NOW)
