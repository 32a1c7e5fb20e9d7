"""Random changes of the example tree are rolled back: afterwards everything is as it was, or nothing was done."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from psycopg.rows import dict_row

from reconciler.adapters.database.store import open_database
from reconciler.kinds import discover
from tests.campaigns.undoing import KEY, called, trials, tried
from tests.examples.test_tenants import TREE, secrets
from tests.servers import Cluster, installed


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nothing_is_left_of_what_is_rolled_back(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*secrets(), "RECONCILER_CLOCK", "RECONCILER_SECRET_KEY"):
        monkeypatch.setenv(name, os.environ.get(name, ""))  # so that what the trials set is taken back
    found = dict(trials(range(101, 106)))
    assert {seed: one.wrong for seed, one in found.items() if one.wrong} == {}
    undone = [one for one in found.values() if one.outcome == "undone"]
    assert len(undone) >= 2
    assert any(word.startswith("move ") for one in undone for word in one.touched)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("version", list(installed())[-1:])
def test_nothing_is_left_of_it_on_a_server(
    version: str, clusters: Callable[[str], Cluster], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = clusters(version)
    name = cluster.database()
    open_database(cluster.url(name), discover()).upgrade()
    for variable, value in secrets().items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("RECONCILER_CLOCK", raising=False)
    monkeypatch.setenv("RECONCILER_DATABASE_URL", cluster.url(name))
    monkeypatch.setenv("RECONCILER_SECRET_KEY", KEY)
    shutil.copytree(TREE, tmp_path / "tree")
    monkeypatch.chdir(tmp_path / "tree")
    made = called("apply", "--auto-approve", "--quiet", "--bootstrap")
    assert made.code == 0, made.err

    def ask(statement: str) -> list[dict[str, Any]]:
        with cluster.connect(name) as connection:
            return connection.cursor(row_factory=dict_row).execute(statement.encode()).fetchall()

    for seed in (101, 102, 104):
        shutil.rmtree(tmp_path / "tree")
        shutil.copytree(TREE, tmp_path / "tree")
        monkeypatch.chdir(tmp_path / "tree")
        one = tried(tmp_path / "tree", ask, seed=seed, key=KEY, embedded=False)
        assert one.wrong == "", seed
        if one.outcome != "undone":
            return  # what was refused stays applied: the next trial would begin elsewhere
