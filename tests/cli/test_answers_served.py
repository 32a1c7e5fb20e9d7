"""Answers about a database of a server: whatever was written to it is seen, by whoever."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.adapters.database import keeping
from tests.cli.memory import Memory
from tests.cli.tree import INES, ROOT, Tree
from tests.servers import Cluster

URL = "RECONCILER_DATABASE_URL"
PLAN_URL = "RECONCILER_PLAN_DATABASE_URL"


@pytest.fixture
def database(cluster: Cluster) -> Iterator[str]:
    yield cluster.database()
    cluster.tidy()


@pytest.fixture
def memory(
    tree: Tree,
    cluster: Cluster,
    database: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Memory:
    monkeypatch.setenv("RECONCILER_SECRET_KEY", base64.b64encode(b"made up, and long enough for a k").decode())
    monkeypatch.delenv("RECONCILER_CLOCK")  # nothing is applied to a server by it
    monkeypatch.setenv(URL, cluster.url(database))
    for words in (("db", "upgrade"), ("apply", "--auto-approve", "--bootstrap", "--as", ROOT)):
        call = tree.run(*words)
        assert call.code == 0, call.err
    return Memory(tree, tmp_path_factory.mktemp("cache"), monkeypatch)


def test_whatever_is_written_is_seen(memory: Memory, cluster: Cluster, database: str) -> None:
    calls = [("plan",), ("plan", "--as", INES, "--mine"), ("drift",)]
    for words in calls:
        memory.warm(*words)
    changes = [
        "UPDATE categories SET description = 'other'",
        "UPDATE operators SET state = 'suspended' WHERE name = 'ines'",
        "ALTER TABLE categories DISABLE TRIGGER ALL; UPDATE categories SET description = 'third'",
        "DELETE FROM reconciler_resources WHERE name = 'signing'",
        "UPDATE reconciler_tenants SET generation = generation + 1",
        "UPDATE alembic_version SET version_num = '9999'",
        "ALTER TABLE categories RENAME TO others",
    ]
    for statement in changes:
        with cluster.connect(database) as connection:
            connection.execute(statement.encode())
        assert not any(memory.agree(*words) for words in calls), statement


@pytest.fixture
def kept(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> Memory:
    """The same, where also a reading of few rows has a pulse."""
    monkeypatch.setattr(keeping, "FEWEST", 1)
    return memory


def test_rows_are_not_read_where_the_journal_vouches(kept: Memory, cluster: Cluster, database: str) -> None:
    for words in (("plan",), ("drift",)):
        kept.warm(*words)
        assert not kept.read
    with cluster.connect(database) as connection:
        connection.execute(b"GRANT SELECT ON categories TO PUBLIC")
    assert kept.agree("plan"), "the rows are the same"
    assert kept.read


def test_with_a_pulse_whatever_is_written_is_seen_as_well(kept: Memory, cluster: Cluster, database: str) -> None:
    test_whatever_is_written_is_seen(kept, cluster, database)


ROUND = {
    "triggers that were off": """
        ALTER TABLE categories DISABLE TRIGGER ALL; UPDATE categories SET description = 'other';
        ALTER TABLE categories ENABLE TRIGGER ALL""",
    "a replica": "SET session_replication_role = replica; UPDATE categories SET description = 'other'",
    "a generation": "UPDATE reconciler_tenants SET generation = generation + 1",
    "a finding": """
        INSERT INTO reconciler_findings (id, kind, tenant, name, path, finding, state, first_seen, last_seen) VALUES
        ('x', 'Category', 'farol', 'signing', '', 'missing', 'new', '2026-06-01T00:00:00Z', '2026-06-01T00:00:00Z')""",
    "another identity": "UPDATE reconciler_meta SET value = 'other' WHERE key = 'identity'",
}


@pytest.mark.parametrize("name", ROUND)
def test_what_goes_round_the_journal_is_seen(kept: Memory, cluster: Cluster, database: str, name: str) -> None:
    for words in (("plan",), ("drift",)):
        kept.warm(*words)
        assert not kept.read
    with cluster.connect(database) as connection:
        connection.execute(ROUND[name].encode())
    assert not kept.agree("drift")
    assert kept.agree("plan") is (name == "a finding"), "of findings a plan knows nothing"


def test_another_user_reads_with_its_own_eyes(
    memory: Memory, cluster: Cluster, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = cluster.role("reader")
    with cluster.connect(database) as connection:
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {reader}".encode())
    monkeypatch.setenv(PLAN_URL, cluster.url(database, reader))
    memory.warm("plan")
    with cluster.connect(database) as connection:
        connection.execute(f"REVOKE SELECT ON categories FROM {reader}".encode())
    assert not memory.agree("plan")
    with cluster.connect(database) as connection:
        connection.execute(f"GRANT SELECT ON categories TO {reader}".encode())
    assert memory.agree("plan")


def test_a_copy_of_a_database_is_another_one(memory: Memory, cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.warm("plan")
    monkeypatch.setenv(URL, cluster.url(cluster.database()))
    assert not memory.agree("plan")


def test_a_server_that_is_gone_is_told(memory: Memory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    memory.warm("plan")
    monkeypatch.setenv(URL, f"postgresql+psycopg://postgres@/none?host={tmp_path}")
    assert not memory.agree("plan")


def test_no_answer_holds_the_address_of_a_server(
    memory: Memory, cluster: Cluster, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL, cluster.url(database).replace("postgres@", "postgres:a-made-up-word@"))
    memory.warm("plan")
    assert all(b"a-made-up-word" not in one.read_bytes() for one in memory.files)
    assert all(database.encode() not in one.read_bytes() for one in memory.files)


def test_an_address_in_the_configuration_is_not_kept(
    memory: Memory, cluster: Cluster, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(URL)
    url = cluster.url(database)
    memory.tree.write("reconciler.yaml", f'apiVersion: reconciler/v1\nkind: Project\ndatabase: {{url: "{url}"}}\n')
    assert memory.run("plan").code == 0
    assert not memory.files
