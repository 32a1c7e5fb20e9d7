"""``reconciler.yaml`` and the variables beside it."""

from __future__ import annotations

import pytest

from tests.cli.tree import FILES, Tree

HEAD = "apiVersion: reconciler/v1\nkind: Project\n"
EDGES = ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z"]  # no room to look around


def test_folders_and_database_come_from_the_file(tree: Tree) -> None:
    tree.write("reconciler.yaml", f"{HEAD}manifests: [platform]\ndatabase: {{url: sqlite:///live.db}}\n")
    assert tree.run("validate").out.startswith("Valid: 2 resources in 1 file")
    assert tree.run("apply", "--auto-approve", *tree.everybody).code == 0
    assert (tree.folder / "live.db").exists()


def test_the_variable_comes_before_the_file(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.write("reconciler.yaml", f"{HEAD}database: {{url: sqlite:///live.db}}\n")
    monkeypatch.setenv("RECONCILER_DATABASE_URL", "sqlite:///other.db")
    assert tree.run("apply", "--auto-approve", *tree.everybody).code == 0
    assert ((tree.folder / "live.db").exists(), (tree.folder / "other.db").exists()) == (False, True)


@pytest.mark.parametrize("how", ["option", "variable"])
def test_an_environment_has_a_database_of_its_own(tree: Tree, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    tree.write("reconciler.yaml", f"{HEAD}environments: {{staging: {{database: {{fromEnv: STAGING}}}}}}\n")
    words = ["--env", "staging"] if how == "option" else []
    if how == "variable":
        monkeypatch.setenv("RECONCILER_ENV", "staging")
    missing = tree.run("plan", *words)
    assert (missing.code, "CFGF-05" in missing.err) == (1, True)
    monkeypatch.setenv("STAGING", "sqlite:///staging.db")
    assert tree.run("apply", "--auto-approve", "--bootstrap", *words).code == 0
    assert (tree.folder / "staging.db").exists()
    assert tree.run("plan", *words, "--format", "json").json["reconciler"]["environment"] == "staging"


def test_a_plan_file_of_one_environment_is_refused_in_another(tree: Tree) -> None:
    tree.write("reconciler.yaml", f"{HEAD}environments: {{staging: {{}}}}\n")
    tree.run("plan", "--out", "p.plan", "--env", "staging")
    call = tree.run("apply", "p.plan", *tree.everybody)
    assert (call.code, "environment staging" in " ".join(call.err.split())) == (5, True)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (HEAD + "manifest: [x]\n", "CFGF-02", 3),
        (HEAD + "guards:\n  maxDeletes:\n    cuont: 1\n", "CFGF-02", 5),
        (HEAD + "guards: {maxDeletes: {percent: 101}}\n", "CFGF-03", 3),
        (HEAD + "manifests: tenants\n", "CFGF-03", 3),
        (HEAD + "layout: tenants\n", "CFGF-03", 3),
        (HEAD + "database: {url: sqlite:///a.db, fromEnv: A}\n", "CFGF-03", 3),
        (HEAD + "database:\n  url: postgresql://reconciler:hunter2@db.example.com/live\n", "CFGF-03", 4),
        (HEAD + "identity: {trust: oidc}\n", "CFGF-03", 3),
        ("kind: Project\n", "CFGF-03", 1),
        (HEAD + HEAD, "CFGF-01", 3),
        (HEAD + "---\n" + HEAD, "CFGF-01", 0),
        (HEAD + "manifests: &a [x]\n", "CFGF-01", 3),
        ("- a\n", "CFGF-01", 1),
        ("", "CFGF-01", 0),
    ],
)
def test_a_fault_of_the_file_is_named_at_its_line(tree: Tree, text: str, code: str, line: int) -> None:
    tree.write("reconciler.yaml", text)
    call = tree.run("validate")
    place = f"reconciler.yaml:{line}:" if line else ""
    assert call.code == 1
    assert any(one.startswith(place) and f"error {code}:" in one for one in call.err.splitlines()), call.err
    assert "hunter2" not in call.err + call.out
    assert "internal error" not in call.err


