"""A plan over manifests and rows that were in step before is made quicker, and comes out the same."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.operations import plan as plan_module
from reconciler.operations import steady as steady_module
from tests.cli.tree import ROOT, SECRET, Tree

SERVICE = """\
apiVersion: reconciler/v1
kind: ServiceType
metadata:
  name: service-{0}
  tenant: farol
spec:
  displayName: Service {0}
  sortOrder: 20
"""


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a cache."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _in_step(tree: Tree, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree of more than a hundred files, applied, and planned once with a cache of its own."""
    monkeypatch.setattr("reconciler.answering.wanted", lambda _: False)  # a plan that is answered knows no marks
    monkeypatch.setenv("RECONCILER_CACHE", str(cache))
    for place in range(110):
        tree.write(f"tenants/farol/services/s{place}.yaml", SERVICE.format(place))
    tree.apply()
    assert "No changes." in tree.run("plan").out


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often manifests and rows were compared one by one."""
    seen: list[int] = []
    real = plan_module.diff

    def spy(*words: Any) -> Any:
        seen.append(1)
        return real(*words)

    monkeypatch.setattr(plan_module, "diff", spy)
    return seen


def off(tree: Tree, monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:
    with monkeypatch.context() as patch:
        patch.setenv("RECONCILER_CACHE", "off")
        return tree.run(*words)


WORDS = ("plan", "--format", "json", "--as", ROOT, "--detailed-exitcode")


def test_what_was_in_step_is_not_compared_again(
    tree: Tree, compared: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    again = tree.run(*WORDS)
    assert compared == []
    assert again == off(tree, monkeypatch, *WORDS)
    assert compared == [1]
    assert again.code == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE service_types SET display_name = 'moved' WHERE name = 'service-7'",
        "DELETE FROM service_types WHERE name = 'service-7'",
        "UPDATE reconciler_resources SET applied = '{}' WHERE name = 'service-7'",
        "DELETE FROM reconciler_resources WHERE name = 'service-7'",
        "UPDATE partners SET state = 'suspended'",
    ],
)
def test_whatever_moves_in_the_database_is_seen(
    tree: Tree, compared: list[int], monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    tree.sql(statement)
    found = tree.run(*WORDS)
    assert compared == [1]
    assert found == off(tree, monkeypatch, *WORDS)
    assert found.code != 0 or "applied" in statement  # a refresh of the ledger is no change


def test_whatever_moves_in_the_manifests_is_seen(
    tree: Tree, compared: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write("tenants/farol/services/s7.yaml", SERVICE.format(7).replace("sortOrder: 20", "sortOrder: 21"))
    changed = tree.run(*WORDS)
    assert changed.code != 0
    assert compared == [1]
    assert changed == off(tree, monkeypatch, *WORDS)
    tree.write("tenants/farol/services/s7.yaml", SERVICE.format(7))
    assert tree.run(*WORDS).code == 0
    assert len(compared) == 2  # of the run without a cache; the old state is known
    tree.write("tenants/farol/services/again.yaml", SERVICE.format(7))
    twice = tree.run(*WORDS)
    assert "GEN-03" in twice.out + twice.err


def test_rules_of_time_are_judged_every_time(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(_view: object, _now: datetime) -> list[Diagnostic]:
        return [Diagnostic(code="CS-09", severity=Severity.WARNING, phase=Phase.TIME, summary="the day has come")]

    monkeypatch.setattr(steady_module, "judge_time", late)
    assert "the day has come" in tree.run("plan").out


def test_a_secret_without_a_version_is_always_compared(
    tree: Tree, compared: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.edit("tenants/farol/customers.yaml", '{fromEnv: ANA_PASSWORD, version: "1"}', "{fromEnv: ANA_PASSWORD}")
    tree.apply()
    compared.clear()
    assert tree.run(*WORDS).code == 0
    compared.clear()
    assert tree.run(*WORDS).code == 0
    assert compared == [1]
    monkeypatch.setenv("ANA_PASSWORD", SECRET + "x")
    assert tree.run(*WORDS).code == 2


def test_marks_that_are_damaged_or_foreign_are_none(tree: Tree, compared: list[int], cache: Path) -> None:
    (marks,) = cache.rglob("marks")
    good = marks.read_bytes()
    assert len(good) % 64 == 0
    for place in range(64):
        if place % 9 == 0:
            marks.write_bytes(good[:place] + bytes([good[place] ^ 0x10]) + good[place + 1 :])
            compared.clear()
            assert tree.run(*WORDS).code == 0
            assert compared == [1]
    for broken in (b"", good[:63], b"\0" * 64, good[32:64] + good[:32]):
        marks.write_bytes(broken)
        compared.clear()
        assert tree.run(*WORDS).code == 0
        assert compared == [1]
    marks.chmod(0o666)
    compared.clear()
    assert tree.run(*WORDS).code == 0
    assert compared == [1]
