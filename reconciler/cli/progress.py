"""What is heard while a plan is applied: a moving line on a terminal, plain lines elsewhere, JSON when asked for."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from reconciler.cli.options import INTERRUPTS
from reconciler.cli.output import json_line, write
from reconciler.cli.session import Session
from reconciler.model.run import Event
from reconciler.render.terminal import safe

if TYPE_CHECKING:  # what stands behind these names is heavy, and help must not load it
    from reconciler.cli.pacing import Bar
    from reconciler.model.report import Report


@contextmanager
def listening(session: Session) -> Iterator[Progress]:
    """A listener for one apply; what it shows on a terminal goes away at the end."""
    progress = Progress(session)
    try:
        yield progress
    finally:
        progress.stop()


class Progress:
    """Tells what happens. From the commit on an interrupt is no longer heard: the outcome must be told as it is."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._moving: Any = None
        self.report: Report | None = None
        """The plan that is being applied, once it is agreed."""

    def __call__(self, event: Event) -> None:
        """Take an event."""
        step = event.facts.get("step")
        if step == "commit":
            for one in INTERRUPTS:
                signal.signal(one, signal.SIG_IGN)
        options = self._session.options
        if options.streams:
            from reconciler.render.events_json import event_lines

            self._session.output.json_lines(event_lines(event, self.report))
        if options.quiet:
            return
        if options.log_format == "json":
            write(sys.stderr, json_line({"level": "info", "event": event.type, "message": event.message, "step": step}))
        elif sys.stderr is not None and sys.stderr.isatty():
            self._move(event.message)
        elif not options.streams:
            write(sys.stderr, f"apply: {safe(event.message)}\n")

    def stop(self) -> None:
        """Take the moving line away."""
        if self._bar is not None:
            self._bar.say("")
        if self._moving is not None:
            self._moving.stop()
            self._moving = None

    @property
    def _bar(self) -> Bar | None:
        return None if self._session.pace is None else self._session.pace.bar

    def _move(self, message: str) -> None:
        if self._bar is not None:
            self._bar.say(message)
            return
        from rich.text import Text

        line = Text(safe(message))  # and no markup of rich
        if self._moving is None:
            from rich.console import Console

            plain = not self._session.output.colours(sys.stderr)
            self._moving = Console(stderr=True, no_color=plain).status(line)
            self._moving.start()
        else:
            self._moving.update(line)
