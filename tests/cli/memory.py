"""Calls of the program with what is remembered, beside the same ones the long way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.database import digests
from reconciler.answering import Answering
from tests.cli.tree import Call, Tree


class Memory:
    """The tree with a cache of its own.

    ``answered`` says whether the last call was, ``read`` whether rows were read to see that nothing has moved.
    """

    def __init__(self, tree: Tree, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tree = tree
        self.folder = folder
        self.answered = self.read = False
        self._monkeypatch = monkeypatch
        recall, digest_now = Answering.recall, digests.digest_now

        def reading(*words: Any, **how: Any) -> str:
            self.read = True
            return digest_now(*words, **how)

        monkeypatch.setattr(digests, "digest_now", reading)

        def spied(one: Answering) -> dict[str, object] | None:
            found = recall(one)
            self.answered = found is not None
            return found

        monkeypatch.setattr(Answering, "recall", spied)

    def run(self, *words: str) -> Call:
        """Run with what is remembered."""
        self.answered = self.read = False
        self._monkeypatch.setenv("RECONCILER_CACHE", str(self.folder))
        return self.tree.run(*words)

    def long_way(self, *words: str) -> Call:
        """Run without."""
        self._monkeypatch.setenv("RECONCILER_CACHE", "off")
        return self.tree.run(*words)

    def agree(self, *words: str) -> bool:
        """See that both say the same; whether it was from memory."""
        before = self.run(*words)
        answered = self.answered
        assert before == self.long_way(*words)
        return answered

    def warm(self, *words: str) -> None:
        """Run until it is answered from memory."""
        self.run(*words)
        assert self.agree(*words), "nothing was remembered"

    @property
    def files(self) -> list[Path]:
        """The answers that are kept."""
        return sorted((self.folder / "answers").glob("*.answer"))
