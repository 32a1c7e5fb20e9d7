"""Paths: what a path in a manifest or on the command line means, without looking at the disk."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path

from reconciler.adapters.manifests.text import invisible
from reconciler.ports import FileRefused


class FileProblem(Exception):
    """Why one file is not read; the message continues a sentence that begins with its path."""

    def __init__(self, reason: str, *, code: str = "LOD-04", hint: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.hint = hint


def absolute(path: str | Path) -> Path:
    """An absolute path without ``..``. Links stay what they are: that is why ``Path.resolve`` is not it."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links


def is_outside(shown: str) -> bool:
    """Whether a path, relative to the working folder, leads out of it."""
    return shown == ".." or shown.startswith(("../", "/"))


def inside(path: Path, working: Path) -> str:
    """A path relative to the working folder, always with ``/``."""
    try:
        return Path(os.path.relpath(path, working)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()


def below(path: str) -> list[str]:
    """The steps of a path that a manifest names, each below the one before it.

    Raises:
        FileRefused: the path is absolute, empty, or leaves the folder (GEN-23).
    """
    if not path or "\0" in path or "\\" in path or posixpath.isabs(path):
        raise FileRefused("a path is relative to the folder of the manifest, with / between its parts")
    steps = posixpath.normpath(path).split("/")
    if steps[0] == ".." or steps == ["."]:
        raise FileRefused(f"{path} leaves the folder of the manifest")
    return steps


def printable(path: str) -> str:
    """A path with everything escaped that cannot be shown."""
    return "".join(
        c if c.isprintable() and not invisible(c) else c.encode("unicode_escape", "replace").decode() for c in path
    )
