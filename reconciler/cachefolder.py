"""The cache folder of the user: where it is, what in it may be believed, and how files in it are put and forgotten.

Caches of every room lie in it, each in a folder of its own. Others may write beside it, and several runs write to it at
the same time: so a file is read only where nobody but this user can have written it, is written beside its name and
renamed when it is whole, and what killed runs leave behind is removed later.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

_LEFT = 3600.0
"""Seconds after which nobody writes a file any more that was not renamed."""
_NEW = ".new"
_READING = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def folder_of_caches(place: str, name: str) -> Path:
    """The folder ``name`` in ``place``, the absolute path of all caches; empty for that of the user.

    Raises:
        RuntimeError: nobody knows where this user lives.
    """
    if place:
        return Path(place) / name
    from platformdirs import user_cache_path  # a place that was named needs none

    return user_cache_path("reconciler", appauthor=False) / name


def is_own(found: os.stat_result) -> bool:
    """Whether nobody but this user can have written it."""
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def is_private(folder: Path) -> bool:
    """Whether it is a folder, and nobody but this user can have written into it.

    Raises:
        OSError: it cannot be looked at.
    """
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and is_own(found)


def open_own(path: Path, limit: int) -> int:
    """A descriptor of a regular file of at most ``limit`` bytes that nobody but this user can have written.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is another file.
    """
    opened = os.open(path, _READING)
    found = os.fstat(opened)
    if stat.S_ISREG(found.st_mode) and is_own(found) and found.st_size <= limit:
        return opened
    os.close(opened)
    msg = "the file may be written by others, or is too large"
    raise ValueError(msg)


def read_own(path: Path, limit: int) -> bytes:
    """What a regular file of at most ``limit`` bytes holds that nobody but this user can have written.

    Raises:
        OSError: it cannot be read.
        ValueError: it is another file.
    """
    opened = open_own(path, limit)
    try:
        return os.pread(opened, limit, 0)
    finally:
        os.close(opened)


def put(folder: Path, name: str, fill: Callable[[IO[bytes]], object], *, once: bool = False) -> None:
    """Write a file and give it its name when it is whole; ``once`` leaves one that has the name where it is.

    The folder is made where it is missing, and left alone where it is not private. ``{}`` in the name becomes a word
    that no other file has.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not is_private(folder):
        return
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=_NEW, delete=False) as file:
        new = Path(file.name)
        path = folder / name.format(new.stem[1:])
        try:
            fill(file)
            file.flush()
            if once:
                with suppress(FileExistsError):
                    path.hardlink_to(new)
            else:
                new.replace(path)
        finally:
            new.unlink(missing_ok=True)


def forget(folder: Path, kept: Iterable[Path] = (), *, beyond: int = 0) -> None:
    """Remove what killed runs have left behind, and of the files ``kept`` all but the latest ``beyond``.

    Raises:
        OSError: somebody else removes them as well.
    """
    for left in folder.glob(f".*{_NEW}"):
        if left.stat().st_mtime < folder.stat().st_mtime - _LEFT:
            left.unlink(missing_ok=True)
    for one in sorted(kept, key=lambda one: one.stat().st_mtime, reverse=True)[beyond:]:
        one.unlink(missing_ok=True)
