"""Local trust: the people whom a call, a variable or the machine names."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping, Sequence

from reconciler.model.errors import UsageError
from reconciler.model.identity import LOCAL_USER

ACTOR_VARIABLE = "RECONCILER_ACTOR"

_LONGEST = 320
"""Characters of a name of a person: as many as an address of mail may have."""


def people_of(as_: Sequence[str], variables: Mapping[str, str]) -> tuple[str, ...]:
    """Who applies, then who approves: ``--as``, else ``RECONCILER_ACTOR``, else the user of this machine.

    Raises:
        UsageError: one is no name that could be written down.
    """
    if as_:
        return tuple(_person(one, "--as") for one in as_)
    named = variables.get(ACTOR_VARIABLE, "").strip()
    if named:
        return (_person(named, ACTOR_VARIABLE),)
    try:
        return (f"{LOCAL_USER}{getpass.getuser()}",)
    except (KeyError, OSError):
        return (f"{LOCAL_USER}{os.getuid()}",)


def _person(text: str, origin: str) -> str:
    """A name that the audit can carry: not empty, on one line, of a sensible length."""
    name = text.strip()
    if not name or not name.isprintable() or len(name) > _LONGEST:
        raise UsageError(f"{origin} names nobody", hint="give the address of mail of a person")
    return name
