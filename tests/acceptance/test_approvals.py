"""Approvals of a plan: who may give one, what it is bound to, how many are needed, and what apply makes of them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.database.store import open_database
from reconciler.engine.planfile import from_bytes, made_by, to_bytes
from reconciler.kinds import discover
from tests.acceptance.homes import KEY, ServedTree
from tests.adapters.identity.issuer import AUDIENCE, running_issuer, token
from tests.cli.tree import CLOCK, ISSUER, Call, Tree
from tests.servers import Cluster

HEAD = "apiVersion: reconciler/v1\nkind: Project\n"
SIGNING = "tenants/farol/signing.yaml"
BUNDLE = "platform/bundles.yaml"
ROOT, SECOND, THIRD = "root@example.com", "second@example.com", "third@example.com"
INES, UMA = "ines@farol.example.com", "uma@tax.example.com"


def operator(name: str, email: str, role: str, more: str = "", tenant: str = "") -> str:
    place = f"{{name: {name}, tenant: {tenant}}}" if tenant else f"{{name: {name}}}"
    return (
        f"apiVersion: reconciler/v1\nkind: Operator\nmetadata: {place}\n"
        f"spec: {{email: {email}, displayName: {name}, role: {role}, language: pt-PT{more}}}\n"
    )


FILES = {
    "platform/operators.yaml": "---\n".join(
        [
            operator("root", ROOT, "administrator"),
            operator("second", SECOND, "administrator"),
            operator("third", THIRD, "administrator"),
            operator("ines", INES, "partner", tenant="farol"),
            operator("uma", UMA, "auditor", ', auditScope: [farol/cedro], validUntil: "2099-12-31"'),
        ]
    ),
    "tenants/farol/partner.yaml": """\
apiVersion: reconciler/v1
kind: Partner
metadata: {name: farol}
spec:
  legalName: Farol Services, Lda.
  country: PRT
  vatNumber: "599900016"
  type: reseller
  billing: {account: FAR-0001}
  contact: {email: office@farol.example.com}
  address: {line1: Rua do Farol 1, city: Lisboa, postalCode: 1100-001, country: PRT}
""",
    SIGNING: ISSUER,
    BUNDLE: """\
apiVersion: reconciler/v1
kind: Bundle
metadata: {name: small}
spec: {displayName: Small 10, includedSignatures: 100}
""",
}


Settled = Callable[[str], Tree]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the embedded desk lies after its first apply, for each test to copy."""
    return tmp_path_factory.mktemp("kept") / "desk"


@pytest.fixture
def settled(
    tmp_path: Path,
    kept: Path,
    clusters: Callable[[str], Cluster],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Settled]:
    """A desk in a database of a sort, which the installer has applied once for all of them."""
    used: list[Cluster] = []

    def on(sort: str) -> Tree:
        monkeypatch.chdir(tmp_path)
        if sort == "sqlite":
            monkeypatch.setenv("RECONCILER_CLOCK", CLOCK)
            if not kept.exists():
                _settle(Tree(tmp_path, capsys))
                shutil.copytree(tmp_path, kept)
            else:
                shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
            return _ending(Tree(tmp_path, capsys))
        cluster = clusters(sort.partition("-")[2])
        used.append(cluster)
        monkeypatch.setenv("RECONCILER_SECRET_KEY", KEY)
        if "desk" not in cluster.templates:
            name = cluster.database()
            open_database(cluster.url(name), discover()).upgrade()
            monkeypatch.setenv("RECONCILER_DATABASE_URL", cluster.url(name))
            _settle(ServedTree(tmp_path, capsys, cluster, name))
            cluster.templates["desk"] = name
        name = cluster.database(cluster.templates["desk"])
        monkeypatch.setenv("RECONCILER_DATABASE_URL", cluster.url(name))
        found = ServedTree(tmp_path, capsys, cluster, name)
        _write(found)
        return _ending(found)

    yield on
    for cluster in used:
        cluster.tidy()


def _settle(tree: Tree) -> None:
    _write(tree)
    call = tree.run("apply", "--bootstrap", "--auto-approve")
    assert call.code == 0, call.err
    tree.sql("UPDATE partners SET state = 'active'")  # which a person does
    tree.sql("UPDATE operators SET state = 'active'")


def _write(tree: Tree) -> None:
    for file, text in FILES.items():
        tree.write(file, text)


