"""Program: calls of git, with a clean environment: no GIT_ variable, pager, hook, lock, network, or replaced object."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from reconciler.model.errors import WorldError

_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "protocol.allow=never",
    "log.showSignature=false",
    "blame.ignoreRevsFile=",
)
SECONDS = 120.0
"""How long git may take."""


def run_git(
    working: Path,
    verb: str,
    *words: str,
    given: bytes = b"",
    check: bool = True,
    variables: Mapping[str, str] | None = None,
) -> bytes | None:
    """Standard output of git; None when it fails and ``check`` is off. ``variables`` join its clean environment.

    Raises:
        WorldError: there is no git program, or it failed.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the words are options of ours, object ids, and paths behind "--"
            [*call(), verb, *words],
            cwd=working,
            input=given,
            capture_output=True,
            env={**environment(), **(variables or {})},
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError:
        raise WorldError("there is no git program", hint="install git, or leave --rev out") from None
    except (OSError, subprocess.TimeoutExpired):
        raise WorldError("git did not answer") from None
    if done.returncode == 0:
        return done.stdout
    if check:
        raise WorldError(f"git {verb} failed", hint="run it by hand to see why")
    return None


def call() -> list[str]:
    """The program and its options."""
    return [
        "git",
        "--no-pager",
        "--no-replace-objects",
        "--literal-pathspecs",
        *(word for setting in _SETTINGS for word in ("-c", setting)),
    ]


def environment() -> dict[str, str]:
    """The variables with which it is called."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # A repository may allow for itself the transport that runs a command (protocol.ext.allow), against which no -c
    # helps: the last variable does.
    return variables | {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "none",
        "LC_ALL": "C",
    }
