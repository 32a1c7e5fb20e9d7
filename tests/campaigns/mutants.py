"""Mutants: sound manifests with bytes, lines, tokens, or the types of values changed, and what becomes of them.

Whatever the bytes, the outcome is a model or diagnostics whose places lie inside the file; never an exception.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from reconciler.adapters.manifests import Limits, parse
from reconciler.engine.clock import judge_time
from reconciler.engine.resolve import resolve
from reconciler.engine.validate import validate
from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Diagnostic, errors_in
from reconciler.model.manifest import Document
from reconciler.model.report import Findings
from reconciler.ports import FileRefused
from reconciler.render.findings_json import findings_json
from reconciler.render.findings_text import findings_text
from reconciler.render.terminal import Palette

EXAMPLES = Path(__file__).parents[2] / "examples" / "tenants"
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
TOKENS = [
    *("&a ", "*a", "\t", "- ", ": ", "{", "}", "[", "]", '"', "'", "|\n", ">-\n", "#", "\n", "!", "!!str ", "? ", "~"),
    *("---\n", "...\n", "%YAML 1.1\n", "<<: ", "@", "`", ",", "\r", "\r\n", "\ufeff", "\u202e", "\u200b", "\x00"),
    *(
        "\x85",
        "\u2028",
        "😀",
        "\u0435",
        "null",
        "yes",
        "010",
        "0x1f",
        "1e999999",
        ".inf",
        ".nan",
        "-",
        "9" * 60,
        "1_000",
    ),
    *("2026-02-30", "\\u0000", '"\\u006e"', " " * 40, "a" * 300, "$ref", "${X}", "::error::", "\x1b[31m", "9" * 60),
]
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**39, -(10**39), 0.5, -0.0, 1e308, 1.5e-300, "", " ", "x"),
    *("null", "yes", "010", "é" * 70, "x" * 5000, "😀", "a\nb", "a\tb", "{{x}}", "{0}", "%s", "<b>", "-1", "1e9"),
    *("2026-02-30", "2026-06-15", "24:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "10.0.0.1/24"),
    *("::1", "http://[", "http://a:99999/", "a@b", "PRT", "XXX", "en-", "Europe/../etc", "../../etc/passwd", "/etc"),
    *([], {}, [None], [[]], [{}], {"": ""}, {"x": None}, ["x", "x"], [1, "1"], {"fromEnv": "X"}, {"fromFile": "x"}),
    *({"fromFile": None}, {"fromEnv": 1, "version": 2}, {"generate": False}, [[[[[1]]]]], {"a": {"b": {"c": []}}}),
    *("\ud7ff", "a\\b", "*", "**", "[", "(", "a" * 64, "A", "-", ".", "..", "x" * 254 + "@example.com"),
]


def sound(catalog: Catalog) -> list[bytes]:
    """The manifests that are changed: the examples of the kinds and the example tree."""
    files = sorted(path for path in EXAMPLES.rglob("*.yaml") if path.name != "reconciler.yaml")
    return [kind.example.encode() for kind in catalog.values()] + [path.read_bytes() for path in files]


def mutants(catalog: Catalog, *, count: int, seed: int) -> Iterator[bytes]:
    """``count`` changed files; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - the same mutants in every run
    files = sound(catalog)
    trees = [next(iter(yaml.safe_load_all(kind.example))) for kind in catalog.values()]
    for number in range(count):
        match number % 4:
            case 0:
                yield _bytes(chance, chance.choice(files))
            case 1:
                yield _lines(chance, chance.choice(files))
            case 2:
                yield _tokens(chance, chance.choice(files))
            case _:
                yield _values(chance, chance.choice(trees))


def faults(catalog: Catalog, data: bytes, *, limits: Limits | None = None) -> list[str]:
    """What is wrong with the outcome for one file; empty for a model or sound diagnostics."""
    try:
        found = outcome(catalog, data, limits=limits)
        text = findings_text(Findings(diagnostics=tuple(found), resources=0, files=1), Palette())
        written = findings_json(Findings(diagnostics=tuple(found), resources=0, files=1))
        json.dumps(written, allow_nan=False).encode()
        text.encode()
    except Exception as error:  # noqa: BLE001 - the campaign counts every exception
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = "" if place is None else f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}"
        return [f"{type(error).__name__} at {where}: {error}"[:300]]
    lines = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    odd = [one for one in (_misplaced(one, lines) for one in found) if one]
    return odd + (["an unprintable character in the text"] if not text.replace("\n", "").isprintable() else [])


