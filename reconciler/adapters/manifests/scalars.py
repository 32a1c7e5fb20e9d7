"""Plain scalars: what text without quotes means, by the core schema of YAML 1.2.

``NO``, ``off``, ``22:30`` and ``2026-09-30`` are strings. Numbers that other readers take differently, such as ``010``,
become :class:`~reconciler.model.manifest.Misread`: no field accepts them.
"""

from __future__ import annotations

import re

from reconciler.model.manifest import Misread

STARTERS = frozenset("0123456789+-.~nNtTfF")
"""First characters of everything that is no string."""

MAX_DIGITS = 40

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_NUMBER = re.compile(
    r"""(?P<int>[-+]?[0-9]+)
    |(?P<octal>0o[0-7]+)
    |(?P<hex>0x[0-9a-fA-F]+)
    |(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)
    |(?P<sign>[-+]?)\.(?:inf|Inf|INF)
    |\.(?P<nan>nan|NaN|NAN)""",
    re.VERBOSE,
)


def typed(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar."""
    if text in _WORDS:
        return _WORDS[text]
    found = _NUMBER.fullmatch(text)
    if found is None:
        return text
    match found.lastgroup:
        case "int":
            return _integer(text, text.lstrip("+-"), 10)
        case "octal":
            return _integer(text, text[2:], 8)
        case "hex":
            return _integer(text, text[2:], 16)
        case "float":
            return Misread(text, "a number of too many digits") if len(text) > 2 * MAX_DIGITS else float(text)
        case "nan":
            return float("nan")
        case _:
            return float("-inf" if text[0] == "-" else "inf")


def _integer(text: str, digits: str, base: int) -> int | Misread:
    if len(digits) > MAX_DIGITS:
        return Misread(text, "a number of too many digits")
    if base == 10 and len(digits) > 1 and digits[0] == "0":
        return Misread(text, "an integer with leading zeros")
    return int(text if base == 10 else digits, base)


def word_for(value: object) -> str:
    """What a key that is no string looks like."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case Misread():
            return value.found
        case _:
            return "a decimal number"
