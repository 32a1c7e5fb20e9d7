"""Databases that other programs have left in an odd state: a plan that rests says what one made of everything says."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.increments.ways import Ways


def test_a_log_that_is_put_beside_the_file_is_seen(ways: Ways) -> None:
    """What stands in a write-ahead log counts, although the file itself is as it was."""
    path = ways.tree.folder / "live.db"
    copy = ways.tree.folder.with_name("copy.db")
    shutil.copy(path, copy)
    ways.tree.edit("platform/role-customer-readers.yaml", "Look", "Gaze")
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("UPDATE categories SET sort_order = 471")
        shutil.copy(copy.with_name("copy.db-wal"), path.with_name("live.db-wal"))
    ways.agree()
    assert "471" in ways.run("plan").out


def test_a_journal_that_is_put_beside_the_file_is_seen(ways: Ways) -> None:
    """By it SQLite takes back what the file says, and an answer would not have opened the file."""
    path = ways.tree.folder / "live.db"
    journal = path.with_name("live.db-journal")
    whole = path.read_bytes()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE categories SET sort_order = 471")
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN")
        connection.execute("UPDATE categories SET sort_order = 472")
        kept = journal.read_bytes()
        connection.execute("ROLLBACK")
    path.write_bytes(whole)
    ways.begin()
    journal.write_bytes(kept)
    assert "471" in ways.run("plan").out
    assert not journal.exists()


def _without_a_table(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TABLE reconciler_resources")


@pytest.mark.parametrize("done", [Path.unlink, _without_a_table, lambda path: path.write_bytes(b"no database" * 99)])
@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_what_cannot_be_asked_any_more_is_told_as_ever(ways: Ways, done: Callable[[Path], None], share: float) -> None:
    """Somebody takes the file away, or a table, or puts another file there, between two questions."""
    path = ways.tree.folder / "live.db"
    ways.tree.edit("platform/role-customer-readers.yaml", "Look", "Gaze")
    assert ways.agree()
    at = round(share * (len(ways.read) - 1)) + 1

    def act() -> None:
        if len(ways.read) == at:
            done(path)

    ways.between = act
    short = ways.run("plan")
    ways.between = None
    assert not ways.rested
    assert short == ways.long_way("plan")
