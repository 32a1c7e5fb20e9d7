"""What the tests of this folder share: the databases, and how they say what they counted, whatever is captured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.oracle.databases import Base, Embedded, Served
from tests.servers import Cluster

Told = Callable[[str], None]


@pytest.fixture(params=["sqlite", "postgresql"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Base]:
    """The oracle's world, in a database of each sort."""
    if request.param == "sqlite":
        made: Base = Embedded(tmp_path / "live.db")
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        made = Served(cluster)
    made.seed()
    yield made
    made.close()


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Told:
    """Keep a line for the end of the run, where it is printed even without ``-s``."""
    return lambda line: request.node.user_properties.append(("counted", line))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was counted."""
    lines = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for word, value in getattr(report, "user_properties", ())
        if word == "counted"
    ]
    if lines:
        terminalreporter.section("decisions held against the oracle")
        for line in sorted(lines):
            terminalreporter.write_line(line)
