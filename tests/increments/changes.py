"""Random changes of any manifest, of its place, of rows, and of what stands around them."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from tests.cli.tree import Tree
from tests.targets.changes import _sql

_LINE = re.compile(r"^  ([a-zA-Z]+): (\S.*)$", re.MULTILINE)
_TABLES = ("categories", "service_types", "customers", "issuers", "partners", "domains", "client_services", "roles")


def manifests(tree: Tree) -> list[Path]:
    """All files of manifests."""
    return sorted(one for one in tree.folder.rglob("*.yaml") if one.name != "reconciler.yaml")


def alike(tree: Tree, path: Path) -> list[Path]:
    """The files of the same kind."""
    return sorted(tree.folder.rglob(f"{path.name.partition('-')[0]}-*.yaml"))


def swapped_value(tree: Tree, chance: random.Random) -> None:
    """A field with the value that another resource of the kind has: another word, a key twice, a reference astray."""
    path = chance.choice(manifests(tree))
    text = path.read_text(encoding="utf-8")
    found = _LINE.findall(chance.choice(alike(tree, path) or [path]).read_text(encoding="utf-8"))
    if found:
        name, value = chance.choice(found)
        path.write_text(re.sub(rf"(?m)^  {name}: .*$", lambda _: f"  {name}: {value}", text), encoding="utf-8")


def field_gone(tree: Tree, chance: random.Random) -> None:
    """A field that a manifest gives no more."""
    path = chance.choice(manifests(tree))
    text = path.read_text(encoding="utf-8")
    head, _, spec = text.partition("\nspec:\n")
    found = _LINE.findall(spec)
    if found:
        name, _ = chance.choice(found)
        path.write_text(f"{head}\nspec:\n{re.sub(rf'(?m)^  {name}: .*' + chr(10), '', spec)}", encoding="utf-8")


def another_state(tree: Tree, chance: random.Random) -> None:
    """A state asked for."""
    path = chance.choice(manifests(tree))
    text = re.sub(r"(?m)^  state: .*\n", "", path.read_text(encoding="utf-8")).rstrip("\n")
    word = chance.choice(("active", "suspended", "closed", "revoked", "registered", "blocked", "archived"))
    path.write_text(f"{text}\n  state: {word}\n", encoding="utf-8")


def only_words(tree: Tree, chance: random.Random) -> None:
    """A comment, a label, a note."""
    path = chance.choice(manifests(tree))
    text = path.read_text(encoding="utf-8")
    other = (f"# {chance.random()}\n{text}", re.sub(r"(?m)^    note: .*$", f"    note: n{chance.random()}", text))
    path.write_text(chance.choice(other), encoding="utf-8")


def left_to_the_world(tree: Tree, chance: random.Random) -> None:
    """Another sort of management."""
    path = chance.choice(manifests(tree))
    text = path.read_text(encoding="utf-8")
    line = chance.choice(("management: observe", "management: createOnly", "protect: true"))
    if "\nlifecycle:" not in text:
        path.write_text(text.rstrip("\n") + f"\nlifecycle:\n  {line}\n", encoding="utf-8")


def gone(tree: Tree, chance: random.Random) -> None:
    """A manifest that is no more."""
    chance.choice(manifests(tree)).unlink()


def moved_file(tree: Tree, chance: random.Random) -> None:
    """A file with another name."""
    path = chance.choice(manifests(tree))
    path.rename(path.with_name(f"z{chance.randint(0, 999)}-{path.name}"))


def together(tree: Tree, chance: random.Random) -> None:
    """Two files in one."""
    one, two = chance.sample(manifests(tree), 2)
    one.write_text(f"{one.read_text(encoding='utf-8')}---\n{two.read_text(encoding='utf-8')}", encoding="utf-8")
    if chance.random() < 0.7:
        two.unlink()


def copied(tree: Tree, chance: random.Random) -> None:
    """A resource under another name, with the keys of the first; or the same once more."""
    path = chance.choice(manifests(tree))
    text = path.read_text(encoding="utf-8")
    name = f"copy-{chance.randint(0, 99)}"
    if chance.random() < 0.8:
        text = re.sub(r"(?m)^  name: .*$", f"  name: {name}", text, count=1)
    path.with_name(f"{path.stem}-{name}.yaml").write_text(text, encoding="utf-8")


def cut(tree: Tree, chance: random.Random) -> None:
    """A file that ends early."""
    path = chance.choice(manifests(tree))
    data = path.read_bytes()
    path.write_bytes(data[: chance.randrange(len(data))] if chance.random() < 0.3 else data.rstrip(b"\n"))


def row_gone(tree: Tree, chance: random.Random) -> None:
    """A row that another program deletes."""
    _perhaps(tree, f"DELETE FROM {chance.choice(_TABLES)} WHERE rowid % 7 = {chance.randrange(7)}")


def row_stopped(tree: Tree, chance: random.Random) -> None:
    """A row with another state."""
    table = chance.choice(("customers", "issuers", "partners", "client_services"))
    _perhaps(tree, f"UPDATE {table} SET state = 'suspended' WHERE rowid % 5 = {chance.randrange(5)}")


def unseen_row(tree: Tree, chance: random.Random) -> None:
    """A row that no manifest names, written while triggers were switched off."""
    _sql(tree, "DROP TRIGGER IF EXISTS journal_service_types_insert")
    tenant = f"tenant-0000{chance.randint(1, 3)}"
    _perhaps(
        tree,
        "INSERT INTO service_types (tenant, name, display_name, sort_order) "
        f"VALUES ('{tenant}', 'wild-{chance.randint(0, 99)}', 'Wild', 3)",
    )


def ledger(tree: Tree, chance: random.Random) -> None:
    """An entry of the ledger that is gone, or says something else."""
    what = chance.choice(("DELETE FROM reconciler_resources", "UPDATE reconciler_resources SET applied = '{}'"))
    _perhaps(tree, f"{what} WHERE rowid % 31 = {chance.randrange(31)}")


def waived(tree: Tree, chance: random.Random) -> None:
    """A waiver."""
    kind = chance.choice(("Category", "Customer", "ServiceType", "Issuer"))
    tree.write(
        "waivers/calm.yaml",
        "apiVersion: reconciler/v1\nkind: Waiver\nmetadata: {name: calm}\nspec: {owner: root@example.com, "
        f"reason: Until the move is over., expires: 2026-07-01, addresses: [{kind}/*]}}\n",
    )


def shaped(tree: Tree, chance: random.Random) -> None:
    """Another configuration."""
    path = tree.folder / "reconciler.yaml"
    text = path.read_text(encoding="utf-8").replace("layout: tenants/{tenant}\n", "")
    path.write_text(text + chance.choice(("", "layout: tenants/{tenant}\n")), encoding="utf-8")


def language_gone(tree: Tree, chance: random.Random) -> None:
    """A language that the platform installs no more, or one more."""
    for path in tree.folder.glob("platform/systemconfiguration-*.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"(?m)^  languages: .*$", chance.choice(("  languages: [en]", r"\g<0>")), text), "utf-8")


def taken_back(tree: Tree, chance: random.Random) -> None:
    """Everything in manifests as it was at first."""
    before = tree.folder.with_name("before")
    if chance.random() < 0.5 and before.exists():
        for name in ("platform", "tenants"):
            shutil.rmtree(tree.folder / name)
            shutil.copytree(before / name, tree.folder / name)


def _perhaps(tree: Tree, statement: str) -> None:
    try:
        _sql(tree, statement)
    except sqlite3.Error:
        return


SMALL: tuple[Callable[[Tree, random.Random], None], ...] = (
    swapped_value,
    swapped_value,
    swapped_value,
    field_gone,
    another_state,
    another_state,
    only_words,
    only_words,
    left_to_the_world,
    gone,
    moved_file,
    together,
    copied,
    cut,
    row_gone,
    row_stopped,
    unseen_row,
    ledger,
    waived,
    shaped,
    language_gone,
    taken_back,
)
