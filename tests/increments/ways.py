"""The same plan two ways: resting on the last run in step, and from everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.operations import incremental
from tests.cli.tree import Call, Tree


class Ways:
    """The tree with a cache of its own; ``rested`` says whether the last plan rested on a run before it."""

    def __init__(self, tree: Tree, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tree = tree
        self.folder = folder
        self.rested = False
        self.judged = 0
        self._monkeypatch = monkeypatch
        real, active = incremental._attempt, incremental.SinceView

        def spied(*words: Any) -> Any:
            found = real(*words)
            self.rested = found is not None
            return found

        def counted(*words: Any, **how: Any) -> Any:
            self.judged = len(how["active"])
            return active(*words, **how)

        monkeypatch.setattr(incremental, "_attempt", spied)
        monkeypatch.setattr(incremental, "SinceView", counted)

    def begin(self) -> None:
        """Plan with nothing to do, so that there is something to rest on."""
        assert "No changes." in self.run("plan").out

    def run(self, *words: str) -> Call:
        """Run with what is remembered."""
        self.rested = False
        self._monkeypatch.setenv("RECONCILER_CACHE", str(self.folder))
        return self.tree.run(*words)

    def long_way(self, *words: str) -> Call:
        """Run without."""
        self._monkeypatch.setenv("RECONCILER_CACHE", "off")
        return self.tree.run(*words)

    def agree(self, *words: str) -> bool:
        """See that both say the same, byte for byte; whether the first rested on a run before it."""
        short = self.run("plan", *words)
        rested = self.rested
        assert short == self.long_way("plan", *words)
        return rested

    @property
    def files(self) -> list[Path]:
        """The baselines that are kept."""
        return sorted((self.folder / "answers").glob("*.baseline"))
