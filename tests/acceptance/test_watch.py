"""A watch of a server: it names who wrote, lives through an outage, and holds no connection while it sleeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from time import sleep
from typing import Any

import psycopg
import pytest

from tests.acceptance.homes import ServedTree
from tests.adapters.watching.hook import Hook, listening
from tests.cli.watcher import watching

pytestmark = pytest.mark.slow


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as found:
        yield found


def by(home: ServedTree, application: str, statement: str) -> None:
    with home.cluster.connect(home.name) as hand:
        hand.execute("SELECT set_config('application_name', %s, false)", (application,))
        hand.execute(statement.encode())


def connections(home: ServedTree, outside: psycopg.Connection[Any]) -> int:
    """How many others are connected: none between two rounds."""
    asked = outside.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", (home.name,))
    return int((asked.fetchone() or (-1,))[0])


def test_a_server_is_watched_through_an_outage(served_tree: ServedTree, hook: Hook) -> None:
    home = served_tree
    assert home.run("db", "upgrade").code == 0
    home.apply()
    with watching(home.folder, "--every", "1s", "--record", RECONCILER_WEBHOOK_URL=hook.url) as watch:
        watch.until("round.done")
        by(home, "support_app", "UPDATE categories SET sort_order = 30")
        assert watch.until("finding.appeared")["application"] == "support_app"
        watch.until("round.done")
        with home.cluster.connect("postgres") as outside:
            outside.execute(f'ALTER DATABASE "{home.name}" ALLOW_CONNECTIONS false'.encode())
            assert watch.until("round.failed")["code"].startswith("DB-")
            watch.until("webhook.delivered")
            outside.execute(f'ALTER DATABASE "{home.name}" ALLOW_CONNECTIONS true'.encode())
            watch.until("round.recovered")
            watch.until("webhook.delivered")
            watch.until("round.done")
            assert any(connections(home, outside) == 0 or sleep(0.05) for _ in range(100))
        by(home, "support_app", "UPDATE categories SET sort_order = 10")
        watch.until("finding.resolved")
        watch.until("webhook.delivered")
        watch.until("round.done")
        assert watch.end() == 0
    transitions = [one for body in hook.bodies for one in json.loads(body)["transitions"]]
    assert [one["type"] for one in transitions] == [
        "finding.appeared", "round.failing", "round.recovered", "finding.resolved",
    ]  # fmt: skip
    assert transitions[0]["finding"]["last_change"]["application"] == "support_app"
    assert home.sql("SELECT state FROM reconciler_findings") == [("resolved",)]


def test_two_watches_tell_under_the_same_names(served_tree: ServedTree, hook: Hook) -> None:
    home = served_tree
    assert home.run("db", "upgrade").code == 0
    home.apply()
    by(home, "support_app", "UPDATE categories SET sort_order = 30")
    words = ("--every", "1h")
    with (
        watching(home.folder, *words, RECONCILER_WEBHOOK_URL=hook.url) as one,
        watching(home.folder, *words, RECONCILER_WEBHOOK_URL=hook.url) as other,
    ):
        for watch in (one, other):
            watch.until("round.done")
            assert watch.end() == 0
    assert len({one["id"] for body in hook.bodies for one in json.loads(body)["transitions"]}) == 1
    assert len(hook.bodies) == 2
