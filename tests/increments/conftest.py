"""A tree of several tenants in step with its database, planned once with a cache of its own."""

from __future__ import annotations

import pytest

from tests.cli.tree import Tree
from tests.increments.ways import Ways
from tests.targets.conftest import _applied, grove

__all__ = ["_applied", "grove"]


@pytest.fixture
def ways(grove: Tree, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Ways:
    """Plans in both ways; the first has seen everything in step."""
    grove.edit("reconciler.yaml", "cache: false\n", "")
    found = Ways(grove, tmp_path_factory.mktemp("cache"), monkeypatch)
    found.begin()
    return found
