"""Random changes of a tree and its database, and random targets."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from benchmarks import corpus
from tests.cli.tree import Tree

_WORDS = (
    ("category", "displayName"),
    ("clientservice", "additionalInfo"),
    ("clientservice", "additionalInfo"),
    ("issuer", "legalName"),
    ("partner", "legalName"),
    ("supportmail", "displayName"),
)
TENANTS = ("tenant-00001", "tenant-00002", "tenant-00003")
_HEAD = "apiVersion: reconciler/v1\nkind: {kind}\nmetadata:\n  name: {name}\n{tenant}spec:\n{spec}"


def change(tree: Tree, chance: random.Random) -> list[str]:
    """Make some random changes; their names."""
    done = []
    for _ in range(chance.randint(1, 4)):
        one = chance.choice(_CHANGES if chance.random() < 0.8 else _HEAVY)
        one(tree, chance)
        done.append(one.__name__)
    return done


def words(tree: Tree, chance: random.Random) -> list[str]:
    """Options of a plan with random targets."""
    found: list[str] = []
    for _ in range(chance.choice((1, 1, 1, 2))):
        found += ["--target", _target(chance)]
    if chance.random() < 0.2:
        found += ["--exclude", chance.choice(("Category/*", "*/tenant-00002/*", "*category-1"))]
    if chance.random() < 0.3:
        found.append("--prune")
    if chance.random() < 0.5:
        found += ["--format", chance.choice(("json", "json", "markdown", "html", "sarif", "junit"))]
    if chance.random() < 0.6:
        known = [str(row[0]) for row in _sql(tree, "SELECT email FROM operators")]
        found += ["--as", chance.choice([corpus.ADMINISTRATOR, *known, "nobody@example.com"])]
    return found


def _target(chance: random.Random) -> str:
    tenant = chance.choice(TENANTS)
    return chance.choice(
        (
            f"*/{tenant}/*",
            f"*/{tenant}/*",
            f"*/{tenant}/*",
            f"ServiceType/{tenant}/*",
            f"Domain/{tenant}/*",
            f"Category/{tenant}/*",
            f"*/{tenant}/category-1",
            f"Partner/{tenant}",
            f"Domain/{tenant[:-1]}?/*",
            "*/tenant-*/type-*",
            "*/nobody/*",
            "Role/*",
            "*category*",
        )
    )


def manifest(kind: str, name: str, tenant: str, spec: str) -> str:
    """A manifest."""
    return _HEAD.format(kind=kind, name=name, tenant=f"  tenant: {tenant}\n" if tenant else "", spec=spec)


def _partner(tenant: str) -> str:
    return f"ines@{tenant}.example.com"


def _files(tree: Tree, tenant: str, kind: str) -> list[str]:
    folder = tree.folder / "tenants" / tenant
    return sorted(str(one.relative_to(tree.folder)) for one in folder.glob(f"{kind}-*.yaml"))


def _one(tree: Tree, chance: random.Random, kind: str) -> str:
    return chance.choice([file for tenant in TENANTS for file in _files(tree, tenant, kind)] or [""])


def _reworded(tree: Tree, chance: random.Random) -> None:
    kind, field = chance.choice(_WORDS)
    file = _one(tree, chance, kind)
    if file:
        path = tree.folder / file
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(rf"(?m)^  {field}: .*$", f"  {field}: New {chance.random()}", text), encoding="utf-8")


def _removed(tree: Tree, chance: random.Random) -> None:
    file = _one(tree, chance, chance.choice(("category", "domain", "generalconfiguration", "reportschedule")))
    if file:
        (tree.folder / file).unlink()


def _added(tree: Tree, chance: random.Random) -> None:
    tenant, number = chance.choice(TENANTS), chance.randint(0, 99)
    spec = f"  displayName: Word {number}\n  sortOrder: {number}\n"
    tree.write(f"tenants/{tenant}/new-{number}.yaml", manifest("ServiceType", f"new-{number}", tenant, spec))


def _below_a_stranger(tree: Tree, chance: random.Random) -> None:
    tenant, other = chance.sample(TENANTS, 2)
    file = next(iter(_files(tree, tenant, "domain")), "")
    if file:
        host = f"shop.www{chance.randint(0, 5)}.{other}.example.com"
        path = tree.folder / file
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"(?m)^  host: .*$", f"  host: {host}", text)
        text = re.sub(r"(?m)^  name: .*$", "  name: shop", text, count=1)
        tree.write(f"tenants/{tenant}/shop.yaml", text)


def _taken(tree: Tree, chance: random.Random) -> None:
    """A natural key that another tenant has in the database."""
    tenant, other = chance.sample(TENANTS, 2)
    mine, theirs = _files(tree, tenant, "clientservice"), _files(tree, other, "clientservice")
    if mine and theirs:
        alias = re.search(r"(?m)^  alias: (.*)$", (tree.folder / theirs[0]).read_text(encoding="utf-8"))
        text = (tree.folder / mine[0]).read_text(encoding="utf-8")
        assert alias is not None
        (tree.folder / mine[0]).write_text(re.sub(r"(?m)^  alias: .*$", f"  alias: {alias[1]}", text), encoding="utf-8")


def _twin(tree: Tree, chance: random.Random) -> None:
    """A partner with the tax number of the issuer of another one."""
    tenant, other = chance.choice([(one, two) for one in TENANTS for two in TENANTS if one < two])
    theirs = _files(tree, other, "issuer")
    if theirs:
        number = re.search(r'(?m)^  vatNumber: "(.*)"$', (tree.folder / theirs[0]).read_text(encoding="utf-8"))
        assert number is not None
        if _sql(tree, "SELECT 1 FROM partners WHERE vat_number = ?", number[1]):
            return
        _set_vat(tree, tenant, number[1])


def _set_vat(tree: Tree, tenant: str, number: str) -> None:
    path = tree.folder / f"tenants/{tenant}/partner-{tenant}.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'(?m)^  vatNumber: ".*"$', f'  vatNumber: "{number}"', text), encoding="utf-8")
    _sql(tree, "UPDATE partners SET vat_number = ? WHERE name = ?", number, tenant)


def _below(tree: Tree, chance: random.Random) -> None:
    """A tenant becomes the child of another one."""
    child, above = chance.sample(TENANTS, 2)
    _sql(tree, "UPDATE partners SET tier = 'distributor', parent = NULL WHERE name = ?", above)
    _sql(tree, "UPDATE partners SET tier = 'partner', parent = ? WHERE name = ?", above, child)
    for name, line in ((above, "  tier: distributor\n"), (child, f"  parent: {above}\n")):
        path = tree.folder / f"tenants/{name}/partner-{name}.yaml"
        text = re.sub(r"(?m)^  (tier|parent): .*\n", "", path.read_text(encoding="utf-8"))
        path.write_text(text.rstrip("\n") + "\n" + line, encoding="utf-8")


def _operator(tree: Tree, chance: random.Random) -> None:
    """Somebody who may act in a tenant, in the database."""
    tenant = chance.choice(TENANTS)
    if not _sql(tree, "SELECT 1 FROM operators WHERE tenant = ?", tenant):
        _sql(
            tree,
            "INSERT INTO operators (tenant, name, email, display_name, role, language, state) "
            "VALUES (?, 'ines', ?, 'Inês Prado', 'partner', 'pt-PT', 'active')",
            tenant,
            _partner(tenant),
        )
        _sql(tree, "UPDATE partners SET state = 'active'")


def _drifted(tree: Tree, chance: random.Random) -> None:
    table = chance.choice(("categories", "service_types"))
    _sql(tree, f"UPDATE {table} SET sort_order = ? WHERE tenant = ?", chance.randint(100, 999), chance.choice(TENANTS))


def _lost(tree: Tree, chance: random.Random) -> None:
    _sql(tree, "DELETE FROM report_schedules WHERE tenant = ?", chance.choice(TENANTS))


def _platform(tree: Tree, chance: random.Random) -> None:
    text = "Look" if chance.random() < 0.5 else "Watch"
    path = tree.folder / "platform/role-customer-readers.yaml"
    path.write_text(re.sub(r"Look|Watch", text, path.read_text(encoding="utf-8")), encoding="utf-8")


def _broken(tree: Tree, chance: random.Random) -> None:
    """A mistake in what a plan is about, or in a file of no tenant."""
    tree.write("platform/broken.yaml", manifest("ServiceType", "broken", chance.choice(TENANTS), "  sortOrder: x\n"))


def _elsewhere(tree: Tree, chance: random.Random) -> None:
    """A resource of a tenant in a file of no tenant."""
    tenant = chance.choice(TENANTS)
    spec = "  displayName: Elsewhere\n  sortOrder: 5\n"
    tree.write("platform/elsewhere.yaml", manifest("ServiceType", "elsewhere", tenant, spec))


def _auditor(tree: Tree, chance: random.Random) -> None:
    """Somebody of the platform who refers to an issuer of a tenant."""
    tenant = chance.choice(TENANTS)
    spec = (
        "  email: audit@example.com\n  displayName: Audit\n  role: auditor\n  language: pt-PT\n"
        f"  auditScope: [{tenant}/{tenant}-issuer-00]\n"
    )
    tree.write("platform/auditor.yaml", manifest("Operator", "audit", "", spec))


def _sql(tree: Tree, statement: str, *values: object) -> list[Any]:
    with closing(sqlite3.connect(tree.folder / "live.db")) as connection, connection:
        return connection.execute(statement, values).fetchall()


_CHANGES: tuple[Callable[[Tree, random.Random], None], ...] = (
    _reworded,
    _reworded,
    _removed,
    _added,
    _added,
    _below_a_stranger,
    _twin,
    _below,
    _operator,
    _drifted,
    _drifted,
    _lost,
    _elsewhere,
)
_HEAVY: tuple[Callable[[Tree, random.Random], None], ...] = (_taken, _platform, _broken, _auditor)
"""Changes behind which most plans are made from everything, or not at all."""
