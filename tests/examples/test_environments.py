"""The example of environments, and the page that shows what the program says about it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from reconciler.cli.main import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/environments.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```\n\$ reconciler (.*)\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "examples/environments", tmp_path / "tree")
    monkeypatch.chdir(tmp_path / "tree")
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path / "tree"


def test_the_page_shows_some_calls() -> None:
    assert len(SHOWN) == 3


@pytest.mark.parametrize(("words", "said"), SHOWN)
def test_the_page_shows_what_is_said(folder: Path, capsys: pytest.CaptureFixture[str], words: str, said: str) -> None:
    assert main(words.split()) == 0
    assert capsys.readouterr().out == said


def test_the_page_shows_the_overlay(folder: Path) -> None:
    file = "overlays/staging/tenants/farol/desk.yaml"
    assert f"```yaml\n# {file}\n{(folder / file).read_text(encoding='utf-8')}```" in PAGE


@pytest.mark.parametrize("environment", ["", "staging", "production"])
def test_the_example_is_valid_and_applies(folder: Path, environment: str) -> None:
    env = ["--env", environment] if environment else []
    assert main(["validate", *env]) == 0
    assert main(["apply", *env, "--bootstrap", "--auto-approve", "--as", "root@example.com"]) == 0
    assert main(["plan", *env, "--detailed-exitcode"]) == 0
