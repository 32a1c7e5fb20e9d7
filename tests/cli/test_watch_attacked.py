"""A watch that is killed, starved and crossed: its file is whole, nothing is lost, and nothing is told twice as new."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from time import sleep

import pytest

from tests.adapters.watching.hook import Hook, listening
from tests.cli.tree import INES, ROOT, Tree
from tests.cli.watcher import ROOT as HERE
from tests.cli.watcher import Watcher, watching

pytestmark = pytest.mark.slow

BY_HAND = "UPDATE categories SET audience = 'all' WHERE name = 'signing'"
BACK = "UPDATE categories SET audience = 'customers' WHERE name = 'signing'"
END = "reconciler_drift_last_success_timestamp_seconds"
WRITER = """\
import sys
from pathlib import Path
from reconciler.adapters.watching import open_metrics
from reconciler.model.watch import Tally
door = open_metrics("drift.prom", folder=Path(sys.argv[1]), version="1")
many = {(f"tenant-{number}", "Category", "new"): number for number in range(3000)}
print("ready", flush=True)
while True:
    door.show(Tally(interval=1, findings=many, last_round=5.0, last_complete=5.0))
"""


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as found:
        yield found


def heard(hook: Hook) -> list[tuple[str, str]]:
    """Type and id of every transition, in the order in which they came."""
    return [(one["type"], one["id"]) for body in hook.bodies for one in json.loads(body)["transitions"]]


def rounds(watch: Watcher, number: int) -> None:
    for _ in range(number):
        watch.until("round.done")


def test_the_file_is_whole_whenever_it_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "drift.prom"
    for wait in (0.0, 0.01, 0.03, 0.05, 0.08, 0.11):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": str(HERE)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert any(file.exists() or sleep(0.01) for _ in range(3000))
        sleep(wait)
        process.kill()
        process.communicate()
        text = file.read_text(encoding="utf-8")
        assert text.count("tenant=") == 3000
        assert re.search(rf"^{END} \S+\n\Z", text, re.MULTILINE), text[-200:]


def test_what_a_killed_watch_left_beside_its_file_is_swept(tree: Tree) -> None:
    tree.apply()
    old, new, other = (tree.folder / f"{name}.4711.1" for name in ("drift.prom", "drift.prom.1", "other.prom"))
    young = tree.folder / "drift.prom.4712.2"
    for one in (old, new, other, young):
        one.write_text("half", encoding="utf-8")
    for one in (old, new, other):
        os.utime(one, (0, 0))
    with watching(tree.folder, "--every", "1h", "--metrics", "drift.prom") as watch:
        watch.until("round.done")
        assert watch.end() == 0
    assert [one.exists() for one in (old, new, other, young)] == [False, True, True, True]


def test_two_with_one_file_leave_it_whole_and_two_with_one_port_are_told(tree: Tree) -> None:
    tree.apply()
    words = ("--every", "1s", "--metrics", "drift.prom")
    file = tree.folder / "drift.prom"
    with watching(tree.folder, *words) as one, watching(tree.folder, *words) as two:
        one.until("round.done")
        two.until("round.done")
        assert any(file.exists() or sleep(0.05) for _ in range(600))
        for number in range(60):
            assert END in file.read_text(encoding="utf-8"), number
            sleep(0.05)
        assert (one.end(), two.end()) == (0, 0)
    with watching(tree.folder, "--every", "1h", "--metrics", ":0") as one:
        place = one.until("watch.started")["metrics"]
        call = tree.run("drift", "--every", "1h", "--metrics", place)
        assert (call.code, "WCH-02" in call.err) == (1, True)
        assert one.end() == 0


def test_a_folder_that_goes_and_comes_back_ends_nothing(tree: Tree) -> None:
    tree.apply()
    folder = tree.folder / "numbers"
    folder.mkdir()
    with watching(tree.folder, "--every", "1s", "--metrics", "numbers/drift.prom") as watch:
        watch.until("round.done")
        assert any((folder / "drift.prom").exists() or sleep(0.05) for _ in range(600))
        folder.rename(tree.folder / "away")
        assert watch.until("metrics.failed")["code"] == "WCH-02"
        folder.mkdir()
        rounds(watch, 2)
        assert any((folder / "drift.prom").exists() or sleep(0.05) for _ in range(600))
        assert watch.end() == 0


def test_a_webhook_that_fails_in_every_way_hears_all_of_it_in_order(tree: Tree, hook: Hook) -> None:
    tree.apply()
    tree.sql(BY_HAND)
    hook.otherwise = 503
    times = {"RECONCILER_CLOCK": ""}  # names of transitions hold the times at which they were told
    with watching(tree.folder, "--every", "1s", RECONCILER_WEBHOOK_URL=hook.url, **times) as watch:
        watch.until("finding.appeared")
        watch.until("webhook.failed")
        for status, by, event in ((302, BACK, "resolved"), (404, BY_HAND, "appeared"), (429, BACK, "resolved")):
            hook.otherwise = status
            while f"HTTP {status}" not in watch.until("webhook.failed")["message"]:
                """A try that had begun before ends as the one before."""
            tree.sql(by)
            watch.until(f"finding.{event}")
        hook.otherwise = 204
        watch.until("webhook.delivered")
        assert watch.end() == 0
    assert not any("elsewhere" in one for one in hook.paths), "a redirect is never followed"
    final = json.loads(hook.bodies[-1])["transitions"]
    assert [one["type"] for one in final] == ["finding.appeared", "finding.resolved"] * 2
    assert len({one["id"] for one in final}) == len(final)
    assert heard(hook)[0] == heard(hook)[-4]


def test_two_that_record_tell_the_same_under_the_same_names(tree: Tree, hook: Hook) -> None:
    tree.apply()
    tree.sql(BY_HAND)
    words = ("--every", "1s", "--record")
    both = {"RECONCILER_WEBHOOK_URL": hook.url}
    with watching(tree.folder, *words, **both) as one, watching(tree.folder, *words, **both) as two:
        one.until("round.done")
        two.until("round.done")
        tree.sql(BACK)
        for watch in (one, two):
            watch.until("finding.resolved")
            watch.until("round.done")
        assert (one.end(), two.end()) == (0, 0)
        assert "round.failed" not in one.events() + two.events()
    names = {word: {number for other, number in heard(hook) if other == word} for word, _ in heard(hook)}
    assert len(names["finding.appeared"]) == 1, "whoever hears it twice knows it again"
    assert tree.sql("SELECT state, count(*) FROM reconciler_findings GROUP BY state") == [("resolved", 1)]


def test_a_watch_that_is_killed_while_it_writes_findings_down_leaves_all_or_none(tree: Tree) -> None:
    tree.apply()
    number = count()
    for wait in (0.3, 0.6, 0.9):
        tree.sql(BY_HAND if next(number) % 2 == 0 else BACK)
        with watching(tree.folder, "--every", "1s", "--record") as watch:
            watch.until("watch.started")
            sleep(wait)
            assert watch.end(signal.SIGKILL) == -signal.SIGKILL
        assert tree.run("db", "check").code == 0
    tree.sql(BY_HAND)
    assert tree.run("drift", "--record").code == 0
    assert tree.sql("SELECT count(*) FROM reconciler_findings WHERE state <> 'resolved'") == [(1,)]


def test_a_move_that_is_applied_ends_and_begins_nothing(tree: Tree) -> None:
    tree.apply()
    tree.write(
        "waivers/one.yaml",
        "apiVersion: reconciler/v1\nkind: Waiver\nmetadata: {name: campaign}\nspec: {owner: rita@example.com, "
        "reason: Until the campaign is over., expires: 2026-06-22, addresses: ['Category/*']}\n",
    )
    tree.sql(BY_HAND)
    with watching(tree.folder, "--every", "1s") as watch:
        assert watch.until("finding.waived")["address"] == "Category/farol/signing"
        assert tree.run("move", "Category/farol/signing", "seals").code == 0
        rounds(watch, 2)
        assert tree.run("apply", "--auto-approve", "--as", ROOT, "--as", INES).code == 0
        rounds(watch, 3)
        assert watch.end() == 0
    found = [(one["event"], one.get("address"), one.get("previous")) for one in watch.lines if "finding" in one]
    assert found == [("finding.waived", "Category/farol/signing", None)], watch.lines


def test_a_log_that_nobody_reads_any_more_ends_nothing_else(tree: Tree) -> None:
    tree.apply()
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", "drift", "--every", "1s", "--metrics", "drift.prom"],
        cwd=tree.folder,
        env={**os.environ, "PYTHONPATH": str(HERE)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stderr is not None
        assert process.stderr.readline()
        process.stderr.close()
        file = tree.folder / "drift.prom"
        seen = 'reconciler_drift_rounds_total{outcome="complete"} 3.0'
        assert any((file.exists() and seen in file.read_text(encoding="utf-8")) or sleep(0.05) for _ in range(1200))
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
