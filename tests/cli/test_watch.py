"""``drift --every``: a process that goes on looking, tells what turns, and ends when it is asked to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from urllib.request import ProxyHandler, build_opener

import pytest

from reconciler.cli import watching as watch_of_drift
from reconciler.model.watch import LogEntry
from tests.adapters.watching.hook import Hook, listening
from tests.adapters.watching.promtool import needed, promtool
from tests.cli.tree import INES, Tree
from tests.cli.watcher import ROOT, watching

pytestmark = pytest.mark.slow

BY_HAND = "UPDATE categories SET audience = 'all' WHERE name = 'signing'"
BACK = "UPDATE categories SET audience = 'customers' WHERE name = 'signing'"


@pytest.fixture
def hook() -> Iterator[Hook]:
    with listening() as found:
        yield found


def told(hook: Hook) -> list[tuple[str, str]]:
    """Type and address of everything that the webhook has heard."""
    transitions = [one for body in hook.bodies for one in json.loads(body)["transitions"]]
    return [(one["type"], one.get("finding", {}).get("address", one.get("code") or "")) for one in transitions]


def ids(hook: Hook) -> list[str]:
    return [one["id"] for body in hook.bodies for one in json.loads(body)["transitions"]]


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_at_once(tree: Tree, how: signal.Signals, code: int) -> None:
    tree.apply()
    with watching(tree.folder, "--every", "1h") as watch:
        watch.until("round.done")
        begun = monotonic()
        assert watch.end(how) == code
        assert monotonic() - begun < 10
        watch.until("watch.stopped")
        assert watch.process.stdout is not None
        assert watch.process.stdout.read() == ""


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_whose_exception_is_lost_ends_it_too(tree: Tree, how: signal.Signals, code: int) -> None:
    """What is raised while objects are destroyed goes nowhere, and a signal comes whenever it likes."""
    tree.apply()
    program = (
        "import os, sys\nfrom reconciler.cli import main, watching\n"
        "class Object:\n    def __del__(self):\n        os.kill(os.getpid(), int(sys.argv.pop(1)))\n"
        "real = watching._Log.__call__\n"
        "def told(self, entry):\n    real(self, entry)\n    if entry.event == 'round.done':\n        Object()\n"
        "watching._Log.__call__ = told\n"
        "sys.unraisablehook = lambda one: print('lost', file=sys.stderr)\n"
        "sys.exit(main.main(['drift', '--every', '1h']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(int(how))],
        cwd=tree.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, "lost" in done.stderr) == (code, True), done.stderr


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_from_its_first_line_on(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, how: signal.Signals, code: int
) -> None:
    real = watch_of_drift._Log.__call__
    events: list[str] = []

    def tell(self: watch_of_drift._Log, entry: LogEntry) -> None:
        real(self, entry)
        events.append(entry.event)
        if entry.event == "watch.started":
            os.kill(os.getpid(), how)

    monkeypatch.setattr(watch_of_drift._Log, "__call__", tell)
    assert tree.run("drift", "--every", "1h").code == code
    assert events == ["watch.started", "watch.stopped"]


def test_a_signal_ends_it_also_while_a_webhook_is_silent(tree: Tree, hook: Hook) -> None:
    tree.apply()
    tree.sql(BY_HAND)
    hook.answers = [0] * 9
    program = (
        "import sys\nfrom reconciler.adapters.watching import webhook\nfrom reconciler.cli.main import main\n"
        "make = webhook.Webhook.__init__\n"
        "webhook.Webhook.__init__ = lambda self, **named: make(self, **{**named, 'patience': 1000.0})\n"
        "sys.exit(main())\n"
    )
    words = ("--every", "1h")
    with watching(tree.folder, *words, program=("-c", program), RECONCILER_WEBHOOK_URL=hook.url) as watch:
        watch.until("finding.appeared")
        assert hook.asked.wait(30)
        begun = monotonic()
        assert watch.end() == 0
        assert monotonic() - begun < 5
        watch.until("watch.stopped")
    assert not {"webhook.delivered", "webhook.failed"} & set(watch.events())
    assert len(hook.bodies) == 1


def test_what_a_hand_changes_is_logged_delivered_and_counted(tree: Tree, hook: Hook) -> None:
    tree.apply()
    words = ("--every", "1s", "--metrics", ":0", "--webhook", "HOOK")
    with watching(tree.folder, *words, HOOK=f"{hook.url}/x") as watch:
        started = watch.until("watch.started")
        assert (started["every"], started["webhook"], started["record"]) == (1, True, False)
        watch.until("round.done")
        tree.sql(BY_HAND)
        entry = watch.until("finding.appeared")
        assert (entry["address"], entry["field"], entry["state"]) == ("Category/farol/signing", "audience", "new")
        assert entry["place"] == f"tenants/farol/desk.yaml:{tree.line_of('tenants/farol/desk.yaml', 'audience')}"
        watch.until("webhook.delivered")
        watch.until("round.done")
        with build_opener(ProxyHandler({})).open(f"http://{started['metrics']}/metrics", timeout=10) as answer:
            numbers = answer.read().decode()
        assert 'reconciler_drift_findings{kind="Category",state="new",tenant="farol"} 1.0' in numbers
        tree.sql(BACK)
        assert watch.until("finding.resolved")["finding"] == entry["finding"]
        watch.until("webhook.delivered")
        assert watch.end() == 0
    assert told(hook) == [
        ("finding.appeared", "Category/farol/signing"),
        ("finding.resolved", "Category/farol/signing"),
    ]


@needed
def test_promtool_finds_nothing_wrong_with_the_file(tree: Tree) -> None:
    tree.apply()
    tree.sql(BY_HAND)
    with watching(tree.folder, "--every", "1s", "--metrics", "drift.prom") as watch:
        watch.until("round.done")
        watch.until("round.done")
        assert watch.end() == 0
    text = (tree.folder / "drift.prom").read_text(encoding="utf-8")
    assert 'state="new"' in text
    assert promtool("check", "metrics", given=text) == ""


def test_manifests_and_waivers_are_read_anew_and_broken_ones_end_nothing(tree: Tree) -> None:
    tree.apply()
    tree.sql(BY_HAND)
    with watching(tree.folder, "--every", "1s") as watch:
        watch.until("finding.appeared")
        file = tree.folder / "tenants/farol/desk.yaml"
        sound = file.read_text(encoding="utf-8")
        file.write_text(sound + "audience: [\n", encoding="utf-8")
        assert watch.until("round.failing")["code"] == "DRF-01"
        file.write_text(sound, encoding="utf-8")
        watch.until("round.recovered")
        tree.write(
            "waivers/campaign.yaml",
            "apiVersion: reconciler/v1\nkind: Waiver\nmetadata: {name: campaign}\nspec: {owner: rita@example.com, "
            "reason: Until the campaign is over., expires: 2026-06-22, addresses: [Category/*]}\n",
        )
        assert watch.until("finding.waived")["waiver"] == "campaign"
        (tree.folder / "waivers/campaign.yaml").unlink()
        watch.until("finding.returned")
        assert "finding.resolved" not in watch.events()
        assert watch.end() == 0


def test_a_commit_is_looked_up_anew_each_round(tree: Tree) -> None:
    def git(*words: str) -> None:
        person = ("-c", "user.name=Rita", "-c", "user.email=rita@example.com")
        subprocess.run(["git", *person, *words], cwd=tree.folder, check=True, capture_output=True)

    tree.apply()
    git("init", "-q", "-b", "main")
    git("add", "tenants", "platform")
    git("commit", "-q", "-m", "As agreed")
    tree.sql(BY_HAND)
    with watching(tree.folder, "--every", "1s", "--rev", "main") as watch:
        watch.until("finding.appeared")
        tree.edit("tenants/farol/desk.yaml", "audience: customers", "audience: all")
        git("commit", "-q", "-a", "-m", "Everybody may ask")
        watch.until("finding.resolved")
        git("branch", "-q", "-m", "trunk")
        watch.until("round.failing")
        git("branch", "-q", "-m", "main")
        watch.until("round.recovered")
        assert watch.end() == 0


def test_a_database_that_is_down_is_waited_for_also_at_the_start(tree: Tree, hook: Hook) -> None:
    tree.apply()
    live = tree.folder / ".reconciler/live.db"
    sound = live.read_bytes()
    live.write_bytes(b"no database at all" * 500)
    with watching(tree.folder, "--every", "1s", RECONCILER_WEBHOOK_URL=hook.url) as watch:
        failed = watch.until("round.failed")
        assert (failed["level"], failed["code"][:3]) == ("error", "DB-")
        watch.until("round.failed")
        live.write_bytes(sound)
        watch.until("round.recovered")
        watch.until("webhook.delivered")
        assert watch.end() == 0
    assert [word for word, _ in told(hook)] == ["round.failing", "round.recovered"]


def test_who_asks_is_told_only_what_may_be_read(tree: Tree, hook: Hook) -> None:
    tree.apply()
    tree.sql(BY_HAND)
    tree.sql("UPDATE operators SET display_name = 'Somebody else' WHERE name = 'second'")
    words = ("--every", "1h", "--as", INES, "--metrics", "drift.prom")
    with watching(tree.folder, *words, RECONCILER_WEBHOOK_URL=hook.url) as watch:
        watch.until("round.done")
        assert watch.end() == 0
    assert told(hook) == [("finding.appeared", "Category/farol/signing")]
    text = json.dumps(watch.lines) + "".join(one.decode() for one in hook.bodies)
    assert "Operator/second" not in text
    numbers = (tree.folder / "drift.prom").read_text(encoding="utf-8")
    assert 'kind="Category"' in numbers
    assert 'kind="Operator"' not in numbers


def test_with_record_nothing_is_told_twice_and_a_killed_watch_loses_nothing(tree: Tree, hook: Hook) -> None:
    tree.apply()
    tree.sql(BY_HAND)
    words = ("--every", "1h", "--record")
    hook.answers = [400]
    with watching(tree.folder, *words, RECONCILER_WEBHOOK_URL=hook.url) as watch:
        watch.until("webhook.failed")
        watch.until("round.done")
        assert watch.end(signal.SIGKILL) == -signal.SIGKILL
    for expected in (2, 2):
        with watching(tree.folder, *words, RECONCILER_WEBHOOK_URL=hook.url) as watch:
            watch.until("round.done")
            assert watch.end() == 0
        assert len(hook.bodies) == expected
    assert len(set(ids(hook))) == 1
    assert tree.sql("SELECT state FROM reconciler_findings") == [("known",)]


def test_without_record_a_new_watch_tells_the_same_under_the_same_name(tree: Tree, hook: Hook) -> None:
    tree.apply()
    tree.sql(BY_HAND)
    for _ in range(2):
        with watching(tree.folder, "--every", "1h", RECONCILER_WEBHOOK_URL=hook.url) as watch:
            watch.until("round.done")
            assert watch.end() == 0
    assert len(ids(hook)) == 2
    assert len(set(ids(hook))) == 1
    assert tree.sql("SELECT count(*) FROM reconciler_findings") == [(0,)]


def test_the_configuration_names_the_variables(tree: Tree, hook: Hook) -> None:
    tree.apply()
    tree.sql(BY_HAND)
    tree.write(
        "reconciler.yaml",
        "apiVersion: reconciler/v1\nkind: Project\nmanifests: [platform, tenants]\n"
        "watch: {webhook: {fromEnv: HOOK_URL, secretFromEnv: HOOK_SECRET}}\n",
    )
    with watching(tree.folder, "--every", "1h", HOOK_URL=hook.url, HOOK_SECRET="of-both-of-us") as watch:
        watch.until("round.done")
        assert watch.end() == 0
    assert hook.headers[0]["X-Reconciler-Signature"].startswith("sha256=")
    call = tree.run("drift", "--every", "1h")
    assert (call.code, "HOOK_URL" in call.err) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("--every", "0s"),
        ("--every", "5"),
        ("--every", "8d"),
        ("--every", "-1s"),
        ("--every", "1.5m"),
        ("--every", ""),
        ("--every", "5m", "--format", "json"),
        ("--every", "5m", "--detailed-exitcode"),
        ("--every", "5m", "--metrics", "none/x.prom"),
        ("--every", "5m", "--webhook", "https://hooks.example.com/s3cr3t"),
        ("--every", "5m", "--webhook", "UNSET"),
        ("--every", "5m", "--env", "nowhere"),
        ("--every", "5m", "--rev", "-nowhere"),
        ("--metrics", "x.prom"),
        ("--webhook", "HOOK"),
    ],
    ids=" ".join,
)
def test_a_call_that_is_off_ends_at_once(tree: Tree, words: tuple[str, ...]) -> None:
    call = tree.run("drift", *words)
    assert (call.code, call.out) == (1, "")
    assert "Traceback" not in call.err
    assert "s3cr3t" not in call.err


def test_somebody_who_is_nobody_is_denied_at_the_start(tree: Tree) -> None:
    tree.apply()
    call = tree.run("drift", "--every", "5m", "--as", "nobody@example.com")
    assert call.code == 4


def test_a_watch_in_an_empty_folder_goes_on(tmp_path: Path) -> None:
    with watching(tmp_path, "--every", "1s") as watch:
        assert watch.until("round.done")["managed"] == 0
        watch.until("round.done")
        assert watch.end() == 0
    assert list(tmp_path.iterdir()) == []
