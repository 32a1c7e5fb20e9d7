"""The story that the page about drift tells is what really happens."""

from __future__ import annotations

import pytest

from scripts.drift_demo import PAGE, page, tell
from tests.servers import installed


@pytest.mark.skipif("16" not in installed(), reason="the story is told on PostgreSQL 16")
def test_the_story_of_the_page_is_fresh() -> None:
    """Write it anew with ``python scripts/drift_demo.py --write``."""
    text = PAGE.read_text(encoding="utf-8")
    assert page(tell("16"), text) == text
    for words in ("by support_app (user night_desk), 3 h ago", "by rui@example.com (psql", "by billing_job"):
        assert words in text