def _ending(tree: Tree) -> Tree:
    """An issuer is about to end: a critical change."""
    tree.edit(SIGNING, "state: active", "state: deleted")
    return tree


@pytest.fixture(params=["sqlite", "postgresql-16"])
def desk(request: pytest.FixtureRequest, settled: Settled) -> Tree:
    """A tree of its own that the installer has applied, and an issuer that is about to end: a critical change."""
    return settled(request.param)


@pytest.fixture
def light(settled: Settled) -> Tree:
    """The same on an embedded database alone, for what does not depend on it."""
    return settled("sqlite")


def as_(who: str, *words: str) -> tuple[str, ...]:
    return (*words, "--as", who)


def planned(tree: Tree, who: str = ROOT, *words: str) -> Call:
    return tree.run(*as_(who, "plan", "--out", "p.plan", *words))


def approve(tree: Tree, who: str, *words: str) -> Call:
    return tree.run(*as_(who, "approve", "p.plan", "--auto-approve", *words))


def apply(tree: Tree, *people: str) -> Call:
    return tree.run("apply", "p.plan", *(word for one in people for word in ("--as", one)))


def facts(tree: Tree, who: str = ROOT) -> Any:
    return tree.run(*as_(who, "plan", "--format", "json")).json["reconciler"]["approvals"]


def flat(text: str) -> str:
    return " ".join(text.split())


def git(tree: Tree, *words: str, who: str = "x@example.com", committer: str = "") -> str:
    people = {"GIT_AUTHOR_EMAIL": who, "GIT_AUTHOR_NAME": "A", "GIT_COMMITTER_NAME": "C"}
    people |= {"GIT_COMMITTER_EMAIL": committer or who, "HOME": str(tree.folder), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["git", *words], cwd=tree.folder, check=True, capture_output=True, text=True, env=people)
    return done.stdout.strip()


def commit(tree: Tree, who: str, *files: str, committer: str = "") -> str:
    git(tree, "add", *(files or (".",)))
    git(tree, "commit", "-qm", "A change", who=who, committer=committer)
    return git(tree, "rev-parse", "HEAD")


# --- the way through -------------------------------------------------------------------------------------------------


def test_a_critical_plan_is_approved_and_applied(desk: Tree) -> None:
    call = planned(desk)
    assert call.code == 0
    assert "Approvals: this plan is critical; 1 approval needed, 0 given." in call.out
    assert "irreversible: Issuer/farol/cedro" in call.out
    refused = apply(desk, ROOT)
    assert (refused.code, "GEN-25" in refused.err, "approve PLANFILE" in flat(refused.err)) == (4, True, True)
    call = approve(desk, SECOND)
    assert call.code == 0, call.err
    assert call.out.startswith(f"Approved by {SECOND}, valid until ")
    assert "Issuer/farol/cedro" in call.err
    assert desk.sql("SELECT approver FROM reconciler_approvals") == [("Operator/second",)]
    assert "1 approval needed, 1 given" in desk.run(*as_(ROOT, "plan")).out
    call = apply(desk, ROOT)
    assert call.code == 0, call.err
    assert desk.sql("SELECT actor, approvers FROM reconciler_runs ORDER BY seq DESC LIMIT 1") == [
        (ROOT, f'["{SECOND}"]')
    ]
    assert f"by {ROOT}, approved by {SECOND}" in desk.run("history").out
    assert apply(desk, ROOT).code == 0  # the same run again
    assert desk.run("db", "check").code == 0
    again = approve(desk, SECOND)
    assert (again.code, "was applied at" in again.err) == (0, True)


def test_the_plan_says_it_to_machines_and_the_file_keeps_it(desk: Tree) -> None:
    found = facts(desk)
    assert (found["class"], found["needed"], found["given"], found["missing"]) == ("critical", 1, [], 1)
    assert (found["valid_until"], found["commit_authors"]) == (None, "none")
    assert found["reasons"] == [{"address": "Issuer/farol/cedro", "what": "irreversible"}]
    planned(desk)
    approve(desk, SECOND)
    found = facts(desk)
    assert (found["missing"], found["given"][0]["approver"]) == (0, SECOND)
    assert found["valid_until"] == found["given"][0]["valid_until"] != ""
    shown = desk.run("show", "p.plan", "--format", "json").json["reconciler"]["approvals"]
    assert (shown["class"], shown["missing"]) == ("critical", 1)


