"""Twins: two ways of reading the same file must give the same trees, or the quick one must leave it to the exact one.

Files are composed of lines near the border of what the gate of the fast pass lets through, at odd indentations, and
made of sound manifests by changing, moving, doubling and cutting lines.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from typing import Any

from reconciler.adapters.manifests.collect import parse_exactly
from reconciler.adapters.manifests.fast import trees
from reconciler.adapters.manifests.limits import Limits
from reconciler.adapters.manifests.text import Text, unreadable
from reconciler.model.catalog import Catalog
from tests.campaigns.figures import Figure
from tests.campaigns.mutants import mutants, sound

DOCUMENTS = 2_000_000
LIMITS = Limits()
KEYS = (
    *("a", "b", "c", "d", "e", "name", "spec", "metadata", "kind", "x/y", "x.y", "x-y", "_a", "no", "y", "Nullx"),
    *("null", "true", "False", "a b", "é", '"a"', "<<", "1", "-"),
)
VALUES = (
    *("a", "b", "x y", "café", "a:b", "a#b", "x-y", "/etc/x", "é", "a!b", "a&b", "a*", "a@b.example", "a|b", "a, b"),
    *("a [b", "a ]", "a }", "a -", "x  ", "x # c", "x\u00a0y", "true story", "null and void", "nullx", "truex", "10 x"),
    *("0", "12", "-3", "-0", "+1", "010", "00", "1.5", "1.", ".5", "1e3", "1e-5", "0x1f", "0o17", "1_000", "1:2"),
    *("9" * 15, "9" * 16, "22:30", "2026-01-02", "1100-001", "00-00", "1-1", "-1-1", "1-e5", "10.0.0.1", "10.0.0.1/8"),
    *("1.2.3", "6f1d9a52-3c47-4b8e-9a10-5d2e7c84b301", "12345678-1234-1234-1234-123456789012", "1 2 x", "5 true", "5 "),
    *("true", "false", "True", "null", "~", "yes", "no", "on", "off", "n", "y", ".inf", "inf", "nan", "Infinity", "="),
    *(
        '"q"',
        "'s'",
        '"a: b"',
        "'# x'",
        '"x"  ',
        '"x" # c',
        '"x"# c',
        '"x" y',
        "'it''s'",
        '"a\\n"',
        '""',
        "''",
        '"',
        "'",
    ),
    *(
        "[]",
        "{}",
        "[a, b]",
        "[a,b]",
        "[a , b]",
        "[a ]",
        "[a b, c]",
        "[1, 2]",
        "[-1, 0]",
        "[true, \"x\", 'y']",
        "[null]",
    ),
    *("{a: b}", "{a: 1, b: true}", "{a: b, a: c}", "{a: b c}", "{a: [b]}", "{a:b}", "{a}", "[a: b]", "[a", "{a: b}}"),
    *("[a, ]", "[, a]", "[é, x]", "{a: é }", "[10 x]", "[true x]", "[a -b]", "[a - b]", "[a]x", "[a] # c", "[a]#c"),
    *("{a: b:c}", "[a:b, c:d]", "{a: sqlite:///x.db}", "[a:]", "[a:b:c]", "{a: b:, c: d}", "[a::b]", "{a: b:/c}"),
    *("&a b", "*a", "!a", "%a", "@a", "`a", "|", ">", "? a", "- a", "<<", "a:", ":a", "#", "a\tb", "x # a: b"),
)
BREAKS = ("", "", "# c", " # c", " ", "---", "---", "--- ", "--- a", "...", "---\n# c", "%YAML 1.2")
PIECES = (
    *(b" ", b":", b"#", b"-", b'"', b"'", b",", b"[", b"]", b"{", b"}", b"\n", b"a", b"0", b".", b"  ", b": ", b" #"),
    *(b"- ", b"\xc3\xa9", b"---\n", b"true", b"null", b"\n\n", b"\n  "),
    *(b"\x00", b"\t", b"\x0b", b"\r", b"\r\n", b"\x1b", b"\x7f", b"\xc2\x85"),
)


def twins(catalog: Catalog, *, count: int, seed: int) -> Iterator[bytes]:
    """``count`` files; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - the same files in every run
    changed = mutants(catalog, count=count, seed=seed)
    whole = sound(catalog)
    for place in range(count):
        match place % 4:
            case 0:
                yield _shifted(chance, chance.choice(whole))
            case 1 if place % 8 == 1:
                yield next(changed)
            case _:
                yield _composed(chance)


