"""A plan that reads by the journal says, byte for byte, what a plan says that reads everything."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.database import keeping
from reconciler.adapters.database.postgres import recall
from tests.acceptance.homes import ServedTree
from tests.cli.tree import Tree

DESK = "tenants/farol/desk.yaml"


@pytest.fixture
def kept(home: Tree, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that keeps the few rows of the tree, which was applied once."""
    home.apply()
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("RECONCILER_CACHE", str(folder))
    monkeypatch.setattr(keeping, "FEWEST", 1)
    return folder


@pytest.fixture
def recalled(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each reading of a server went by the journal."""
    told: list[bool] = []
    real = recall._recalled  # whether it came to something is told nowhere else

    def spy(*words: Any) -> Any:
        found = real(*words)
        told.append(found is not None)
        return found

    monkeypatch.setattr(recall, "_recalled", spy)
    return told


def both(home: Tree) -> None:
    """Plans and drift by the journal and in full are the same; a full reading renews what is kept, so it comes last."""
    for words in (("plan",), ("plan", "--format", "json"), ("drift",)):
        by_journal = home.run(*words, "--refresh", "journal")
        twice = home.run(*words)
        full = home.run(*words, "--refresh", "full")
        assert (by_journal.code, by_journal.out) == (twice.code, twice.out) == (full.code, full.out)


def test_rows_are_kept_of_a_server_only_and_not_where_the_cache_is_off(
    home: Tree, kept: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("RECONCILER_CACHE", "off")
    home.run("plan")
    assert not (kept / "rows").exists()
    monkeypatch.setenv("RECONCILER_CACHE", str(kept))
    home.run("plan")
    assert (kept / "rows").exists() == isinstance(home, ServedTree)


def test_the_journal_is_read_where_it_vouches(home: Tree, kept: Path, recalled: list[bool]) -> None:
    home.run("plan")
    home.sql("UPDATE categories SET audience = 'all'")
    home.run("plan")
    home.run("drift")
    home.run("plan", "--refresh", "full")
    assert recalled == ([False, True, True] if isinstance(home, ServedTree) else [])


def test_an_apply_reads_in_full_whatever_is_kept(home: Tree, kept: Path, recalled: list[bool]) -> None:
    home.run("plan")
    recalled.clear()
    home.edit(DESK, "Questions about seals", "All about seals")
    assert home.apply().code == 0
    assert recalled == []
    refused = home.run("apply", "--refresh", "full")
    assert refused.code == 1
    assert "--refresh" in refused.err


def test_no_such_word(home: Tree, kept: Path) -> None:
    assert home.run("plan", "--refresh", "some").code == 1
    assert kept.exists()


class Outsiders:
    """Programs that write to the database of a tree."""

    def __init__(self, home: Tree, chance: random.Random) -> None:
        self.home = home
        self.chance = chance
        self.copy = home.folder / "older.copy"
        self.number = 20

    def step(self) -> str:
        one = self.chance.choice(list(self._steps()))
        one()
        return one.__name__

    def _steps(self) -> Iterator[Callable[[], None]]:
        yield from (self.update, self.insert, self.delete, self.ledger, self.apply, self.edit, self.unwatched)
        if isinstance(self.home, ServedTree):
            yield from (self.replica, self.truncate)
        else:
            yield from (self.replaced, self.save, self.restore, self.vacuum)

    def update(self) -> None:
        self.home.sql(f"UPDATE service_types SET sort_order = {self.chance.randrange(90)}")

    def insert(self) -> None:
        self.number += 1
        self.home.sql(
            "INSERT INTO service_types (tenant, name, display_name, sort_order, state) "
            f"VALUES ('farol', 'new-{self.number}', 'New {self.number}', 3, 'active')"
        )

    def delete(self) -> None:
        self.home.sql("DELETE FROM categories")

    def ledger(self) -> None:
        self.home.sql("DELETE FROM reconciler_resources WHERE kind = 'Category'")

    def apply(self) -> None:
        self.home.run("apply", "--auto-approve", *self.home.everybody)  # or it is refused, which is fine

    def edit(self) -> None:
        path = self.home.folder / DESK
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"sortOrder: \d+", f"sortOrder: {self.chance.randrange(90)}", text), encoding="utf-8")

    def unwatched(self) -> None:
        write = f"UPDATE service_types SET sort_order = {self.chance.randrange(90)} WHERE name = 'incident'"
        if isinstance(self.home, ServedTree):
            self.home.sql("ALTER TABLE service_types DISABLE TRIGGER USER")
            self.home.sql(write)
            self.home.sql("ALTER TABLE service_types ENABLE TRIGGER USER")
            for name in ("journal", "rev", "truncate"):
                table = f"reconciler_service_types_{name}"
                self.home.sql(f"ALTER TABLE service_types ENABLE ALWAYS TRIGGER {table}")
            return
        named = "FROM sqlite_master WHERE name = 'reconciler_service_types_update'"
        ((statement,),) = self.home.sql(f"SELECT sql {named}")
        for one in ("DROP TRIGGER reconciler_service_types_update", write, statement):
            self.home.sql(one)

    def replica(self) -> None:
        self.home.sql("SET session_replication_role = replica; UPDATE service_types SET sort_order = 77")

    def truncate(self) -> None:
        self.home.sql("TRUNCATE categories CASCADE")

    def replaced(self) -> None:
        """Deletes a row by its number, of which no trigger hears."""
        self.home.sql(
            "INSERT OR REPLACE INTO service_types (id, tenant, name, display_name, sort_order, state) "
            "SELECT max(id), 'farol', 'replaced', 'Replaced', 4, 'active' FROM service_types"
        )

    def save(self) -> None:
        shutil.copy2(self.home.folder / ".reconciler/live.db", self.copy)

    def restore(self) -> None:
        if self.copy.exists():
            shutil.copy2(self.copy, self.home.folder / ".reconciler/live.db")

    def vacuum(self) -> None:
        connection = sqlite3.connect(self.home.folder / ".reconciler/live.db")
        connection.execute("VACUUM")
        connection.close()


@pytest.mark.parametrize("seed", range(3))
def test_random_writes_are_planned_alike(home: Tree, kept: Path, recalled: list[bool], seed: int) -> None:
    outsiders = Outsiders(home, random.Random(seed))  # noqa: S311  # the same steps every time
    told: list[str] = []
    for _ in range(12):
        told.append(outsiders.step())
        both(home)
    assert kept.exists()
    assert any(recalled) == isinstance(home, ServedTree), told
