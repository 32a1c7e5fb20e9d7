"""Reading: consistent, unable to write, honest about what is wrong."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from reconciler.adapters.database.reading import reading
from reconciler.adapters.database.store import open_database
from reconciler.adapters.database.urls import SqliteFile, refuse_network
from reconciler.model.errors import ReconcilerError, UsageError, WorldError
from tests.adapters.database.worlds import CATALOG, LAMP, SECRET_TEXT, THING, database, filled, sql


def test_rows_are_plain_tuples_in_the_order_of_the_declaration(tmp_path):
    live = filled(tmp_path).read()
    row = live.row(LAMP)
    assert type(row) is tuple
    assert len(row) == len(THING.row_columns)
    values = dict(zip(THING.row_columns, row, strict=True))
    assert values["tenant"] == "farol"
    assert values["serial"] == "no-lamp"
    assert values["colours"] == '["red"]'
    assert "password" not in values


def test_a_secret_at_rest_is_never_read(tmp_path):
    store = filled(tmp_path)
    sql(store, "UPDATE gadgets SET password = ?", SECRET_TEXT)
    assert SECRET_TEXT not in str(store.read())


def test_reading_cannot_write(tmp_path):
    store = filled(tmp_path)
    with pytest.raises(WorldError), reading(store.file) as connection:
        connection.execute("DELETE FROM gadgets")


def test_a_missing_database_is_an_empty_world_and_stays_missing(tmp_path):
    store = database(tmp_path / "nowhere")
    live = store.read()
    assert live.identity == ""
    assert live.ledger == {}
    assert not store.exists()
    assert not (tmp_path / "nowhere").exists()
    assert store.runs() == []
    assert store.current() is None


def test_a_file_that_is_no_database_is_told(tmp_path):
    store = database(tmp_path)
    store.file.path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(WorldError) as caught:
        store.read()
    assert caught.value.code == "DB-01"


def test_text_that_is_no_text_is_read_with_a_sign_in_its_place(tmp_path):
    store = filled(tmp_path)
    sql(store, "UPDATE gadgets SET title = CAST(x'4cff' AS TEXT) WHERE name = 'lamp'")
    row = dict(zip(THING.row_columns, store.read().row(LAMP), strict=True))
    assert row["title"] == "L\ufffd"


DIE = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("CREATE TABLE filler (x)")
connection.executemany("INSERT INTO filler VALUES (?)", [("y" * 4000,)] * 200)
connection.execute("UPDATE gadgets SET size = 44")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_writer_that_was_killed_leaves_no_trace_for_the_next_reader(tmp_path):
    store = filled(tmp_path)
    before = store.read()
    done = subprocess.run([sys.executable, "-c", DIE, str(store.file.path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert store.file.path.with_name("live.db-journal").stat().st_size > 0
    assert store.read() == before


@pytest.mark.parametrize(
    "url",
    [
        "live.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "mysql://user:open-sesame-4711@db/x",
        "postgresql+psycopg2://user:open-sesame-4711@db.example.com/x",
    ],
)
def test_an_address_that_is_not_supported_is_refused_and_not_repeated(url):
    with pytest.raises(UsageError) as caught:
        open_database(url, CATALOG)
    assert caught.value.code == "DB-05"
    assert SECRET_TEXT not in f"{caught.value} {caught.value.hint}"


def test_a_relative_address_counts_from_the_given_folder(tmp_path):
    assert open_database("sqlite:///a/b.db", CATALOG, folder=tmp_path).file.path == tmp_path / "a" / "b.db"
    assert open_database(f"sqlite:///{tmp_path}/b%20c.db", CATALOG).file.path == tmp_path / "b c.db"


@pytest.mark.parametrize(("kind", "refused"), [("nfs4", True), ("cifs", True), ("ext4", False), ("fuse.sshfs", True)])
def test_a_network_file_system_is_refused(tmp_path, kind, refused):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path} {kind} rw 0 0\n")
    file = SqliteFile(tmp_path / "live.db")
    if refused:
        with pytest.raises(ReconcilerError, match=kind):
            refuse_network(file, mounts=mounts)
    else:
        refuse_network(file, mounts=mounts)
    refuse_network(SqliteFile(tmp_path.parent / "live.db"), mounts=mounts)


def test_no_heavy_library_is_loaded_by_reading(tmp_path):
    store = filled(tmp_path)
    program = (
        "import sys; from pathlib import Path\n"
        "from reconciler.adapters.database.store import open_database\n"
        "from tests.engine.toy import GADGET, PARTNER; from reconciler.model.catalog import Catalog\n"
        f"open_database('sqlite:///{store.file.path}', Catalog([GADGET, PARTNER])).read()\n"
        "assert not {'sqlalchemy', 'alembic', 'psycopg'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_apply_reads_text_that_is_no_text_as_its_plan_did(tmp_path):
    store = filled(tmp_path)
    sql(store, "UPDATE gadgets SET title = CAST(x'ff41' AS TEXT) WHERE name = 'lamp'")
    with store.apply(["farol"], lock_timeout=1) as session:
        assert session.live() == store.read()


def test_a_folder_in_the_place_of_the_database_is_told(tmp_path):
    (tmp_path / "live.db").mkdir()
    with pytest.raises(WorldError, match="is a folder"):
        database(tmp_path).read()


def test_links_that_lead_in_a_circle_are_told(tmp_path):
    (tmp_path / "live.db").symlink_to(tmp_path / "live.db")
    with pytest.raises(WorldError, match="cannot be made"), database(tmp_path).apply([], lock_timeout=1):
        pass
