"""A share of the links that break around a commit; the whole campaign is a row of the scorecard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.campaigns import commits, crashes
from tests.servers import Cluster, installed

SHARE = 5


@pytest.mark.slow
def test_a_share_of_the_broken_links_is_told_truthfully(tmp_path: Path, clusters: Callable[[str], Cluster]) -> None:
    if "16" not in installed():
        pytest.skip("this server is not installed")
    with crashes.home(tmp_path, clusters("16")) as home:
        assert commits.survived(home, seed=2, n=SHARE) == (SHARE, [])
