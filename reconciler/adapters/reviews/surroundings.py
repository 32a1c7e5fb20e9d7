"""What a runner tells its steps: address, project, review and token, each judged before it is used."""

from __future__ import annotations

import re
from collections.abc import Mapping

from reconciler.model.errors import UsageError

_TOKEN = re.compile(r"[!-~]{1,4000}")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


def value(variables: Mapping[str, str], *names: str, pattern: re.Pattern[str] | None = None) -> str:
    """The first of ``names`` that is set.

    Raises:
        UsageError: none is, or what it holds is malformed (CMT-01). The message holds no value.
    """
    for name in names:
        found = variables.get(name, "").strip()
        if found:
            if pattern is not None and not pattern.fullmatch(found):
                raise UsageError(f"the variable {name} does not hold what it should", code="CMT-01")
            return found
    raise UsageError(f"the variable {names[0]} is not set", code="CMT-01", hint=f"set {' or '.join(names)}")


def token(variables: Mapping[str, str], *names: str) -> str:
    """A token that fits into a header."""
    return value(variables, *names, pattern=_TOKEN)


def review_number(given: int | None, variables: Mapping[str, str], name: str, pattern: re.Pattern[str]) -> int:
    """The number of the review: ``given``, else from a variable.

    Raises:
        UsageError: there is none (CMT-01).
    """
    if given is not None:
        return given
    found = pattern.fullmatch(variables.get(name, ""))
    if found is None or not _NUMBER.fullmatch(found[1]):
        raise UsageError(f"no review is named: neither by --number nor by {name}", code="CMT-01", hint="say --number N")
    return int(found[1])
