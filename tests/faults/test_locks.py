"""Locks do not outlive the apply that holds them; the times of many are rows of the scorecard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.campaigns import crashes, locks
from tests.servers import Cluster, installed


@pytest.mark.slow
@pytest.mark.parametrize("version", ["sqlite", "16"])
def test_locks_are_free_after_their_holder_is_killed_or_frozen(
    version: str, tmp_path: Path, clusters: Callable[[str], Cluster]
) -> None:
    if version not in {"sqlite", *installed()}:
        pytest.skip("this server is not installed")
    with crashes.home(tmp_path, None if version == "sqlite" else clusters(version)) as home:
        found = {doing: locks.killed(home, doing).wrong for doing in locks.LIMITS}
        found["frozen"] = (locks.frozen_file(home) if version == "sqlite" else locks.frozen(home, idle=2)).wrong
    assert found == {"idle": [], "busy": [], "frozen": []}
