"""The same on servers: rows of some tenants are read, keys are looked for among all, and the plan is the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reconciler.adapters.database.postgres import connecting
from tests.acceptance.conftest import home, pytest_generate_tests
from tests.cli.conftest import tree
from tests.cli.tree import FILES, INES, ROOT, Tree
from tests.targets.both import both, both_drifts

__all__ = ["home", "pytest_generate_tests", "tree"]

WORDS = ("--target", "*/farol/*", "--as", ROOT, "--as", INES)
SECOND = (("farol", "torre"), ("Farol", "Torre"), ("599900016", "599900024"), ("lumen.example", "lar.example"))


@pytest.fixture
def towns(home: Tree) -> Tree:
    """Two tenants, in step with the database."""
    home.write("reconciler.yaml", "apiVersion: reconciler/v1\nkind: Project\nlayout: tenants/{tenant}\n")
    for file, text in FILES.items():
        if file.startswith("tenants/"):
            for old, new in SECOND:
                file, text = file.replace(old, new), text.replace(old, new)  # noqa: PLW2901  # word by word
            home.write(file, text)
    home.run("apply", "--bootstrap", "--as", ROOT, "--auto-approve")
    assert home.run("plan").out.startswith("No changes.")
    return home


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[Any, ...]]]:
    """Every row that a server gives to a plan."""
    found: list[tuple[Any, ...]] = []

    def heard(real: Callable[[Any], Callable[..., list[Any]]]) -> Callable[[Any], Callable[..., list[Any]]]:
        def of(connection: Any) -> Callable[..., list[Any]]:
            ask = real(connection)

            def asked(*words: Any) -> list[Any]:
                got = ask(*words)
                found.extend(got)
                return got

            return asked

        return of

    def parts(connection: Any, size: int) -> Callable[[str], Iterator[list[Any]]]:
        def told(statement: str) -> Iterator[list[Any]]:
            for part in streaming(connection, size)(statement):
                found.extend(part)
                yield part

        return told

    streaming = connecting.streaming
    monkeypatch.setattr(connecting, "streaming", parts)
    for name in ("asking", "fetching"):
        monkeypatch.setattr(connecting, name, heard(getattr(connecting, name)))
    return found


def test_the_plan_is_the_same(towns: Tree) -> None:
    towns.edit("tenants/farol/desk.yaml", "displayName: Signing", "displayName: Seals")
    towns.edit("tenants/torre/desk.yaml", "displayName: Signing", "displayName: Seals")
    found = both(towns, *WORDS).same()
    assert found.narrow
    assert found.short.code == 2, found.short
    assert "1 to change" in found.short.out


def test_a_key_of_another_tenant_is_found_among_all_rows(towns: Tree) -> None:
    towns.edit("tenants/farol/customers.yaml", "email: ana@lumen.example.com", "email: ANA@lar.example.com")
    found = both(towns, *WORDS).same()
    assert not found.narrow
    assert "USR-01" in found.short.err


def test_no_row_of_another_tenant_is_read(towns: Tree, rows: list[tuple[Any, ...]]) -> None:
    assert towns.run("plan", *WORDS).code == 0
    texts = {str(value) for row in rows if len(row) > 2 for value in row[:2]}
    assert "torre" not in texts - {"", *(str(row[1]) for row in rows if row[:1] == ("",))}
    if rows:  # a file is read by another driver, and that is heard elsewhere
        assert any(row[:1] == ("farol",) for row in rows)
        rows.clear()
        towns.run("plan", "--as", ROOT)
        assert any(row[:1] == ("torre",) for row in rows)


def test_drift_is_the_same(towns: Tree) -> None:
    towns.sql("UPDATE categories SET audience = 'all'")
    found = both_drifts(towns, *WORDS).same()
    assert found.narrow
    assert found.short.code == 2, found.short
    towns.run("drift", *WORDS, "--record")
    assert "known" in both_drifts(towns, *WORDS).same().short.out


def test_drift_reads_no_row_of_another_tenant(towns: Tree, rows: list[tuple[Any, ...]]) -> None:
    towns.sql("UPDATE categories SET audience = 'all'")
    towns.run("drift", "--record")
    rows.clear()
    assert "audience" in towns.run("drift", *WORDS).out
    texts = {str(value) for row in rows if len(row) > 2 for value in row[:3]}
    assert "torre" not in texts - {"", *(str(row[1]) for row in rows if row[:1] == ("",))}
    if rows:
        assert any(row[:1] == ("farol",) for row in rows)
