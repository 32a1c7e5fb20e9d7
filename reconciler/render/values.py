"""Values as people read them: short, on one line, with strings in quotes so that ``"25"`` and ``25`` differ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import unified_diff
from typing import Any

from reconciler.model.report import ResourceLine
from reconciler.render.terminal import safe, shorten

NONE = "(none)"
HIDDEN = "(secret)"
_DIFF_LINES = 8


def value_text(value: Any, room: int = 60) -> str:
    """A value on one line of at most ``room`` columns."""
    if value is None:
        return NONE
    if isinstance(value, str) and len(value) > 4 * room:
        return shorten(_quoted(value[: 2 * room]), room - 14) + f" ({len(value)} chars)"
    return shorten(_written(value), room)


def secret_text(before: Any, after: Any, note: str = "") -> str:
    """What becomes of a secret, from ``note`` where there is one, else from its versions; never more than that."""
    if note:
        return f"{HIDDEN} {safe(note)}"
    if before == after:
        return HIDDEN
    return f"{HIDDEN} version {safe(str(before or 'none'))} -> {safe(str(after or 'none'))}"


def entries_gone_and_new(before: Any, after: Any) -> tuple[list[Any], list[Any]] | None:
    """What two lists do not share, or None when one is no list or when only their order differs."""
    if not isinstance(before, list) or not isinstance(after, list):
        return None
    gone = [one for one in before if one not in after]
    new = [one for one in after if one not in before]
    return (gone, new) if gone or new else None


def is_long_text(value: Any) -> bool:
    """Whether a value is a text of several lines."""
    return isinstance(value, str) and value.count("\n") > 1


def text_difference(before: str, after: str) -> list[str]:
    """The changed lines of two long texts, each with ``-`` or ``+`` before it; a handful, then how many more."""
    lines = [
        safe(line.rstrip("\n"))
        for line in list(unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""))[2:]
        if not line.startswith("@@")
    ]
    if len(lines) > _DIFF_LINES:
        rest = len(lines) - _DIFF_LINES
        return [*lines[:_DIFF_LINES], f"… {rest} more changed {plural(rest, 'line')}"]
    return lines


def plural(count: int, word: str, many: str = "") -> str:
    """``word``, in its plural when ``count`` is not one."""
    return word if count == 1 else many or f"{word}s"


def observed_words(found: Sequence[ResourceLine], word: str = "resource") -> str:
    """How many resources that are only watched differ, and how many have no row."""
    absent = sum("create" in one.actions for one in found)
    differ = len(found) - absent
    parts = [f"{differ} {plural(differ, word)} differ{'s' if differ == 1 else ''}"] if differ or not absent else []
    if absent:
        named = f" {plural(absent, word)}" if not parts else ""
        parts.append(f"{absent}{named} {'has' if absent == 1 else 'have'} no row")
    return ", ".join(parts)


def _written(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join([f"{safe(str(key))}: {_written(one)}" for key, one in value.items()]) + "}"
    return safe(str(value))


def _quoted(value: str) -> str:
    if value.isalnum() and value.isascii():
        return f'"{value}"'  # nothing in it needs a look
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{safe(escaped)}"'


def as_json(value: Any, *, indent: int | None = None) -> str:
    """JSON in ASCII: every other character, and the delete character, stands as an escape.

    So does the second of two number signs: in a log, runners of continuous integration look for commands behind them.
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, indent=indent)
    return text.replace("\x7f", "\\u007f").replace("##", "#\\u0023")
