"""A plan of one tenant opens its files and reads its rows, and says how many others it has not read."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks import corpus
from reconciler.adapters.database import reading as reading_module
from reconciler.kinds import discover
from reconciler.model.kind import Level
from tests.cli.tree import Tree
from tests.targets.both import NOT_READ
from tests.targets.changes import manifest

WORDS = ("plan", "--as", corpus.ADMINISTRATOR, "--target")
TARGET = "*/tenant-00001/*"

_opened: list[str] | None = None
_connect = sqlite3.connect


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("open", "os.scandir") and _opened is not None:
        _opened.append(str(arguments[0]))


sys.addaudithook(_hear)  # a hook stays for good: it listens only while a list is there


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """What is opened, as it is named: a name alone stands below a folder that was opened before."""
    global _opened  # noqa: PLW0603  # the one way to a hook
    _opened = []
    yield _opened
    _opened = None


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Every row that SQLite gives to the program."""
    found: list[tuple[Any, ...]] = []
    real: Callable[[str], sqlite3.Connection] = reading_module._checked

    class Counted(sqlite3.Cursor):
        def fetchall(self) -> list[Any]:
            got = super().fetchall()
            found.extend(got)
            return got

        def fetchmany(self, size: int | None = 1) -> list[Any]:
            got = super().fetchmany(size)
            found.extend(got)
            return got

    class Watched(sqlite3.Connection):
        def execute(self, *words: Any) -> sqlite3.Cursor:
            return self.cursor(Counted).execute(*words)

    def checked(uri: str) -> sqlite3.Connection:
        with pytest.MonkeyPatch.context() as patch:
            connect = sqlite3.connect
            patch.setattr(sqlite3, "connect", lambda *words, **how: connect(*words, factory=Watched, **how))
            return real(uri)

    monkeypatch.setattr(reading_module, "_checked", checked)
    return found


def of(rows: list[tuple[Any, ...]]) -> set[str]:
    """The tenants whose own rows are among some rows; tenants themselves stand at platform level."""
    names = {"tenant-00001", "tenant-00002", "tenant-00003"}
    return {str(row[0]) for row in rows if row[0] in names and len(row) > 1} | {
        str(row[1]) for row in rows if len(row) > 3 and row[1] in names and row[0] != ""
    }


def test_no_folder_of_another_tenant_is_opened(grove: Tree, opened: list[str]) -> None:
    call = grove.run(*WORDS, TARGET)
    assert call.code == 0, call.err
    assert f"2 other tenants were{NOT_READ}" in call.err
    # Folders are walked by descriptor: a folder is opened by its name, and a file by its own.
    assert "tenant-00001" in opened
    assert not {"tenant-00002", "tenant-00003"}.intersection(opened)
    mine = {one.name for one in (grove.folder / "tenants/tenant-00001").iterdir()}
    others = {one.name for one in (grove.folder / "tenants/tenant-00002").iterdir()} - mine
    assert mine.issubset(opened)
    assert not others.intersection(opened)


def test_no_row_of_another_tenant_is_read(grove: Tree, rows: list[tuple[Any, ...]]) -> None:
    assert grove.run(*WORDS, TARGET).code == 0
    assert of(rows) == {"tenant-00001"}
    short = len(rows)
    rows.clear()
    assert grove.run("plan", "--as", corpus.ADMINISTRATOR).code == 0
    assert of(rows) == {"tenant-00001", "tenant-00002", "tenant-00003"}
    assert short < len(rows) * 0.6


def test_a_plan_of_drift_alone_reads_no_more(grove: Tree, opened: list[str], rows: list[tuple[Any, ...]]) -> None:
    with closing(sqlite3.connect(grove.folder / "live.db")) as connection, connection:
        connection.execute("UPDATE categories SET sort_order = 77")
    call = grove.run(*WORDS, TARGET, "--only-drift")
    assert "sortOrder" in call.out
    assert NOT_READ in call.err
    assert of(rows) == {"tenant-00001"}
    assert not {"tenant-00002", "tenant-00003"}.intersection(opened)


def test_the_history_reads_rows_only_for_who_may_not_read_all(grove: Tree, rows: list[tuple[Any, ...]]) -> None:
    run = grove.run("history", "--format", "json").json["runs"][0]["id"]
    grove.run("history", "--tenant", "tenant-00001")
    grove.run("status", run)
    assert not of(rows)
    grove.run("history", "--as", corpus.ADMINISTRATOR)
    assert of(rows) == {"tenant-00001", "tenant-00002", "tenant-00003"}


