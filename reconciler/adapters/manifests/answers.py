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
from contextlib import suppress
from pathlib import Path
from typing import Any

from reconciler.cachefolder import folder_of_caches, forget, is_private, put, read_own

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
            key = read_own(folder / _KEY, _LENGTH) if is_private(folder) else b""
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
            if len(content) >= LARGEST - _LENGTH:
                return
            key = _key(folder)
            if len(key) == _LENGTH:
                put(folder, _name(key, question), lambda file: file.write(_seal(key, question, content) + content))
                forget(folder, folder.glob(f"*{_SUFFIX}"), beyond=ANSWERS)

    def _folder(self) -> Path:
        return folder_of_caches(self._place, "answers")


def _name(key: bytes, question: bytes) -> str:
    return f"{hmac.digest(key, b'name' + question, 'sha256').hex()[:32]}{_SUFFIX}"


def _seal(key: bytes, question: bytes, content: bytes) -> bytes:
    return hmac.digest(key, b"seal" + hmac.digest(key, question, "sha256") + content, "sha256")


def _key(folder: Path) -> bytes:
    """The key of a folder, made by whoever comes first; a broken one is of no use until somebody removes the folder."""
    if not (folder / _KEY).exists():
        put(folder, _KEY, lambda file: file.write(os.urandom(_LENGTH)), once=True)
    return read_own(folder / _KEY, _LENGTH) if is_private(folder) else b""
