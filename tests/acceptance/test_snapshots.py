"""Plans from a snapshot: those of the database, made without it, without its key and without a secret."""

from __future__ import annotations

import json
import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.campaigns.leaks import holds
from tests.cli.tree import CLOCK, SECRET, Call, Tree

SMALL = "tenants/farol/desk.yaml"
CUSTOMERS = "tenants/farol/customers.yaml"


class Fork:
    """Another folder with the same manifests: without database, without key, without secrets."""

    def __init__(self, home: Tree, folder: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
        self._home = home
        self._folder = folder
        self._patch = monkeypatch
        self._key = key

    def run(self, *words: str) -> Call:
        shutil.copytree(self._home.folder, self._folder, dirs_exist_ok=True)
        shutil.rmtree(self._folder / ".reconciler", ignore_errors=True)
        with self._patch.context() as there:
            there.chdir(self._folder)
            for name in ("RECONCILER_DATABASE_URL", "RECONCILER_SECRET_KEY", "ANA_PASSWORD"):
                there.delenv(name, raising=False)
            there.setenv("RECONCILER_SNAPSHOT_KEY", self._key)
            call = self._home.run(*words)
        assert not (self._folder / ".reconciler").exists(), "nothing is made beside the manifests"
        return call


@pytest.fixture
def fork(home: Tree, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Fork:
    key = home.run("snapshot", "--public-key").out.strip()
    assert key.startswith("ed25519:")
    return Fork(home, tmp_path_factory.mktemp("fork"), monkeypatch, key)


def snapshot(home: Tree, *words: str) -> str:
    call = home.run("snapshot", "--out", "live.snap", *words)
    assert call.code == 0, call.err
    return (home.folder / "live.snap").read_text(encoding="utf-8")


def configure(home: Tree, line: str) -> None:
    head = "apiVersion: reconciler/v1\nkind: Project\nmanifests: [tenants, platform]\n"
    home.write("reconciler.yaml", f"{head}{line}\n")


def plans(call: Call) -> Any:
    """A plan without what says where it comes from."""
    found = call.json
    found["reconciler"].pop("snapshot", None)
    for word in ("applyable", "complete"):
        found.pop(word)
    return found


def test_the_plan_is_that_of_the_database(home: Tree, fork: Fork) -> None:
    home.apply()
    home.sql("UPDATE categories SET audience = 'all'")
    home.edit(SMALL, "sortOrder: 10\n---", "sortOrder: 15\n---")
    home.edit(CUSTOMERS, "Lumen Grupo, S.A.", "Lumen Group, S.A.")
    (home.folder / "platform/more.yaml").write_text(
        "apiVersion: reconciler/v1\nkind: Partner\nmetadata: {name: boia}\nspec:\n  legalName: Boia, Lda.\n"
        '  country: PRT\n  vatNumber: "599900024"\n  type: reseller\n  billing: {account: BOI-0001}\n'
        "  contact: {email: office@boia.example.com}\n"
        "  address: {line1: Rua 2, city: Lisboa, postalCode: 1100-001, country: PRT}\n",
        encoding="utf-8",
    )
    snapshot(home)
    here = home.run("plan", "--format", "json")
    there = fork.run("plan", "--live", "live.snap", "--format", "json")
    assert there.code == here.code == 0, there.err
    assert plans(there) == plans(here)
    assert there.json["reconciler"]["digest"].startswith("sha256:")
    assert (there.json["applyable"], there.json["complete"]) == (False, False)
    assert here.json["applyable"]
    note = there.json["reconciler"]["snapshot"]
    assert (note["partial"], note["unread"], note["made_for"]) == (False, [], [])


def test_the_text_says_where_it_comes_from(home: Tree, fork: Fork) -> None:
    home.apply()
    snapshot(home)
    call = fork.run("plan", "--live", "live.snap", "--detailed-exitcode")
    assert (call.code, call.out.splitlines()[0]) == (0, "No changes.")
    assert "this plan cannot be applied" in " ".join(call.out.split())
    home.edit(SMALL, "Questions about seals", "All about seals")
    assert fork.run("plan", "--live", "live.snap", "--detailed-exitcode").code == 2


def test_it_holds_no_secret_and_nothing_made_of_one(home: Tree) -> None:
    home.edit(CUSTOMERS, ', version: "1"}', "}")
    home.apply()
    (stored,) = home.sql("SELECT password, password_version, password_fingerprint FROM customer_users")
    value, version, fingerprint = stored
    assert (bool(value), bool(fingerprint), version) == (True, True, None)
    text = snapshot(home)
    for secret in (SECRET, value, fingerprint, fingerprint.partition(":")[2], *re.split(r"[$:]", value)[-2:]):
        assert not holds(text, secret), secret
    assert "fingerprint" not in text
    body = json.loads(text.splitlines()[1])
    (group,) = body["kinds"]["CustomerUser"]
    row = dict(zip(group["columns"], group["rows"][0], strict=True))
    assert row["password_version"] == {"version": None}
    assert "password" not in row


def test_a_secret_is_read_at_apply(home: Tree, fork: Fork) -> None:
    home.edit(CUSTOMERS, ', version: "1"}', "}")
    home.apply()
    snapshot(home)
    same = fork.run("plan", "--live", "live.snap")
    assert same.code == 0
    assert "Secrets: 1 without version will be read at apply" in same.out
    assert "password of CustomerUser/farol/ana" in same.out
    home.edit(CUSTOMERS, "{fromEnv: ANA_PASSWORD}", '{fromEnv: ANA_PASSWORD, version: "2"}')
    rotated = fork.run("plan", "--live", "live.snap", "--format", "json")
    assert (rotated.code, "GEN-22" in rotated.out) == (0, False)
    (change,) = rotated.json["resource_changes"]
    assert change["reconciler"]["actions"] == ["rotate-secret"]
    assert "will be read at apply" in fork.run("plan", "--live", "live.snap").out


def test_a_new_secret_is_no_error(home: Tree, fork: Fork) -> None:
    home.apply()
    snapshot(home)
    user = (home.folder / CUSTOMERS).read_text(encoding="utf-8").partition("---\n")[2]
    other = user.replace("ana", "eva").replace("Ana", "Eva").replace(', version: "1"', "")
    home.write("tenants/farol/eva.yaml", other.replace("ANA_PASSWORD", "EVA_PASSWORD"))
    call = fork.run("plan", "--live", "live.snap")
    assert (call.code, call.out.splitlines()[0]) == (0, "Plan: 1 to add, 0 to change, 0 to destroy.")
    assert "will be read at apply" in call.out


def test_it_is_never_applied(home: Tree, fork: Fork) -> None:
    home.apply()
    snapshot(home)
    home.edit(SMALL, "Questions about seals", "All about seals")
    call = fork.run("plan", "--live", "live.snap", "--out", str(home.folder / "p.plan"))
    assert (call.code, "cannot be applied" in call.err) == (0, True)
    applied = home.run("apply", "p.plan")
    assert (applied.code, "SNP-07" in applied.err) == (1, True)
    assert "Questions" in home.sql("SELECT description FROM categories")[0][0]
    shown = home.run("show", "p.plan")
    assert (shown.code, "this plan cannot be applied" in " ".join(shown.out.split())) == (0, True)
    assert not home.run("show", "p.plan", "--format", "json").json["applyable"]
    rehearsed = fork.run("plan", "--live", "live.snap", "--rehearse")
    assert (rehearsed.code, "SNP-07" in rehearsed.err) == (1, True)


def test_an_old_one_is_refused(home: Tree, fork: Fork, monkeypatch: pytest.MonkeyPatch) -> None:
    home.apply()
    snapshot(home)
    began = datetime.fromisoformat(os.environ["RECONCILER_CLOCK"]) if "RECONCILER_CLOCK" in os.environ else None
    now = began or datetime.now(UTC)

    def at(**span: float) -> Call:
        monkeypatch.setenv("RECONCILER_CLOCK", (now + timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ"))
        return fork.run("plan", "--live", "live.snap", *more)

    more: tuple[str, ...] = ()
    assert at(hours=23).code == 0
    late = at(hours=25)
    assert (late.code, "SNP-04" in late.err, "24h" in late.err) == (5, True, True)
    assert at(hours=-1).code == 5
    more = ("--max-age", "30h")
    assert at(hours=25).code == 0
    more = ("--max-age", "soon")
    assert at(hours=1).code == 1
    configure(home, "snapshots: {maxAge: 2d}")
    more = ()
    assert (at(hours=47).code, at(hours=49).code) == (0, 5)


def test_a_changed_one_is_refused(home: Tree, fork: Fork) -> None:
    home.apply()
    text = snapshot(home)
    for old, new in (("Questions about seals", "Questions about deals"), ('"rev"', '"ref"'), ("2026", "2027")):
        assert old in text or old == "2026"
        (home.folder / "live.snap").write_text(text.replace(old, new, 1), encoding="utf-8")
        call = fork.run("plan", "--live", "live.snap")
        assert (call.code, "Traceback" in call.err) in ((5, False), (0, False))
        assert call.code == 5 or text.replace(old, new, 1) == text


def test_an_unknown_key_is_refused(home: Tree, fork: Fork, monkeypatch: pytest.MonkeyPatch) -> None:
    home.apply()
    snapshot(home)
    fork._key = "ed25519:" + "A" * 43 + "="
    call = fork.run("plan", "--live", "live.snap")
    assert (call.code, "SNP-05" in call.err) == (1, True)
    fork._key = ""
    assert "SNP-05" in fork.run("plan", "--live", "live.snap").err
    assert home.run("plan", "--live", "live.snap").code == 0, "an installation knows its own key"
    key = home.run("snapshot", "--public-key").out.strip()
    home.write("snap.key", f"{key}\n")
    assert fork.run("plan", "--live", "live.snap", "--snapshot-key", "snap.key").code == 0
    configure(home, f"snapshots: {{publicKey: '{key}'}}")
    assert fork.run("plan", "--live", "live.snap").code == 0


def test_an_environment_is_that_of_its_snapshot(home: Tree, fork: Fork) -> None:
    configure(home, "environments: {test: {}, live: {}}")
    home.apply()
    snapshot(home, "--env", "test")
    assert fork.run("plan", "--live", "live.snap", "--env", "test").code == 0
    call = fork.run("plan", "--live", "live.snap", "--env", "live")
    assert (call.code, "SNP-06" in call.err) == (1, True)


def test_somebody_may_be_judged_by_it(home: Tree, fork: Fork) -> None:
    home.apply()
    snapshot(home)
    home.edit(SMALL, "Questions about seals", "All about seals")
    call = fork.run("plan", "--live", "live.snap", *home.everybody, "--format", "json")
    assert (call.code, "nobody has proven it" in call.err) == (0, True)
    assert call.json["reconciler"]["carriers"][0] == "administrator operator root@example.com"
    alone = fork.run("plan", "--live", "live.snap", "--as", "root@example.com")
    assert (alone.code, "This plan is denied" in alone.out) == (4, True)
    assert fork.run("plan", "--live", "live.snap", "--as", "nobody@example.com").code == 4


def test_the_same_data_gives_the_same_bytes(tree: Tree) -> None:
    tree.apply()
    assert snapshot(tree) == snapshot(tree)
    assert Path("live.snap").stat().st_mode & 0o777 == 0o600
    assert CLOCK in snapshot(tree)
