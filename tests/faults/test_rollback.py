"""A rollback under faults: whole or not at all, at every place where an apply may be cut off."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.campaigns import crashes
from tests.servers import Cluster, installed

SEED = 7
SHARE = 6
OURS = ("reconciler_", "notifications")
CLOCKS = frozenset({"id", "rev"})


def rows(home: crashes.Home) -> crashes.Dump:
    """The rows of all kinds and the ledger, without clocks."""
    dump = home.dump()
    kinds = {name: found for name, found in dump.items() if not name.startswith((*OURS, "alembic"))}
    ledger = [
        tuple(one for one in row if one[0] not in ("run", "applied_at", "row_id"))
        for row in dump["reconciler_resources"]
    ]
    steady = {
        name: sorted(
            (tuple(one for one in row if one[0] not in CLOCKS and not one[0].endswith("_at")) for row in found),
            key=repr,
        )
        for name, found in kinds.items()
    }
    return {**steady, "ledger": sorted(ledger, key=repr)}


def newest(home: crashes.Home) -> str:
    return str(max((dict(row) for row in home.dump()["reconciler_runs"]), key=lambda run: run["seq"])["id"])


@pytest.fixture(params=["sqlite", *(f"postgresql-{version}" for version in list(installed())[-1:])])
def home(request: pytest.FixtureRequest, clusters: Callable[[str], Cluster], tmp_path: Path) -> Iterator[crashes.Home]:
    cluster = None if request.param == "sqlite" else clusters(request.param.partition("-")[2])
    with crashes.home(tmp_path, cluster) as made:
        yield made


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_rollback_that_is_cut_off_is_whole_or_nothing(home: crashes.Home) -> None:
    home.reset("later")
    former = rows(home)
    assert home.run(crashes.APPLY["later"]).code == 0
    applied, run = rows(home), newest(home)
    assert applied != former
    shutil.copytree(home.work, home.folder / "undo")
    if home.cluster is not None:
        home.templates["undo"], home.database = home.database, ""
    words = ["rollback", run, "--auto-approve", *crashes.EVERYBODY]
    home.reset("undo")
    ended = home.run(words)
    assert ended.code == 0, ended.text
    assert rows(home) == former
    assert home.broken_chain() == []
    chance = random.Random(SEED)  # noqa: S311 - a seeded generator is the point
    places = [
        (point, action)
        for point in dict.fromkeys(ended.reached)
        for action in ("kill", "raise", "term")
        if point not in crashes.CONFIRMED
    ]
    for point, action in [("before-commit", "kill"), ("committed", "kill"), *chance.sample(places, SHARE)]:
        home.reset("undo")
        home.run(words, point=point, action=action, nth=1)
        assert rows(home) in (former, applied), (point, action)
        again = home.run([*words, "--lock-timeout", "3s"])
        assert again.code == 0, (point, action, again.text)
        assert rows(home) == former, (point, action)
        assert home.broken_chain() == []
