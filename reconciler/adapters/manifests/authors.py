"""Authors: who made the commits that manifests came by, as the objects of git say it.

What they say is what their makers wrote: git proves nobody. It is good for one thing, that whoever is named there does
not agree with the own work.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from reconciler.adapters.manifests.paths import absolute, inside, is_outside
from reconciler.adapters.manifests.program import run_git
from reconciler.model.errors import WorldError
from reconciler.model.formats import folded

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LINE = re.compile(rb"^([0-9a-f]{40}(?:[0-9a-f]{24})?) \d+ \d+", re.MULTILINE)


class GitAuthors:
    """Reads authors and committers of commits that touch ``roots``, which are relative to the folder ``working``.

    Each answer holds case-folded addresses of mail, and is None where git does not know: a shallow clone, a commit or
    objects that are missing, no git program.
    """

    def __init__(self, working: Path, roots: Sequence[str | Path]) -> None:
        self._working = absolute(working)
        self._roots = [inside(absolute(self._working / root), self._working) for root in roots]
        self._known: dict[str, bool] = {}

    def since(self, commit: str, base: str | None, *, files: Sequence[str] = ()) -> frozenset[str] | None:
        """Who made the commits between ``base`` and ``commit``, on either side, that touch ``files`` or the roots.

        Without a base, or with one that history has lost, it is everybody up to ``commit``.
        """
        if not self._whole(commit) or (not files and any(map(is_outside, self._roots))):
            return None
        if base is not None and not self._knows(base):
            base = None
        reach = commit if base is None else f"{base}...{commit}"
        paths = list(files or self._roots)
        try:
            plain = run_git(
                self._working, "log", "--full-history", "--no-merges", "--format=%ae%n%ce", reach, "--", *paths
            )
            merges = run_git(
                self._working,
                "log",
                "--full-history",
                "--merges",
                "-c",
                "--name-only",
                "--format=%x00%ae%n%ce%n",
                reach,
                "--",
                *paths,
            )
        except WorldError:
            return None
        found = (plain or b"").split(b"\n")
        for one in (merges or b"").split(b"\0"):
            lines = [line for line in one.split(b"\n") if line]
            if len(lines) > 2:  # a merge that is none of its parents: somebody wrote something into it
                found += lines[:2]
        return _folded(found)

    def of_lines(self, commit: str, file: str, spans: Sequence[tuple[int, int]]) -> frozenset[str] | None:
        """Who wrote some lines of a file as they are in ``commit``; a span is the first and the last of them."""
        if not self._whole(commit):
            return None
        try:
            wanted = [word for first, last in spans for word in ("-L", f"{first},{last}")]
            found = run_git(self._working, "blame", "--porcelain", *wanted, commit, "--", file, check=False)
            if found is None:
                return None
            # Blame itself would rename people as a file of the repository wishes.
            commits = b"\n".join(sorted(set(_LINE.findall(found)))) + b"\n"
            people = run_git(self._working, "log", "--no-walk", "--stdin", "--format=%ae%n%ce", given=commits)
        except WorldError:
            return None
        return _folded((people or b"").split(b"\n"))

    def _whole(self, commit: str) -> bool:
        """Whether the history of a commit is here, all of it."""
        if commit not in self._known:
            try:
                shallow = run_git(self._working, "rev-parse", "--is-shallow-repository", check=False)
                whole = shallow is not None and shallow.strip() == b"false"
                self._known[commit] = whole and self._knows(commit)
            except WorldError:
                return False
        return self._known[commit]

    def _knows(self, commit: str) -> bool:
        if not _COMMIT.fullmatch(commit):
            return False
        return run_git(self._working, "cat-file", "-e", f"{commit}^{{commit}}", check=False) is not None


def _folded(found: Sequence[bytes]) -> frozenset[str]:
    return frozenset(folded(one.decode(errors="replace").strip()) for one in found if one.strip())