def test_approving_twice_changes_nothing_and_taking_back_voids(desk: Tree) -> None:
    planned(desk)
    approve(desk, SECOND)
    first = desk.sql("SELECT * FROM reconciler_approvals")
    assert approve(desk, SECOND).out.startswith("Already approved")
    assert desk.sql("SELECT * FROM reconciler_approvals") == first
    assert desk.run(*as_(SECOND, "approve", "p.plan", "--withdraw")).code == 0
    assert apply(desk, ROOT).code == 4
    call = desk.run(*as_(SECOND, "approve", "p.plan", "--withdraw"))
    assert (call.code, call.out) == (0, f"There is no approval by {SECOND}.\n")
    assert approve(desk, SECOND).out.startswith("Approved")
    assert apply(desk, ROOT).code == 0


def test_json_and_the_word_yes(light: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(light)
    monkeypatch.setattr(sys, "stdin", None)
    call = light.run(*as_(SECOND, "--quiet", "approve", "p.plan", "--format", "json"))
    assert (call.code, "APL-02" in call.err, "Issuer/farol/cedro" in call.err) == (1, True, True)
    assert light.sql("SELECT count(*) FROM reconciler_approvals") == [(0,)]
    found = approve(light, SECOND, "--format", "json").json
    assert (found["outcome"], found["approver"], found["approvals"]["missing"]) == ("approved", SECOND, 0)
    found = light.run(*as_(SECOND, "approve", "p.plan", "--withdraw", "--format", "json")).json
    assert found["outcome"] == "withdrawn"


# --- who -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "code"),
    [
        (ROOT, "GEN-25"),
        ("Root@EXAMPLE.com", "GEN-25"),
        ("root", "GEN-25"),
        (INES, "PRM-01"),
        ("farol/ines", "PRM-01"),
        (UMA, "OPR-06"),
        ("nobody@example.com", "OPR-09"),
    ],
)
def test_who_may_not_approve(desk: Tree, who: str, code: str) -> None:
    planned(desk)
    call = approve(desk, who)
    assert (call.code, f"error {code}" in call.err, "Issuer/farol" in call.out) == (4, True, False)
    assert "Traceback" not in call.err
    assert desk.sql("SELECT count(*) FROM reconciler_approvals") == [(0,)]


def test_a_stopped_administrator_is_nobody_and_an_approval_of_before_is_void(desk: Tree) -> None:
    planned(desk)
    approve(desk, SECOND)
    desk.sql("UPDATE operators SET state = 'suspended' WHERE name = 'second'")
    call = apply(desk, ROOT)
    assert (call.code, "does not count: the operator is suspended" in flat(call.err)) == (4, True)
    assert (approve(desk, SECOND).code, "OPR-09" in approve(desk, SECOND).err) == (4, True)
    desk.sql("UPDATE operators SET state = 'active' WHERE name = 'second'")
    call = apply(desk, ROOT)  # who was stopped and let in again has to look again
    assert (call.code, "record of the approver has changed" in flat(call.err)) == (4, True)
    assert approve(desk, SECOND).out.startswith("Approved")
    assert apply(desk, ROOT).code == 0


def test_nobody_approves_for_two_and_nobody_is_not_somebody(light: Tree) -> None:
    planned(light)
    call = light.run("approve", "p.plan", "--auto-approve", "--as", SECOND, "--as", THIRD)
    assert (call.code, "APV-02" in call.err) == (1, True)
    call = light.run("approve", "p.plan", "--auto-approve")
    assert (call.code, "OPR-09" in call.err, "--as" in call.err) == (4, True, True)


def test_the_applicant_never_counts_whoever_made_the_plan(desk: Tree) -> None:
    planned(desk, THIRD)
    approve(desk, SECOND)
    call = apply(desk, SECOND)
    assert (call.code, "does not count: made or applies the plan" in flat(call.err)) == (4, True)
    assert apply(desk, SECOND, THIRD).code == 4  # third made the plan file
    assert apply(desk, SECOND, "SECOND@example.com").code == 4
    assert apply(desk, ROOT).code == 0