def test_the_database_goes_by_its_indexes(
    grove: Tree, rows: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looks through the tables that hold resources of no tenant, and through no other."""
    through: set[str] = set()
    checked = reading_module._checked

    def watched(uri: str) -> sqlite3.Connection:
        connection = checked(uri)
        connection.set_trace_callback(lambda text: through.update(_looked_through(uri, text)))
        return connection

    monkeypatch.setattr(reading_module, "_checked", watched)
    assert grove.run(*WORDS, TARGET).code == 0
    assert rows
    platform = {kind.table for kind in discover().values() if kind.level is Level.PLATFORM}
    assert through & platform
    assert through <= platform


def _looked_through(uri: str, statement: str) -> set[str]:
    """The tables of kinds through which a statement looks from end to end."""
    if not statement.startswith(("SELECT", "WITH")):
        return set()
    with closing(_connect(uri, uri=True)) as other:
        told = [str(row[3]) for row in other.execute(f"EXPLAIN QUERY PLAN {statement}")]
    named = re.search(r'FROM "(\w+)" AS one', statement)
    words = {one.split()[1] for one in told if one.startswith("SCAN ")}
    tables = {kind.table for kind in discover().values()}
    return (words | ({named[1]} if named and "one" in words else set())) & tables


def test_a_target_without_a_tenant_reads_everything(grove: Tree, opened: list[str]) -> None:
    call = grove.run(*WORDS, "Category/*")
    assert NOT_READ not in call.err
    assert {"tenant-00001", "tenant-00002", "tenant-00003"}.issubset(opened)


def test_a_tree_without_a_promise_is_read_whole(grove: Tree) -> None:
    grove.edit("reconciler.yaml", "layout: tenants/{tenant}\n", "")
    assert NOT_READ not in grove.run(*WORDS, TARGET).err


def test_paths_are_read_as_they_are_named(grove: Tree) -> None:
    assert NOT_READ not in grove.run(*WORDS, TARGET, "platform", "tenants").err


def test_what_is_wrong_elsewhere_is_left_to_validate_and_apply(grove: Tree) -> None:
    spec = "  sortOrder: many\n"
    grove.write("tenants/tenant-00002/wrong.yaml", manifest("ServiceType", "wrong", "tenant-00002", spec))
    assert grove.run(*WORDS, TARGET, "--out", "one.plan").code == 0
    assert grove.run("validate").code == 1
    assert grove.run("apply", "one.plan", "--as", corpus.ADMINISTRATOR).code == 1


REPORT = "  dayOfMonth: 9\n  recipients: [finance@example.com]\n"


def test_the_plan_file_is_applied_by_who_reads_everything(grove: Tree) -> None:
    grove.write("tenants/tenant-00001/report.yaml", manifest("ReportSchedule", "late", "tenant-00001", REPORT))
    assert NOT_READ in grove.run(*WORDS, TARGET, "--out", "one.plan").err
    grove.write("tenants/tenant-00002/report.yaml", manifest("ReportSchedule", "late", "tenant-00002", REPORT))
    done = grove.run("apply", "one.plan", "--as", corpus.ADMINISTRATOR)
    assert done.code == 0, done.err
    assert "1 added" in done.out


def test_a_plan_file_that_would_do_something_else_is_refused(grove: Tree) -> None:
    grove.write("tenants/tenant-00001/report.yaml", manifest("ReportSchedule", "late", "tenant-00001", REPORT))
    assert NOT_READ in grove.run(*WORDS, TARGET, "--out", "one.plan").err
    grove.edit("tenants/tenant-00001/report.yaml", "dayOfMonth: 9", "dayOfMonth: 8")
    refused = grove.run("apply", "one.plan", "--as", corpus.ADMINISTRATOR)
    assert refused.code == 5
    assert "the manifests have changed" in refused.err


def test_what_changes_elsewhere_is_seen_by_who_applies(grove: Tree) -> None:
    """A host that another tenant's manifest claims, and that no apply has brought into the database."""
    for tenant in ("tenant-00001", "tenant-00002"):
        text = (grove.folder / f"tenants/{tenant}/domain-www0.{tenant}.example.com.yaml").read_text(encoding="utf-8")
        text = text.replace(f"name: www0.{tenant}.example.com", "name: shop")
        grove.write(f"tenants/{tenant}/shop.yaml", text.replace(f"host: www0.{tenant}", "host: shop"))
    assert grove.run(*WORDS, TARGET, "--out", "one.plan").code == 0
    refused = grove.run("apply", "one.plan", "--as", corpus.ADMINISTRATOR)
    assert refused.code == 1
    assert "DOM-01" in refused.err


def test_another_tenant_does_not_move_the_digest_of_the_manifests(grove: Tree) -> None:
    before = grove.run(*WORDS, TARGET, "--format", "json").json["reconciler"]["manifests"]
    grove.write("tenants/tenant-00002/more.yaml", "")
    assert grove.run(*WORDS, TARGET, "--format", "json").json["reconciler"]["manifests"] == before
    grove.write("platform/more.yaml", "")
    assert grove.run(*WORDS, TARGET, "--format", "json").json["reconciler"]["manifests"] != before


def test_a_folder_named_like_a_tenant_above_is_none(grove: Tree) -> None:
    """Only what stands where the layout says is a tenant's folder."""
    spec = "  displayName: Advice\n  sortOrder: 9\n"
    text = manifest("ServiceType", "advice", "tenant-00001", spec)
    grove.write("platform/tenants/tenant-00002/advice.yaml", text)
    call = grove.run(*WORDS, TARGET)
    assert "ServiceType/tenant-00001/advice" in call.out
    assert NOT_READ in call.err


def test_without_a_database_everything_is_read(grove: Tree, tmp_path: Path) -> None:
    (grove.folder / "live.db").rename(tmp_path / "away.db")
    call = grove.run("plan", "--target", TARGET)
    assert "99 to add" in call.out
    assert NOT_READ not in call.err
