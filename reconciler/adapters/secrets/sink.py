"""The secret sink: the one file into which a run writes the secrets that it has made."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from reconciler.model.address import Address
from reconciler.model.errors import UsageError, WorldError
from reconciler.model.secret import SecretValue


class Made(Protocol):
    """A secret that was made in a run."""

    @property
    def address(self) -> Address:
        """Whose it is."""

    @property
    def path(self) -> str:
        """The field."""

    @property
    def value(self) -> SecretValue:
        """The value."""


class FileSink:
    """A new file, readable by its owner only, of JSON lines with ``address``, ``field`` and ``value``.

    A file that is there already is never touched.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = False

    def take(self, secrets: Sequence[Made]) -> None:
        """Keep them; the file is on the disk when this returns.

        Raises:
            UsageError: the file exists (SNK-01).
            WorldError: it cannot be written (SNK-02).
        """
        if secrets:
            write_sink(self._path, secrets)
            self._written = True

    def discard(self) -> None:
        """The run was rolled back: its secrets were never stored anywhere else."""
        if self._written:
            self._path.unlink(missing_ok=True)
            self._written = False


def write_sink(path: Path, secrets: Iterable[Made]) -> None:
    """Write secrets into a new file; see :class:`FileSink`."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise UsageError(f"{path} exists; secrets go into a new file only", code="SNK-01") from None
    except OSError as error:
        raise WorldError(f"{path} cannot be made: {error.strerror}", code="SNK-02") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            for one in secrets:
                line = {"address": str(one.address), "field": one.path, "value": one.value.reveal()}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        path.unlink(missing_ok=True)
        raise WorldError(f"{path} cannot be written: {error.strerror}", code="SNK-02") from None