def test_each_as_counts_once_beside_what_is_recorded(desk: Tree) -> None:
    desk.write("reconciler.yaml", HEAD + "approvals: {critical: 2}\n")
    planned(desk)
    assert apply(desk, ROOT, SECOND, "second").code == 4
    approve(desk, SECOND)
    assert apply(desk, ROOT, SECOND).code == 4
    call = apply(desk, ROOT, THIRD, INES)
    assert call.code == 0, call.err
    (found,) = desk.sql("SELECT approvers FROM reconciler_runs ORDER BY seq DESC LIMIT 1")
    assert set(json.loads(found[0])) == {SECOND, THIRD, INES}


# --- what it is bound to ---------------------------------------------------------------------------------------------


def test_it_ends(desk: Tree) -> None:
    planned(desk)
    approve(desk, SECOND)
    desk.write("reconciler.yaml", HEAD + "approvals: {critical: 1, validFor: 1s}\n")
    desk.sql("UPDATE reconciler_approvals SET approved_at = '2026-01-01T00:00:00Z'")
    call = apply(desk, ROOT)
    assert (call.code, "it held until 2026-01-01T00:00:01Z" in flat(call.err)) == (4, True)
    (desk.folder / "reconciler.yaml").unlink()
    desk.sql("UPDATE reconciler_approvals SET valid_until = '2026-01-01T00:10:00Z'")
    assert "it held until 2026-01-01T00:10:00Z" in flat(apply(desk, ROOT).err)
    assert approve(desk, SECOND).out.startswith("Approved")
    assert apply(desk, ROOT).code == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("approved_at", "'2099-01-01T00:00:00Z'"),
        ("approved_at", "'yesterday'"),
        ("valid_until", "NULL"),
        ("valid_until", "'2099-01-01'"),
        ("rights", "'other'"),
        ("rights", "NULL"),
        ("rules", "'other'"),
        ("approver", "'Operator/ghost'"),
        ("approver", "'Issuer/farol/cedro'"),
        ("approver", "'//'"),
        ("approver", "'Operator/farol/ines'"),
        ("digest", "'sha256:other'"),
    ],
)
def test_a_row_that_lacks_anything_counts_for_nothing(light: Tree, column: str, value: str) -> None:
    planned(light)
    approve(light, SECOND)
    light.sql(f"UPDATE reconciler_approvals SET {column} = {value}")
    call = apply(light, ROOT)
    assert (call.code, "GEN-25" in call.err) == (4, True)


def test_another_plan_needs_another_approval(desk: Tree) -> None:
    planned(desk)
    approve(desk, SECOND)
    desk.edit(BUNDLE, "Small 10", "Small 20")
    assert apply(desk, ROOT).code == 5
    call = approve(desk, THIRD)
    assert (call.code, "no longer fits" in call.err) == (5, True)
    planned(desk)
    assert apply(desk, ROOT).code == 4


def test_a_plan_file_that_tells_something_else_is_not_approved(light: Tree) -> None:
    planned(light)
    file = light.folder / "p.plan"
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"irreversible", b"stops-signing"))
    assert (approve(light, SECOND).code, approve(light, SECOND).err.count("PLN-02")) == (5, 1)
    # Its seal renewed, and said to lack something: then the digest does not follow from what it shows.
    document = json.loads(whole)
    plan = from_bytes(whole)
    forged = to_bytes(
        type(plan)(
            **{name: getattr(plan, name) for name in plan.__slots__}
            | {"changes": tuple(one for one in plan.changes if not one.edge), "partial": True}
        ),
        made_by(document),
    )
    file.write_bytes(forged)
    call = approve(light, SECOND)
    assert (call.code, "PLN-02" in call.err) == (5, True)
    assert light.sql("SELECT count(*) FROM reconciler_approvals") == [(0,)]


def test_a_plan_of_drift_alone_is_approved_and_applied(light: Tree) -> None:
    """What the plan was asked for is asked again: what git has changed, an issuer that is about to end, stays out."""
    light.sql("UPDATE bundles SET display_name = 'Other'")
    planned = light.run("plan", "--only-drift", "--as", ROOT, "--out", "p.plan", "--format", "json")
    assert [one["address"] for one in planned.json["resource_changes"]] == ["Bundle/small"]
    assert light.run("owners", "p.plan", "--as", ROOT).code == 0
    call = light.run("approve", "p.plan", "--as", SECOND, "--auto-approve")
    assert call.code == 0, call.err
    assert light.run("apply", "p.plan", "--as", ROOT).code == 0
    assert light.sql("SELECT display_name FROM bundles") == [("Small 10",)]


