"""A working folder with a small tree, a fixed clock and a made-up secret; its database is of either sort."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

import pytest

from reconciler.adapters.database.store import open_database
from reconciler.kinds import discover
from tests.acceptance.homes import KEY, ServedTree
from tests.cli.conftest import tree
from tests.cli.tree import Tree
from tests.servers import Cluster, installed

__all__ = ["tree"]


@pytest.fixture
def served_tree(
    tree: Tree,
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[ServedTree]:
    """The same tree beside an empty database of the newest server there is."""
    yield from _served(tree, cluster, monkeypatch, capsys)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A database of every sort: a file, and a server of one version, by the name of the test; or of every version.

    What differs between versions is the business of the adapter, whose tests run on each of them.
    """
    if "home" in metafunc.fixturenames:
        versions = list(installed())
        if versions and not metafunc.config.getoption("every_server"):
            versions = [versions[zlib.crc32(metafunc.function.__name__.encode()) % len(versions)]]
        metafunc.parametrize("home", ["sqlite", *(f"postgresql-{one}" for one in versions)], indirect=True)


@pytest.fixture
def home(
    request: pytest.FixtureRequest,
    tree: Tree,
    clusters: Callable[[str], Cluster],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Tree]:
    """The tree beside a database of a sort, with its schema."""
    if request.param == "sqlite":
        yield tree
        return
    cluster = clusters(request.param.partition("-")[2])
    if "every kind" not in cluster.templates:
        cluster.templates["every kind"] = cluster.database()
        open_database(cluster.url(cluster.templates["every kind"]), discover()).upgrade()
    yield from _served(tree, cluster, monkeypatch, capsys, template=cluster.templates["every kind"])


def _served(
    tree: Tree,
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    template: str = "template0",
) -> Iterator[ServedTree]:
    name = cluster.database(template)
    monkeypatch.setenv("RECONCILER_DATABASE_URL", cluster.url(name))
    monkeypatch.setenv("RECONCILER_SECRET_KEY", KEY)
    monkeypatch.delenv("RECONCILER_CLOCK")  # which is for embedded databases
    yield ServedTree(tree.folder, capsys, cluster, name)
    cluster.tidy()
