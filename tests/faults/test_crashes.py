"""Apply under faults at its named places; the whole campaign is a row of the scorecard."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.model.failpoint import POINTS, armed, reach
from tests.campaigns import crashes
from tests.house.places import PACKAGE
from tests.servers import Cluster, installed

SHARE = 10
SEED = 1


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("version", ["sqlite", "16"])
def test_every_place_is_reached_and_a_share_of_the_faults_survived(
    version: str, tmp_path: Path, clusters: Callable[[str], Cluster]
) -> None:
    if version not in {"sqlite", *installed()}:
        pytest.skip("this server is not installed")
    with crashes.home(tmp_path, None if version == "sqlite" else clusters(version)) as home:
        assert {point for points in home.reached.values() for point in points} == crashes.expected(home)
        tried = crashes.cases(home, seed=SEED, timed=20)[:SHARE]
        found = {str(case): wrong for case in tried if (wrong := crashes.problems(home, case))}
    assert found == {}


def test_the_product_reaches_the_declared_places_and_arms_none() -> None:
    sources = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py") if path.stem != "failpoint"]
    assert {name for text in sources for name in re.findall(r"\breach\(\"([^\"]+)\"\)", text)} == set(POINTS)
    assert not any("armed(" in text for text in sources)


def test_a_place_is_heard_while_it_is_armed_and_not_after() -> None:
    heard: list[str] = []
    reach("locked")
    with armed(heard.append):
        reach("committed")
    reach("locked")
    assert heard == ["committed"]
