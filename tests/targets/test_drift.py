"""A report of drift with targets reads what it is about, and says what everything would have led to."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from benchmarks import corpus
from tests.cli.tree import Tree
from tests.targets.both import NOT_READ, Both, both_drifts
from tests.targets.changes import TENANTS, change, manifest
from tests.targets.test_what_is_read import of, opened, rows

__all__ = ["opened", "rows"]

AS = ("--as", corpus.ADMINISTRATOR)
FIRST = ("--target", "*/tenant-00001/*")


def sql(tree: Tree, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(tree.folder / "live.db")) as connection, connection:
        connection.execute(statement, values)


def checked(found: Both, *, narrow: bool) -> Both:
    assert found.same().narrow is narrow, found.short.err
    return found


@pytest.mark.parametrize(
    "words", [FIRST, ("--tenant", "tenant-00001"), ("--target", "Category/tenant-00001/*", "--tenant", "tenant-00001")]
)
def test_no_folder_of_another_tenant_is_opened(grove: Tree, opened: list[str], words: tuple[str, ...]) -> None:
    call = grove.run("drift", *words, *AS)
    assert call.code == 0, call.err
    assert f"2 other tenants were{NOT_READ}" in call.err
    assert "tenant-00001" in opened
    assert not {"tenant-00002", "tenant-00003"}.intersection(opened)


def test_no_row_of_another_tenant_is_read(grove: Tree, rows: list[tuple[Any, ...]]) -> None:
    for tenant in TENANTS:
        sql(grove, "UPDATE categories SET sort_order = 77 WHERE tenant = ?", tenant)
    grove.run("drift", "--record", *AS)
    rows.clear()
    call = grove.run("drift", *FIRST, *AS)
    assert "sortOrder" in call.out
    assert of(rows) == {"tenant-00001"}
    short = len(rows)
    rows.clear()
    grove.run("drift", *AS)
    assert of(rows) == set(TENANTS)
    assert short < len(rows) * 0.6


def test_a_target_without_a_tenant_reads_everything(grove: Tree, opened: list[str]) -> None:
    for words in (("--target", "Category/*"), (*FIRST, "--target", "Category/*"), ("--exclude", "*/tenant-00002/*")):
        assert NOT_READ not in grove.run("drift", *words).err
        assert set(TENANTS) <= set(opened)
        opened.clear()


def test_what_the_world_changed_is_told_as_by_everything(grove: Tree) -> None:
    sql(grove, "UPDATE categories SET sort_order = 77")
    sql(grove, "DELETE FROM report_schedules")
    sql(
        grove, "INSERT INTO service_types (tenant, name, display_name, sort_order) VALUES ('tenant-00001', 'x', 'X', 1)"
    )
    sql(grove, "UPDATE roles SET description = 'changed' WHERE tenant IS NULL")
    for words in (FIRST, (*FIRST, *AS), (*FIRST, "--exclude", "Category/*"), ("--tenant", "tenant-00001", *AS)):
        for form in ("text", "json", "csv", "markdown", "html", "sarif"):
            found = checked(both_drifts(grove, *words, "--format", form), narrow=True)
            assert found.short.code == 2
    assert "1 row" in found.short.out or "unmanaged" in found.short.out


def test_what_matches_nothing_is_told(grove: Tree) -> None:
    for words in (("--target", "*/nobody/*"), ("--tenant", "nobody"), (*FIRST, "--target", "Nothing/tenant-00001/*")):
        found = checked(both_drifts(grove, *words, *AS), narrow=True)
        assert "DRF-03" in found.short.err + found.short.out


def test_findings_that_are_written_down_are_known_again(grove: Tree) -> None:
    sql(grove, "UPDATE categories SET sort_order = 77")
    recorded = grove.run("drift", *FIRST, *AS, "--record")
    assert NOT_READ in recorded.err
    assert "known" in checked(both_drifts(grove, *FIRST, *AS), narrow=True).short.out
    assert "new" in both_drifts(grove, "--target", "*/tenant-00002/*").same().short.out
    sql(grove, "UPDATE categories SET sort_order = 10")
    checked(both_drifts(grove, *FIRST, *AS, "--format", "json"), narrow=True)


def test_only_what_is_asked_about_is_counted_for_somebody(grove: Tree) -> None:
    call = both_drifts(grove, *FIRST, *AS).same().short
    assert call.out == grove.run("drift", *FIRST).out


def test_everything_is_read_where_it_may_matter(grove: Tree) -> None:
    """A gone manifest may have moved, an error is told, and what waits on the platform may change what is wrong."""
    file = next((grove.folder / "tenants/tenant-00001").glob("category-*.yaml"))
    text = file.read_text(encoding="utf-8")
    file.unlink()
    checked(both_drifts(grove, *FIRST, *AS), narrow=False)
    file.write_text(text, encoding="utf-8")
    checked(both_drifts(grove, *FIRST, *AS), narrow=True)
    grove.edit("platform/role-customer-readers.yaml", "Look", "Watch")
    checked(both_drifts(grove, *FIRST, *AS), narrow=False)
    grove.edit("platform/role-customer-readers.yaml", "Watch", "Look")
    spec = "  sortOrder: many\n"
    grove.write("tenants/tenant-00001/wrong.yaml", manifest("ServiceType", "wrong", "tenant-00001", spec))
    assert "DRF-01" in checked(both_drifts(grove, *FIRST, *AS), narrow=False).short.out


def test_a_waiver_that_waives_nothing_is_told_of_the_tenants_of_the_report(grove: Tree) -> None:
    globs = [f"Category/{tenant}/nobody-*" for tenant in TENANTS[:2]] + ["*/*/nobody", "Category/tenant-00001/*"]
    grove.write(
        "waivers/none.yaml",
        "apiVersion: reconciler/v1\nkind: Waiver\nmetadata: {name: none}\n"
        "spec: {owner: rita@example.com, reason: Tried, expires: 2026-07-01, addresses: "
        f"[{', '.join(map(repr, globs))}]}}\n",
    )
    sql(grove, "UPDATE categories SET sort_order = 77")
    for words in (FIRST, (*FIRST, *AS)):
        out = checked(both_drifts(grove, *words), narrow=True).short.out
        assert "waived" in out
        assert globs[0] in out
        assert globs[1] not in out
        assert globs[2] not in out
    assert globs[1] in grove.run("drift").out


_MEDDLING = (
    "UPDATE categories SET sort_order = {number} WHERE tenant = '{tenant}'",
    "UPDATE service_types SET display_name = name || '{number}' WHERE tenant = '{tenant}'",
    "UPDATE partners SET legal_name = 'Named {number}' WHERE name = '{tenant}'",
    "UPDATE issuers SET legal_name = 'Named {number}' WHERE tenant = '{tenant}'",
    "UPDATE roles SET description = 'Named {number}'",
    "DELETE FROM report_schedules WHERE tenant = '{tenant}'",
    "INSERT OR IGNORE INTO service_types (tenant, name, display_name) VALUES ('{tenant}', 'made-{number}', 'Made')",
    "UPDATE operators SET display_name = 'Named {number}'",
)


def words(tree: Tree, chance: random.Random) -> list[str]:
    """Options of a report of drift, at random."""
    tenant = chance.choice(TENANTS)
    targets = (
        ["--target", f"*/{tenant}/*"],
        ["--target", f"Category/{tenant}/*", "--target", f"Partner/{tenant}"],
        ["--tenant", tenant],
        ["--tenant", tenant, "--target", "*/tenant-*/type-*"],
        ["--target", f"*/{tenant[:-1]}?/category-*"],
    )
    found = list(chance.choice(targets))
    if chance.random() < 0.3:
        found += ["--exclude", chance.choice(("Category/*", "*/tenant-00002/*"))]
    if chance.random() < 0.6:
        with closing(sqlite3.connect(tree.folder / "live.db")) as connection:
            known = [str(row[0]) for row in connection.execute("SELECT email FROM operators")]
        found += ["--as", chance.choice([corpus.ADMINISTRATOR, *known, "nobody@example.com"])]
    return [*found, "--format", chance.choice(("text", "json"))]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
def test_whatever_drifts_the_report_is_that_of_everything(grove: Tree, seed: int) -> None:
    """But for errors in manifests that only everything reads: then the long report knows less than the short one."""
    chance = random.Random(seed)  # noqa: S311  # the same changes in every run
    for _ in range(3):
        if chance.random() < 0.4:
            change(grove, chance)
        for _ in range(chance.randint(1, 3)):
            statement = chance.choice(_MEDDLING)
            sql(grove, statement.format(number=chance.randint(1, 999), tenant=chance.choice(TENANTS)))
        if chance.random() < 0.3:
            grove.run("drift", "--record")
        found = both_drifts(grove, *words(grove, chance))
        if found.narrow and "DRF-01" in found.long.out:
            assert "DRF-01" not in found.short.out
            assert grove.run("plan").code == 1
        else:
            found.same()
