"""The library's face and what is installed."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import reconciler
from tests.house.places import PACKAGE, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_public_names_are_sorted_and_all_there() -> None:
    assert list(reconciler.__all__) == sorted(reconciler.__all__)
    assert {name: getattr(reconciler, name) for name in reconciler.__all__}.keys() == set(reconciler.__all__)


def test_public_names_are_about_a_dozen() -> None:
    assert len(reconciler.__all__) <= 16


def test_no_other_name_is_public() -> None:
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        _ = reconciler.nothing_of_this_name
    assert set(reconciler._HOME) | {"__version__"} == set(reconciler.__all__)


def test_public_names_are_documented() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [name for name in reconciler.__all__ if f"`{name}`" not in text] == []


def test_one_version_everywhere() -> None:
    assert PROJECT["project"]["version"] == reconciler.__version__


def test_the_wheel_holds_the_whole_package(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOT, check=True,
        capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("reconciler/")}
    wanted = {path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*") if path.is_file()}
    assert held == {name for name in wanted if "__pycache__" not in name}
    assert "reconciler/py.typed" in held
    assert any("/migrations/" in name for name in held)


def test_the_lock_names_every_dependency_and_no_host() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {line.partition("==")[0] for line in lock.splitlines() if "==" in line and not line.startswith(" ")}
    groups = [
        *PROJECT["project"]["dependencies"],
        *(one for group in PROJECT["dependency-groups"].values() for one in group),
    ]
    wanted = {one.partition(">=")[0].partition("[")[0].replace(".", "-").lower() for one in groups}
    assert wanted - {name.replace(".", "-") for name in locked} == set()
    assert "://" not in lock
