"""Asking a person for the word ``yes``."""

from __future__ import annotations

import sys

from reconciler.cli.output import write
from reconciler.model.errors import UsageError


def asked_for_yes(question: str, *, nothing: str, hint: str) -> bool:
    """Whether somebody at the terminal says yes. ``nothing`` says what did not happen when nobody is there.

    Raises:
        UsageError: standard input is no terminal (APL-02).
    """
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(
            f"nobody is there to answer: standard input is no terminal; {nothing}", code="APL-02", hint=hint
        )
    write(sys.stderr, f"{question} Only the word yes is accepted: ")
    return sys.stdin.readline().strip() == "yes"
