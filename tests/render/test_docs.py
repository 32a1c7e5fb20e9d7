"""docs/reports.md shows what the program writes today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.render.markdown import PROFILES, SMALLEST
from tests.render import samples

PAGE = (Path(__file__).parents[2] / "docs" / "reports.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["comment", "shortened"])
def test_the_sample_is_fresh(name: str) -> None:
    (block,) = re.findall(rf"<!-- sample: {name} -->\n\n````markdown\n(.*?)````\n", PAGE, re.DOTALL)
    assert block == getattr(samples, name)()


def test_the_limits_are_those_of_the_profiles() -> None:
    told = dict(re.findall(r"^\| `(\w+)` \| ([\d,]+) \|", PAGE, re.MULTILINE))
    assert told == {name: f"{one.max_bytes:,}" for name, one in PROFILES.items()}
    assert f"at least {SMALLEST:,}" in PAGE
