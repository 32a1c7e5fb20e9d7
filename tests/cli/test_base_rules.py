"""plan --base and --policy-rev: a branch does not change, in the same pull request, what it is judged by."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing

import pytest

from tests.cli.tree import ROOT, Call, Tree

HEAD = "apiVersion: reconciler/v1\nkind: Project\nmanifests: [platform, tenants]\n"
DESK = "tenants/farol/desk.yaml"
WHO = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")
TOKENS = """\
identity:
  trust: oidc
  issuer: https://tokens.example.com
  audience: reconciler.example.com
  subjects:
  - match: {sub: pipeline}
    operator: root
"""
STRICT = """\
guards: {maxDeletes: {count: 0}}
approvals: {sensitive: 1, critical: 2}
secrets: {allow: {farol: {fromEnv: ["FAROL_*"]}}}
snapshots: {maxAge: 1h}
"""
POLICY = """\
apiVersion: reconciler/v1
kind: Policy
metadata: {name: desk}
spec:
  rules:
    - name: desk-stays
      for: change
      on: {kinds: [Category]}
      deny: "true"
      message: the desk stays as it is
"""


def git(tree: Tree, *words: str) -> str:
    done = subprocess.run(["git", *WHO, *words], cwd=tree.folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(tree: Tree) -> str:
    git(tree, "add", "-A", ".")
    git(tree, "commit", "-q", "--allow-empty", "-m", "x")
    return git(tree, "rev-parse", "HEAD")


@pytest.fixture
def repository(tree: Tree) -> Tree:
    """The tree with a configuration, applied; the folder of the database is no part of the repository."""
    tree.write(".gitignore", ".reconciler/\n")
    tree.write("reconciler.yaml", HEAD)
    git(tree, "init", "-q", "-b", "main")
    tree.apply()
    return tree


def configured(tree: Tree, text: str) -> str:
    """A commit with this configuration."""
    tree.write("reconciler.yaml", HEAD + text)
    return commit(tree)


def told(call: Call, code: str) -> bool:
    return code in call.out or code in call.err


def test_a_branch_that_believes_names_is_still_asked_for_a_token(repository: Tree) -> None:
    """The way in: believe names again, and be the administrator by name, in one pull request."""
    base = configured(repository, TOKENS)
    repository.write("reconciler.yaml", HEAD)
    call = repository.run("plan", "--base", base, "--as", ROOT)
    assert (call.code, told(call, "IDT-13")) == (1, True), call.err
    words = f"reconciler.yaml:1:1: warning CFGF-12: identity.audience is not what it is in {base}"
    assert words in " ".join(call.err.split())
    call = repository.run("plan", "--base", base)
    assert (call.code, told(call, "IDT-01"), told(call, "CFGF-12")) == (4, True, True)
    assert repository.run("plan", "--as", ROOT).code == 0, "without a base the working folder decides"
    git(repository, "rm", "-q", "-f", "--cached", "reconciler.yaml")
    (repository.folder / "reconciler.yaml").unlink()
    assert repository.run("plan", "--base", base, "--as", ROOT).code == 1, "a branch takes it away"


def test_a_branch_that_believes_other_tokens_is_told_where(repository: Tree) -> None:
    base = configured(repository, TOKENS)
    repository.edit("reconciler.yaml", "sub: pipeline", "sub: mine")
    call = repository.run("plan", "--base", base)
    assert call.code == 4
    assert "reconciler.yaml:8:3: warning CFGF-12: identity.subjects is not" in " ".join(call.err.split())


def test_limits_of_a_branch_do_not_count_for_it(repository: Tree) -> None:
    tree = repository
    base = configured(tree, STRICT)
    tree.edit(DESK, "displayName: Signing", "displayName: Sealing")
    tree.edit("tenants/farol/customers.yaml", 'version: "1"', 'version: "2"')
    tree.edit("platform/operators.yaml", "language: pt-PT", "language: en")
    tree.edit("platform/operators.yaml", "name: second", "name: third")
    tree.edit("platform/operators.yaml", "second@", "third@")
    tree.write("reconciler.yaml", HEAD + "guards: {maxDeletes: {count: 9}}\napprovals: {sensitive: 0, critical: 1}\n")
    call = tree.run("plan", "--base", base, "--as", ROOT, "--prune", "--format", "json")
    assert call.out, call.err
    ours = call.json["reconciler"]
    assert ours["approvals"]["needed"] == 2
    assert "the plan deletes 1 resources; 0 are allowed" in call.out
    assert "ANA_PASSWORD: farol may not use this source" in call.out, "a tenant has no secrets but its own"
    alone = tree.run("plan", "--as", ROOT, "--prune", "--format", "json")
    assert (alone.json["reconciler"]["approvals"]["needed"], told(alone, "GRD-01")) == (1, False)
    assert not told(alone, "may not use this source")
    text = tree.run("plan", "--base", base, "--as", ROOT, "--prune").out
    for path in ("guards.maxDeletes.count", "approvals.sensitive", "approvals.critical", "secrets.allow.farol"):
        assert f"CFGF-12: {path} is not what it is in" in " ".join(text.split()), text
    assert "reconciler.yaml:4" in text


def test_a_branch_does_not_choose_the_database_that_says_who_may_do_what(repository: Tree) -> None:
    tree = repository
    base = configured(tree, "environments: {live: {}}\n")
    with closing(sqlite3.connect(tree.folder / ".reconciler/live.db")) as live:
        live.execute("VACUUM INTO ?", (str(tree.folder / "mine.db"),))
    with closing(sqlite3.connect(tree.folder / "mine.db")) as mine, mine:
        mine.execute("UPDATE operators SET email = 'mallory@example.com' WHERE email = ?", (ROOT,))
    tree.write(
        "reconciler.yaml",
        f"{HEAD}database: {{url: 'sqlite:///mine.db'}}\n"
        "environments:\n  live: {database: {url: 'sqlite:///mine.db'}}\n  new: {database: {url: 'sqlite:///mine.db'}}\n",
    )
    mallory = ("--as", "mallory@example.com")
    assert not told(tree.run("plan", *mallory), "OPR-09"), "without a base the working folder decides"
    for words in ((), ("--env", "live")):
        call = tree.run("plan", "--base", base, *words, *mallory)
        assert (call.code, told(call, "OPR-09")) == (4, True)
    assert "environments.live.database" in tree.run("plan", "--base", base, "--as", ROOT).out
    call = tree.run("plan", "--base", base, "--env", "new", *mallory)
    assert (call.code, "CFGF-04: there is no environment new in" in call.err) == (1, True)


def test_policies_are_those_of_the_base_unless_another_commit_is_named(repository: Tree) -> None:
    tree = repository
    first = commit(tree)
    tree.write("policies/desk.cel.yaml", POLICY)
    base = commit(tree)
    (tree.folder / "policies/desk.cel.yaml").unlink()
    tree.edit(DESK, "displayName: Signing", "displayName: Sealing")
    call = tree.run("plan", "--base", base)
    assert (call.code, told(call, "POL-10"), told(call, "POL-08")) == (4, True, True)
    assert tree.run("plan", "--base", base, "--policy-rev", first).code == 0
    assert tree.run("plan", "--base", first).code == 0


def test_the_commit_that_judges_may_be_a_later_one_than_the_base(repository: Tree) -> None:
    """A branch that began before a rule was made does not keep out of its way."""
    tree = repository
    base = configured(tree, "")
    rules = configured(tree, TOKENS)
    tree.write("reconciler.yaml", HEAD)
    call = tree.run("plan", "--base", base, "--policy-rev", rules, "--as", ROOT)
    assert (call.code, told(call, "IDT-13")) == (1, True)
    call = tree.run("apply", "--auto-approve", "--policy-rev", rules, "--as", ROOT)
    assert (call.code, told(call, "IDT-13")) == (1, True), "an apply is judged so as well"


def test_what_is_not_of_git_is_nobodys_branch(repository: Tree) -> None:
    tree = repository
    git(tree, "add", "platform", "tenants")
    git(tree, "commit", "-q", "-m", "no configuration")
    base = git(tree, "rev-parse", "HEAD")
    tree.write("reconciler.yaml", HEAD + TOKENS)
    call = tree.run("plan", "--base", base)
    assert (call.code, told(call, "IDT-01"), told(call, "CFGF-12")) == (4, True, False)
    git(tree, "add", "reconciler.yaml")
    call = tree.run("plan", "--base", base)
    assert (call.code, told(call, "CFGF-12")) == (0, True), "now it is a branch that brings it"


def test_a_configuration_elsewhere_in_the_repository_is_that_of_the_commit_too(repository: Tree) -> None:
    tree = repository
    tree.write("ci/strict.yaml", HEAD + TOKENS)
    base = commit(tree)
    tree.write("ci/strict.yaml", HEAD)
    for path in ("ci/strict.yaml", str(tree.folder / "ci/strict.yaml")):
        call = tree.run("plan", "--config", path, "--base", base, "--as", ROOT)
        assert (call.code, told(call, "IDT-13")) == (1, True)


@pytest.mark.parametrize("how", ["link", "submodule"])
@pytest.mark.parametrize("there", [True, False], ids=["at the base", "new"])
def test_a_branch_does_not_lead_the_configuration_out_of_the_repository(
    repository: Tree, tmp_path_factory: pytest.TempPathFactory, how: str, *, there: bool
) -> None:
    """Where the folder of the configuration becomes another repository, or a link, its file is still the branch's."""
    tree = repository
    if there:
        tree.write("ci/rules.yaml", HEAD + "guards: {minAdministrators: 2}\n")
    base = commit(tree)
    if there:
        git(tree, "rm", "-q", "-r", "ci")
    elsewhere = tmp_path_factory.mktemp("elsewhere") if how == "link" else tree.folder / "ci"
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / "rules.yaml").write_text(HEAD + "guards: {minAdministrators: 3}\n", encoding="utf-8")
    if how == "link":
        (tree.folder / "ci").symlink_to(elsewhere)
        git(tree, "add", "ci")
    else:
        for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "x")):
            git(tree, "-C", "ci", *words)
        git(tree, "update-index", "--add", "--cacheinfo", f"160000,{git(tree, '-C', 'ci', 'rev-parse', 'HEAD')},ci")
    call = tree.run("plan", "--config", "ci/rules.yaml", "--base", base)
    assert (call.code == 1 and told(call, "CFGF-0")) or told(call, "CFGF-12"), call


@pytest.mark.parametrize("text", ["identity: {trust: nobody}\n", "- a\n", "---\n---\na: b\n", "a: [\n"])
def test_a_commit_whose_configuration_is_broken_judges_nothing(repository: Tree, text: str) -> None:
    base = configured(repository, text)
    repository.write("reconciler.yaml", HEAD)
    call = repository.run("plan", "--base", base)
    assert (call.code, call.out, "CFGF-00" in call.err, "Traceback" in call.err) == (1, "", True, False)


def test_nothing_is_told_where_nothing_that_decides_differs(repository: Tree) -> None:
    tree = repository
    base = configured(tree, STRICT)
    tree.write("reconciler.yaml", f"# a remark\n{HEAD}waivers: [other]\ncache: false\n{STRICT}watch: {{}}\n")
    assert not told(tree.run("plan", "--base", base, "--as", ROOT), "CFGF-12")
