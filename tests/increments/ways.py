"""The same plan two ways: resting on the last run in step, and from everything."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.database import on_demand
from reconciler.adapters.database.pulse import SETTLED
from reconciler.operations import incremental
from tests.cli.tree import Call, Tree


class Ways:
    """The tree with a cache of its own.

    ``rested`` says whether the last plan rested on a run before it, ``read`` are the statements by which it read rows
    on demand, and ``between`` happens before each of them.
    """

    def __init__(self, tree: Tree, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tree = tree
        self.folder = folder
        self.rested = False
        self.judged = 0
        self.read: list[str] = []
        self.between: Callable[[], None] | None = None
        self._monkeypatch = monkeypatch
        real, active = incremental._attempt, incremental.SinceView

        def spied(*words: Any) -> Any:
            found = real(*words)
            self.rested = found is not None
            return found

        def counted(*words: Any, **how: Any) -> Any:
            self.judged = len(how["active"])
            return active(*words, **how)

        self.spy(on_demand._File)
        monkeypatch.setattr(incremental, "_attempt", spied)
        monkeypatch.setattr(incremental, "SinceView", counted)

    def spy(self, source: type[Any]) -> None:
        """Note by which statements rows are asked of a source, and let something happen before each."""
        ask = source._ask

        def asked(of: Any, statement: str, values: Any) -> Any:
            self.read.append(statement)
            if self.between is not None:
                self.between()
            return ask(of, statement, values)

        self._monkeypatch.setattr(source, "_ask", asked)

    def begin(self) -> None:
        """Plan with nothing to do, so that there is something to rest on, and the file has a pulse."""
        time.sleep(2 * SETTLED)
        assert "No changes." in self.run("plan").out

    def run(self, *words: str) -> Call:
        """Run with what is remembered."""
        self.rested = False
        self.read.clear()
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
