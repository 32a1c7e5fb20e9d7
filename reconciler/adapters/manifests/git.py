"""Git: manifests of a commit, read from git objects through the ``git`` program.

Objects do not change between check and use, hold no half-written files and no links to follow. The program is called
with a clean environment: no GIT_ variable, no pager, no hook, no lock, no network, no replaced object.
"""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from reconciler.adapters.manifests.cache import ParseCache
from reconciler.adapters.manifests.collect import Collector
from reconciler.adapters.manifests.limits import Limits
from reconciler.adapters.manifests.naming import is_manifest, selected
from reconciler.adapters.manifests.paths import absolute, below, inside, is_outside, printable
from reconciler.adapters.manifests.program import SECONDS, call, environment, run_git
from reconciler.adapters.manifests.standing import algorithm_of, blob
from reconciler.adapters.manifests.text import invisible
from reconciler.model.diagnostic import Diagnostic, in_order
from reconciler.model.errors import UsageError, WorldError
from reconciler.model.focus import Focus, Reading
from reconciler.model.layers import is_left_out
from reconciler.model.manifest import Document, Early, Manifests
from reconciler.model.pace import each
from reconciler.ports import FileRefused

_OBJECT = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LINK, _MODULE = b"120000", b"160000"


class _Entry(NamedTuple):
    mode: bytes
    object: str
    size: int


