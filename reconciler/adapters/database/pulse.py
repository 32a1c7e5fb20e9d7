"""Pulse: a few words by which a later run knows that nothing was written to an embedded database since a reading.

An embedded database cannot vouch for its journal: any connection may switch triggers off for itself, or replace rows
without the triggers that watch deletions, and leaves no trace. But whoever writes changes the file, and a file knows
when that was. So the pulse is the file's own: which file it is, how long, and when it was changed. It sees every write,
also one that bypasses SQLite, and costs three questions to the operating system: what lies in a log beside the file
counts as written as well, also where somebody has put it there.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SETTLED = 0.1
"""Seconds after which a change of a file counts as past: a later one has another time. Clocks of kernels step."""
SETTLED_COARSELY = 2.5
"""The same for file systems that keep whole seconds, or two."""
_WORD = "file"
_BESIDE = ("-wal", "-journal")
"""The logs of SQLite: from the one it reads what is newer than the file, by the other it takes back what is in it."""


def file_pulse(path: Path, fetch: Callable[[str], Any], *, now: Callable[[], float] = time.time) -> str:
    """The pulse of an embedded database inside of a read transaction that has read something; empty without one.

    Nobody commits while such a transaction is open, so what was read and this are of one state. There is none while a
    write-ahead log lies beside the file, where writers leave the file alone; and for a moment behind each write.
    """
    if os.name != "posix" or fetch("PRAGMA journal_mode")[0][0] == "wal":
        return ""
    found = _stamp(path)
    if found is None:
        return ""
    changed = max(found[3:])
    settled = SETTLED if changed % 1_000_000 else SETTLED_COARSELY
    if not 0 <= changed < (now() - settled) * 1e9:
        return ""
    return json.dumps([_WORD, *found])


def still(path: Path, pulse: str) -> bool:
    """Whether nothing was written to the file since a pulse. Opens nothing."""
    try:
        before = json.loads(pulse)
    except (ValueError, RecursionError):
        return False
    found = _stamp(path)
    return found is not None and before == [_WORD, *found]


def _stamp(path: Path) -> list[int] | None:
    """Which file it is, its length, and when its content and its record were changed, in nanoseconds.

    None where there is none, or where a log beside it may say more than the file.
    """
    try:
        found = path.stat()
    except OSError:
        return None
    if any(map(_says_anything, (f"{path}{one}" for one in _BESIDE))):
        return None
    return [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _says_anything(log: str) -> bool:
    try:
        return os.stat(log).st_size > 0  # noqa: PTH116  # asked with each question: no path has to be made
    except FileNotFoundError:
        return False
    except OSError:
        return True