def test_a_plan_of_another_database_is_not_approved(desk: Tree) -> None:
    planned(desk)
    desk.sql("UPDATE reconciler_meta SET value = 'another' WHERE key = 'identity'")
    for words in (("approve", "p.plan", "--auto-approve"), ("approve", "p.plan", "--withdraw"), ("owners", "p.plan")):
        call = desk.run(*as_(SECOND, *words))
        assert (call.code, "APV-01" in call.err) == (5, True), words


@pytest.mark.parametrize("words", [("approve",), ("approve", "--withdraw"), ("owners",)])
def test_wrong_input(light: Tree, words: tuple[str, ...]) -> None:
    (light.folder / "some.plan").write_text("{}", encoding="utf-8")
    for file, code in (("missing.plan", "PLN-01"), ("some.plan", "PLN-01"), (".", "PLN-01")):
        call = light.run(*as_(SECOND, *words, file))
        assert (call.code, code in call.err, "Traceback" in call.err) == (1, True, False), file
    assert light.run(*words).code == 1


def test_without_a_database_nobody_approves_and_none_is_made(
    light: Tree, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    planned(light)
    monkeypatch.setenv("RECONCILER_DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    assert approve(light, SECOND).code == 4
    assert not (tmp_path / "none.db").exists()


# --- classes ---------------------------------------------------------------------------------------------------------


def test_sensitive_plans_need_what_the_configuration_says(light: Tree) -> None:
    light.edit(SIGNING, "state: deleted", "state: active")
    light.edit(BUNDLE, "Small 10", "Small 20")
    assert facts(light)["class"] == "ordinary"
    light.edit("tenants/farol/partner.yaml", "type: reseller", "type: reseller\n  tier: distributor")
    found = facts(light)
    assert (found["class"], found["needed"]) == ("sensitive", 0)
    assert found["reasons"] == [{"address": "Partner/farol", "what": "field tier"}]
    assert "Approvals" not in light.run("plan").out
    assert "sensitive" in light.run("--verbose", "plan").out
    light.write("reconciler.yaml", HEAD + "approvals: {sensitive: 2, critical: 0, validFor: 30m}\n")
    assert light.run("validate").err.count("CFGF") == 0
    found = facts(light)
    assert (found["class"], found["needed"], found["missing"]) == ("sensitive", 2, 2)
    light.edit(SIGNING, "state: active", "state: deleted")
    assert (facts(light)["class"], facts(light)["needed"]) == ("critical", 1)  # never less


def test_whoever_asks_along_is_no_approver_where_none_is_needed(light: Tree) -> None:
    """Several carry a plan together; of approvals nothing is said, for nobody needs one."""
    light.edit(SIGNING, "state: deleted", "state: active")
    light.edit(BUNDLE, "Small 10", "Small 11")
    for people in ((ROOT, INES), (INES, ROOT), (ROOT, SECOND)):
        words = [word for one in people for word in ("--as", one)]
        call = light.run("plan", *words, "--format", "json")
        found = call.json["reconciler"]["approvals"]
        assert (call.code, found["needed"], found["given"], found["void"]) == (0, 0, [], [])
        assert "pproval" not in light.run("plan", *words).out
    light.write("reconciler.yaml", HEAD + "approvals: {sensitive: 2}\n")
    light.edit("platform/operators.yaml", "displayName: third", "displayName: Tomás")
    call = light.run("plan", "--as", ROOT, "--as", INES, "--as", SECOND)
    assert "2 approvals needed, 1 given" in call.out, "where one is needed, it is said who gave it and who could not"
    assert f"the approval of {INES} does not count" in flat(call.out)


def test_operators_are_privileges(light: Tree) -> None:
    light.edit(SIGNING, "state: deleted", "state: active")
    light.edit("platform/operators.yaml", "displayName: third", "displayName: Tomás")
    light.write("platform/new.yaml", operator("novo", "novo@example.com", "administrator"))
    assert facts(light)["reasons"] == [
        {"address": "Operator/novo", "what": "create"},
        {"address": "Operator/third", "what": "update"},
    ]


def test_the_installer_needs_no_agreement_that_nobody_can_give(light: Tree) -> None:
    light.edit(SIGNING, "state: deleted", "state: active")
    light.write("reconciler.yaml", HEAD + "approvals: {}\n")
    for one in (light.folder / ".reconciler").iterdir():
        one.unlink()
    assert light.run("apply", "--bootstrap", "--auto-approve").code == 0


# --- approvers carry -------------------------------------------------------------------------------------------------


def test_who_approved_carries_parts_and_nobody_sees_more(desk: Tree) -> None:
    """The operator of a partner plans what only an administrator may do; an administrator approves it.

    Part of it is about what the partner may not read, which is planned only where people trust each other.
    """
    desk.write("reconciler.yaml", HEAD + "identity: {outside: judged}\n")
    desk.edit(SIGNING, "state: deleted", "state: active")
    desk.edit("platform/operators.yaml", "displayName: third", "displayName: Tomás")
    desk.edit("tenants/farol/partner.yaml", "type: reseller", "type: reseller\n  tier: distributor")
    call = planned(desk, INES)
    assert call.code == 4
    assert apply(desk, INES).code == 4
    assert approve(desk, SECOND).code == 0
    call = desk.run(*as_(INES, "plan", "--format", "json"))
    assert (call.code, THIRD in call.out, "Tomás" in call.out, SECOND in call.out) == (0, False, False, False)
    assert call.json["reconciler"]["approvals"]["given"][0]["approver"] == "an administrator"
    call = apply(desk, INES)
    assert call.code == 0, call.err
    assert "Tomás" not in call.out + call.err
    assert desk.sql("SELECT tier FROM partners") == [("distributor",)]
    assert desk.sql("SELECT actor, approvers FROM reconciler_runs ORDER BY seq DESC LIMIT 1") == [
        (INES, f'["{SECOND}"]')
    ]


def test_an_approval_that_is_void_carries_nothing(light: Tree) -> None:
    light.edit(SIGNING, "state: deleted", "state: active")
    light.edit("tenants/farol/partner.yaml", "type: reseller", "type: reseller\n  tier: distributor")
    planned(light, INES)
    approve(light, SECOND)
    light.sql("UPDATE reconciler_approvals SET rights = 'others'")
    assert apply(light, INES).code == 4


def test_owners_names_who_may_be_named(desk: Tree) -> None:
    desk.edit("tenants/farol/partner.yaml", "type: reseller", "type: reseller\n  tier: distributor")
    planned(desk, INES)
    found = desk.run(*as_(ROOT, "owners", "p.plan", "--format", "json")).json
    assert found["could_approve"] == {"roles": ["administrator"], "operators": [ROOT, SECOND, THIRD]}
    parts = {(one["address"], one["what"]): one["who_can"] for one in found["parts"]}
    administrators = {"roles": ["administrator"], "operators": [ROOT, SECOND, THIRD]}
    assert parts["Partner/farol", "field tier"] == administrators
    assert found["planner"] == f"partner operator {INES}"
    call = desk.run(*as_(INES, "owners", "p.plan"))
    assert (call.code, "example.com" in call.out.replace(INES, "")) == (0, False)
    assert "who could carry it: administrator" in flat(call.out)
    assert "Who could approve it: administrators who are not its authors." in flat(call.out)
    assert desk.run(*as_("ghost@example.com", "owners", "p.plan")).code == 4


# --- authors of commits ----------------------------------------------------------------------------------------------


@pytest.fixture
def versioned(light: Tree) -> Tree:
    """The tree in git, applied from a commit; the issuer still stands."""
    light.edit(SIGNING, "state: deleted", "state: active")
    light.write(".gitignore", ".reconciler/\n*.plan\n")
    git(light, "init", "-q", "-b", "main")
    commit(light, THIRD)
    light.edit(BUNDLE, "Small 10", "Small 11")
    commit(light, ROOT)
    assert light.run("apply", "--auto-approve", "--as", ROOT).code == 0
    light.edit(SIGNING, "state: active", "state: deleted")
    return light


@pytest.mark.parametrize(("author", "committer"), [("Second@Example.COM", ""), ("x@example.com", SECOND)])
def test_who_made_a_commit_does_not_approve_it(versioned: Tree, author: str, committer: str) -> None:
    commit(versioned, author, committer=committer)
    call = planned(versioned)
    assert facts(versioned)["commit_authors"] == "known"
    call = approve(versioned, SECOND)
    assert (call.code, "GEN-25" in call.err) == (4, True)
    call = apply(versioned, ROOT, SECOND)
    assert (call.code, "or made a commit of it" in flat(call.err)) == (4, True)
    owners = versioned.run(*as_(ROOT, "owners", "p.plan", "--format", "json")).json
    assert owners["could_approve"]["operators"] == [THIRD]
    assert approve(versioned, THIRD).code == 0  # third made an older commit, which was applied
    assert apply(versioned, ROOT).code == 0


def test_commits_elsewhere_and_later_do_not_count(versioned: Tree) -> None:
    versioned.write("reconciler.yaml", HEAD + "manifests: [platform, tenants]\n")
    wanted = commit(versioned, "x@example.com")
    versioned.write("notes/read.md", "Nothing\n")
    commit(versioned, SECOND)
    assert planned(versioned, ROOT, "--rev", wanted).code == 0
    assert approve(versioned, SECOND).code == 0


def test_who_wrote_into_a_merge_made_it_and_who_merged_did_not(versioned: Tree) -> None:
    git(versioned, "checkout", "-qb", "side")
    commit(versioned, "x@example.com", SIGNING)
    git(versioned, "checkout", "-q", "main")
    versioned.edit(BUNDLE, "Small 11", "Small 12")
    commit(versioned, "y@example.com", BUNDLE)
    git(versioned, "merge", "-q", "--no-ff", "-m", "Merge", "side", who=SECOND)
    planned(versioned)
    assert approve(versioned, SECOND).code == 0
    versioned.edit(BUNDLE, "Small 12", "Small 13")
    git(versioned, "commit", "-qam", "Merge", "--amend", "--author", f"S <{SECOND}>", who=SECOND)
    planned(versioned)
    assert approve(versioned, SECOND).code == 4


def test_a_part_that_an_earlier_run_left_out_keeps_its_authors(versioned: Tree) -> None:
    """A run that looks at a part of the manifests takes no author away from the rest."""
    versioned.write("platform/new.yaml", operator("novo", "novo@example.com", "administrator"))
    versioned.write("reconciler.yaml", HEAD + "approvals: {sensitive: 1, critical: 1}\n")
    commit(versioned, SECOND)
    versioned.edit(BUNDLE, "Small 11", "Small 12")
    commit(versioned, "x@example.com")
    words = ("apply", "--auto-approve", "--target", "Bundle/*")
    assert versioned.run(*as_(ROOT, *words)).code == 0
    for target in ("Issuer/*", "Operator/*"):
        planned(versioned, ROOT, "--target", target)
        assert (approve(versioned, SECOND).code, approve(versioned, THIRD).code) == (4, 0), target


def test_a_history_that_is_not_there_as_a_whole_knows_nobody(versioned: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(versioned, "x@example.com")
    url = f"file://{versioned.folder}"
    git(versioned, "clone", "-q", "--depth", "1", url, "clone")
    monkeypatch.setenv("RECONCILER_DATABASE_URL", f"sqlite:///{versioned.folder}/.reconciler/live.db")
    monkeypatch.chdir(versioned.folder / "clone")
    call = versioned.run(*as_(ROOT, "plan", "--out", "p.plan"))
    assert "git does not tell" in flat(call.out)
    assert approve(versioned, SECOND).code == 0  # apply looks at it again
    call = apply(versioned, ROOT, SECOND)
    assert (call.code, "whole history" in flat(call.err)) == (4, True)


def test_a_file_of_no_commit_says_that_nobody_is_known(versioned: Tree) -> None:
    assert facts(versioned)["commit_authors"] == "none"
    assert "who wrote them is not known" in flat(versioned.run(*as_(ROOT, "plan")).out)


# --- two at once, faults, and roles of a server ----------------------------------------------------------------------


def test_two_approve_at_once_and_both_count(desk: Tree) -> None:
    desk.write("reconciler.yaml", HEAD + "approvals: {critical: 2}\n")
    planned(desk)

    def one(who: str) -> int:
        words = [sys.executable, "-m", "reconciler", *as_(who, "approve", "p.plan", "--auto-approve", "--quiet")]
        return subprocess.run(words, cwd=desk.folder, check=False, capture_output=True).returncode

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, [SECOND, THIRD, SECOND, THIRD])) == [0] * 4
    assert desk.sql("SELECT count(*) FROM reconciler_approvals") == [(2,)]
    assert apply(desk, ROOT).code == 0


@pytest.mark.parametrize("point", ["agreed", "locked", "written", "before-commit"])
def test_whoever_is_killed_before_the_commit_has_not_approved(desk: Tree, point: str) -> None:
    planned(desk)
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED.format(point=point), *as_(SECOND, "approve", "p.plan", "--auto-approve")],
        cwd=desk.folder,
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -9
    assert desk.sql("SELECT count(*) FROM reconciler_approvals") == [(0,)]
    assert approve(desk, SECOND).code == 0
    assert apply(desk, ROOT).code == 0


