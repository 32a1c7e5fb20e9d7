"""What the files of the repository may hold: no print below the command line, no huge files, no words of a workshop."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house.places import PACKAGE, ROOT, committed_files, modules

LINES = 600
"""Hard limit of a file; past about 400 look for the second thing that it does."""
FUNCTION_LINES = 80
"""Hard limit of a function; past about 50 look for the second thing that it does."""

URL = re.compile(r"https?://([\w.-]+)")
KNOWN = re.compile(
    r"(?:[\w-]+\.)*example(?:\.(?:com|org|net))?|json-schema\.org|docs\.oasis-open\.org|www\.(?:w3|apache)\.org|git-lfs\.github\.com"
    r"|token\.actions\.githubusercontent\.com"
)
"""Hosts that may stand in the repository: reserved names, and those that name a standard, a licence or an issuer."""


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", modules(), ids=relative)
def test_nothing_below_the_command_line_prints(path: Path) -> None:
    if path.is_relative_to(PACKAGE / "cli") or path == PACKAGE / "adapters/policies/worker.py":
        return  # the worker is a program of its own: what it writes is its answer
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    printed = [node.lineno for node in calls if isinstance(node.func, ast.Name) and node.func.id == "print"]
    streams = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"stdout", "stderr"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "sys"
    ]
    assert (printed, streams) == ([], [])


@pytest.mark.parametrize("path", [path for path in modules() if "versions" not in path.parts], ids=relative)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LINES
    functions = [
        (node.name, (node.end_lineno or 0) - node.lineno + 1)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [(name, lines) for name, lines in functions if lines > FUNCTION_LINES] == []


def test_no_place_of_this_machine_and_no_unknown_host() -> None:
    """Tests may hold hosts that nobody could know; everything else names reserved hosts and standards alone."""
    places = (str(ROOT), str(Path.home()) + "/")
    found = []
    for path in committed_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        name = relative(path)
        found += [f"{name}: {place}" for place in places if place in text]
        if not name.startswith("tests/"):
            found += [f"{name}: {host}" for host in URL.findall(text) if not KNOWN.fullmatch(host)]
    assert found == []


def test_every_ignored_finding_has_its_reason() -> None:
    """The reason stands behind it, or behind the one on the line above."""
    pragma = re.compile(r"#\s*(?:type: ignore(?:\[[^\]]*\])?|noqa(?::[\sA-Z0-9,]+)?)")
    found = []
    for path in modules():
        explained = False
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = pragma.search(line)
            if match is None:
                explained = False
                continue
            explained = explained or bool(line[match.end() :].strip(" #"))
            if not explained:
                found.append(f"{relative(path)}:{number}")
    assert found == []


def test_data_classes_come_from_the_decorator_that_is_quick_to_make() -> None:
    """`lists.py` inherits from a data class of another package, which the quick decorator does not take (ADR 68)."""
    spared = {PACKAGE / "model/dataclass.py", PACKAGE / "model/lists.py"}
    found = [
        f"{relative(path)}:{node.lineno}"
        for path in modules()
        if path.is_relative_to(PACKAGE) and path not in spared
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        if any(one.name == "dataclass" for one in node.names)
    ]
    assert found == []


def test_the_glossary_tells_every_word_once_and_in_order() -> None:
    lines = (ROOT / "docs/glossary.md").read_text(encoding="utf-8").splitlines()
    words = [line.split("|")[1].strip().casefold() for line in lines if line.startswith("|")][2:]
    assert words == sorted(set(words))
