"""What is generated from the declarations is committed and fresh, and what people read names what there is."""

from __future__ import annotations

import re

import pytest

from reconciler.cli.main import cli
from scripts.generate import FOLDERS, generated
from tests.house.places import ROOT

EXISTING = {path.relative_to(ROOT).as_posix() for folder in FOLDERS for path in (ROOT / folder).glob("*.*")}


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return generated()


def test_generated_files_are_fresh(files: dict[str, str]) -> None:
    """Write them anew with ``make generated``."""
    stale = [
        name
        for name, text in files.items()
        if not (ROOT / name).exists() or (ROOT / name).read_text(encoding="utf-8") != text
    ]
    assert stale == []


def test_nothing_else_stands_among_generated_files(files: dict[str, str]) -> None:
    assert EXISTING - set(files) == set()


@pytest.mark.parametrize("page", ["README.md", "docs/cli.md"])
def test_every_command_is_in_the_docs(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    commands = cli.list_commands(None)  # type: ignore[arg-type]  # the group asks nothing of its context
    assert commands
    assert [name for name in commands if not re.search(rf"\b{name}\b", text)] == []


def test_links_between_documents_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    links = [
        (path, target)
        for path in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    ]
    assert links
    broken = [f"{path.relative_to(ROOT)}: {target}" for path, target in links if not (path.parent / target).exists()]
    assert broken == []


def test_every_make_target_is_in_the_readme_or_contributing() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {name for name in targets if f"make {name}" not in text} - {"help", "clean", "schemas"} == set()