def disagreement(data: bytes) -> str | None:
    """What the two passes see differently; empty when they agree, None when the exact pass alone reads the file."""
    hidden = unreadable(Text("f.yaml", "", data, LIMITS.depth)) is not None
    if hidden and not data.isascii():
        return None  # is refused before either pass
    quick = trees(data, LIMITS)
    if quick is None:
        return None
    if hidden:
        return f"{data!r}: holds what cannot be seen"
    documents, problems = parse_exactly("f.yaml", data, limits=LIMITS)
    exact = [one.tree for one in documents]
    if problems:
        return f"{data!r}: the exact pass refuses it: {problems[0].summary}"
    if [one.index for one in documents] != list(range(len(quick))) or not all(one.plain for one in documents):
        return f"{data!r}: other documents, or values that are not plain"
    return "" if _same(quick, exact) else f"{data!r}: {quick!r} is not {exact!r}"


def fast_pass(seed: int) -> Figure:
    """Files near the border of the gate, read by both passes."""
    from reconciler.kinds import discover

    read, wrong = 0, list[str]()
    for data in islice(twins(discover(), count=DOCUMENTS, seed=seed), DOCUMENTS):
        found = disagreement(data)
        read += found is not None
        if found:
            wrong.append(found)
    note = f"{read} of them read by the fast pass, the others left to the exact one"
    return Figure("files that the fast pass reads otherwise", "0", DOCUMENTS, len(wrong), note, tuple(wrong[:10]))


def _same(left: Any, right: Any) -> bool:
    """Equal, with the same types and the same order of keys."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return (
            list(left) == list(right)
            and all(type(key) is str for key in (*left, *right))
            and all(_same(left[key], right[key]) for key in left)
        )
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right)


def _composed(chance: random.Random) -> bytes:
    """Lines one below the other that mostly belong together."""
    indent, before = 0, ""
    lines: list[str] = []
    for _ in range(chance.randint(1, 9)):
        if before.endswith(":"):
            indent += chance.choice((1, 2, 2, 2, 2, 2, 4, 0, 0)) if chance.random() < 0.9 else 0
        elif before.lstrip().startswith("- ") and chance.random() < 0.5:
            indent += 2
        elif chance.random() < 0.35:
            indent = max(0, indent - chance.choice((1, 2, 2, 2, 4)))
        elif chance.random() < 0.05:
            indent += chance.choice((1, 2))
        before = _line(chance, indent)
        lines.append(before)
    return ("\n".join(lines) + ("\n" if chance.random() < 0.95 else "")).encode()


def _line(chance: random.Random, indent: int) -> str:
    key, value = _pick(chance, KEYS, 16), _pick(chance, VALUES, 20)
    shape = chance.random()
    if shape < 0.02:
        return chance.choice(BREAKS)
    shapes = (f"{key}: {value}",) * 8 + (f"{key}:",) * 5 + (f"- {value}",) * 4 + (f"- {key}: {value}",) * 3
    return " " * indent + chance.choice((*shapes, value, f"{key}: ", f"{key}: # c", f"- {key}:", "- "))


def _pick(chance: random.Random, words: tuple[str, ...], usual: int) -> str:
    """One of the first few words mostly, so that many files are sound as a whole."""
    return chance.choice(words[:usual] if chance.random() < 0.6 else words)


def _shifted(chance: random.Random, data: bytes) -> bytes:
    """A sound file with some of its lines changed."""
    lines = data.split(b"\n")[:40]
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(lines))
        line = lines[place]
        at = chance.randint(0, len(line))
        match chance.randrange(7):
            case 0:
                lines[place] = b" " * chance.randint(0, 6) + line.lstrip()
            case 1:
                lines.insert(place, chance.choice(lines))
            case 2:
                lines[place] = line[:at]
            case 3:
                lines[place] = line[:at] + chance.choice(PIECES) + line[at:]
            case 4:
                lines[place] = line[:at] + line[at + 1 :]
            case 5:
                lines[place] = _line(chance, chance.randint(0, 4)).encode()
            case _:
                del lines[place : place + chance.randint(1, 2)]
                lines.append(b"")
    return b"\n".join(lines)
