"""Apply under faults at its named places; the whole campaign is a row of the scorecard."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.model.failpoint import POINTS, armed, reach
from tests.campaigns import commits, crashes, disks, locks, plans, stops
from tests.house.places import PACKAGE
from tests.servers import Cluster, installed, running

SHARE = 4
SEED = 1


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_place_of_an_embedded_database_is_reached_and_a_share_of_the_faults_survived(tmp_path: Path) -> None:
    with crashes.home(tmp_path) as home:
        _share_is_survived(home)
        tried = disks.share(home, seed=SEED, n=SHARE)
        assert {str(case): wrong for case in tried if (wrong := disks.problems(home, case))} == {}
        assert {how: locks.killed(home, how).wrong for how in locks.LIMITS} == {"idle": [], "busy": []}
        assert locks.frozen_file(home).wrong == []
        commits.furnish(home)
        assert plans.tampered(home, seed=SEED, n=300) == (300, [])
        assert plans.renewed(home, seed=SEED, n=3) == (3, [])
        assert plans.untimely(home, seed=SEED, n=5) == (5, [])
    if not disks.traced():
        pytest.skip("there is no strace: of the faults of a disk only a full one was tried")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_place_of_a_server_is_reached_and_a_share_of_the_faults_survived(
    tmp_path: Path, clusters: Callable[[str], Cluster]
) -> None:
    if "16" not in installed():
        pytest.skip("this server is not installed")
    with crashes.home(tmp_path, clusters("16")) as home:
        _share_is_survived(home)
        assert commits.survived(home, seed=2, n=SHARE) == (SHARE, [])
        assert {how: locks.killed(home, how).wrong for how in locks.LIMITS} == {"idle": [], "busy": []}
        assert locks.frozen(home, idle=2).wrong == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_share_of_the_immediate_stops_is_survived(tmp_path: Path) -> None:
    if "16" not in installed():
        pytest.skip("this server is not installed")
    with running("16") as cluster, crashes.home(tmp_path, cluster) as home:
        tried = [one for one in stops.cases(home, seed=SEED) if (one.stage, one.point) == ("later", "marked")]
        tried += [one for one in stops.cases(home, seed=SEED) if one.point in {"amid-rows", "committed"}][:1]
        assert {str(case): wrong for case in tried if (wrong := stops.problems(home, case))} == {}


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


def _share_is_survived(home: crashes.Home) -> None:
    """A few of the faults, and every error behind a confirmed commit."""
    assert {point for points in home.reached.values() for point in points} == crashes.expected(home)
    found = crashes.cases(home, seed=SEED, timed=20)
    behind = [one for one in found if one.action == "raise" and one.point in crashes.CONFIRMED and one.stage == "later"]
    tried = found[:SHARE] + behind
    assert len(behind) == len(crashes.CONFIRMED)
    assert {str(case): wrong for case in tried if (wrong := crashes.problems(home, case))} == {}