def test_the_nearest_key_is_offered(tree: Tree) -> None:
    tree.write("reconciler.yaml", HEAD + "manifest: [x]\n")
    assert "did you mean manifests?" in tree.run("validate").err


def test_an_unknown_environment_is_refused_with_the_nearest(tree: Tree) -> None:
    tree.write("reconciler.yaml", HEAD + "environments: {staging: {}, prod: {}}\n")
    assert tree.run("validate", "--env", "prod").code == 0
    unknown = tree.run("validate", "--env", "prood")
    assert ("CFGF-04" in unknown.err, "did you mean prod?" in unknown.err) == (True, True)


def test_a_pattern_of_policies_that_selects_nothing_is_told(tree: Tree) -> None:
    tree.write("reconciler.yaml", HEAD + "policies: [policies/*.cel.yaml]\nmanifests: [platform]\n")
    call = tree.run("validate")
    assert (call.code, "POL-06" in call.out) == (0, True)


def test_approvals_are_read_without_a_word(tree: Tree) -> None:
    tree.write("reconciler.yaml", HEAD + "approvals: {sensitive: 1, critical: 2, validFor: 24h}\n")
    call = tree.run("validate")
    assert (call.code, "CFGF" in call.err) == (0, False)


def test_guards_come_from_the_file(tree: Tree) -> None:
    tree.write("reconciler.yaml", HEAD + "guards: {maxDeletes: {count: 0}}\n")
    tree.apply()
    tree.edit("tenants/farol/desk.yaml", "---\n" + FILES["tenants/farol/desk.yaml"].partition("---\n")[2], "")
    call = tree.run("plan", "--prune")
    assert (call.code, "GRD-01" in call.out) == (7, True)


def test_a_layout_keeps_tenants_in_their_folders(tree: Tree) -> None:
    tree.write("reconciler.yaml", HEAD + "layout: tenants/{tenant}\n")
    assert tree.run("validate").code == 0
    tree.write("tenants/lux/desk.yaml", FILES["tenants/farol/desk.yaml"])
    call = tree.run("validate")
    assert (call.code, "tenants/lux/desk.yaml:5:3: error LAY-01" in call.out) == (1, True)


def test_a_layout_keeps_the_platform_out_of_the_folders_of_tenants(tree: Tree) -> None:
    tree.write("reconciler.yaml", HEAD + "layout: tenants/{tenant}\n")
    tree.write("tenants/farol/root.yaml", FILES["platform/operators.yaml"].replace("name: root", "name: farol"))
    assert "LAY-01" in tree.run("validate").out


def test_secrets_are_limited_to_what_a_tenant_may_use(tree: Tree) -> None:
    tree.write("reconciler.yaml", HEAD + 'secrets: {allow: {farol: {fromEnv: ["FAROL_*"]}}}\n')
    call = tree.run("plan")
    assert (call.code, "GEN-22" in call.out) == (1, True)


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-06-15", "2026-06-15T12:00:00", "T", "2026-06-15T12:00:00+99:00", *EDGES]
)
def test_a_clock_that_is_none_is_refused(tree: Tree, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("RECONCILER_CLOCK", text)
    call = tree.run("validate")
    assert (call.code, "CFGF-08" in call.err) == (1, True)


@pytest.mark.parametrize(
    "url", ["live.db", "mysql://db.example.com/x", "oracle://a:hunter2@db.example.com/x", "sqlite://", "sqlite:///"]
)
def test_an_address_of_no_database_is_refused_without_being_repeated(
    tree: Tree, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("RECONCILER_DATABASE_URL", url)
    call = tree.run("plan")
    assert (call.code, "DB-05" in call.err, "hunter2" in call.err) == (1, True, False)
