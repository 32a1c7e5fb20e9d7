"""One suite for every kind that is found: what the declaration of a kind must hold, whatever the kind."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.adapters.manifests import FilesReader
from reconciler.engine.resolve import resolve
from reconciler.engine.validate import validate
from reconciler.kinds import discover
from reconciler.model.access import Allow, RoleWord
from reconciler.model.diagnostic import Severity
from reconciler.model.encode import compared, decode, same, stored_values
from reconciler.model.kind import Deletion, Kind
from reconciler.model.lifecycle import Edge
from reconciler.model.tool import NAME as TOOL_NAME
from reconciler.model.tool import TOOL

CATALOG = discover()
KINDS = list(CATALOG.values())
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
MATRIX = Path(__file__).parents[1] / "data" / "permissions.csv"

APPLY_ORDER = (
    "SystemConfiguration Role CertificateAuthority Bundle Partner Issuer Operator Certificate ClientService "
    "SmtpSettings GeneralConfiguration VisualTemplate ServiceType Category SupportMail MailToTicket Customer "
    "CustomerUser SelfCare Individual Domain ReportSchedule"
).split()


def test_the_order_of_apply_is_the_documented_one() -> None:
    assert list(CATALOG) == APPLY_ORDER


@each_kind
def test_the_example_validates(kind: Kind, tmp_path: Path) -> None:
    (tmp_path / "example.yaml").write_text(kind.example, encoding="utf-8")
    manifests, found = FilesReader(tmp_path, ["example.yaml"]).read()
    resources, more = validate(CATALOG, manifests.documents)
    assert [one for one in found + more if one.severity is Severity.ERROR] == []
    assert [one.address.kind for one in resources] == [kind.name]


@each_kind
def test_stored_values_of_the_example_are_stable(kind: Kind, tmp_path: Path) -> None:
    """Every stored value reads back as itself, and equals itself in canonical form."""
    (tmp_path / "example.yaml").write_text(kind.example, encoding="utf-8")
    for folder in ("files", "templates", "certificates"):
        (tmp_path / folder).mkdir()
    manifests, _ = FilesReader(tmp_path, ["example.yaml"]).read()
    resources, _ = validate(CATALOG, manifests.documents)
    resolve(CATALOG, resources, None, lambda _document, _path: b"content")
    (resource,) = resources
    values = stored_values(kind, resource, {})
    assert len(values) == len(kind.columns)
    assert compared(kind, resource, values) == values
    for column, value in zip(kind.columns, values, strict=True):
        assert value is None or isinstance(value, str | int | bool), column
        if column.role == "value":
            assert same(kind.by_path[column.path], value, value)
            decode(column, value)


@each_kind
def test_what_is_derived_does_not_come_from_itself(kind: Kind) -> None:
    """Else no value that differs from it could ever be told from it, and neither exported nor accepted."""
    given = yaml.safe_load(kind.example)["spec"]
    for field in kind.fields:
        if field.derived is None:
            continue
        spec = kind.spec.model_validate(given)
        implied = field.derived.compute(spec)
        holder: Any = spec
        for name in field.attributes[:-1]:
            holder = getattr(holder, name)
        if holder is not None:
            for value in (None, "another", 7):
                object.__setattr__(holder, field.attributes[-1], value)
                assert field.derived.compute(spec) == implied, field.path


@each_kind
def test_the_declaration_is_whole(kind: Kind) -> None:
    assert kind.description
    assert kind.table == kind.table.lower()
    for field in kind.fields:
        assert len(field.description) > 5, field.path
        assert field.ref is None or field.ref.kind in CATALOG
    for rule in kind.rules:
        assert re.fullmatch(r"[A-Z0-9]+-\d\d", rule.code)
        assert rule.text
        assert rule.check.__doc__, rule.code
    assert len({rule.check for rule in kind.rules}) == len(kind.rules)
    for one in kind.unique:
        for path in one.paths:
            assert path in kind.by_path or path == "metadata.tenant", path


@each_kind
def test_the_life_cycle_is_that_of_the_matrix(kind: Kind) -> None:
    edges = {row["edge"] for row in _matrix() if row["kind"] == kind.name and row["verb"] == "transition"}
    declared = {str(edge) for edge in kind.lifecycle.edges} if kind.lifecycle else set()
    assert declared == edges
    if kind.lifecycle is None:
        assert "state" not in kind.by_path
        return
    assert set(kind.by_path["state"].words) == set(kind.lifecycle.states)
    for edge in kind.lifecycle.edges:
        assert edge.walker == _walker(kind, edge)


def _walker(kind: Kind, edge: Edge) -> str:
    cells = [row for row in _matrix() if row["kind"] == kind.name and row["edge"] == str(edge)]
    if any("human only" in row["condition"] for row in cells):
        return "human"
    return "system" if all(row["reach"] in ("never", "none") for row in cells) else "operator"


@each_kind
def test_rights_are_those_of_the_matrix_both_ways(kind: Kind) -> None:
    assert _declared(kind.allow) == _of_the_matrix(kind.name)


def test_rights_on_the_tool_are_those_of_the_matrix_both_ways() -> None:
    assert _declared(TOOL) == _of_the_matrix(TOOL_NAME)


def _of_the_matrix(kind: str) -> dict[tuple[str, str, str, str], tuple[str, str, str]]:
    return {
        (row["verb"], row["field"], row["edge"], row["role"]): (row["reach"], row["code"], row["condition"])
        for row in _matrix()
        if row["kind"] == kind
    }


def _declared(allow: tuple[Allow, ...]) -> dict[tuple[str, str, str, str], tuple[str, str, str]]:
    return {
        (one.verb, ";".join(one.fields), one.edge, role.value): (
            one.grant(role).reach.value,
            one.grant(role).code,
            one.grant(role).condition,
        )
        for one in allow
        for role in RoleWord
    }


def _matrix() -> list[dict[str, str]]:
    with MATRIX.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_kind_of_the_matrix_exists() -> None:
    assert {row["kind"] for row in _matrix()} - {TOOL_NAME} == set(CATALOG)


@each_kind
def test_deletion_fits_the_life_cycle(kind: Kind) -> None:
    if kind.deletion in (Deletion.RETAINED, Deletion.PATH):
        assert kind.lifecycle is not None
        assert kind.lifecycle.tombstone in kind.lifecycle.states
    for state in kind.delete_from:
        assert kind.lifecycle is not None
        assert state in kind.lifecycle.states


@each_kind
def test_no_two_shortest_paths_differ_by_who_may_walk_them(kind: Kind) -> None:
    """The planner knows no actor. That is right as long as no life cycle leaves it a choice between equal paths."""
    if kind.lifecycle is None:
        return

    def ways(start: str, goal: str, length: int) -> list[tuple[Edge, ...]]:
        found: list[tuple[Edge, ...]] = [()]
        for _ in range(length):
            found = [(*way, edge) for way in found for edge in lifecycle.onward(way[-1].target if way else start)]
        return [way for way in found if way and way[-1].target == goal]

    def weight(way: tuple[Edge, ...]) -> tuple[bool, bool]:
        return any(one.walker == "system" for one in way), any(one.walker == "human" for one in way)

    lifecycle = kind.lifecycle
    for start in lifecycle.states:
        for goal in lifecycle.states:
            best = lifecycle.path(start, goal)
            if best:
                equal = [way for way in ways(start, goal, len(best)) if weight(way) == weight(best)]
                assert equal == [best], (start, goal)
