"""The page of permissions says what the matrix says, cell by cell and both ways."""

from __future__ import annotations

import csv
import re

from tests.house.places import ROOT

CELL = re.compile(r"(?P<reach>\w+)(?: \((?P<condition>[^)]*)\))?(?: \[(?P<code>[^\]]*)\])?")
Cell = tuple[str, str, str, str, str, str, str, str]


def _page() -> set[Cell]:
    found: set[Cell] = set()
    kind, roles = "", list[str]()
    for line in (ROOT / "docs/permissions.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            kind = line[3:]
        elif line.startswith("| Verb"):
            roles = [cell.strip() for cell in line.strip("|").split("|")][2:]
        elif line.startswith("| "):
            verb, what, *cells = [cell.strip() for cell in line.strip("|").split("|")]
            what = what.strip("`").replace("; ", ";")
            field, edge = ("state", what) if verb == "transition" else (what, "")
            for role, text in zip(roles, cells, strict=True):
                parts = CELL.fullmatch(text)
                assert parts is not None, text
                reach, condition = parts["reach"], parts["condition"] or ""
                usual = "PRM-01" if reach in ("none", "never") else "" if reach == "all" and not condition else "PRM-02"
                code = usual if parts["code"] is None else parts["code"]
                found.add((kind, verb, field, edge, role, reach, code, condition))
    return found


def _matrix() -> set[Cell]:
    with (ROOT / "tests/data/permissions.csv").open(encoding="utf-8", newline="") as file:
        return {
            (
                row["kind"],
                row["verb"],
                row["field"],
                row["edge"],
                row["role"],
                row["reach"],
                row["code"],
                row["condition"],
            )
            for row in csv.DictReader(file)
        }


def test_the_page_is_the_matrix() -> None:
    page, matrix = _page(), _matrix()
    assert len(matrix) > 1600
    assert sorted(page - matrix) == []
    assert sorted(matrix - page) == []
