"""The corpus of the benchmarks: valid, with every kind in it, and the floor agrees with the product about its rows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli.main import main
from reconciler.kinds import discover

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
SIZE = 130
"""More than the platform and one tenant, so that every kind is there."""


def program(name: str, *arguments: str, folder: Path) -> str:
    """What a program of the benchmarks prints."""
    command = [sys.executable, str(BENCHMARKS / name), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, env=dict(os.environ))
    return done.stdout


def test_the_corpus_is_valid_and_the_floor_reads_it_as_the_product_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "corpus"
    program("corpus.py", str(folder), "--resources", str(SIZE), folder=tmp_path)
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.yaml")]
    kinds = {found[1] for text in texts if (found := re.search(r"(?m)^kind: (\w+)$", text))}
    assert kinds == {*discover(), "Project"}
    monkeypatch.chdir(folder)
    monkeypatch.setenv("BENCH_SECRET", "Correct-Horse-4711")
    assert main(["validate"]) == 0
    assert capsys.readouterr().out.startswith("Valid: ")
    assert main(["apply", "--auto-approve", "--bootstrap"]) == 0
    for more in ((), ("--cache", "floor.cache"), ("--cache", "floor.cache")):
        assert program("floor.py", ".", "live.db", *more, folder=folder) == f"{SIZE} resources, 0 differ\n"
    for more in ((), ("--hash",)):
        assert program("floor.py", ".", f"floor{len(more)}.db", "--write", *more, folder=folder) == f"{SIZE} written\n"
    changed = next(folder.rglob("bundle-*.yaml"))
    changed.write_text(re.sub(r"note: .*", "note: another", changed.read_text(encoding="utf-8")), encoding="utf-8")
    assert program("floor.py", ".", "live.db", "--cache", "floor.cache", folder=folder).endswith(" 1 differ\n")


def test_a_row_says_what_is_over_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from measuring import Cost
    from table import Line, growth, lines

    def cost(processor: float, memory: float = 50) -> Cost:
        return Cost(9, processor, memory)

    small = Line("plan", cost(1.6), 3, cost(1), budget=1.5, memory=60, grows=True)
    large = Line("plan", cost(16, 70), 3, cost(10), budget=1.5, memory=60, grows=True)
    few = Line("few", cost(1.4), 1, cost(1), more=0.5, held=1.2, locks=1)
    within = Line("within", cost(1.04), 3, cost(1), budget=1)
    assert [one.over for one in (small, large, few, within)] == ["time", "time, memory", "locks", ""]
    _, head, places, _, *rows = lines(10, {"SQLite": [small, within], "Other": [few, large]})
    assert "N = 10;" in head
    assert places.split() == ["budget", "|", "SQLite", "|", "Other"]
    assert [row.split("|")[0].split() for row in rows] == [
        ["plan", "1.5", "x,", "60", "MB"],
        ["within", "1", "x"],
        ["few", "+0.5", "s,", "locks", "1", "s"],
    ]
    assert [row.count("OVER") for row in rows] == [2, 0, 1]
    assert rows[0].split("|")[1].split() == ["1.00", "s", "1.60", "s", "1.60", "x", "[3]", "50", "MB", "OVER", "time"]
    told = [*growth({10: {"SQLite": [small]}, 100: {"SQLite": [large]}})]
    assert told[-1].split() == ["plan", "SQLite", "time", "1.00", "(floor", "1.00),", "memory", "0.15"]
