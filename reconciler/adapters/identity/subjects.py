"""Subjects: which operator the claims of a verified token are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.errors import Unidentified
from reconciler.model.trust import SubjectSettings

_LONGEST = 2_000
"""Characters of a value that a pattern is held against; longer ones fit nothing."""

_STARS = re.compile(r"(\*{1,2})")
_PLAIN = re.compile(r"[A-Za-z0-9_./@+-]+(?::[A-Za-z0-9_./@+-]+)*")
_SHOWN = ("sub", "repository", "project_path", "ref", "environment")


def operator_of(claims: Mapping[str, Any], subjects: Sequence[SubjectSettings]) -> str:
    """The reference of the one operator whose subjects match.

    Raises:
        Unidentified: no subject matches (IDT-10), or those of several operators do (IDT-11).
    """
    found = sorted({one.operator for one in subjects if _fits(one, claims)})
    if not found:
        shown = [f"{name} {text}" for name in _SHOWN if (text := plain(claims.get(name)))]
        told = f": {', '.join(shown)}" if shown else ""
        raise Unidentified(
            f"the token is no operator's; no entry of identity.subjects matches it{told}",
            code="IDT-10",
            hint="every claim of a match has to fit; see docs/identity.md",
        )
    if len(found) > 1:
        raise Unidentified(
            f"the token is the one of several operators: {', '.join(found)}",
            code="IDT-11",
            hint="narrow identity.subjects until one operator is left",
        )
    return found[0]


def texts_of(claim: Any) -> tuple[str, ...]:
    """The values of a claim as patterns see them: text, numbers in digits, true and false; of a list each of them."""
    match claim:
        case str():
            return (claim,)
        case bool():
            return ("true" if claim else "false",)
        case int():
            return (str(claim),) if abs(claim) < 10**30 else ()
        case list():
            return tuple(text for one in claim if not isinstance(one, list) for text in texts_of(one))
    return ()


def plain(claim: Any) -> str:
    """The text of a claim if a message may hold it: short, and nothing in it that could be taken for a command."""
    text = claim if isinstance(claim, str) else ""
    return text if len(text) <= 200 and _PLAIN.fullmatch(text) else ""


def _fits(subject: SubjectSettings, claims: Mapping[str, Any]) -> bool:
    """Whether every claim of a match is there and one of its values fits one of the patterns."""
    return all(
        any(_fits_one(text, pattern) for text in texts_of(claims.get(claim)) for pattern in patterns)
        for claim, patterns in subject.match.items()
    )


def _fits_one(text: str, pattern: str) -> bool:
    if "*" not in pattern:
        return text == pattern
    if len(text) > _LONGEST:
        return False
    stands_for = {"*": "[^/]*", "**": ".*"}
    parts = _STARS.split(pattern)
    written = "".join(stands_for[one] if place % 2 else re.escape(one) for place, one in enumerate(parts))
    return re.fullmatch(written, text, re.DOTALL) is not None
