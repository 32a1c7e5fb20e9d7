"""A share of the server's immediate stops; the whole campaign is a row of the scorecard."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns import crashes, stops
from tests.servers import installed, running


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_share_of_the_stops_is_survived(tmp_path: Path) -> None:
    if "16" not in installed():
        pytest.skip("this server is not installed")
    with running("16") as cluster, crashes.home(tmp_path, cluster) as home:
        tried = [one for one in stops.cases(home, seed=1) if one.stage == "later" and one.point == "marked"]
        tried += [one for one in stops.cases(home, seed=1) if one.point in {"amid-rows", "committed"}][:2]
        assert {str(case): wrong for case in tried if (wrong := stops.problems(home, case))} == {}
