"""A watch as a process of its own, whose log is read while it runs."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE = 60


class Watcher:
    """``lines`` are the entries that were read so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []
        self._waiting: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._waiting.put(line)

    def until(self, event: str) -> dict[str, Any]:
        """Read on until this event; every line before it is JSON as well."""
        while True:
            try:
                line = self._waiting.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"no {event} among {self.lines}") from None
            entry = json.loads(line)
            assert list(entry)[:4] == ["time", "level", "event", "message"]
            self.lines.append(entry)
            if entry["event"] == event:
                return dict(entry)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def events(self) -> list[str]:
        return [one["event"] for one in self.lines]


@contextmanager
def watching(
    folder: Path, *words: str, program: Sequence[str] = ("-m", "reconciler"), **more: str
) -> Iterator[Watcher]:
    process = subprocess.Popen(
        [sys.executable, *program, "drift", "--log-format", "json", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Watcher(process)
    finally:
        process.kill()
        process.communicate()
