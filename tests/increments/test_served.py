"""A plan that rests on a run in step, over a server: rows are read when they are asked for, and what moves is seen."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from benchmarks import corpus
from reconciler.adapters.database import keeping
from reconciler.adapters.database.postgres import on_demand
from tests.cli.tree import Tree
from tests.increments.ways import Ways
from tests.servers import Cluster

WORDS = ("--as", corpus.ADMINISTRATOR)


@pytest.fixture
def database(cluster: Cluster) -> Iterator[str]:
    yield cluster.database()
    cluster.tidy()


@pytest.fixture
def served(
    grove: Tree,
    cluster: Cluster,
    database: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Ways:
    """The tree in step with a database of a server; one description has changed since."""
    monkeypatch.setattr(keeping, "FEWEST", 1)
    monkeypatch.setenv("RECONCILER_SECRET_KEY", base64.b64encode(b"made up, and long enough for a k").decode())
    monkeypatch.delenv("RECONCILER_CLOCK")  # nothing is applied to a server by it
    monkeypatch.setenv("RECONCILER_DATABASE_URL", cluster.url(database))
    for words in (("db", "upgrade"), ("apply", "--auto-approve", "--bootstrap", *WORDS)):
        call = grove.run(*words)
        assert call.code == 0, call.err
    grove.edit("reconciler.yaml", "cache: false\n", "")
    found = Ways(grove, tmp_path_factory.mktemp("cache"), monkeypatch)
    found.begin()
    grove.edit("platform/role-customer-readers.yaml", "Look", "Gaze")
    return found


@pytest.fixture
def asked(served: Ways) -> list[str]:
    """The statements that are asked on demand."""
    served.spy(on_demand._Server)
    return served.read


def test_rows_are_read_when_they_are_asked_for(served: Ways, asked: list[str]) -> None:
    for words in ((), WORDS, ("--prune", "--format", "json", *WORDS)):
        assert served.agree(*words)
        assert any(" JOIN unnest" in one for one in asked)


CHANGES = {
    "a row": "UPDATE roles SET description = 'Stare'",
    "a row, triggers off": """
        ALTER TABLE roles DISABLE TRIGGER ALL; UPDATE roles SET description = 'Stare';
        ALTER TABLE roles ENABLE TRIGGER ALL""",
    "the ledger": "DELETE FROM reconciler_resources WHERE kind = 'Role'",
    "a generation": "UPDATE reconciler_tenants SET generation = generation + 1",
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_was_written_before_is_seen(
    served: Ways, asked: list[str], cluster: Cluster, database: str, name: str
) -> None:
    with cluster.connect(database) as connection:
        connection.execute(CHANGES[name].encode())
    served.agree(*WORDS)
    assert len(asked) <= 1  # by which it is known


def test_what_is_written_meanwhile_is_of_another_plan(
    served: Ways, asked: list[str], cluster: Cluster, database: str
) -> None:
    """One transaction sees one state."""
    before = served.long_way("plan", *WORDS)

    def write() -> None:
        if len(asked) == 3:
            with cluster.connect(database) as connection:
                connection.execute(CHANGES["a row"].encode())

    served.between = write
    assert served.run("plan", *WORDS) == before
    assert served.rested
    served.between = None
    assert served.agree(*WORDS)


EMPTIED = b"TRUNCATE roles CASCADE"
"""Of that a transaction that has begun before sees no old state: to it the table was empty all the time."""


@pytest.mark.parametrize("at", [2, 4])
def test_no_table_is_emptied_meanwhile(
    served: Ways, asked: list[str], cluster: Cluster, database: str, at: int
) -> None:
    """Also none that nobody has asked for yet."""
    before = served.long_way("plan", *WORDS)
    refused: list[Exception] = []

    def empty() -> None:
        if len(asked) == at:
            with cluster.connect(database) as connection:
                connection.execute(b"SET lock_timeout = '100ms'")
                try:
                    connection.execute(EMPTIED)
                except psycopg.errors.LockNotAvailable as error:
                    refused.append(error)

    served.between = empty
    assert served.run("plan", *WORDS) == before
    assert served.rested
    assert refused


def test_what_is_emptied_as_it_begins_is_seen(served: Ways, cluster: Cluster, database: str) -> None:
    with cluster.connect(database) as connection:
        connection.autocommit = False
        connection.execute(EMPTIED)
        later = threading.Timer(1.0, connection.commit)
        later.start()
        short = served.run("plan", *WORDS)
        later.join()
    assert short == served.long_way("plan", *WORDS)


def test_a_server_that_goes_away_is_asked_again(served: Ways, asked: list[str]) -> None:
    def leave() -> None:
        if len(asked) == 4:
            raise psycopg.OperationalError

    real = on_demand.asking

    def failing(connection: Any) -> Any:
        ask = real(connection)

        def asking(statement: str, values: Any) -> Any:
            leave()
            return ask(statement, values)

        return asking

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(on_demand, "asking", failing)
        short = served.run("plan", *WORDS)
    assert not served.rested
    assert short == served.long_way("plan", *WORDS)
