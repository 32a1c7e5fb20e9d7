"""Edit: files of a working tree are tidied and replaced, each whole or not at all, without ever following a link."""

from __future__ import annotations

import fcntl
import os
import posixpath
import stat
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from reconciler.adapters.manifests.files import FilesReader, open_folder, read_below, reason
from reconciler.adapters.manifests.limits import Limits
from reconciler.adapters.manifests.naming import CONFIGURATION, is_manifest
from reconciler.adapters.manifests.paths import FileProblem, absolute, is_outside
from reconciler.adapters.manifests.tidy import tidy
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import WorldError
from reconciler.model.key_order import KeyOrder

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class FilesEditor:
    """Tidies the manifests below ``roots``, and the configuration where it stands beside them.

    ``orders`` holds the order of keys by kind. Folders are walked as :class:`FilesReader` walks them.
    """

    def __init__(
        self,
        working: Path,
        roots: Sequence[str | Path],
        *,
        orders: Mapping[str, KeyOrder],
        limits: Limits | None = None,
    ) -> None:
        self._working = absolute(working)
        self._orders = orders
        self._limits = limits or Limits()
        self._reader = FilesReader(
            working, roots, limits=self._limits, is_wanted=lambda name: is_manifest(name) or name in CONFIGURATION
        )

    def contents(self) -> tuple[dict[str, bytes], list[Diagnostic]]:
        """The files by shown path, and which of them cannot be read."""
        return self._reader.contents()

    def tidied(self, file: str, data: bytes) -> tuple[bytes, list[Diagnostic]]:
        """The bytes of a file as they should be; with a finding, the bytes that came in."""
        return tidy(file, data, self._orders, limits=self._limits)

    def replace(self, file: str, before: bytes, after: bytes) -> None:
        """Put ``after`` in the place of a file that still holds ``before``; its mode and owner stay.

        Raises:
            WorldError: the file was changed meanwhile (FMT-02), or cannot be written (OUT-01).
        """
        folder, name = posixpath.split(file)
        try:
            with open_folder(self._working, folder, following=is_outside(file)) as opened:
                fcntl.flock(opened, fcntl.LOCK_EX)  # nobody of us writes between look and write
                if read_below(opened, [name], self._limits.file) != before:
                    raise WorldError(
                        f"{file} was changed meanwhile; it stays as it is", code="FMT-02", hint="run again"
                    )
                _put(opened, name, after)
        except FileProblem as problem:
            raise WorldError(f"{file} {problem}", code="OUT-01") from None
        except OSError as error:
            raise WorldError(f"{file} cannot be written: {reason(error)}", code="OUT-01") from error

    def replace_all(self, files: Mapping[str, tuple[bytes, bytes]]) -> None:
        """The same for files that belong together, by path with their bytes before and after: all or none.

        Raises:
            WorldError: as :meth:`replace`; the files before the one that failed are as they were.
        """
        done: list[str] = []
        try:
            for file, (before, after) in files.items():
                self.replace(file, before, after)
                done.append(file)
        except BaseException:
            for file in reversed(done):
                with suppress(WorldError):  # somebody else has changed it since: then it is theirs
                    self.replace(file, files[file][1], files[file][0])
            raise


def _put(folder: int, name: str, data: bytes) -> None:
    """A file whole or not at all: a temporary file beside it, flushed to the disk, then renamed."""
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    temporary = f".{name}.{os.getpid()}.tmp"
    handle = os.open(temporary, _NEW, 0o600, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            made = os.fstat(handle)
            if (made.st_uid, made.st_gid) != (found.st_uid, found.st_gid):
                with suppress(PermissionError):  # only root may give files away
                    os.fchown(handle, found.st_uid, found.st_gid)
            os.fchmod(handle, stat.S_IMODE(found.st_mode))
            os.fsync(handle)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise
