"""Trees as text that no program of ours wrote: every style of YAML by chance, and comments between."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any

_PLAIN = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ0-9 .@_/-]*[A-Za-zÀ-ÿ0-9]")
_TYPED = re.compile(r"(?i)null|true|false|yes|no|on|off|y|n|nan|inf")


def documents(chance: random.Random, trees: list[dict[str, Any]]) -> bytes:
    """One file of these documents."""
    found = []
    for tree in trees:
        lines = list(_block(chance, tree, 0))
        if chance.random() < 0.3:
            lines.insert(0, "# written by hand")
        found.append("\n".join(lines) + "\n")
    return "---\n".join(found).encode()


def _block(chance: random.Random, node: dict[str, Any], depth: int) -> Iterator[str]:
    pad = "  " * depth
    keys = list(node)
    if depth and chance.random() < 0.3:
        chance.shuffle(keys)
    for key in keys:
        value, shown = node[key], _key(chance, key)
        if chance.random() < 0.05:
            yield f"{pad}# about {key}"
        note = "  # why" if chance.random() < 0.08 else ""
        if isinstance(value, dict) and value and chance.random() < 0.8:
            yield f"{pad}{shown}:{note}"
            yield from _block(chance, value, depth + 1)
        elif isinstance(value, list) and value and chance.random() < 0.7:
            yield f"{pad}{shown}:{note}"
            yield from _items(chance, value, depth + chance.choice((0, 1)))
        elif isinstance(value, str) and _fits_literal(value) and chance.random() < 0.7:
            yield f"{pad}{shown}: |"
            yield from (f"{pad}  {line}" if line else "" for line in value[:-1].split("\n"))
        else:
            yield f"{pad}{shown}: {_flow(chance, value)}{note}"


def _items(chance: random.Random, value: list[Any], depth: int) -> Iterator[str]:
    pad = "  " * depth
    for one in value:
        if isinstance(one, dict) and one and chance.random() < 0.7:
            first, *others = _block(chance, one, depth + 1)
            lead = first.strip()
            if lead.startswith("#"):
                yield first
                first, *others = others
                lead = first.strip()
            yield f"{pad}- {lead}"
            yield from others
        else:
            yield f"{pad}- {_flow(chance, one)}"


def _fits_literal(text: str) -> bool:
    body = text[:-1]
    return (
        text.endswith("\n")
        and bool(body.strip())
        and not body.endswith("\n")
        and not body.startswith((" ", "\n", "\t"))
        and all(char == "\n" or (char.isprintable() and char != "\ufeff") for char in body)
    )


def _flow(chance: random.Random, value: Any) -> str:
    if value is None:
        return chance.choice(("null", "~"))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(chance, key)}: {_flow(chance, one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(chance, one) for one in value) + "]"
    return _text(chance, str(value))


def _key(chance: random.Random, key: str) -> str:
    if _PLAIN.fullmatch(key) and " " not in key and not _TYPED.fullmatch(key) and chance.random() < 0.95:
        return key
    return _quoted(key)


def _text(chance: random.Random, text: str) -> str:
    if _PLAIN.fullmatch(text) and not _TYPED.fullmatch(text) and chance.random() < 0.7:
        return text
    if text.isprintable() and chance.random() < 0.4:
        return "'" + text.replace("'", "''") + "'"
    return _quoted(text)


def _quoted(text: str) -> str:
    """Double quotes, with escapes for whatever a line cannot hold."""
    shown = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() and char != "\ufeff" else f"\\U{ord(char):08x}" for char in shown)
