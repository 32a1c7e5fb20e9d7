"""Overlays, accept, promote and plans beside a base commit, where the database belongs to a server."""

from __future__ import annotations

import pytest

from tests.acceptance.homes import ServedTree
from tests.adapters.manifests.test_git import git
from tests.cli.tree import INES, ROOT

DESK = "tenants/farol/desk.yaml"
OVERLAY = "overlays/staging/desk.yaml"
PROJECT = """\
apiVersion: reconciler/v1
kind: Project
manifests: [platform, tenants]
environments:
  staging: {database: {fromEnv: STAGING_DATABASE_URL}, overlays: [overlays/staging]}
  production: {database: {url: "sqlite:///production.db"}, overlays: [overlays/production]}
"""
WORDS = """\
apiVersion: reconciler/v1
kind: Category
metadata: {name: signing, tenant: farol}
spec:
  description: Staging words # only here
"""
STAGING = ("--env", "staging")


@pytest.fixture
def staging(served_tree: ServedTree, monkeypatch: pytest.MonkeyPatch) -> ServedTree:
    """Two environments in git; the one on the server is applied."""
    home = served_tree
    monkeypatch.setenv("STAGING_DATABASE_URL", home.cluster.url(home.name))
    monkeypatch.delenv("RECONCILER_DATABASE_URL")
    home.write("reconciler.yaml", PROJECT)
    home.write(OVERLAY, WORDS)
    (home.folder / "overlays/production").mkdir()
    for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "As agreed")):
        git(home.folder, *words)
    assert home.run(*STAGING, "db", "upgrade").code == 0
    call = home.run(*STAGING, "apply", "--bootstrap", "--auto-approve", "--as", ROOT)
    assert call.code == 0, call.err
    return home


def test_drift_is_accepted_into_the_overlay_and_the_base_on_a_branch(staging: ServedTree) -> None:
    staging.sql("UPDATE categories SET description = 'Better words', sort_order = 11 WHERE name = 'signing'")
    drift = staging.run(*STAGING, "drift", "--detailed-exitcode")
    assert drift.code == 2
    assert f"{OVERLAY}:5" in drift.out
    assert staging.run(*STAGING, "accept", "Category/farol/signing", "--branch", "drift/1").code == 0
    assert git(staging.folder, "status", "--porcelain") == ""
    told = git(staging.folder, "diff", "--unified=0", "main", "drift/1").splitlines()
    changed = [one for one in told if one[:1] in "+-" and one[:3] not in ("+++", "---")]
    assert changed == [
        "-  description: Staging words # only here",
        "+  description: Better words # only here",
        "-  sortOrder: 10",
        "+  sortOrder: 11",
    ]
    git(staging.folder, "merge", "-q", "drift/1")
    assert staging.run(*STAGING, "plan").out.startswith("No changes.")
    assert staging.run(*STAGING, "drift").out.startswith("No drift.")


def test_a_patch_that_promotes_applies(staging: ServedTree) -> None:
    words = ("promote", "--from-env", "staging", "--to-env", "production", "Category/farol/signing")
    (staging.folder / "new.patch").write_text(staging.run(*words, "--diff").out, encoding="utf-8")
    git(staging.folder, "apply", "new.patch")
    same = staging.run("diff", "--from-env", "staging", "--to-env", "production", "--detailed-exitcode")
    assert (same.code, same.out.startswith("No differences")) == (0, True)


def test_a_branch_is_told_from_what_drifted_before_it(staging: ServedTree) -> None:
    staging.sql("UPDATE service_types SET sort_order = 99")
    git(staging.folder, "checkout", "-q", "-b", "feature")
    staging.edit(DESK, "displayName: Signing", "displayName: Seals")
    git(staging.folder, "commit", "-q", "-a", "-m", "Seals")
    call = staging.run(*STAGING, "plan", "--base", "main", "--as", INES)
    assert "  this branch: 1 to change." in call.out
    assert "  already pending before it, at main: 1 " in call.out


def test_a_row_of_another_program_is_adopted_and_exported(staging: ServedTree) -> None:
    staging.sql(
        "INSERT INTO service_types (tenant, name, display_name, description, sort_order) "
        "VALUES ('farol', 'by-hand', 'By hand', '', 30)"
    )
    call = staging.run(*STAGING, "adopt", "ServiceType/farol/by-hand", "--auto-approve", "--as", INES, "--as", ROOT)
    assert (call.code, call.out.splitlines()[-1]) == (0, "Adopted 1 resource. No changes."), call.err
    assert staging.run(*STAGING, "plan").out.startswith("No changes.")
    assert staging.run(*STAGING, "export", "out", "--target", "ServiceType/farol/by-hand").code == 0
    assert "displayName: By hand" in (staging.folder / "out/tenants/farol/service-type/by-hand.yaml").read_text("utf-8")