_KILLED = """
import os, signal, sys
from reconciler.model import failpoint
def hit(name):
    if name == "{point}":
        os.kill(os.getpid(), signal.SIGKILL)
from reconciler.cli.main import main
with failpoint.armed(hit):
    main(sys.argv[1:])
"""


def test_a_role_that_only_reads_gets_one_clear_error(desk: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    if not isinstance(desk, ServedTree):
        pytest.skip("a file knows no roles")
    applying, planning = desk.cluster.role("applying"), desk.cluster.role("planning")
    for statement in desk.run("db", "roles", "--applying", applying, "--planning", planning).out.splitlines():
        desk.sql(statement)
    planned(desk)
    monkeypatch.setenv("RECONCILER_DATABASE_URL", desk.cluster.url(desk.name, user=planning))
    call = approve(desk, SECOND)
    assert (call.code, call.err.count("error "), "DB-13" in call.err) == (1, 1, True)
    monkeypatch.setenv("RECONCILER_DATABASE_URL", desk.cluster.url(desk.name, user=applying))
    assert approve(desk, SECOND).code == 0
    assert apply(desk, ROOT).code == 0


# --- tokens ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def tokens(light: Tree, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Call]]:
    """Calls with the token of a job; the environment of the job says whose it is."""
    people = {"root": "root", "second": SECOND, "third": "third", "ines": "farol/ines"}
    with running_issuer() as issuer:
        subjects = "".join(
            f"  - {{match: {{repository: org/farol, environment: {name}}}, operator: {operator_}}}\n"
            for name, operator_ in people.items()
        )
        trust = f"identity:\n  trust: oidc\n  issuer: {issuer.url}\n  audience: {AUDIENCE}\n  outside: judged\n"
        trust += f"  subjects:\n{subjects}"
        light.write("reconciler.yaml", HEAD + trust)

        def call(who: str, *words: str) -> Call:
            now = int(time.time()) - 10
            claims = issuer.github(iat=now, nbf=now, exp=now + 300, environment=who)
            monkeypatch.setenv("RECONCILER_ID_TOKEN", token(claims))
            return light.run(*words)

        yield call


def test_with_tokens_only_what_is_recorded_counts(light: Tree, tokens: Callable[..., Call]) -> None:
    assert tokens("root", "plan", "--out", "p.plan").code == 0
    call = tokens("root", "apply", "p.plan")
    assert (call.code, "GEN-25" in call.err, "--as" in call.err) == (4, True, False)
    assert tokens("root", "apply", "p.plan", "--as", SECOND).code == 1
    assert tokens("root", "approve", "p.plan", "--auto-approve").code == 4
    assert "PRM-01" in tokens("ines", "approve", "p.plan", "--auto-approve").err
    assert tokens("second", "approve", "p.plan", "--auto-approve").code == 0
    assert tokens("second", "apply", "p.plan").code == 4  # the own approval is none
    call = tokens("root", "apply", "p.plan")
    assert call.code == 0, call.err
    assert light.sql("SELECT approvers FROM reconciler_runs ORDER BY seq DESC LIMIT 1") == [(f'["{SECOND}"]',)]


def test_with_tokens_an_approver_carries_and_shows_nothing(light: Tree, tokens: Callable[..., Call]) -> None:
    light.edit(SIGNING, "state: deleted", "state: active")
    light.edit("platform/operators.yaml", "displayName: third", "displayName: Tomás")
    assert tokens("ines", "plan", "--out", "p.plan").code == 4
    assert tokens("second", "approve", "p.plan", "--auto-approve").code == 0
    call = tokens("ines", "apply", "p.plan")
    assert (call.code, "Tomás" in call.out + call.err) == (0, False), call.err
    assert light.sql("SELECT display_name FROM operators WHERE name = 'third'") == [("Tomás",)]
