"""Exit codes of the contract that no exception carries; the others stand in :mod:`reconciler.model.errors`."""

from __future__ import annotations

DONE = 0
ERROR = 1
CHANGES = 2
STALE_FILES = 3
INTERRUPTED = 130
