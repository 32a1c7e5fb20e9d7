"""How a run gets on, for who waits for it: a bar on a terminal, and with ``--verbose`` how long each stage took.

Both go to standard error, and both come from the stages that the rooms below announce. The bar shows when a run takes
longer than half a second, makes way for everything else that is written, and is gone at the end, however that comes.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.cli import output
from reconciler.cli.output import json_line, write
from reconciler.model import pace
from reconciler.render.terminal import safe, shorten

if TYPE_CHECKING:
    from reconciler.cli.options import Globals

PATIENCE = 0.5
"""Seconds before a bar shows: most runs are over by then."""

WORDS: Mapping[str, str] = {
    "read": "reading manifests",
    "validate": "validating manifests",
    "database": "reading the database",
    "resolve": "resolving references",
    "secrets": "reading secrets",
    "compare": "comparing",
    "plan": "planning",
    "judge": "judging rights and policies",
    "seal": "sealing secrets",
    "lock": "waiting for the locks",
    "again": "planning again under the locks",
    "write": "writing",
    "commit": "committing",
    "export": "making manifests",
    "save": "writing files",
    "render": "making the report",
}
"""What a bar says of a stage; times are told by the name of the stage."""

_BLOCKS = 24
_INTERVAL = 0.1
_CLEAR = "\r\x1b[2K"
_START, _OTHER = "start", "other"
"""What comes before the first stage, loading most of all, and what lies between stages and behind them."""


class Pace:
    """Hears of the stages of a run: adds up their times, and moves the bar if there is one.

    A stage inside of another one counts for itself: the times add up to that of the run. On the bar it is a part of the
    other one while that counts: a bar that jumps to and fro tells nobody how far a run has come.
    """

    def __init__(self, bar: Bar | None = None) -> None:
        self.bar = bar
        self.times: dict[str, float] = {}
        self.counts: dict[str, int] = {}
        self._open: list[str] = []
        self._done = 0
        self._counting = False
        self._shown = True
        self._halted: list[tuple[int, bool, bool]] = []
        self._since = time.perf_counter()

    def begin(self, stage: str) -> None:
        """A stage begins."""
        self._tick()
        self._open.append(f"{self._open[-1]}/{stage}" if self._open else stage)
        self._halted.append((self._done, self._counting, self._shown))  # of the stage outside, which goes on afterwards
        self._shown = self._shown and not self._counting
        self._done, self._counting = 0, False  # one that comes again counts anew on the bar, and adds up in the times
        if self._shown:
            self._show()

    def end(self) -> None:
        """The last stage ends."""
        self._tick()
        self._open.pop()
        shown = self._shown
        self._done, self._counting, self._shown = self._halted.pop()
        if shown:
            self._show()

    def advance(self, count: int, total: int | None) -> None:
        """Things of the stage are done."""
        if not self._open:
            return
        name = self._open[-1]
        self.counts[name] = self.counts.get(name, 0) + count
        self._done += count
        self._counting = total is None or self._done < total
        if self.bar is not None and self._shown:
            self.bar.far = (self._done, total)

    def lines(self) -> Iterator[tuple[str, float, int | None]]:
        """Each stage with its seconds and how many things it did, in order of their beginning; the rest comes last."""
        self._tick()
        rest = self.times.pop(_OTHER, 0.0)
        for name, seconds in self.times.items():
            yield name, seconds, self.counts.get(name)
        yield _OTHER, rest, None

    def _tick(self) -> None:
        now = time.perf_counter()
        name = self._open[-1] if self._open else _OTHER if self.times else _START
        self.times[name] = self.times.get(name, 0.0) + now - self._since
        self._since = now

    def _show(self) -> None:
        if self.bar is not None:
            self.bar.show(self._open[-1].rpartition("/")[2] if self._open else "")


class Bar:
    """One line at the end of a terminal, drawn by a thread of its own, so that a run never waits for it."""

    def __init__(self) -> None:
        self.far: tuple[int, int | None] | None = None
        """How many things of the stage are done, and of how many."""
        self._text = ""
        self._said = ""
        self._drawn = ""
        """What stands on the terminal now."""
        self._over = threading.Event()
        self._alone = threading.RLock()
        self._thread = threading.Thread(target=self._run, daemon=True, name="bar")

    def start(self) -> None:
        """Begin; nothing shows for now."""
        self._thread.start()

    def show(self, stage: str) -> None:
        """Show a stage, or nothing while there is none."""
        self.far = None
        self._text = WORDS.get(stage, stage)
        if not self._text:
            self.clear()

    def say(self, message: str) -> None:
        """Show what was said instead of the stage; an empty message ends that."""
        self._said = safe(message)

    def clear(self) -> None:
        """Take the line away until it is drawn again."""
        with self._alone:
            if self._drawn:
                self._drawn = ""
                _put(_CLEAR)

    def stop(self) -> None:
        """Take the line away for good."""
        self._over.set()
        self.clear()
        self._thread.join(timeout=2 * _INTERVAL)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Inside, something else is written, and the line is out of its way."""
        with self._alone:
            self.clear()
            yield

    def _run(self) -> None:
        if self._over.wait(PATIENCE):
            return
        while not self._over.wait(_INTERVAL):
            with self._alone:
                if not self._text or self._over.is_set():
                    continue
                line = self._line()
                if line != self._drawn:  # one that is drawn again and again flickers
                    self._drawn = line if _put(_CLEAR + line) else ""

    def _line(self) -> str:
        text, far = self._said or self._text, self.far
        if far is not None and far[1]:
            done = min(far[0], far[1])
            full = _BLOCKS * done // far[1]
            text = f"[{'#' * full}{'-' * (_BLOCKS - full)}] {text} {done}/{far[1]}"
        elif far is not None:
            text = f"{text} {far[0]}"
        return shorten(text, max(shutil.get_terminal_size().columns - 1, 10))


