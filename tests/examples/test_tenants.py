"""The example tree: it validates without a word, applies to an empty database at once, and then is left alone."""

from __future__ import annotations

import datetime as dt
import re
import shlex
import shutil
import sqlite3
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.manifests import FilesReader
from reconciler.cli.main import main
from reconciler.engine.clock import judge_time
from reconciler.engine.resolve import resolve
from reconciler.engine.validate import validate
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.secret import SecretRef, SecretValue
from reconciler.model.view import View

TREE = Path(__file__).parents[2] / "examples" / "tenants"
DEMO = TREE / "demo.env"


def secrets() -> Mapping[str, str]:
    """The made-up secrets, as a shell would read them."""
    pairs = (shlex.split(line, comments=True) for line in DEMO.read_text(encoding="utf-8").splitlines())
    return dict(pair[0].split("=", 1) for pair in pairs if pair)


def world(catalog: Catalog, now: str) -> tuple[View, list[Any]]:
    """The example as a view, and everything that validation has to say about it."""
    reader = FilesReader(TREE, ["platform", "tenants"])
    manifests, found = reader.read()
    resources, more = validate(catalog, manifests.documents)
    view, rest = resolve(catalog, resources, None, reader.file)
    return view, [*found, *more, *rest, *judge_time(view, dt.datetime.fromisoformat(now))]


@pytest.mark.parametrize("now", ["2026-06-15T12:00:00Z", "2029-06-15T12:00:00Z"])
def test_nothing_is_wrong_and_nothing_is_warned_about(catalog: Catalog, now: str) -> None:
    assert world(catalog, now)[1] == []


def test_every_kind_is_shown_at_least_twice(catalog: Catalog) -> None:
    view, _ = world(catalog, "2026-06-15T12:00:00Z")
    counted = Counter(address.kind for address in view.declared)
    assert {name for name in catalog if counted[name] < 2} == {"SystemConfiguration"}


def test_the_companies_are_of_every_sort(catalog: Catalog) -> None:
    view, _ = world(catalog, "2026-06-15T12:00:00Z")
    partners = view.all("Partner")
    assert {"integrator", "reseller"} == {one.value("type") for one in partners}
    assert any(one.value("tier") == "distributor" for one in partners)
    assert any(one.value("parent") for one in partners)
    assert any(not one.address.tenant for one in view.all("Issuer"))


def test_there_is_an_operator_of_every_role(catalog: Catalog) -> None:
    """So that each can be tried once the installer is done: active, and of an active company."""
    view, _ = world(catalog, "2026-06-15T12:00:00Z")
    wanted = [one for one in view.all("Operator") if one.state == "active"]
    assert len([one for one in wanted if one.value("role") == "administrator"]) >= 2
    issuers = {one.value("issuer") for one in wanted if one.value("role") == "issuer"}
    assert len(issuers) >= 2
    tiers = [view.at(Address("Partner", "", one.address.tenant)) for one in wanted if one.value("role") == "partner"]
    assert {"distributor", "partner"} <= {str(one.value("tier")) for one in tiers if one and one.state == "active"}
    (auditor,) = [one for one in wanted if one.value("role") == "auditor"]
    assert len(auditor.value("auditScope")) == 2


def test_demo_secrets_are_those_that_the_manifests_name(catalog: Catalog) -> None:
    view, _ = world(catalog, "2026-06-15T12:00:00Z")
    named: set[str] = set()
    for address, resource in view.declared.items():
        entity = view.entity(resource)
        for field in catalog[address.kind].fields:
            source = entity.value(field.path) if field.secret is not None else None
            if not isinstance(source, SecretRef):
                continue
            named.add(source.location)
            value = SecretValue(secrets()[source.location])
            assert list(catalog[address.kind].secret_check(field.path, value, view)) == [], source.location
    assert named == set(secrets())


def test_only_reserved_names_and_addresses_are_used() -> None:
    for path in sorted(TREE.rglob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        for found in re.findall(r"@([\w.-]+)|https?://([\w.-]+)|host: \"?(?:\*\.)?([\w.-]+)", text):
            name = next(word for word in found if word)
            assert re.search(r"(^|\.)example\.(com|org|net)$", name), f"{path}: {name}"
        for address in re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", text):
            assert address.startswith(("192.0.2.", "198.51.100.", "203.0.113.", "10.20.", "255.")), f"{path}: {address}"


@pytest.mark.slow
def test_one_apply_makes_it_all_and_then_there_is_nothing_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(TREE, tmp_path / "tree")
    monkeypatch.chdir(tmp_path / "tree")
    for name, value in secrets().items():
        monkeypatch.setenv(name, value)
    assert main(["apply", "--auto-approve", "--quiet", "--bootstrap"]) == 0
    assert "Apply complete!" in capsys.readouterr().out
    assert main(["plan", "--detailed-exitcode"]) == 0
    assert "No changes." in capsys.readouterr().out
    assert main(["apply", "--auto-approve", "--as", "tomas.vidal@sign.example.net"]) == 0
    assert "No changes." in capsys.readouterr().out
    _look_at(sqlite3.connect(tmp_path / "tree" / ".reconciler" / "live.db"))


def _look_at(database: sqlite3.Connection) -> None:
    """What the first apply left behind: states, a currency, mails, and no secret as it was written."""
    states = dict(database.execute("select name, state from partners"))
    assert states["farol-services"] == "active"
    assert states["dunas-verdes"] == "registered"
    operators = dict(database.execute("select name, state from operators"))
    assert operators["mario.duna"] == "registered"
    assert operators["carla.farol"] == "active"
    stopped = database.execute("select state, suspension_cause, currency from customers where name = 'brisa-hoteis'")
    assert stopped.fetchall() == [("suspended", "manual", "EUR")]
    events = Counter(event for (event,) in database.execute("select event from notifications"))
    assert events["individual-created"] == 3
    dump = "\n".join(database.iterdump())
    assert [name for name, value in secrets().items() if value in dump] == []
    database.close()
