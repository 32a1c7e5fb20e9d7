"""The cache of sound manifests as a user meets it: on by default, off on request, and never in the result."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.cli.main import main

SERVICE = """\
apiVersion: reconciler/v1
kind: Bundle
metadata:
  name: bundle-{0}
spec:
  displayName: Number {0}
  includedSignatures: {0}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with 120 manifests, one of them with a finding."""
    folder = tmp_path / "work"
    (folder / "bundles").mkdir(parents=True)
    for place in range(120):
        (folder / "bundles" / f"b{place}.yaml").write_text(SERVICE.format(place))
    (folder / "bundles" / "wrong.yaml").write_text(SERVICE.format("odd").replace("Signatures: odd", "Signatures: 1.5"))
    monkeypatch.chdir(folder)
    monkeypatch.delenv("RECONCILER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    return folder


def run(capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main(["validate"])
    output = capsys.readouterr()
    return code, output.out, output.err


def packs(folder: Path) -> list[Path]:
    return list(folder.parent.rglob("*.pack"))


def test_with_and_without_a_cache_the_output_is_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cold = run(capsys)
    assert cold[0] == 1
    assert len(packs(folder)) == 1
    assert packs(folder)[0].is_relative_to(folder.parent / "xdg" / "reconciler" / "manifests")
    assert run(capsys) == cold
    monkeypatch.setenv("RECONCILER_CACHE", "off")
    assert run(capsys) == cold
    (folder / "bundles" / "b1.yaml").write_text(SERVICE.format(1).replace("Number 1", "''"))
    off = run(capsys)
    monkeypatch.delenv("RECONCILER_CACHE")
    assert run(capsys) == off != cold


@pytest.mark.parametrize("word", ["off", "OFF", "relative/folder", "~/x"])
def test_no_cache_where_none_is_wanted(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    monkeypatch.setenv("RECONCILER_CACHE", word)
    run(capsys)
    assert packs(folder) == []


def test_the_configuration_switches_it_off(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "reconciler.yaml").write_text("apiVersion: reconciler/v1\nkind: Project\ncache: false\n")
    run(capsys)
    assert packs(folder) == []


def test_another_place_may_be_named(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECONCILER_CACHE", str(folder.parent / "there"))
    cold = run(capsys)
    assert [one.is_relative_to(folder.parent / "there") for one in packs(folder)] == [True]
    assert run(capsys) == cold
