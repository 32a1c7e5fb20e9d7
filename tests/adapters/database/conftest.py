"""Where a test of the database contract happens: in a file, or on a server of each version there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.adapters.database.worlds import Place, Served
from tests.servers import Cluster, installed


@pytest.fixture(params=["sqlite", *(f"postgresql-{version}" for version in installed())])
def place(request: pytest.FixtureRequest, tmp_path: Path, clusters: Callable[[str], Cluster]) -> Iterator[Place]:
    """A place for a live database, of every sort: what holds in one must hold in all."""
    if request.param == "sqlite":
        yield tmp_path
        return
    cluster = clusters(request.param.partition("-")[2])
    yield Served(cluster)
    cluster.tidy()


@pytest.fixture(params=installed())
def served(request: pytest.FixtureRequest, clusters: Callable[[str], Cluster]) -> Iterator[Served]:
    """A place on a server of each version there is."""
    cluster = clusters(request.param)
    yield Served(cluster)
    cluster.tidy()
