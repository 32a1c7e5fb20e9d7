"""Standing: a digest of the files that a reader would read, without reading what they say.

It is the digest that :class:`~reconciler.adapters.manifests.files.FilesReader` gives to what it has read without any
problem. Whatever that one would refuse, or might, ends the look: who asks then reads in the ordinary way, which knows
what to say of it. Nothing but the content counts, so files are always read; only names and digests are held.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping, Sequence
from hashlib import new, sha256
from typing import NamedTuple

from reconciler.adapters.manifests.naming import is_manifest, selected
from reconciler.model.invisible import INVISIBLE

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_DEEPEST = 64
_AT_ONCE = 65536
_invisible = re.compile(f"[{INVISIBLE}]").search


class Seen(NamedTuple):
    """What was seen of all files: the digest of the whole, the SHA-256 of each, in order of path, and their length.

    ``objects`` is how git names each, where that was asked.
    """

    digest: str
    digests: Mapping[str, bytes]
    objects: Mapping[str, str]
    size: int


def algorithm_of(commit: str) -> str:
    """The hash by which a repository names what it holds, by the name of a commit."""
    return "sha256" if len(commit) == 64 else "sha1"  # in hexadecimal digits


def blob(algorithm: str, data: bytes) -> str:
    """How git names a content."""
    return new(algorithm, b"blob %d\0" % len(data) + data).hexdigest()


class Unusual(ValueError):
    """Something is there that has to be looked at in the ordinary way."""


class Standing:
    """The files below ``roots``, paths relative to ``working``, without those that ``beside`` and ``without`` name.

    ``times`` gathers when each file and folder changed last, for who looks twice and must know that nothing was
    changed and changed back in between. ``objects`` is the name of the hash by which git names contents, where that is
    to be known as well.
    """

    def __init__(
        self,
        working: str,
        roots: Sequence[str],
        *,
        beside: Sequence[str] = (),
        without: Sequence[str] = (),
        times: list[int] | None = None,
        objects: str = "",
    ) -> None:
        self._working = os.path.abspath(working)  # noqa: PTH100  # as the reader does it: links stay what they are
        self._roots = roots
        self._beside = beside
        self._without = frozenset(without)
        self._times = times
        self._algorithm = objects
        self._objects: dict[str, str] = {}
        self._found: dict[str, bytes] = {}
        self._size = 0
        self._whole = ""

    @property
    def seen(self) -> Seen:
        """What was seen of the files by the last look at them."""
        return Seen(self._whole, self._found, self._objects, self._size)

    def digest(self) -> str:
        """The digest of all files.

        Raises:
            Unusual: a root is missing or lies outside, or something is there that the reader would refuse.
        """
        try:
            for root in self._roots:
                self._root(root)
            self._found = dict(sorted(self._found.items()))
            whole = sha256(b"".join([b"%s\0%s" % (path.encode(), one) for path, one in self._found.items()]))
        except (OSError, UnicodeEncodeError, ValueError) as error:
            raise Unusual from error
        self._whole = f"sha256:{whole.hexdigest()}"
        return self._whole

    def _root(self, root: str) -> None:
        target = os.path.abspath(os.path.join(self._working, root))  # noqa: PTH100, PTH118  # as above
        shown = os.path.relpath(target, self._working)
        if shown == ".." or shown.startswith("../"):
            raise Unusual
        *above, name = shown.split("/")
        opened = [os.open(self._working, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)]
        try:
            for step in above:
                opened.append(os.open(step, _FOLDER, dir_fd=opened[-1]))
            found = os.stat(name, dir_fd=opened[-1], follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                opened.append(os.open(name, _FOLDER, dir_fd=opened[-1]))
                self._walk(opened[-1], "" if shown == "." else shown, 1)
            elif stat.S_ISREG(found.st_mode):
                self._found[shown] = self._content(name, opened[-1], shown)
            else:
                raise Unusual
        finally:
            for one in opened:
                os.close(one)

    def _walk(self, folder: int, shown: str, depth: int) -> None:
        if depth > _DEEPEST:
            raise Unusual
        self._note(folder)
        above = f"{shown}/" if shown else ""
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                if name.startswith("."):
                    continue
                path = f"{above}{name}"
                if entry.is_symlink():
                    if path not in self._without and (is_manifest(name) or not entry.is_file() or _is_odd(name)):
                        raise Unusual
                elif entry.is_dir(follow_symlinks=False):
                    if path not in self._without:
                        self._enter(name, folder, path, depth)
                elif is_manifest(name) and path not in self._without and not selected(path, self._beside):
                    if _is_odd(name) or not entry.is_file(follow_symlinks=False):
                        raise Unusual
                    self._found[path] = self._content(name, folder, path)

    def _enter(self, name: str, folder: int, path: str, depth: int) -> None:
        if _is_odd(name):
            raise Unusual
        inner = os.open(name, _FOLDER, dir_fd=folder)
        try:
            self._walk(inner, path, depth + 1)
        finally:
            os.close(inner)

    def _content(self, name: str, folder: int, path: str) -> bytes:
        opened = os.open(name, _FILE, dir_fd=folder)
        try:
            self._note(opened)
            data = os.read(opened, _AT_ONCE)
            if len(data) == _AT_ONCE:
                parts = [data]
                while part := os.read(opened, _AT_ONCE):
                    parts.append(part)
                data = b"".join(parts)
        finally:
            os.close(opened)
        self._size += len(data)
        if self._algorithm:
            self._objects[path] = blob(self._algorithm, data)
        return sha256(data).digest()

    def _note(self, opened: int) -> None:
        if self._times is not None:
            found = os.fstat(opened)
            self._times += (found.st_ino, found.st_mtime_ns, found.st_ctime_ns)


def _is_odd(name: str) -> bool:
    """Whether a name is one that the reader refuses."""
    return not name.isprintable() or (not name.isascii() and _invisible(name) is not None)