class GitReader:
    """Reads manifests below ``roots`` as they are in ``commit``, whatever the working tree holds.

    ``working`` is a folder of the repository; roots and shown paths are relative to it. Files that a pattern of
    ``beside`` selects are no manifests. ``overlays``, ``own``, ``without``, ``partly``, ``focus`` and ``narrow`` are
    those of :class:`FilesReader`. ``cache`` knows files of earlier runs. ``earlier`` says that folders of environments
    may not be there yet. Raises nothing until :meth:`read`.
    """

    def __init__(
        self,
        working: Path,
        roots: Sequence[str | Path],
        commit: str,
        *,
        limits: Limits | None = None,
        beside: Sequence[str] = (),
        overlays: Sequence[str] = (),
        own: Sequence[str] = (),
        without: Sequence[str] = (),
        partly: bool = False,
        cache: ParseCache | None = None,
        focus: Focus | None = None,
        narrow: Reading | None = None,
        earlier: bool = False,
    ) -> None:
        self._focus = focus
        self._narrow = narrow
        self._unread: set[str] = set()
        self._cache = cache
        self._earlier = earlier
        self._working = absolute(working)
        self._roots = [inside(absolute(self._working / root), self._working) for root in (*roots, *overlays)]
        self._of_environments = {inside(absolute(self._working / one), self._working) for one in (*overlays, *own)}
        self._overlays = tuple(overlays)
        self._own = tuple(own)
        self._without = without
        self._partly = partly
        self._wanted = commit
        self._limits = limits or Limits()
        self._beside = beside
        self._commit = ""
        self._prefix = ""
        self._entries: dict[str, _Entry] = {}

    def narrowed(self, beside: frozenset[str]) -> GitReader | None:
        """A reader of what a focus needs, of the tenants ``beside`` it too; None where there is no focus."""
        if self._focus is None:
            return None
        found = copy(self)
        found._narrow = Reading(focus=self._focus, beside=beside)  # noqa: SLF001  # of the same class
        found._entries = {}  # noqa: SLF001  # as above
        return found

    def beside(self, roots: Sequence[str]) -> GitReader:
        """A reader of other folders of the same commit."""
        return GitReader(self._working, roots, self._wanted, limits=self._limits)

    def read(self, early: Early | None = None) -> tuple[Manifests, list[Diagnostic]]:
        """All documents of the commit, and what is wrong with the files.

        Raises:
            WorldError: there is no repository, no such commit, or no git program.
            UsageError: the commit looks like an option.
        """
        collector, found = self._contents()
        collector.early = None if self._overlays else early  # what overlays lie over is judged once they do
        collector.expect(len(found))
        for path, data in each(found, len(found)):
            collector.add(path, data)
        manifests, problems = collector.manifests(self._commit)
        manifests = replace(manifests, overlays=self._overlays, own=self._own, partly=self._partly)
        if self._narrow is not None:
            # What is known of a part is neither kept nor learnt as though it were the whole.
            manifests = replace(manifests, unread=frozenset(self._unread), memory=None)
        return manifests, problems

    def contents(self) -> tuple[dict[str, bytes], list[Diagnostic]]:
        """The files themselves by shown path, and which of them cannot be read.

        Raises:
            WorldError: there is no repository, no such commit, or no git program.
            UsageError: the commit looks like an option.
        """
        collector, found = self._contents()
        return dict(found), in_order(collector.problems)

    def _contents(self) -> tuple[Collector, list[tuple[str, bytes]]]:
        self._find_commit()
        self._unread = set()
        collector = Collector(self._limits, self._cache, self._focus)
        for root in self._roots:
            if is_outside(root):
                raise UsageError(f"{root} lies outside of the working folder", hint="with --rev, name folders below it")
            found = self._list(root)
            self._entries.update(found)
            if not found and not (self._earlier and root in self._of_environments):
                collector.refuse(root, "LOD-05", f"there is no folder or file {root} in commit {self._commit[:12]}")
        chosen = {path: one for path, one in sorted(self._entries.items()) if self._chosen(path, one, collector)}
        if all(collector.has_room(path, one.size) for path, one in chosen.items()):
            return collector, list(_blobs(self._working, chosen))
        return collector, []

    def file(self, document: Document, path: str) -> bytes:
        """Content of a file below the folder of a document, from the same commit (GEN-23).

        Raises:
            FileRefused: it is missing, no regular file, too large, or outside of the folder.
        """
        if not self._commit:
            self._find_commit()
        shown = posixpath.join(document.folder, *below(path))
        entry = self._entries.get(shown) or self._list(shown).get(shown)
        if entry is None:
            raise FileRefused(f"{shown} does not exist in commit {self._commit[:12]}")
        if entry.mode in (_LINK, _MODULE):
            raise FileRefused(f"{shown} is no regular file; links and submodules are refused")
        if entry.size > self._limits.attachment:
            raise FileRefused(f"{shown} is larger than {self._limits.attachment} bytes")
        return next(data for _, data in _blobs(self._working, {shown: entry}))

    def names(self, folder: str) -> list[str]:
        """The files of the commit below a folder, or the file itself, in order; none where there is nothing.

        Raises:
            WorldError: there is no repository, no such commit, or no git program.
            UsageError: the commit looks like an option.
        """
        if not self._commit:
            self._find_commit()
        return sorted(self._list(folder))

    def commit(self) -> str:
        """The id of the commit.

        Raises:
            WorldError: there is no repository, no such commit, or no git program.
            UsageError: the commit looks like an option.
        """
        self._find_commit()
        return self._commit

    def repository(self) -> Path | None:
        """The folder of the repository, without links in it; None for one without files.

        Raises:
            WorldError: there is no repository, no such commit, or no git program.
            UsageError: the commit looks like an option.
        """
        self._find_commit()
        found = run_git(self._working, "rev-parse", "--show-toplevel", check=False)
        return None if found is None else Path(os.fsdecode(found.removesuffix(b"\n")))

    def _find_commit(self) -> None:
        if self._wanted.startswith("-") or not self._wanted or not self._wanted.isprintable():
            raise UsageError("--rev names a commit, a branch or a tag", hint="it never begins with a hyphen")
        if run_git(self._working, "rev-parse", "--is-inside-work-tree", check=False) is None:
            raise WorldError("the working folder belongs to no git repository", hint="leave --rev out")
        found = run_git(
            self._working,
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            f"{self._wanted}^{{commit}}",
            check=False,
        )
        if found is None or not _OBJECT.fullmatch(found.strip()):
            raise WorldError(f"git knows no commit {self._wanted}", hint="fetch it, or check its name")
        self._commit = found.strip().decode()
        self._prefix = _prefix(self._working)

    def _list(self, root: str) -> dict[str, _Entry]:
        return _tree(self._working, self._commit, self._prefix, [root], limit=self._limits.listing)

    def _chosen(self, path: str, entry: _Entry, collector: Collector) -> bool:
        name = posixpath.basename(path)
        if path not in self._roots:
            if any(step.startswith(".") for step in path.split("/")):
                return False
            if entry.mode != _MODULE and not is_manifest(name):
                return False
            if entry.mode not in (_LINK, _MODULE) and selected(path, self._beside):
                return False
            if is_left_out(path, self._roots, self._without) or self._passes_over(path):
                return False
        if not path.isprintable() or invisible(path) is not None:
            summary = "the name of a file or folder holds characters that cannot be shown"
            collector.refuse(printable(path), "LOD-04", summary, hint="rename it")
            return False
        problem = ""
        if entry.mode == _LINK:
            problem = f"{path} is a link; links are not followed"
        elif entry.mode == _MODULE:
            problem = f"{path} is a submodule; its content is not part of the commit"
        if problem:
            collector.refuse(path, "LOD-04", problem)
        elif entry.size > self._limits.file:
            collector.refuse(path, "LOD-01", f"{path} is larger than {self._limits.file} bytes", hint="split it")
            return False
        return not problem

    def _passes_over(self, path: str) -> bool:
        """Whether a file belongs to a tenant that is not to be read."""
        tenant = "" if self._narrow is None else self._narrow.lacks(path)
        if tenant:
            self._unread.add(tenant)
        return bool(tenant)


