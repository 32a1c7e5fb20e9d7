"""A working folder with a small tree, a fixed clock and a made-up secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.environments import with_environments
from tests.cli.tree import CLOCK, FILES, SECRET, Tree


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tree:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECONCILER_CLOCK", CLOCK)
    monkeypatch.setenv("ANA_PASSWORD", SECRET)
    made = Tree(tmp_path, capsys)
    for file, text in FILES.items():
        made.write(file, text)
    return made


@pytest.fixture
def envs(tree: Tree) -> Tree:
    """The tree with three environments."""
    return with_environments(tree)
