"""What every test stands on: a clean environment, the installed kinds, and nothing dear that is done twice."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings

from reconciler.kinds import discover
from reconciler.model.catalog import Catalog
from tests import haste
from tests.servers import Cluster, installed, quick_folder, running

settings.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("house")
haste.hurry()

if "TMPDIR" not in os.environ:
    # A file that is written safely waits for the disk: a quarter of all the time that the tests take.
    os.environ["TMPDIR"] = tempfile.tempdir = quick_folder()

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    # A shell starts what runs in its background with SIGINT ignored, and whatever we start would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)

_OURS = ("RECONCILER_", "GITHUB_", "GITLAB_", "CI_", "NO_COLOR", "FORCE_COLOR", "TRACEPARENT")


def pytest_addoption(parser: pytest.Parser) -> None:
    """What is asked for beyond the usual run."""
    told = "run acceptance tests on every PostgreSQL server there is, and not each on one of them"
    parser.addoption("--every-server", action="store_true", help=told)


def pytest_collection_finish() -> None:
    """Look for garbage among what tests make, not among the tests: they are many, and stay."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable that the program reads comes from outside of a test."""
    for name in list(os.environ):
        if name.startswith(_OURS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("RECONCILER_CACHE", "off")  # whoever tests the cache gives it a folder of its own


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """All kinds that are installed."""
    return discover()


@pytest.fixture(scope="session")
def clusters() -> Iterator[Callable[[str], Cluster]]:
    """The PostgreSQL server of a version, started when a test first asks for it."""
    started: dict[str, Cluster] = {}
    with ExitStack() as all_of_them:

        def of(version: str) -> Cluster:
            if version not in started:
                started[version] = all_of_them.enter_context(running(version))
            return started[version]

        yield of


@pytest.fixture(scope="session")
def cluster(clusters: Callable[[str], Cluster]) -> Cluster:
    """One PostgreSQL server, of the newest version there is."""
    if not installed():
        pytest.skip("there is no PostgreSQL server")
    return clusters(max(installed()))
