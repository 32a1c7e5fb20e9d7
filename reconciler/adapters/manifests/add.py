"""Add: new files beside those that are there, all or none, over nothing that differs, without ever following a link."""

from __future__ import annotations

import fcntl
import os
import posixpath
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from reconciler.adapters.manifests.files import read_below, reason
from reconciler.adapters.manifests.paths import FileProblem, absolute
from reconciler.model.errors import LockTimeout, WorldError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class FilesAdder:
    """Adds files below the working folder, or below a folder that somebody named.

    Every file is written under a hidden name first and flushed to the disk; only when all of them are there do they
    get their names. A name is given by a link that fails where something stands already, so that nothing is ever
    written over, whoever else writes at the same time.
    """

    def __init__(self, working: Path) -> None:
        self._working = absolute(working)
        self._files: list[Path] = []
        self._folders: list[Path] = []

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the working folder, so that of two runs neither takes back what the other relies on.

        Raises:
            LockTimeout: somebody else holds it (ADP-05).
        """
        opened = os.open(self._working, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise LockTimeout(
                    "somebody else adds manifests to this folder; nothing was done", code="ADP-05", hint="try again"
                ) from None
            yield
        finally:
            os.close(opened)

    def differing(self, files: Mapping[str, bytes]) -> list[str]:
        """The paths at which something else stands than the file that would be written."""
        found = []
        for shown, data in sorted(files.items()):
            there = self._content(shown, len(data))
            if there is not None and there != data:
                found.append(shown)
        return found

    def add(self, files: Mapping[str, bytes]) -> list[str]:
        """Write the files that are not there yet; their paths.

        Raises:
            WorldError: one cannot be written; then none was (OUT-01), or something else stands there (EXP-01).
        """
        missing = {shown: data for shown, data in sorted(files.items()) if self._content(shown, len(data)) != data}
        staged: dict[str, Path] = {}
        shown = "."
        try:
            for shown, data in missing.items():
                staged[shown] = self._stage(self._working / shown, data)
            for shown, temporary in staged.items():
                target = self._working / shown
                _name(temporary, target)
                self._files.append(target)
        except BaseException as error:
            self._clear(staged)
            self.take_back()
            if isinstance(error, FileExistsError):
                raise WorldError(f"{shown} was written meanwhile; nothing was added", code="EXP-01") from None
            if isinstance(error, OSError):
                said = f"{shown} cannot be written, so nothing was: {error.strerror}"
                raise WorldError(said, code="OUT-01") from None
            raise
        self._clear(staged)
        return list(missing)

    def take_back(self) -> None:
        """Remove what :meth:`add` has written, and the folders that it made."""
        for path in reversed(self._files):
            with suppress(OSError):  # what cannot be taken back is left: it differs from nothing
                path.unlink()
        for folder in reversed(self._folders):
            with suppress(OSError):
                folder.rmdir()
        self._files.clear()
        self._folders.clear()

    def _stage(self, target: Path, data: bytes) -> Path:
        for folder in (*reversed(target.parent.parents), target.parent):
            if not os.path.lexists(folder):
                with suppress(FileExistsError):
                    folder.mkdir()
                    self._folders.append(folder)
        if target.parent != self._working and self._working in target.parent.parents:
            self._refuse_links(target.parent)
        temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        handle = os.open(temporary, _NEW, 0o644)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(handle)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        return temporary

    def _refuse_links(self, folder: Path) -> None:
        """Below the working folder no step may be a link: it might lead anywhere."""
        opened = os.open(self._working, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for step in folder.relative_to(self._working).parts:
                above = opened
                try:
                    opened = os.open(step, _FOLDER, dir_fd=above)
                finally:
                    os.close(above)
        finally:
            with suppress(OSError):
                os.close(opened)

    def _clear(self, staged: Mapping[str, Path]) -> None:
        for temporary in staged.values():
            with suppress(OSError):
                temporary.unlink()

    def _content(self, shown: str, size: int) -> bytes | None:
        """What stands at a path; None where nothing does, and nothing that equals a file where it is no file.

        Raises:
            WorldError: it cannot be looked at (OUT-01).
        """
        path = self._working / shown
        if not os.path.lexists(path):
            return None
        try:
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                return read_below(folder, [path.name], size + 1)
            finally:
                os.close(folder)
        except FileProblem:
            return b"\0something else"
        except OSError as error:
            raise WorldError(f"{posixpath.normpath(shown)} {reason(error)}", code="OUT-01") from None


def _name(temporary: Path, target: Path) -> None:
    """Give a file its name, where nothing stands."""
    try:
        os.link(temporary, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: then a look must do
        if os.path.lexists(target):
            raise FileExistsError from None
        temporary.rename(target)
