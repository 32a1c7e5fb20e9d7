"""Where output goes: standard output is the result, standard error is everything else.

Writing never fails for the sake of an encoding: a character that the stream cannot hold is written as an escape.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from reconciler.cli.options import Globals
from reconciler.model.dataclass import dataclass
from reconciler.model.errors import WorldError

ASIDE: list[Callable[[], AbstractContextManager[None]]] = []
"""What has to step aside while something is written: the bar of a run that is going on."""

COPIES: list[Callable[[TextIO | None, str], None]] = []
"""Who hears what is written, beside the streams."""

_AT_ONCE = 1 << 18
"""Characters of a long result that are written together."""
_PLAIN = {"…": "...", "·": "-"}


@dataclass(frozen=True, slots=True)
class Output:
    """The two streams, and how to speak on each."""

    options: Globals
    environment: Mapping[str, str]

    def result(self, text: str) -> None:
        """Write a part of the result."""
        write(sys.stdout, text)

    def results(self, pieces: Iterable[str]) -> None:
        """Write a part of the result that is too much to be held as one text: some pieces at a time."""
        waiting: list[str] = []
        size = 0
        for piece in pieces:
            waiting.append(piece)
            size += len(piece)
            if size >= _AT_ONCE:
                self.result("".join(waiting))
                waiting, size = [], 0
        self.result("".join(waiting))

    def document(self, text: str) -> None:
        """Write a document as the result: in UTF-8, whatever the terminal speaks, since that is what it says it is."""
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
        write(sys.stdout, text)

    def tell(self, text: str) -> None:
        """Write one line or block for people on standard error, unless ``--quiet``."""
        if not self.options.quiet:
            write(sys.stderr, text if text.endswith("\n") else f"{text}\n")

    def json(self, value: Any) -> None:
        """Write one JSON document, indented, as the result."""
        write(sys.stdout, indented_json(value))

    def json_lines(self, lines: Iterable[Any]) -> None:
        """Write one JSON object a line, at once."""
        for line in lines:
            write(sys.stdout, json_line(line))

    def colours(self, stream: TextIO | None) -> bool:
        """Whether a stream gets colours: a terminal does, unless told otherwise; FORCE_COLOR wins over that."""
        if not self.options.color or self.environment.get("NO_COLOR"):
            return False
        if self.environment.get("FORCE_COLOR", "") not in ("", "0"):
            return True
        return stream is not None and stream.isatty() and self.environment.get("TERM") != "dumb"


def write(stream: TextIO | None, text: str) -> None:
    """Write text to a stream, whatever its encoding, and flush it.

    A reader that has gone away, as in ``reconciler plan | head``, ends the output and not the command. So does a
    standard error that takes nothing: there is nobody left to tell.

    Raises:
        WorldError: standard output takes nothing more, because the disk is full, say (OUT-01).
    """
    for one in COPIES:
        one(stream, text)
    if stream is None:  # closed before the program began
        return
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        for fine, plain in _PLAIN.items():
            text = text.replace(fine, plain)
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    try:
        with ASIDE[-1]() if ASIDE else nullcontext():
            stream.write(text)
            stream.flush()
    except OSError as error:
        _silence(stream)
        if not isinstance(error, BrokenPipeError) and stream is sys.stdout:
            raise WorldError(f"standard output cannot be written: {error.strerror}", code="OUT-01") from error


def _silence(stream: TextIO) -> None:
    """What is left in the stream's buffer must not fail again when the program ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def json_line(value: Any) -> str:
    """A value as JSON in ASCII on one line, with a line end."""
    from reconciler.render.values import as_json

    return as_json(value) + "\n"


def indented_json(value: Any) -> str:
    """A value as JSON in ASCII, indented, with a line end."""
    from reconciler.render.values import as_json

    return as_json(value, indent=2) + "\n"


def write_file(path: str, content: str | bytes, *, mode: int = 0o644) -> None:
    """Write a file whole or not at all: a temporary file beside it, flushed to the disk, then renamed.

    What is there and no file, as ``/dev/stdout`` or a named pipe, is written into and never replaced; a link stays one.

    Raises:
        OSError: the folder is missing, full, or may not be written.
    """
    target = Path(path)
    data = content.encode() if isinstance(content, str) else content
    if target.exists() and not target.is_dir():
        if not target.is_file():
            with target.open("wb") as stream:
                stream.write(data)
            return
        target = target.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
