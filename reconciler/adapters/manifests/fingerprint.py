"""Fingerprint: what tells one state of the program from another, so that nothing is believed that another one judged.

It covers the files of the program itself, those of packages that add kinds, the version of Python, and every library
that is installed beside them: any of them may decide what is sound.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

_METADATA = (".dist-info", ".egg-info", ".egg-link")


def fingerprint(version: str, folders: Iterable[Path]) -> bytes:
    """A digest over a version, the sources below ``folders`` by name, size and time, and the libraries by version.

    Raises:
        OSError: a folder cannot be read.
    """
    digest = sha256(f"{version}\0{sys.version}\0{sys.implementation.cache_tag}\0".encode())
    for folder in sorted({os.path.realpath(one) for one in folders}):
        digest.update(folder.encode(errors="surrogateescape") + b"\0\0")
        for line in sorted(_sources(folder)):
            digest.update(line.encode(errors="surrogateescape") + b"\0")
    for name in sorted(_libraries()):
        digest.update(name.encode(errors="surrogateescape") + b"\0")
    return digest.digest()


def _sources(folder: str) -> Iterator[str]:
    if Path(folder).is_file():
        found = Path(folder).stat()
        yield f"{folder} {found.st_size} {found.st_mtime_ns}"
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if entry.name != "__pycache__":
                    yield from _sources(entry.path)
            elif not entry.name.endswith(".pyc"):
                found = entry.stat()
                yield f"{entry.path} {found.st_size} {found.st_mtime_ns}"


def _libraries() -> Iterator[str]:
    for place in map(Path, sys.path):
        if place.is_dir():
            yield from (str(one) for one in place.iterdir() if one.name.endswith(_METADATA))
