"""Answers: what runs said that found nothing to do, kept beside the packs in the cache folder of the user.

An answer is found by its question: everything that is known of a call before anything is read. Its file is named by a
keyed hash of the question, since that holds the variables of the environment, and sealed by the same key over question
and content: one that is cut, flipped, foreign, or for another question is as good as none. It is plain data. A file is
written beside its name and renamed, so that several runs may keep and find at the same time; the key is made once.
"""

from __future__ import annotations

import hmac
import json
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from reconciler.adapters.manifests.pack import is_own, read_own

ANSWERS = 32
"""Answers that are kept, the latest ones."""
LARGEST = 4 * 1024 * 1024
"""Bytes of an answer that is kept."""
_KEY = "key"
_LENGTH = 32
_SUFFIX = ".answer"


class Answers:
    """The answers below a folder. ``place`` is the folder of all caches; empty for that of the user."""

    def __init__(self, place: str) -> None:
        self._place = place

    def find(self, question: bytes) -> dict[str, Any] | None:
        """The answer to a question, if it was kept and is whole."""
        with suppress(OSError, RuntimeError, ValueError):
            folder = self._folder()
            key = read_own(folder / _KEY, _LENGTH) if _is_private(folder) else b""
            if len(key) == _LENGTH:
                found = read_own(folder / _name(key, question), LARGEST)
                sealed, content = found[:_LENGTH], found[_LENGTH:]
                if hmac.compare_digest(sealed, _seal(key, question, content)):
                    answer = json.loads(content)
                    return answer if isinstance(answer, dict) else None
        return None

    def keep(self, question: bytes, answer: dict[str, Any]) -> None:
        """Keep an answer. Fails at nothing."""
        with suppress(OSError, RuntimeError, ValueError):
            content = json.dumps(answer).encode()
            folder = self._folder()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if len(content) >= LARGEST - _LENGTH or not _is_private(folder):
                return
            key = _key(folder)
            if len(key) == _LENGTH:
                path = folder / _name(key, question)
                _write(path, _seal(key, question, content) + content, lambda new: new.replace(path))
                _prune(folder)

    def _folder(self) -> Path:
        if self._place:
            return Path(self._place) / "answers"
        from platformdirs import user_cache_path  # a place that was named needs none

        return user_cache_path("reconciler", appauthor=False) / "answers"


def _name(key: bytes, question: bytes) -> str:
    return f"{hmac.digest(key, b'name' + question, 'sha256').hex()[:32]}{_SUFFIX}"


def _seal(key: bytes, question: bytes, content: bytes) -> bytes:
    return hmac.digest(key, b"seal" + hmac.digest(key, question, "sha256") + content, "sha256")


def _key(folder: Path) -> bytes:
    """The key of a folder, made by whoever comes first; a broken one is of no use until somebody removes the folder."""
    path = folder / _KEY

    def unless_there(new: Path) -> None:
        with suppress(FileExistsError):
            os.link(new, path)

    if not path.exists():
        _write(path, os.urandom(_LENGTH), unless_there)
    return read_own(path, _LENGTH)


def _write(path: Path, content: bytes, place: Callable[[Path], object]) -> None:
    """Write a file under a name that no other one has, and put it where it belongs once it is whole."""
    new = path.with_name(f".{os.getpid()}-{os.urandom(6).hex()}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        place(new)
    finally:
        new.unlink(missing_ok=True)


def _prune(folder: Path) -> None:
    """Forget the oldest answers, and what killed runs have left behind."""
    for left in folder.glob(".*.new"):
        if left.stat().st_mtime < folder.stat().st_mtime - 3600:
            left.unlink(missing_ok=True)
    kept = sorted(folder.glob(f"*{_SUFFIX}"), key=lambda one: one.stat().st_mtime, reverse=True)
    for one in kept[ANSWERS:]:
        one.unlink(missing_ok=True)


def _is_private(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and is_own(found)
