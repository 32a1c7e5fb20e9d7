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
    """The answers below a folder. ``place`` is the folder of all caches; empty for that of the user.

    What else is kept under these rules has files of another ``suffix``, of which the ``most`` latest are kept, none of
    them with more than ``largest`` bytes.
    """

    def __init__(
        self, place: str, *, suffix: str = _SUFFIX, most: int | None = None, largest: int | None = None
    ) -> None:
        self._place = place
        self._suffix = suffix
        self._most = ANSWERS if most is None else most
        self._largest = LARGEST if largest is None else largest

    def find(self, question: bytes) -> dict[str, Any] | None:
        """The answer to a question, if it was kept and is whole."""
        content = self.content(question)
        if content is not None:
            with suppress(ValueError):
                answer = json.loads(content)
                return answer if isinstance(answer, dict) else None
        return None

    def keep(self, question: bytes, answer: dict[str, Any]) -> None:
        """Keep an answer. Fails at nothing."""
        with suppress(ValueError):
            self.keep_content(question, json.dumps(answer).encode())

    def content(self, question: bytes) -> bytes | None:
        """What was kept for a question, as bytes, if it is whole."""
        with suppress(OSError, RuntimeError, ValueError):
            folder = self._folder()
            key = read_own(folder / _KEY, _LENGTH) if is_private(folder) else b""
            if len(key) == _LENGTH:
                found = read_own(folder / self._name(key, question), self._largest)
                sealed, content = found[:_LENGTH], found[_LENGTH:]
                if hmac.compare_digest(sealed, _seal(key, question, content)):
                    return content
        return None

    def keep_content(self, question: bytes, content: bytes) -> None:
        """Keep bytes. Fails at nothing."""
        with suppress(OSError, RuntimeError, ValueError):
            folder = self._folder()
            if len(content) >= self._largest - _LENGTH:
                return
            key = _key(folder)
            if len(key) == _LENGTH:
                sealed = _seal(key, question, content)
                put(folder, self._name(key, question), lambda file: file.write(sealed + content))
                forget(folder, folder.glob(f"*{self._suffix}"), beyond=self._most)

    def _name(self, key: bytes, question: bytes) -> str:
        return f"{hmac.digest(key, b'name' + question, 'sha256').hex()[:32]}{self._suffix}"

    def _folder(self) -> Path:
        return folder_of_caches(self._place, "answers")


def _seal(key: bytes, question: bytes, content: bytes) -> bytes:
    return hmac.digest(key, b"seal" + hmac.digest(key, question, "sha256") + content, "sha256")


def _key(folder: Path) -> bytes:
    """The key of a folder, made by whoever comes first; a broken one is of no use until somebody removes the folder."""
    if not (folder / _KEY).exists():
        put(folder, _KEY, lambda file: file.write(os.urandom(_LENGTH)), once=True)
    return read_own(folder / _KEY, _LENGTH) if is_private(folder) else b""
