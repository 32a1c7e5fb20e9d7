"""How a run gets on: a bar on a real terminal and nowhere else, and the times of its stages when they are asked for."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from reconciler.cli.main import main
from reconciler.cli.pacing import Bar, Pace
from reconciler.model import pace
from tests.cli.tree import CLOCK, FILES, ROOT, SECRET

SLOW = """\
import sys, time
from reconciler.cli import main as program
from reconciler.adapters.manifests.collect import Collector
before = Collector.add
def add(*given, **more):
    time.sleep({seconds})
    return before(*given, **more)
Collector.add = add
sys.exit(program.main(sys.argv[1:]))
"""
"""The program, with manifests that are slow to read."""


class Seen(NamedTuple):
    """What came of a call: its code, what its terminal showed, and its standard output where that is a pipe."""

    code: int
    terminal: str
    output: str


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tree of manifests with a database that does not exist yet."""
    (tmp_path / "reconciler.yaml").write_text(
        "apiVersion: reconciler/v1\nkind: Project\nmanifests: [platform, tenants]\n"
        "database: {url: sqlite:///live.db}\nguards: {minAdministrators: 1}\n",
        encoding="utf-8",
    )
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def call(
    folder: Path,
    *arguments: str,
    seconds: float = 0.3,
    stop_at: str = "",
    more: dict[str, str] | None = None,
    terminal: bool = True,
) -> Seen:
    """Call the program with a terminal as its standard error, or with a pipe; interrupt it once ``stop_at`` shows."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("RECONCILER_", "CI"))}
    environment |= {"TERM": "xterm", "RECONCILER_NOW": CLOCK, "RECONCILER_CACHE": "off", "ANA_PASSWORD": SECRET}
    environment |= more or {}
    ours, theirs = pty.openpty() if terminal else os.pipe()
    command = [sys.executable, "-c", SLOW.format(seconds=seconds), *arguments]
    child = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown = bytearray()

    def look() -> None:
        while True:
            try:
                data = os.read(ours, 4096)
            except OSError:  # the other end is closed
                return
            if not data:
                return
            shown.extend(data)

    watching = threading.Thread(target=look)
    watching.start()
    if stop_at:
        limit = time.monotonic() + 60
        while stop_at.encode() not in shown and child.poll() is None and time.monotonic() < limit:
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
    output, _ = child.communicate(timeout=120)
    watching.join(timeout=30)
    os.close(ours)
    return Seen(child.returncode, shown.decode(), output.decode())


def last_line(terminal: str) -> str:
    """What a terminal holds in its last line, as far as a bar goes."""
    return terminal.rpartition("\x1b[2K")[2]


def test_a_bar_shows_on_a_terminal_and_is_gone_at_the_end(folder: Path) -> None:
    seen = call(folder, "validate")
    assert seen.code == 0, seen
    assert "reading manifests" in seen.terminal
    assert f"/{len(FILES)}" in seen.terminal
    assert last_line(seen.terminal) == ""
    assert "reading" not in seen.output
    assert "\x1b" not in seen.output


def test_a_quick_run_shows_no_bar(folder: Path) -> None:
    assert "reading" not in call(folder, "version", seconds=0).terminal


@pytest.mark.parametrize(
    ("arguments", "more"),
    [
        (("--quiet",), {}),
        (("--log-format", "json"), {}),
        ((), {"CI": "true"}),
        ((), {"TERM": "dumb"}),
    ],
)
def test_none_shows_where_nobody_looks(folder: Path, arguments: tuple[str, ...], more: dict[str, str]) -> None:
    seen = call(folder, "validate", *arguments, more=more)
    assert seen.code == 0, seen
    assert "reading manifests" not in seen.terminal
    assert "\x1b[2K" not in seen.terminal


def test_pipes_get_no_bar(folder: Path) -> None:
    seen = call(folder, "plan", terminal=False)
    assert "reading manifests" not in seen.terminal
    assert "\x1b" not in seen.terminal + seen.output
    assert "Plan: " in seen.output


def test_an_interrupt_takes_the_bar_away(folder: Path) -> None:
    seen = call(folder, "plan", seconds=1, stop_at="reading manifests")
    assert seen.code == 130
    assert last_line(seen.terminal).strip() == "interrupted; nothing was changed"


def test_what_is_told_meanwhile_stands_on_lines_of_its_own(folder: Path) -> None:
    seen = call(folder, "plan", "--verbose")
    told = [line for line in seen.terminal.splitlines() if "Rights were not judged" in line]
    assert told
    assert told[0].rpartition("\x1b[2K")[2].startswith("Rights were not judged")


def test_a_stage_goes_on_counting_behind_one_inside_it() -> None:
    bar = Bar()
    heard = Pace(bar)
    heard.begin("read")
    heard.advance(5, 9)
    heard.begin("validate")
    heard.advance(2, None)
    heard.end()
    heard.advance(1, 9)
    assert bar.far == (6, 9)
    assert heard.counts == {"read": 6, "read/validate": 2}


def test_a_stage_inside_of_one_that_counts_is_a_part_of_it() -> None:
    bar = Bar()
    heard = Pace(bar)
    heard.begin("read")
    heard.begin("validate")
    assert bar._text == "validating manifests", "nothing is counted yet"
    heard.end()
    heard.advance(5, 9)
    heard.begin("validate")
    heard.advance(2, None)
    assert (bar._text, bar.far) == ("reading manifests", (5, 9))
    heard.end()
    assert (bar._text, bar.far) == ("reading manifests", (5, 9))
    heard.advance(4, 9)
    heard.begin("validate")
    assert (bar._text, bar.far) == ("validating manifests", None), "the other one has counted to its end"
    heard.end()
    heard.end()
    assert bar._text == ""


def test_a_line_that_stays_is_not_drawn_again(folder: Path) -> None:
    shown = call(folder, "validate", seconds=0.6).terminal
    lines = [one.partition("\r\n")[0].strip("\r") for one in shown.split("\x1b[2K")]
    assert len(lines) > 3
    assert not [one for one, before in zip(lines[1:], lines, strict=False) if one and one == before]


def test_what_is_compared_planned_and_written_is_counted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RECONCILER_NOW", CLOCK)
    monkeypatch.setenv("ANA_PASSWORD", SECRET)
    assert main(["apply", "--bootstrap", "--as", ROOT, "--auto-approve", "--verbose"]) == 0
    told = [line.split() for line in capsys.readouterr().err.splitlines() if line.startswith("time: ")]
    counts = {words[1]: int(words[4]) for words in told if len(words) > 4}
    number = counts["compare"]
    assert number > 0
    assert counts["plan"] == counts["write"] == number
    assert counts["seal"] == 1


def test_verbose_tells_the_time_of_each_stage(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RECONCILER_NOW", CLOCK)
    monkeypatch.setenv("ANA_PASSWORD", SECRET)
    assert main(["plan", "--verbose"]) == 0
    heard = capsys.readouterr()
    stages = [line.split()[1] for line in heard.err.splitlines() if line.startswith("time: ")]
    assert stages[:5] == ["start", "read", "read/validate", "validate", "database"]
    assert {"resolve", "compare", "plan", "judge", "render"} <= set(stages)
    assert stages[-1] == "other"
    assert f"  {len(FILES)}\n" in heard.err
    assert "time: " not in heard.out
    main(["plan"])
    assert "time: " not in capsys.readouterr().err


def test_the_times_are_events_in_a_log_of_json(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RECONCILER_NOW", CLOCK)
    monkeypatch.setenv("ANA_PASSWORD", SECRET)
    main(["validate", "--verbose", "--log-format", "json"])
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    read = next(one for one in events if one.get("stage") == "read")
    assert read["event"] == "stage"
    assert read["level"] == "info"
    assert read["count"] == len(FILES)
    assert read["seconds"] >= 0


def test_the_result_is_the_same_with_times_and_without(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RECONCILER_NOW", CLOCK)
    monkeypatch.setenv("ANA_PASSWORD", SECRET)
    main(["plan", "--format", "json"])
    plain = capsys.readouterr().out
    main(["plan", "--format", "json", "--verbose"])
    assert capsys.readouterr().out == plain


def test_with_nobody_listening_things_are_given_back_as_they_are() -> None:
    things = [1, 2, 3]
    assert pace.each(things, 3) is things
    assert pace.stage("read") is pace.stage("write")


def test_stages_inside_of_others_count_for_themselves() -> None:
    from reconciler.cli.pacing import Pace

    found = Pace()
    with pace.heard_by(found), pace.stage("again"):
        time.sleep(0.02)
        with pace.stage("plan"):
            time.sleep(0.05)
            pace.counter()(7)
    times = {name: (seconds, count) for name, seconds, count in found.lines()}
    assert times["again/plan"][0] >= 0.05
    assert times["again/plan"][1] == 7
    assert times["again"][0] >= 0.02
    assert list(times) == ["start", "again", "again/plan", "other"]


def test_a_stage_that_comes_again_counts_anew_on_the_bar_and_adds_up_in_the_times() -> None:
    from reconciler.cli.pacing import Bar, Pace

    found = Pace(Bar())
    assert found.bar is not None
    with pace.heard_by(found):
        for _ in range(2):
            with pace.stage("read"):
                assert list(pace.each("abc", 3)) == ["a", "b", "c"]
                assert found.bar.far == (3, 3)
    assert {name: count for name, _, count in found.lines()}["read"] == 6
