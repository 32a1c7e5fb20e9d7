"""Pack: one file of the cache: trees that were found sound before, found by the digest of the file that held them.

A pack is never believed as a whole. Each entry carries a digest over the fingerprint of the program, the digest of the
file and the bytes of the entry itself; one that does not fit, for whatever reason, is as good as none. Entries are
read one by one from the open file, so that a pack may be large, replaced or removed while it is used.
"""

from __future__ import annotations

import os
import struct
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from weakref import finalize

from reconciler.cachefolder import open_own

MAGIC = b"rcpack2\n"
LARGEST = 512 * 1024 * 1024
"""Bytes of a pack that is read or written."""
_HEAD = struct.Struct("<8sQ")
_ENTRY = struct.Struct("<32s32sQQ")
"""Digest of the file, seal of the entry, its place and its length in the pack."""
_SEARCHES = 16
"""One search costs as much as so many entries when all of them are looked through."""


class Pack:
    """An open pack. It stays readable when somebody removes its file."""

    def __init__(self, path: Path, opened: int, fingerprint: bytes, index: bytes) -> None:
        self.path = path
        self._opened = opened
        self.close = finalize(self, os.close, opened)
        """Lets go of the file."""
        self._fingerprint = fingerprint
        self._index = index
        self._places: dict[bytes, int] | None = None
        self._searched = 0

    def __len__(self) -> int:
        return len(self._index) // _ENTRY.size

    def _place(self, digest: bytes) -> int | None:
        """Where an entry stands in the index, which is in order. Who asks for many has all of it looked through."""
        if self._places is None:
            self._searched += 1
            if self._searched * _SEARCHES <= len(self):
                found = bisect_left(range(len(self)), digest, key=self._digest)
                return found if found < len(self) and self._digest(found) == digest else None
            self._places = {one: place for place, (one, *_) in enumerate(_ENTRY.iter_unpack(self._index))}
        return self._places.get(digest)

    def _digest(self, place: int) -> bytes:
        return self._index[place * _ENTRY.size : place * _ENTRY.size + 32]

    def find(self, digest: bytes) -> bytes | None:
        """What was kept for a file, if it is there and whole."""
        place = self._place(digest)
        if place is None:
            return None
        _, wanted, offset, length = _ENTRY.unpack_from(self._index, place * _ENTRY.size)
        if length > LARGEST or offset > LARGEST:  # a broken index could ask for all of the memory
            return None
        try:
            found = os.pread(self._opened, length, offset)
        except OSError:
            return None
        return found if seal(self._fingerprint, digest, found) == wanted else None


def open_pack(path: Path, fingerprint: bytes) -> Pack | None:
    """The pack in a file; None when it is none that this user alone can have written, or cannot be read."""
    try:
        opened = open_own(path, LARGEST)
    except (OSError, ValueError):
        return None
    with suppress(OSError, struct.error):
        magic, count = _HEAD.unpack(os.pread(opened, _HEAD.size, 0))
        size = count * _ENTRY.size
        if magic == MAGIC and size <= LARGEST:
            index = os.pread(opened, size, _HEAD.size)
            if len(index) == size:
                return Pack(path, opened, fingerprint, index)
    os.close(opened)
    return None


def write_pack(write: Callable[[bytes], object], fingerprint: bytes, entries: Mapping[bytes, bytes]) -> None:
    """Write a pack of ``entries``, the bytes to keep by the digest of their file.

    Raises:
        OSError: from ``write``.
    """
    entries = dict(sorted(entries.items()))
    write(_HEAD.pack(MAGIC, len(entries)))
    for part in _index(fingerprint, entries):
        write(part)
    for entry in entries.values():
        write(entry)


def seal(fingerprint: bytes, digest: bytes, entry: bytes) -> bytes:
    """What ties an entry to its file and to the program that judged it."""
    return sha256(b"%s%s%s" % (fingerprint, digest, entry)).digest()


def _index(fingerprint: bytes, entries: Mapping[bytes, bytes]) -> Iterator[bytes]:
    place = _HEAD.size + len(entries) * _ENTRY.size
    for digest, entry in entries.items():
        yield _ENTRY.pack(digest, seal(fingerprint, digest, entry), place, len(entry))
        place += len(entry)
