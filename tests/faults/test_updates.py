"""No update is lost among appliers and other programs, and the judge of that notices one that is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.campaigns.updates import ROWS, Arena, Write, fought, lost
from tests.servers import Cluster, installed

ALONE = {"writers": 0, "meddling": 1.0, "processes": 0.0}
"""One applier; before its locks, another program changes one of its rows in each round."""


@pytest.mark.slow
@pytest.mark.parametrize("version", ["sqlite", "16"])
def test_no_update_is_lost_while_one_of_two_guards_is_left(
    version: str, tmp_path: Path, clusters: Callable[[str], Cluster]
) -> None:
    if version not in {"sqlite", *installed()}:
        pytest.skip("this server is not installed")
    arena = Arena(folder=tmp_path, cluster=None if version == "sqlite" else clusters(version))
    arena.make()
    came = fought(arena, appliers=2, rounds=1, seed=1)
    assert (came.lost, came.wrong) == ([], [])
    assert came.n >= 2 * ROWS
    for seed, taken in enumerate([["again"], ["compare"]], 2):
        came = fought(arena, appliers=1, rounds=1, seed=seed, sabotage=taken, **ALONE)
        assert (came.lost, came.wrong, came.refused) == ([], [], 1), taken
    came = fought(arena, appliers=1, rounds=1, seed=4, sabotage=["again", "compare"], **ALONE)
    assert [one for one in came.lost if "-meddled is lost" in one], "without both, a lost update must be noticed"


@pytest.mark.parametrize(
    ("writes", "final", "found"),
    [
        ([("a", None, "1"), ("a", "1", "2"), ("a", "2", "3")], {"a": "3"}, []),
        ([("a", None, "1"), ("a", "1", "2"), ("a", "1", "3")], {"a": "3"}, ["a: 2 is lost", "a: 1 was overwritten 2 "]),
        ([("a", None, "1"), ("a", "1", "2")], {"a": "1"}, ["a: 2 is lost"]),
        ([("a", None, "1"), ("a", "2", "3")], {"a": "3"}, ["a: 1 is lost", "a: 2 was never written"]),
        ([("a", None, "1")], {"a": "2"}, ["a: 1 is lost", "a: 2 was never written"]),
        ([("a", None, "1"), ("a", "1", "2")], {}, ["a: 2 is lost"]),
    ],
)
def test_what_counts_as_lost(
    writes: list[tuple[str, str | None, str]], final: dict[str, str], found: list[str]
) -> None:
    came = lost([Write(*one) for one in writes], final)
    assert len(came) == len(found)
    assert all(any(one.startswith(start) for one in came) for start in found)
