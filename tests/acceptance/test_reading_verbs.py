"""Every verb that reads works where nothing can be written, and changes nothing where it could."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import tempfile
from pathlib import Path

import click
import pytest

from reconciler.cli.main import cli, main
from reconciler.model.catalog import Catalog
from tests.acceptance.homes import KEY, ServedTree
from tests.acceptance.test_rehearse import content
from tests.campaigns.mutants import EXAMPLES
from tests.cli.tree import INES, Tree
from tests.house.places import ROOT

READING = (
    ("validate",),
    ("plan",),
    ("plan", "--prune", "--format", "json"),
    ("plan", "--only-drift"),
    ("drift",),
    ("drift", "--format", "json", "--tenant", "farol"),
    ("show", "p.plan"),
    ("access",),
    ("snapshot", "--out", "/dev/null"),
    ("status",),
    ("status", "p.plan"),
    ("history",),
    ("history", "verify"),
    ("state", "list"),
    ("state", "show", "Partner/farol"),
    ("explain", "Partner/farol"),
    ("graph",),
    ("graph", "--format", "json", "--out", "/dev/null"),
    ("db", "current"),
    ("db", "check"),
)
"""Verbs that read the database or manifests, each with words of a call."""

NOT_TRIED = frozenset(
    "accept adopt apply approve comment completion diff export fmt init locks move owners promote rollback scaffold "
    "schema version".split()
)
"""``apply``, ``approve`` and ``rollback`` write; ``adopt``, ``accept``, ``export``, ``fmt``, ``init``, ``move``,
``promote`` write files; ``locks`` needs a server, ``owners`` a plan; the others read nothing of the kind.
"""


def test_no_verb_is_forgotten() -> None:
    verbs = set(cli.list_commands(click.Context(cli)))
    assert {words[0] for words in READING} | NOT_TRIED == verbs


def drifted(home: Tree) -> None:
    """Something of everything: intent, drift, a plan file, a manifest that is gone."""
    home.apply()
    home.edit("tenants/farol/desk.yaml", "Questions about seals", "All about seals")
    home.sql("UPDATE categories SET audience = 'all'")
    assert home.run("plan", "--out", "p.plan").code == 0


def test_reading_verbs_write_nothing(home: Tree) -> None:
    drifted(home)
    before, files = content(home), set(home.folder.rglob("*"))
    for words in READING:
        call = home.run(*words)
        assert call.code == (1 if words == ("status", "p.plan") else 0), (words, call.err)
    assert content(home) == before
    assert set(home.folder.rglob("*")) == files


def test_reading_verbs_need_no_right_to_write_on_a_server(
    served_tree: ServedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    served_tree.run("db", "upgrade")
    drifted(served_tree)
    cluster = served_tree.cluster
    planning, applying = cluster.role("planning"), cluster.role("applying")
    for statement in served_tree.run("db", "roles", "--applying", applying, "--planning", planning).out.splitlines():
        served_tree.sql(statement)
    monkeypatch.setenv("RECONCILER_DATABASE_URL", cluster.url(served_tree.name, planning))
    for words in (*READING, ("locks",), ("locks", "--format", "json")):
        call = served_tree.run(*words)
        assert call.code == (1 if words == ("status", "p.plan") else 0), (words, call.err)
    assert served_tree.run("apply", "--auto-approve", *served_tree.everybody).code == 1


@pytest.mark.slow
def test_reading_verbs_read_rows_of_every_kind_by_a_role_that_cannot_write(
    catalog: Catalog, served_tree: ServedTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The live address leads nowhere: what only reads takes that of plans."""
    for path in ("platform", "tenants"):
        shutil.rmtree(served_tree.folder / path)
    shutil.copytree(EXAMPLES, served_tree.folder, dirs_exist_ok=True)
    for line in (EXAMPLES / "demo.env").read_text(encoding="utf-8").splitlines():
        if "=" in line and line[0] != "#":
            monkeypatch.setenv(line.partition("=")[0], line.partition("=")[2].strip("'"))
    assert served_tree.run("db", "upgrade").code == 0
    applied = served_tree.run("apply", "--auto-approve", "--bootstrap")
    assert applied.code == 0, applied.err
    for kind in catalog.values():
        assert served_tree.sql(f"SELECT count(*) FROM {kind.table}")[0][0] > 0, kind.name
    served_tree.sql("UPDATE categories SET sort_order = sort_order + 1")
    assert served_tree.run("plan", "--out", "p.plan").code == 0
    cluster = served_tree.cluster
    planning, applying = cluster.role("planning"), cluster.role("applying")
    for statement in served_tree.run("db", "roles", "--applying", applying, "--planning", planning).out.splitlines():
        served_tree.sql(statement)
    before = content(served_tree)
    monkeypatch.setenv("RECONCILER_PLAN_DATABASE_URL", cluster.url(served_tree.name, planning))
    monkeypatch.setenv("RECONCILER_DATABASE_URL", "postgresql+psycopg://nobody@/nowhere?host=/nonexistent")
    for words in (*READING, ("locks",), ("locks", "--format", "json")):
        call = served_tree.run(*(one.replace("Partner/farol", "Partner/farol-services") for one in words))
        assert call.code == (1 if words == ("status", "p.plan") else 0), (words, call.err)
    assert content(served_tree) == before
    assert served_tree.run("apply", "--auto-approve", "--bootstrap").code == 1


def test_reading_verbs_need_no_right_to_write_on_a_file(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONCILER_SECRET_KEY", KEY)  # the file of a key is for its owner only
    drifted(tree)
    called = [tree.run(*words).code for words in READING]  # which loads all that another user may not be able to load
    with tempfile.TemporaryDirectory() as elsewhere:
        folder = Path(elsewhere) / "tree"
        shutil.copytree(tree.folder, folder)
        for path in (Path(elsewhere), folder, *folder.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        before = (folder / ".reconciler/live.db").read_bytes()
        try:
            codes = as_nobody(folder)
        finally:
            for path in (Path(elsewhere), folder, *folder.rglob("*")):
                path.chmod(0o755)
        assert (folder / ".reconciler/live.db").read_bytes() == before
    if codes is None:
        pytest.skip("nobody may read this checkout")
    assert codes == [*called, 1]
    assert called == [1 if words == ("status", "p.plan") else 0 for words in READING]


def as_nobody(folder: Path) -> list[int] | None:
    """The exit codes of the verbs, and of an apply, in a folder where this user may not write.

    A child process runs them, as nobody when this one is root. None: nobody cannot read the program itself.
    """
    answers, answer = os.pipe()
    child = os.fork()
    if child == 0:
        found: list[int] | None = None
        try:
            if os.geteuid() == 0:
                nobody = pwd.getpwnam("nobody")
                os.setgroups([])
                os.setgid(nobody.pw_gid)
                os.setuid(nobody.pw_uid)
            os.chdir(folder)
            if os.access(ROOT / "reconciler" / "cli" / "commands", os.R_OK | os.X_OK):
                found = [main(words) for words in (*READING, ("apply", "--auto-approve", "--as", INES, "--mine"))]
        finally:
            os.write(answer, json.dumps(found).encode())
            os._exit(0)
    os.close(answer)
    with os.fdopen(answers, "rb") as stream:
        said = stream.read()
    os.waitpid(child, 0)
    codes: list[int] | None = json.loads(said)
    return codes