def outcome(catalog: Catalog, data: bytes, *, limits: Limits | None = None) -> list[Diagnostic]:
    """All findings about one file, offline, through all phases that run."""
    documents, found = parse("m.yaml", data, limits=limits or Limits())
    resources, problems = validate(catalog, documents)
    found = [*found, *problems]
    if errors_in(found) and len(resources) < len(documents):
        return found
    view, more = resolve(catalog, tuple(resources), None, _no_file)
    found += more
    return found + ([] if errors_in(more) else judge_time(view, NOW))


def _no_file(_document: Document, path: str) -> bytes:
    raise FileRefused(f"{path} is not read here")


def _misplaced(one: Diagnostic, lines: list[str]) -> str:
    where = f"{one.code} {one.source}: {one.summary}"[:200]
    if one.source is None:
        return f"no place: {where}"
    if not 1 <= one.source.line <= len(lines):
        return f"no such line: {where}"
    if not 1 <= one.source.column <= len(lines[one.source.line - 1]) + 1:
        return f"no such column: {where}"
    if (one.source.end_line, one.source.end_column) < (one.source.line, one.source.column):
        return f"ends before it begins: {where}"
    if one.snippet is not None and one.snippet.start > len(one.snippet.text):
        return f"the caret is outside: {where}"
    return "" if one.summary and "\n" not in one.summary else f"no summary on one line: {where}"


def _bytes(chance: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 5)):
        place = chance.randrange(len(changed) + 1)
        match chance.randrange(5):
            case 0:
                changed[place : place + chance.randint(1, 30)] = b""
            case 1:
                changed[place:place] = bytes([chance.randrange(256)])
            case 2:
                changed[place : place + 1] = bytes([chance.randrange(32, 127)])
            case 3:
                del changed[place:]
            case _:
                other = chance.randrange(len(changed) + 1)
                changed[place:place] = changed[other : other + chance.randint(1, 60)]
    return bytes(changed)


def _lines(chance: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(lines))
        match chance.randrange(7):
            case 0:
                del lines[place]
            case 1:
                lines.insert(chance.randrange(len(lines)), lines[place])
            case 2:
                lines[place] = b" " * chance.randint(1, 4) + lines[place]
            case 3:
                lines[place] = lines[place][chance.randint(1, 3) :]
            case 4:
                lines[place] += chance.choice([b" #x", b" x", b":", b" |", b" >", b"\r", b'"', b" {", b" - a", b"\t"])
            case 5:
                lines[place : place + 2] = [b" ".join(lines[place : place + 2])]
            case _:
                other = chance.randrange(len(lines))
                lines[place], lines[other] = lines[other], lines[place]
        if not lines:
            return b""
    return b"\n".join(lines)


def _tokens(chance: random.Random, data: bytes) -> bytes:
    text = data.decode()
    for _ in range(chance.randint(1, 3)):
        marks = [place for place, char in enumerate(text) if char in " :-\n{}[],\"'"]
        place = chance.choice(marks) if marks and chance.random() < 0.8 else chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice(TOKENS) + text[place + chance.randint(0, 2) :]
    return text.encode()


def _values(chance: random.Random, tree: dict[str, Any]) -> bytes:
    """Values of other types, keys renamed, added or gone; written in block or in flow style."""
    changed = json.loads(json.dumps(tree))
    for _ in range(chance.randint(1, 3)):
        nodes = list(_containers(changed))
        node = chance.choice(nodes)
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        value = json.loads(json.dumps(chance.choice(ODD)))
        if not keys:
            continue
        key = chance.choice(keys)
        match chance.randrange(6):
            case 0 if isinstance(node, dict):
                node[_typo(chance, str(key))] = node.pop(key)
            case 1:
                del node[key]
            case 2:
                node[key] = [node[key]]
            case 3 if isinstance(node, dict):
                node[chance.choice(["x", "", "name", "state", "status", "é", "a b", "a.b", "a[0]", "1"])] = value
            case _:
                node[key] = value
    if chance.random() < 0.3:
        return json.dumps(changed, ensure_ascii=False).encode() + b"\n"
    return yaml.safe_dump(changed, allow_unicode=True, sort_keys=False, width=chance.choice([30, 80, 10**6])).encode()


def _typo(chance: random.Random, word: str) -> str:
    place = chance.randrange(len(word) + 1)
    return chance.choice(
        [word[:place] + word[place + 1 :], word[:place] + "x" + word[place:], word.upper(), f"{word}s"]
    )


def _containers(node: Any) -> Iterator[Any]:
    if isinstance(node, dict | list):
        yield node
        for value in node.values() if isinstance(node, dict) else node:
            yield from _containers(value)
