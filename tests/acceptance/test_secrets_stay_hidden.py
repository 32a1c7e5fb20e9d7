"""No output of any verb holds a secret: not one written where only its source belongs, and none that a source gives."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from reconciler.cli.main import main
from reconciler.model.catalog import Catalog
from tests.campaigns.leaks import Probe, holds, leaked, probes, shuffled
from tests.campaigns.mutants import EXAMPLES
from tests.cli.tree import CLOCK

CALLS = (
    ("validate",),
    ("validate", "--format", "json"),
    ("graph",),
    ("graph", "--format", "json"),
    ("plan",),
    ("plan", "--json", "--out", "plan.json"),
    ("--log-format", "json", "plan"),
    ("drift", "--verbose"),
    ("--verbose", "apply", "--auto-approve", "--bootstrap", "--report", "report.json"),
    ("snapshot", "--out", "live.snap"),
    ("plan", "--live", "live.snap", "--out", "frozen.json"),
)


@pytest.mark.slow
def test_no_finding_holds_a_misplaced_secret(catalog: Catalog) -> None:
    told = [probe.what for probe in shuffled(catalog, count=900, seed=11) if leaked(catalog, probe)]
    assert told == []


@pytest.mark.parametrize(
    "line",
    [
        "clientSecret: {{{m}}}",
        "clientSecret: {{fromEnv:{m}}}",
        "clientSecret: {{{m}, {m}}}",
        "clientSecret: {{fromEnv: X, {m}: x}}",
        "clientSecrt: {{{m}: x}}",
        "clientSecret: {{fromVault: {{path: p, key: k, {m}: x}}}}",
    ],
)
def test_a_secret_written_as_a_key_is_hidden(line: str, catalog: Catalog) -> None:
    marker = "Zq7Kx9Wv3"
    text = (
        "apiVersion: reconciler/v1\nkind: ClientService\nmetadata: {name: a}\nspec:\n  alias: a\n"
        f"  {line.format(m=marker)}\n"
    )
    assert leaked(catalog, Probe(line, text.encode(), marker)) == ""


def test_the_probes_hold_their_marker_and_most_are_refused(catalog: Catalog) -> None:
    """Otherwise the tests above would pass for nothing."""
    some = list(shuffled(catalog, count=300, seed=12))
    assert sum(holds(one.data.decode("utf-8", "replace"), one.marker) for one in some) > 250
    first = next(probes(catalog))
    assert holds(first.data.decode(), first.marker)


@pytest.mark.slow
def test_no_output_and_no_file_holds_a_misplaced_secret(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m").mkdir()
    for probe in shuffled(catalog, count=6, seed=13):
        (tmp_path / "m/a.yaml").write_bytes(probe.data)
        assert outputs_with(tmp_path, (probe.marker,), capfd, paths=("m",)) == [], probe.what


@pytest.mark.slow
def test_no_output_and_no_file_holds_the_value_behind_a_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    values = dict(line.split("=", 1) for line in _lines(tmp_path / "demo.env") if "=" in line and line[:1] != "#")
    for name, value in values.items():
        monkeypatch.setenv(name, value.strip("'\""))
    monkeypatch.setenv("RECONCILER_CLOCK", CLOCK)
    (tmp_path / "demo.env").unlink()
    monkeypatch.chdir(tmp_path)
    markers = tuple(value.strip("'\"") for value in values.values() if len(value) > 8)
    assert len(markers) > 5
    assert outputs_with(tmp_path, markers, capfd) == []
    assert (tmp_path / "report.json").exists(), "the examples were applied"


def outputs_with(
    folder: Path, markers: tuple[str, ...], capfd: pytest.CaptureFixture[str], *, paths: tuple[str, ...] = ()
) -> list[str]:
    """The calls and the written files in which a marker is found."""
    before = {path for path in folder.rglob("*") if path.is_file()}
    found = []
    for words in CALLS:
        capfd.readouterr()
        main([*words, *paths])
        out, err = capfd.readouterr()
        assert "ERR-00" not in err, words
        found += [" ".join(words) for marker in markers if holds(out + err, marker)]
    for path in sorted({path for path in folder.rglob("*") if path.is_file()} - before):
        text = path.read_bytes().decode("latin-1")
        found += [str(path.relative_to(folder)) for marker in markers if holds(text, marker)]
        if paths:
            path.unlink()
    return found


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
