"""The same plan two ways: as it is made for its targets, and from everything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest

from reconciler.cli import exits
from reconciler.operations import drift, focused
from tests.cli.tree import Call, Tree

NOT_READ = " not read: validate and apply judge everything.\n"
_WRONG = re.compile(r"(?m)^(?:tenants/([a-z0-9-]+)/)?\S+:\d+:\d+: error\s+[A-Z]+-\d+:\s+\w+/([a-z0-9-]+)")
"""The tenant of a resource with an error: by its folder, or where it stands in none by its address."""


@dataclass(frozen=True)
class Both:
    """What came of both ways. ``narrow`` says whether the first did without reading everything."""

    short: Call
    long: Call
    narrow: bool
    files: tuple[bytes, bytes]
    targets: tuple[str, ...]

    def same(self) -> Both:
        """Everything is the same, but for the line that tells what was not read.

        What is wrong with manifests of other tenants refuses the plan from everything, and nobody else has read them.
        """
        if self.narrow and self.long.code == exits.ERROR and self.short.code != exits.ERROR:
            if self.long.err.startswith("error LNS-01"):  # of which whoever asks may not be told
                return self
            wrong = [folder or tenant for folder, tenant in _WRONG.findall(self.long.err)]
            assert wrong, self.long.err
            assert len(wrong) == len(re.findall(r"(?m)^\S+:\d+:\d+: error\s", self.long.err)), self.long.err
            assert not [one for one in wrong if any(f"/{one}" in target for target in self.targets)], self.long.err
            return self
        assert self.short.code == self.long.code, self.short.err + self.long.err
        assert self.short.out == self.long.out
        assert self.files[0] == self.files[1]
        told = [line for line in self.short.err.splitlines(keepends=True) if not line.endswith(NOT_READ)]
        assert "".join(told) == self.long.err
        assert self.narrow or "".join(told) == self.short.err
        return self


def both(tree: Tree, *words: str) -> Both:
    """Plan with ``words``, for its targets and from everything."""
    narrow: list[bool] = []
    real = focused._narrow

    def spy(*words: Any) -> Any:
        found = real(*words)
        narrow.append(found is not None)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(focused, "_narrow", spy)
        short, first = _planned(tree, *words)
        patch.setattr(focused, "_narrow", lambda *_: None)
        long, second = _planned(tree, *words)
    targets = tuple(one for one, before in zip(words[1:], words, strict=False) if before == "--target")
    return Both(short, long, narrow == [True], (first, second), targets)


def both_drifts(tree: Tree, *words: str) -> Both:
    """Report drift with ``words``, for its targets and from everything."""
    narrow: list[bool] = []
    real = drift._narrow

    def spy(*asked: Any, **how: Any) -> Any:
        found = real(*asked, **how)
        narrow.append(found is not None)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drift, "_narrow", spy)
        short = tree.run("drift", *words, "--detailed-exitcode")
        patch.setattr(drift, "_narrow", lambda *_, **__: None)
        long = tree.run("drift", *words, "--detailed-exitcode")
    return Both(short, long, narrow == [True], (b"", b""), ())


def _planned(tree: Tree, *words: str) -> tuple[Call, bytes]:
    file = tree.folder / "made.plan"
    file.unlink(missing_ok=True)
    call = tree.run("plan", *words, "--out", str(file), "--detailed-exitcode")
    return call, file.read_bytes() if file.exists() else b""
