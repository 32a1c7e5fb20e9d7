"""Folder: new files are written all or not at all, and over nothing that is there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from reconciler.model.blueprint import NewFile
from reconciler.model.errors import WorldError


class NewFiles:
    """Files below ``folder``, which may not exist yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._undo: list[tuple[Path, bytes | None]] = []

    def in_the_way(self, files: Sequence[NewFile]) -> list[str]:
        """What is there and would have to be written over, by path below the folder.

        Raises:
            WorldError: the system does not take the name of the folder (OUT-01).
        """
        try:
            if self._folder.exists() and not self._folder.is_dir():
                return ["."]
        except OSError as error:
            raise WorldError(f"this folder cannot be written: {error.strerror}", code="OUT-01") from error
        found: set[str] = set()
        for one in files:
            steps = Path(one.path).parts
            for count in range(1, len(steps) + 1):
                path = self._folder.joinpath(*steps[:count])
                shown = "/".join(steps[:count])
                last = count == len(steps)
                if not os.path.lexists(path):
                    break
                if path.is_symlink() or (path.is_file() if not last else not path.is_file()):
                    found.add(shown)
                    break
                if last and not (one.kept or one.joined):
                    found.add(shown)
        return sorted(found)

    def write(self, files: Sequence[NewFile]) -> list[str]:
        """Write the files; those that are kept are passed over. What was written, by path below the folder.

        Raises:
            WorldError: one cannot be written; then nothing was (OUT-01).
        """
        written: list[str] = []
        try:
            self._make(self._folder)
            for one in files:
                path = self._folder / one.path
                if one.kept and path.exists():
                    continue
                self._make(path.parent)
                if self._put(path, one):
                    written.append(one.path)
        except BaseException as error:
            self._take_back()
            if isinstance(error, OSError):
                name = os.path.relpath(error.filename, self._folder) if error.filename else str(self._folder)
                raise WorldError(
                    f"{name} cannot be written, so nothing was: {error.strerror}", code="OUT-01"
                ) from error
            raise
        self._undo.clear()
        return written

    def _make(self, folder: Path) -> None:
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir()
            self._undo.append((one, None))

    def _put(self, path: Path, one: NewFile) -> bool:
        """Write one file; whether there was something to write."""
        if one.joined and path.exists():
            before = path.read_bytes()
            text = before.decode("utf-8", "surrogateescape")
            lines = text.splitlines()
            lacking = [line for line in one.text.splitlines() if line not in lines]
            if all(line.startswith("#") for line in lacking):
                return False
            self._undo.append((path, before))
            with path.open("ab") as stream:
                stream.write(("\n" if text and not text.endswith("\n") else "").encode())
                stream.write("".join(f"{line}\n" for line in lacking).encode())
            return True
        with path.open("xb") as stream:
            self._undo.append((path, None))
            stream.write(one.text.encode())
        return True

    def _take_back(self) -> None:
        for path, before in reversed(self._undo):
            with suppress(OSError):  # what cannot be taken back is left; the first error is told
                if before is not None:
                    path.write_bytes(before)
                elif path.is_dir():
                    path.rmdir()
                else:
                    path.unlink()
        self._undo.clear()
