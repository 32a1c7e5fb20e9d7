"""What every test stands on: a clean environment, the installed kinds, and hypothesis without a clock."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from reconciler.kinds import discover
from reconciler.model.catalog import Catalog

settings.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("house")

_OURS = ("RECONCILER_", "NO_COLOR", "FORCE_COLOR", "TRACEPARENT")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable that the program reads comes from outside of a test."""
    for name in list(os.environ):
        if name.startswith(_OURS):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """All kinds that are installed."""
    return discover()