def committed(
    working: Path,
    roots: Sequence[str],
    contents: Mapping[str, bytes],
    *,
    beside: Sequence[str] = (),
    without: Sequence[str] = (),
    counts: Callable[[str], bool] = lambda _: True,
    objects: Mapping[str, str] = MappingProxyType({}),
) -> str | None:
    """The HEAD commit when the manifests below ``roots`` are, byte for byte, those of HEAD; otherwise None.

    ``contents`` holds what was read, by path relative to the working folder; files that do not count are not in it.
    ``objects`` are further files that were read, as git names their contents.
    Without git or a repository: None.
    """
    if any(is_outside(root) for root in roots):
        return None
    try:
        found = run_git(working, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", check=False)
        if found is None:
            return None
        commit = found.strip().decode()
        entries = _tree(working, commit, _prefix(working), roots, limit=Limits().listing)
    except WorldError:
        return None
    algorithm = algorithm_of(commit)
    for path, data in contents.items():
        entry = entries.pop(path, None)
        if entry is None or blob(algorithm, data) != entry.object:
            return None
    for path, named in objects.items():
        entry = entries.pop(path, None)
        if entry is None or named != entry.object:
            return None
    left = (
        path
        for path in entries
        if not any(step.startswith(".") for step in path.split("/"))
        and not is_left_out(path, roots, without)
        and counts(path)
    )
    return (
        None if any(is_manifest(posixpath.basename(path)) and not selected(path, beside) for path in left) else commit
    )


def _prefix(working: Path) -> str:
    return (run_git(working, "rev-parse", "--show-prefix") or b"").decode(errors="surrogateescape").rstrip("\n")


def _tree(working: Path, commit: str, prefix: str, roots: Sequence[str], *, limit: int) -> dict[str, _Entry]:
    """The blobs, links and submodules below folders or files of a commit, by path relative to the working folder.

    Bytes of a name that are no UTF-8 stay apart as surrogates, so that no two names become one.

    Raises:
        WorldError: the list is longer than ``limit`` bytes, or git failed.
    """
    asked = [(prefix + ("" if root == "." else root)).rstrip("/") for root in roots]
    paths = [] if "" in asked else ["--", *asked]
    listing = _listing(working, ["ls-tree", "-r", "-z", "-l", "--full-tree", commit, *paths], limit)
    found: dict[str, _Entry] = {}
    for line in listing.split(b"\0"):
        head, _, name = line.partition(b"\t")
        fields = head.split()
        if len(fields) != 4:
            continue
        path = name.decode(errors="surrogateescape").removeprefix(prefix)
        size = int(fields[3]) if fields[3].isdigit() else 0
        found[path] = _Entry(fields[0], fields[2].decode(), size)
    return found


def _blobs(working: Path, entries: Mapping[str, _Entry]) -> Iterator[tuple[str, bytes]]:
    """The content of blobs, all from one process, in the given order."""
    if not entries:
        return
    asked = "".join(f"{entry.object}\n" for entry in entries.values()).encode()
    answer = run_git(working, "cat-file", "--batch", given=asked) or b""
    place = 0
    for path, entry in entries.items():
        end = answer.find(b"\n", place)
        head = answer[place:end].split()
        if end < 0 or len(head) != 3 or head[1] != b"blob" or head[0].decode() != entry.object:
            raise WorldError(f"git has no content for {path}", hint="run git fsck; a shallow clone may lack objects")
        place = end + 1 + int(head[2]) + 1
        yield path, answer[end + 1 : place - 1]


def _listing(working: Path, words: Sequence[str], limit: int) -> bytes:
    """Standard output of git, as :func:`run_git`, of a command that may say much more than is wanted."""
    try:
        with subprocess.Popen(  # noqa: S603 - as in run_git
            [*call(), *words],
            cwd=working,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
        ) as running:
            found = b"" if running.stdout is None else running.stdout.read(limit + 1)
            if len(found) > limit:
                running.kill()
                raise WorldError("the commit holds too many files to list", hint="name a smaller folder")
            running.wait(SECONDS)
    except FileNotFoundError:
        raise WorldError("there is no git program", hint="install git, or leave --rev out") from None
    except (OSError, subprocess.TimeoutExpired):
        raise WorldError("git did not answer") from None
    if running.returncode:
        raise WorldError(f"git {words[0]} failed", hint="run it by hand to see why")
    return found
