"""A share of the faults of a disk; the whole campaign is a row of the scorecard."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.campaigns import crashes, disks

SHARE = 6


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_share_of_the_faults_of_a_disk_is_survived(tmp_path: Path) -> None:
    with crashes.home(tmp_path) as home:
        tried = disks.share(home, seed=1, n=SHARE)
        assert {str(case): wrong for case in tried if (wrong := disks.problems(home, case))} == {}
    if not disks.traced():
        pytest.skip("there is no strace; only full disks were tried")
