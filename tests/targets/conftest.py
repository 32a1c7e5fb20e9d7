"""A tree of several tenants that was applied once; each test has a copy of its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from benchmarks import corpus
from reconciler.cli.main import main
from tests.cli.tree import CLOCK, Tree

SIZE = 242
"""The platform, two tenants whole, and a third that ends amid its issuers."""


@pytest.fixture(scope="session")
def _applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus") / "tree"
    corpus.write(folder, SIZE, seed=5)
    with (folder / "reconciler.yaml").open("a", encoding="utf-8") as file:
        file.write("layout: tenants/{tenant}\ncache: false\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("BENCH_SECRET", corpus.SECRET_VALUE)
        patch.setenv("RECONCILER_CLOCK", CLOCK)
        assert main(["apply", "--bootstrap", "--as", corpus.ADMINISTRATOR, "--auto-approve"]) == os.EX_OK
    return folder


@pytest.fixture
def grove(_applied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tree:
    """The tree: ``tenant-00001`` to ``tenant-00003``, in step with its database."""
    folder = tmp_path / "tree"
    shutil.copytree(_applied, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("BENCH_SECRET", corpus.SECRET_VALUE)
    monkeypatch.setenv("RECONCILER_CLOCK", CLOCK)
    return Tree(folder, capsys)
