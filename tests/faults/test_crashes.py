"""Apply under faults at its named places; the whole campaign is a row of the scorecard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from reconciler.model.failpoint import POINTS, armed, reach
from tests.campaigns import commits, crashes, disks, locks, plans, stops
from tests.house.places import PACKAGE
from tests.servers import Cluster, installed, running

SHARE = 2
"""Faults of each sort. One costs two applies and a plan, so the whole is the business of the scorecard."""
SEED = 1


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[crashes.Home]:
    """Where cases of an embedded database happen, one after the other."""
    with crashes.home(tmp_path_factory.mktemp("embedded")) as home:
        yield home


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_place_of_an_embedded_database_is_reached_and_a_share_of_the_faults_survived(
    embedded: crashes.Home,
) -> None:
    _share_is_survived(embedded, behind=["before-report"])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_share_of_the_faults_of_a_disk_is_survived(embedded: crashes.Home) -> None:
    tried = disks.share(embedded, seed=SEED, n=SHARE)
    assert {str(case): wrong for case in tried if (wrong := disks.problems(embedded, case))} == {}
    if not disks.traced():
        pytest.skip("there is no strace: of the faults of a disk only a full one was tried")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_lock_of_an_embedded_database_outlives_no_holder(embedded: crashes.Home) -> None:
    assert {how: locks.killed(embedded, how).wrong for how in locks.LIMITS} == {"idle": [], "busy": []}
    assert locks.frozen_file(embedded).wrong == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_share_of_plan_files_that_are_not_what_was_reviewed_is_refused(embedded: crashes.Home) -> None:
    commits.furnish(embedded)
    assert plans.tampered(embedded, seed=SEED, n=200) == (200, [])
    assert plans.renewed(embedded, seed=SEED, n=SHARE) == (SHARE, [])
    assert plans.untimely(embedded, seed=SEED, n=3) == (3, [])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_place_of_a_server_is_reached_and_a_share_of_the_faults_survived(
    tmp_path: Path, clusters: Callable[[str], Cluster]
) -> None:
    if "16" not in installed():
        pytest.skip("this server is not installed")
    with crashes.home(tmp_path, clusters("16")) as home:
        _share_is_survived(home, behind=["committed", "session-closed"])
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
        assert {str(case): wrong for case in tried if (wrong := stops.problems(home, case))} == {}
        assert len(tried) == 2


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


def _share_is_survived(home: crashes.Home, *, behind: Sequence[str]) -> None:
    """A few of the faults, and errors at places behind a confirmed commit."""
    assert {point for points in home.reached.values() for point in points} == crashes.expected(home)
    assert set(behind) <= crashes.CONFIRMED
    found = crashes.cases(home, seed=SEED, timed=20)
    errors = [one for one in found if (one.stage, one.action) == ("later", "raise") and one.point in behind]
    assert len(errors) == len(behind)
    tried = found[:SHARE] + errors
    assert {str(case): wrong for case in tried if (wrong := crashes.problems(home, case))} == {}
