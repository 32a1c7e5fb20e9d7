"""A snapshot for somebody plans what the database plans for that person, and says nothing of the rest."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import main
from reconciler.model.catalog import Catalog
from reconciler.model.encode import GENERATED
from tests.campaigns.leaks import holds
from tests.campaigns.mutants import EXAMPLES
from tests.cli.tree import CLOCK, Call

ADMINISTRATOR = "rita.fonseca@sign.example.net"
PEOPLE = (
    ADMINISTRATOR,
    "helena.paz@auditors.example.org",
    "nuno.serrano@serra-azul.example.org",
    "ines.barros@atlantico.example.com",
    "pilar.cierzo@cierzo.example.net",
    "carla.farol@farol.example.com",
    "marta.cedro@cedro.example.com",
    "joana.sal@maresia.example.net",
)
COLUMNS = ("companyName", "displayName", "legalName", "description")


class Company:
    """The examples, applied; then manifests and live data moved apart, in every tenant and kind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, capsys: pytest.CaptureFixture[str], *words: str) -> Call:
        capsys.readouterr()
        code = main(["--chdir", str(self.folder), *words])
        out, err = capsys.readouterr()
        return Call(code, out, err)

    def sql(self, statement: str) -> list[Any]:
        with closing(sqlite3.connect(self.folder / ".reconciler/live.db")) as connection, connection:
            return connection.execute(statement).fetchall()


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    shutil.copytree(EXAMPLES, folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECONCILER_CLOCK", CLOCK)
        for line in (folder / "demo.env").read_text(encoding="utf-8").splitlines():
            if "=" in line and line[:1] != "#":
                name, _, value = line.partition("=")
                patch.setenv(name, value.strip("'\""))
        patch.chdir(folder)
        assert main(["apply", "--auto-approve", "--bootstrap"]) == 0
        company = Company(folder)
        for path in sorted(folder.rglob("*.yaml")):
            text = path.read_text(encoding="utf-8")
            changed = re.sub(rf"(?m)^(  (?:{'|'.join(COLUMNS)}): )([^\"\n>|]+)$", r"\1\2 now", text)
            path.write_text(changed, encoding="utf-8")
        company.sql("UPDATE customers SET rev = rev + 1, address_line1 = 'Somewhere else 1'")
        company.sql("UPDATE client_services SET rev = rev + 1, alias = alias || 'd'")
        yield company


def lines_of(call: Call) -> dict[str, Any]:
    """What a plan does to the resources that it shows: actions, and fields with both values."""
    found = {}
    for one in call.json["resource_changes"]:
        facts = one["reconciler"]
        if facts["actions"] != ["refresh"]:
            lines = sorted((line["path"], repr(line["before"]), repr(line["after"])) for line in facts["fields"])
            found[one["address"]] = (facts["actions"], lines)
    return found


def errors_of(call: Call) -> set[tuple[str, str, str]]:
    """The errors of a plan, without the one that stands for those about what may not be read."""
    facts = call.json["reconciler"]
    return {
        (one["code"], str(one.get("address")), one["summary"])
        for one in (*facts["diagnostics"], *facts["guards"])
        if one["severity"] == "error" and one["code"] != "LNS-01"
    }


@pytest.mark.parametrize("who", PEOPLE)
def test_what_somebody_would_see_is_planned_and_nothing_else(
    moved: Company, who: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert moved.run(capsys, "snapshot", "--out", "some.snap", "--as", who).code == 0
    here = moved.run(capsys, "plan", "--as", who, "--format", "json")
    there = moved.run(capsys, "plan", "--live", "some.snap", "--format", "json")
    seen = lines_of(here)
    bare = {address for address, (actions, _) in seen.items() if actions == ["denied"]}
    unread = set(there.json["reconciler"]["snapshot"]["unread"])
    assert lines_of(there) == {address: line for address, line in seen.items() if address not in bare}
    assert bare <= unread
    assert len(lines_of(there)) > 3, "something is left to compare"
    assert errors_of(there) == errors_of(here) != set()


@pytest.mark.parametrize("who", PEOPLE[1:])
def test_what_somebody_may_not_read_is_absent(moved: Company, who: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Told by the oracle of what the verbs show: no address and no value of the others is in the file."""
    assert moved.run(capsys, "snapshot", "--out", "some.snap", "--as", who).code == 0
    text = (moved.folder / "some.snap").read_text(encoding="utf-8")
    note = moved.run(capsys, "plan", "--live", "some.snap", "--format", "json").json["reconciler"]["snapshot"]
    body = json.loads(text.splitlines()[1])
    there = {
        (kind, row[0], row[1]) for kind, groups in body["kinds"].items() for group in groups for row in group["rows"]
    }
    assert there
    for address in note["unread"]:
        kind, *rest = address.split("/")
        assert (kind, rest[0] if len(rest) > 1 else "", rest[-1]) not in there
    whole = {one for (one,) in moved.sql("SELECT display_name FROM operators")}
    readable = {row["display_name"] for row in _rows(body, "Operator") if "display_name" in row}
    assert whole - readable
    for name in whole - readable:
        assert name not in text


def test_something_new_is_new_only_where_its_absence_is_known(
    moved: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    assert moved.run(capsys, "snapshot", "--out", "some.snap", "--as", "carla.farol@farol.example.com").code == 0
    made = []
    for tenant in ("farol-services", "cierzo-integracion"):
        path = moved.folder / f"tenants/{tenant}/new.yaml"
        path.write_text(
            f"apiVersion: reconciler/v1\nkind: ServiceType\nmetadata: {{name: brand-new, tenant: {tenant}}}\n"
            "spec: {displayName: Brand new}\n",
            encoding="utf-8",
        )
        made.append(path)
    call = moved.run(capsys, "plan", "--live", "some.snap", "--format", "json")
    for path in made:
        path.unlink()
    assert lines_of(call)["ServiceType/farol-services/brand-new"][0] == ["create"]
    assert "ServiceType/cierzo-integracion/brand-new" not in lines_of(call)
    assert "ServiceType/cierzo-integracion/brand-new" in call.json["reconciler"]["snapshot"]["unread"]


def test_nothing_is_deleted_because_it_was_left_out(moved: Company, capsys: pytest.CaptureFixture[str]) -> None:
    assert moved.run(capsys, "snapshot", "--out", "some.snap", "--as", "pilar.cierzo@cierzo.example.net").code == 0
    call = moved.run(capsys, "plan", "--live", "some.snap", "--prune", "--format", "json")
    assert not [one for one, (actions, _) in lines_of(call).items() if "delete" in actions]


def test_no_value_at_rest_and_no_fingerprint_is_in_a_file(
    moved: Company, catalog: Catalog, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of every secret of every kind; the values behind the sources are told by the environment."""
    assert moved.run(capsys, "snapshot", "--out", "whole.snap").code == 0
    text = (moved.folder / "whole.snap").read_text(encoding="utf-8")
    kept: set[str] = set()
    for kind in catalog.values():
        for one in kind.fields:
            if one.type == "secret" and not one.transient:
                name = one.columns[0].name.removesuffix("_version")
                for row in moved.sql(f"SELECT {name}, {name}_fingerprint FROM {kind.table}"):
                    kept.update(value for value in row if value and value != GENERATED)
    assert len(kept) > 15
    parts = {part for value in kept for part in re.split(r"[:$]", value) if len(part) > 12}
    assert [value for value in kept | parts if value in text] == []
    demo = (moved.folder / "demo.env").read_text(encoding="utf-8").splitlines()
    values = [line.partition("=")[2].strip("'\"") for line in demo if "=" in line and line[:1] != "#"]
    assert [value for value in values if len(value) > 8 and holds(text, value)] == []


def _rows(body: Any, kind: str) -> Iterator[dict[str, Any]]:
    for group in body["kinds"][kind]:
        for row in group["rows"]:
            yield dict(zip(group["columns"], row, strict=True))
