"""The tour that the page about roles takes is what really happens."""

from __future__ import annotations

from scripts.roles_tour import PAGE, page, tell


def test_the_tour_of_the_page_is_fresh() -> None:
    """Write it anew with ``python scripts/roles_tour.py --write``."""
    text = PAGE.read_text(encoding="utf-8")
    assert page(tell(), text) == text
    assert text.count("(exit code 4)") == 7
