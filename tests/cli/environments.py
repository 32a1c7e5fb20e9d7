"""A small tree with three environments, and what tests of them share."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing

from tests.cli.tree import Tree

CONFIGURATION = """\
apiVersion: reconciler/v1
kind: Project
layout: tenants/{tenant}
environments:
  staging:
    database: {url: "sqlite:///.reconciler/staging.db"}
    overlays: [overlays/staging]
    manifests: [only/staging]
  production: {database: {url: "sqlite:///.reconciler/live.db"}, overlays: [./overlays/production/]}
  demo: {database: {url: "sqlite:///.reconciler/demo.db"}}
"""
CATEGORY = "apiVersion: reconciler/v1\nkind: Category\nmetadata:\n  name: signing\n  tenant: farol\n"
DESK = "tenants/farol/desk.yaml"
STAGING = "overlays/staging/tenants/farol/desk.yaml"
PRODUCTION = "overlays/production/tenants/farol/desk.yaml"
ONLY = "only/staging/tenants/farol/more.yaml"


def with_environments(tree: Tree) -> Tree:
    """The tree with three environments: one with more, one with labels, and one that says what all share."""
    tree.write("reconciler.yaml", CONFIGURATION)
    tree.write(STAGING, CATEGORY + "spec:\n  # try it out\n  description: null\n  sortOrder: 30 # why not\n")
    tree.write(PRODUCTION, CATEGORY + "  labels:\n    env: live\n")
    more = CATEGORY.replace("signing", "more") + "spec:\n  displayName: More\n  description: m\n  audience: customers\n"
    tree.write(ONLY, more + "  serviceTypes: [incident]\n  sortOrder: 40\n")
    return tree


def git(tree: Tree, *words: str) -> None:
    names = ["-c", "user.name=Rita Fonseca", "-c", "user.email=root@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *names, *words], cwd=tree.folder, check=True, capture_output=True)


def categories(tree: Tree, database: str = "staging") -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(tree.folder / f".reconciler/{database}.db")) as connection:
        return connection.execute("SELECT name, description, sort_order FROM categories ORDER BY name").fetchall()


def apply(tree: Tree, environment: str) -> None:
    call = tree.run("apply", "--env", environment, "--bootstrap", "--auto-approve", "--as", "root@example.com")
    assert call.code == 0, call.err


def sql(tree: Tree, statement: str, database: str = "staging") -> None:
    with closing(sqlite3.connect(tree.folder / f".reconciler/{database}.db")) as connection, connection:
        connection.execute(statement)


def texts(tree: Tree) -> dict[str, str]:
    return {
        path.relative_to(tree.folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(tree.folder.rglob("*.yaml"))
    }
