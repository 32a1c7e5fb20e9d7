"""Fault: something wrong at one place of one document, and the words for types."""

from __future__ import annotations

from typing import Any

from reconciler.engine.validate.clean import Misfit
from reconciler.model.dataclass import dataclass
from reconciler.model.manifest import Misread, PathKey
from reconciler.model.placing import path_text

STRING, INTEGER, BOOLEAN, LIST, MAPPING = "a string", "an integer", "true or false", "a list", "a mapping"

MOST = 200
"""Faults of one document that are listed; a document with more of them was not written by hand."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong place. No text of it ever holds the value of a secret or of an unknown key.

    ``at`` is where to point; ``path`` says what it is about.
    ``meant`` is the key that an unknown one stands for; ``lacks`` is the key that is missing. A misspelt required key
    is one wrong place, so a fault that lacks what another one meant is dropped.
    """

    code: str
    summary: str
    at: PathKey
    path: str
    hint: str = ""
    meant: PathKey = ()
    lacks: PathKey = ()


def found_word(value: Any) -> str:
    """What a value of a tree is."""
    match value:
        case None:
            return "null"
        case Misfit() | Misread():
            return value.found
        case bool():
            return "a boolean"
        case int():
            return INTEGER
        case float():
            return "a decimal number"
        case str():
            return STRING
        case dict():
            return MAPPING
        case list():
            return LIST
        case _:
            return "something else"


def wrong_type(at: PathKey, wanted: str, value: Any) -> Fault:
    """GEN-12: names the type found and the type wanted, and says how to write it."""
    path = path_text(at)
    return Fault("GEN-12", f"{path} must be {wanted}, and is {found_word(value)}", at, path, _advice(wanted, value))


def _advice(wanted: str, value: Any) -> str:
    if wanted.startswith(STRING) and (not isinstance(value, str | dict | list) or isinstance(value, Misread)):
        return "put the value in quotes"
    if isinstance(value, Misread | Misfit):
        return "write it without the leading zeros"
    if wanted == MAPPING:
        return "write its fields below it, each with a colon and a space"
    if not isinstance(value, str):
        return ""
    if wanted == BOOLEAN:
        word = value.casefold()
        if word in ("yes", "y", "on", "true"):
            return "write true, without quotes"
        return "write false, without quotes" if word in ("no", "n", "off", "false") else "write true or false"
    if wanted == INTEGER and value.strip().lstrip("+-").isdigit():
        return "write it without quotes"
    return "write a list: one entry a line, each after a hyphen" if wanted == LIST else ""


def missing(at: PathKey, *, code: str = "GEN-13") -> Fault:
    """GEN-13, at the key of the mapping that lacks the field; for a top-level key at the first key of the document."""
    path = path_text(at)
    return Fault(code, f"{path} is missing", at[:-1], path, "add it", lacks=at)


def a(name: str) -> str:
    """The name of a kind with its article."""
    return f"{'an' if name[:1] in 'AEIOU' else 'a'} {name}"


def worth_telling(faults: list[Fault]) -> list[Fault]:
    """Without the missing keys that stand there under a wrong name, and not without end."""
    meant = {one.meant for one in faults if one.meant}
    told = [one for one in faults if one.lacks not in meant] if meant else faults
    if len(told) > MOST:
        last = told[MOST]
        summary = f"more than {MOST} problems in this document; the rest is not listed"
        told = [*told[:MOST], Fault("LOD-06", summary, last.at, last.path)]
    return told
