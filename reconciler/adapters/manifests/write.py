"""Write: trees as manifests in canonical form, every text quoted that any reader could take for something else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.invisible import INVISIBLE
from reconciler.model.key_order import FREE, KeyOrder

WIDTH = 100
"""Columns that a list in brackets may reach."""

_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./@+-]|(?<![ ]) (?=[A-Za-z0-9])|[\u00c0-\u024f])*")
NO_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf", "infinity"})
"""Words that some reader of YAML takes for no text."""
_SOURCES = frozenset({"fromEnv", "fromFile", "fromSops", "fromVault", "generate", "version", "mediaType"})
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_escaped = re.compile(f'["\\\\\n\t\r\ud800-\udfff{INVISIBLE}]')
_LITERAL = re.compile(rf"(?![ \n])[^\t\r{INVISIBLE}]+")


def manifest_text(trees: Sequence[Mapping[str, Any]], orders: Mapping[str, KeyOrder]) -> str:
    """Documents as the text of one file. ``orders`` holds the order of keys of each kind."""
    parts = []
    for tree in trees:
        order = orders.get(str(tree.get("kind")), orders.get("", FREE))
        parts.append("".join(f"{line}\n" for line in mapping_lines(tree, order, 0)))
    return "---\n".join(parts)


def mapping_lines(tree: Mapping[str, Any], order: KeyOrder, indent: int) -> list[str]:
    """The lines of a mapping in canonical form, ``indent`` columns to the right."""
    lines: list[str] = []
    for key in sorted(tree, key=order.place):
        head, *rest = value_lines(tree[key], order.below(key), indent)
        lines.append(f"{' ' * indent}{scalar_text(key)}:{' ' if head else ''}{head}")
        lines += rest
    return lines


def value_lines(value: Any, order: KeyOrder, indent: int) -> list[str]:
    """What stands behind the colon of a key that stands at ``indent``, and the lines below it."""
    inner = " " * (indent + 2)
    if isinstance(value, Mapping):
        if not value or set(value) <= _SOURCES:
            return [flow_text(value, order)]
        return ["", *mapping_lines(value, order, indent + 2)]
    if isinstance(value, list):
        flow = flow_text(value, order)
        if not any(isinstance(one, Mapping | list) for one in value) and indent + len(flow) <= WIDTH:
            return [flow]
        return ["", *item_lines(value, order, indent + 2)]
    if isinstance(value, str) and "\n" in value.rstrip("\n") and _literal(value):
        body = value.removesuffix("\n").split("\n")
        return ["|" if value.endswith("\n") else "|-", *(f"{inner}{line}" if line else "" for line in body)]
    return [scalar_text(value)]


def item_lines(value: list[Any], order: KeyOrder, indent: int) -> list[str]:
    """The lines of a list whose dashes stand at ``indent``."""
    lines = []
    for one in value:
        if isinstance(one, Mapping) and one:
            first, *rest = mapping_lines(one, order, indent + 2)
            lines += [f"{' ' * indent}- {first.lstrip(' ')}", *rest]
        else:
            lines.append(f"{' ' * indent}- {flow_text(one, order)}")
    return lines


def flow_text(value: Any, order: KeyOrder = FREE) -> str:
    """A value on one line, in brackets where it is a collection."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=order.place)
        parts = (f"{scalar_text(key)}: {flow_text(value[key], order.below(key))}" for key in keys)
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, list):
        return f"[{', '.join(flow_text(one, order) for one in value)}]"
    return scalar_text(value)


def scalar_text(value: Any) -> str:
    """A scalar on one line; it means the same inside brackets and outside of them."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return value if is_plain(value) else quoted(value)
        case _:
            return str(value)


def quoted(text: str) -> str:
    """A text in double quotes, with escapes for everything that cannot be seen."""
    return f'"{_escaped.sub(lambda found: _escape(found[0]), text)}"'


def is_plain(text: str) -> bool:
    """Whether a text means itself without quotes, to every reader of YAML, in brackets and outside of them."""
    return _PLAIN.fullmatch(text) is not None and text.lower() not in NO_WORDS and not text.endswith(" ")


def _literal(text: str) -> bool:
    """Whether a text of several lines can stand as it is."""
    body = text.removesuffix("\n")
    return (
        _LITERAL.fullmatch(body) is not None
        and not body.endswith("\n")
        and all(line == line.rstrip() for line in body.split("\n"))
    )


def _escape(one: str) -> str:
    known = _ESCAPES.get(one)
    if known is not None:
        return known
    code = ord(one)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