@contextmanager
def paced(options: Globals, environment: Mapping[str, str]) -> Iterator[Pace | None]:
    """Listen to a run, if anybody wants to hear of it; tell its times at the end, and leave no bar behind."""
    bar = Bar() if _wants_bar(options, environment) else None
    times = options.verbose and not options.quiet
    if bar is None and not times:
        yield None
        return
    found = Pace(bar)
    try:
        with pace.heard_by(found):
            if bar is not None:
                bar.start()
                output.ASIDE.append(bar.aside)
            yield found
    finally:
        if bar is not None:
            bar.stop()
            output.ASIDE.remove(bar.aside)
        if times:
            _tell(found, options)


def _wants_bar(options: Globals, environment: Mapping[str, str]) -> bool:
    """A person sits there and looks: no pipe, no runner, no reader of logs."""
    if options.quiet or options.streams or options.log_format == "json":
        return False
    if environment.get("CI", "").lower() not in ("", "0", "false") or environment.get("TERM") in (None, "", "dumb"):
        return False
    return os.name == "posix" and sys.stderr is not None and sys.stderr.isatty()


def _tell(found: Pace, options: Globals) -> None:
    for name, seconds, count in found.lines():
        if options.log_format == "json":
            facts: dict[str, object] = {"level": "info", "event": "stage", "message": f"{name} took {seconds:.3f} s"}
            facts |= {"stage": name, "seconds": round(seconds, 3), **({} if count is None else {"count": count})}
            write(sys.stderr, json_line(facts))
        else:
            write(sys.stderr, f"time: {name:<18} {seconds:>8.3f} s{'' if count is None else f'  {count}'}\n")


def _put(text: str) -> bool:
    """Write to the terminal; whether it took it. One that has gone away is nobody's concern."""
    if sys.stderr is None:
        return False
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError, UnicodeEncodeError):
        return False
    return True
