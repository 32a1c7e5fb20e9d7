"""Keeping: rows of a reading, at rest in the cache folder of the user until the next one.

They are customers' data, so nothing of them can be read without the database they came from: the key lies in it, where
whoever may read the rows may read the key. The same key vouches for them. A file that is cut, flipped, put together
from two, of another database or of other declarations is as good as none, and one that somebody else could have written
is not opened. It is a cache: whatever cannot be read or written is left alone.

A file is a magic word, a nonce of its own, and parts, each with its length before it. A part is sealed with AES-256-GCM
under a nonce made from its number; what ties parts together and to their declarations is sealed with each of them, and
the last one is empty. What is sealed is plain data in the form of ``marshal``, which nobody without the key can have
written. Files are written beside their name and renamed, so that several runs may read and write at the same time.
"""

from __future__ import annotations

import hmac
import marshal
import os
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, BinaryIO

from reconciler.cachefolder import folder_of_caches, forget, is_private, open_own, put

FEWEST = 5_000
"""Rows of a database from which it pays to keep them."""
FILES = 4
"""Databases whose rows are kept, the latest ones."""
LARGEST = 1024 * 1024 * 1024
"""Bytes of a file that is read or written."""
CHUNK = 2_000
"""Things of a part: what is sealed at once is in memory twice."""
_PART = 64 * 1024 * 1024
"""Bytes of a part that is read."""
_MAGIC = b"rcrows1\n"
_NONCE = 8
_LENGTH = struct.Struct("<Q")
_NUMBER = struct.Struct(">I")
_SUFFIX = ".rows"


class Keeping:
    """Where rows are kept: below ``home``, and only where there are ``fewest`` of them at least.

    ``trusts``: whether what lies there is read, and not only replaced.
    """

    def __init__(self, home: Callable[[], Path], *, trusts: bool, fewest: int) -> None:
        self._home = home
        self.trusts = trusts
        self.fewest = fewest

    def recall(self, key: bytes, shape: bytes) -> Iterator[Any]:
        """What was kept under a key and for a shape, thing by thing.

        Raises:
            ValueError: it is not whole, which may turn out late, or another key or shape made it.
            OSError: it is not there, or cannot be read.
        """
        path = self._path(key, shape)
        if not is_private(path.parent):
            msg = "the folder may be written by others"
            raise ValueError(msg)
        with os.fdopen(open_own(path, LARGEST), "rb") as file:
            if not (_is_secret(path.parent.lstat()) and _is_secret(os.fstat(file.fileno()))):
                msg = "others may read it"
                raise ValueError(msg)
            yield from _unsealed(file, _Seal(key, shape))

    def keep(self, key: bytes, shape: bytes, things: Iterable[Any]) -> None:
        """Keep things, in the place of those before. Fails at nothing."""
        with suppress(OSError, RuntimeError, ValueError):
            path = self._path(key, shape)
            if path.parent.exists() and not _is_secret(path.parent.lstat()):
                return
            put(path.parent, path.name, lambda file: _write(file, _Seal(key, shape), things))
            forget(path.parent, path.parent.glob(f"*{_SUFFIX}"), beyond=FILES)

    def _path(self, key: bytes, shape: bytes) -> Path:
        return self._home() / f"{hmac.digest(key, b'name' + shape, 'sha256').hex()[:32]}{_SUFFIX}"


def keeping_in(place: str, *, trusts: bool) -> Keeping:
    """Where rows are kept: below ``place``, an absolute path, or below the cache folder of the user."""
    return Keeping(lambda: folder_of_caches(place, "rows"), trusts=trusts, fewest=FEWEST)


class _Seal:
    """What seals the parts of one file."""

    def __init__(self, key: bytes, shape: bytes) -> None:
        from cryptography.exceptions import InvalidTag  # loaded by those alone who keep or recall
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._cipher = AESGCM(hmac.digest(key, b"rows", "sha256"))
        self._broken = InvalidTag
        self._shape = shape + repr((sys.version, marshal.version)).encode()

    def seal(self, nonce: bytes, number: int, part: bytes) -> bytes:
        return self._cipher.encrypt(nonce + _NUMBER.pack(number), part, self._shape)

    def unseal(self, nonce: bytes, number: int, part: bytes) -> bytes:
        try:
            return self._cipher.decrypt(nonce + _NUMBER.pack(number), part, self._shape)
        except self._broken:
            msg = "a part is not as it was written"
            raise ValueError(msg) from None


def _write(file: IO[bytes], seal: _Seal, things: Iterable[Any]) -> None:
    nonce = os.urandom(_NONCE)
    written = file.write(_MAGIC + nonce)
    number = 0
    for part in _parts(things):
        sealed = seal.seal(nonce, number, marshal.dumps(part))
        written += file.write(_LENGTH.pack(len(sealed)) + sealed)
        if len(sealed) > _PART or written > LARGEST:
            msg = "more than is kept"
            raise ValueError(msg)
        number += 1
    end = seal.seal(nonce, number, b"")
    file.write(_LENGTH.pack(len(end)) + end)


def _parts(things: Iterable[Any]) -> Iterator[list[Any]]:
    part: list[Any] = []
    for one in things:
        part.append(one)
        if len(part) >= CHUNK:
            yield part
            part = []
    if part:
        yield part


def _unsealed(file: BinaryIO, seal: _Seal) -> Iterator[Any]:
    head = file.read(len(_MAGIC) + _NONCE)
    if len(head) != len(_MAGIC) + _NONCE or not head.startswith(_MAGIC):
        msg = "no file of rows"
        raise ValueError(msg)
    nonce = head[len(_MAGIC) :]
    for number in range(2**32):
        (length,) = _LENGTH.unpack(file.read(_LENGTH.size).ljust(_LENGTH.size, b"\xff"))
        if length > _PART:
            msg = "a part is cut or too long"
            raise ValueError(msg)
        part = seal.unseal(nonce, number, file.read(length))
        if not part:
            return
        yield from marshal.loads(part)  # noqa: S302  # sealed: who could write it could read the database as well


def _is_secret(found: os.stat_result) -> bool:
    """Whether nobody but its owner can read or write it."""
    return not found.st_mode & 0o077
