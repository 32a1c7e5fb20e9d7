"""Drift of what has another name in git, before its move is applied and behind it, on either sort of database."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.test_moving import DESK, desk, rename_all
from tests.acceptance.test_rollback import newest
from tests.cli.tree import INES, ROOT, Tree

__all__ = ["desk"]

WAIVER = """\
apiVersion: reconciler/v1
kind: Waiver
metadata: {name: night-shift}
spec:
  owner: ana@example.com
  reason: The campaign ends on Friday.
  expires: 2099-12-31
  addresses: ["Category/farol/*"]
  fields: [description]
"""


def findings(home: Tree, *words: str) -> list[dict[str, Any]]:
    call = home.run("drift", "--format", "json", "--as", ROOT, *words)
    assert call.code == 0, call.err
    found: list[dict[str, Any]] = call.json["findings"]
    return found


@pytest.fixture
def drifted(desk: Tree) -> Tree:
    """Somebody has changed a row, and then git gave it another name."""
    desk.sql("UPDATE categories SET description = 'Something else'")
    return desk


def test_a_pending_move_shows_the_new_name_with_the_line_of_today(drifted: Tree) -> None:
    (before,) = findings(drifted)
    drifted.write(DESK, "# a line above\n" + (drifted.folder / DESK).read_text(encoding="utf-8"))
    rename_all(drifted)
    (one,) = findings(drifted)
    assert (one["address"], one["previous_address"]) == ("Category/farol/seals", "Category/farol/signing")
    assert one["id"] == before["id"]
    assert (one["applied"], one["live"]) == ("Questions about seals", "Something else")
    assert one["last_change"] is not None
    assert one["range"]["start"]["line"] == before["range"]["start"]["line"] + 1
    text = drifted.run("drift", "--as", ROOT)
    assert "~ Category/farol/seals\n      still called Category/farol/signing in the database\n" in text.out
    assert "DRF-01" not in text.out + text.err
    for form in ("markdown", "github", "sarif", "html", "csv"):
        assert "Category/farol/signing" in drifted.run("drift", "--format", form, "--as", ROOT).out, form
    for name in ("seals", "signing"):
        assert len(findings(drifted, "--target", f"Category/farol/{name}")) == 1
        assert findings(drifted, "--exclude", f"Category/farol/{name}") == []
        assert "DRF-03" not in drifted.run("drift", "--target", f"Category/farol/{name}", "--as", INES).err


def test_what_git_alone_has_changed_with_the_name_is_no_drift(desk: Tree) -> None:
    rename_all(desk)
    desk.edit(DESK, "Questions about seals", "All about seals")
    assert findings(desk) == []
    desk.sql("UPDATE categories SET description = 'Else'")
    (one,) = findings(desk)
    assert one["cause"] == "conflict"


def test_a_finding_that_was_written_down_is_known_while_the_move_is_pending(drifted: Tree) -> None:
    (before,) = findings(drifted, "--record")
    rename_all(drifted)
    (pending,) = findings(drifted, "--record")
    assert (before["state"], pending["state"], pending["id"]) == ("new", "known", before["id"])
    assert drifted.sql("SELECT name, state FROM reconciler_findings") == [("signing", "known")]
    drifted.sql("UPDATE categories SET description = 'Questions about seals'")
    call = drifted.run("drift", "--format", "json", "--as", INES)
    (gone,) = call.json["resolved"]
    assert (gone["id"], gone["address"], gone["previous_address"]) == (
        before["id"],
        "Category/farol/seals",
        "Category/farol/signing",
    )


def test_first_seen_stays_when_the_move_is_applied(drifted: Tree) -> None:
    drifted.write("waivers/one.yaml", WAIVER)
    (before,) = findings(drifted, "--record")
    assert before["state"] == "waived"
    drifted.sql("UPDATE reconciler_findings SET first_seen = '2026-01-01T00:00:00Z'")
    rename_all(drifted)
    (pending,) = findings(drifted)
    assert (pending["id"], pending["state"]) == (before["id"], "waived")
    drifted.apply()
    told = "SELECT name, state, first_seen FROM reconciler_findings ORDER BY name"
    assert drifted.sql(told) == [
        ("seals", "waived", "2026-01-01T00:00:00Z"),
        ("signing", "resolved", "2026-01-01T00:00:00Z"),
    ]
    call = drifted.run("drift", "--format", "json", "--record", "--as", ROOT)
    (after,) = call.json["findings"]
    assert (after["address"], after["previous_address"], after["state"]) == ("Category/farol/seals", None, "waived")
    assert call.json["resolved"] == []
    assert drifted.sql("SELECT first_seen FROM reconciler_findings WHERE name = 'seals'") == [("2026-01-01T00:00:00Z",)]
    call = drifted.run("rollback", newest(drifted), "--auto-approve", "--as", ROOT, "--as", INES)
    assert call.code == 0, call.err
    assert drifted.sql(told) == [
        ("seals", "resolved", "2026-01-01T00:00:00Z"),
        ("signing", "waived", "2026-01-01T00:00:00Z"),
    ]


def test_a_move_that_cannot_be_made_leaves_the_old_name_and_says_so(drifted: Tree) -> None:
    drifted.sql(
        "INSERT INTO categories (tenant, name, display_name, service_types) VALUES ('farol', 'seals', 'X', '[]')"
    )
    rename_all(drifted)
    call = drifted.run("drift", "--format", "json", "--as", ROOT)
    assert [one["code"] for one in call.json["diagnostics"]] == ["DRF-01"]
    assert "Category/farol/signing" in [one["address"] for one in call.json["findings"]]


@pytest.mark.parametrize("name", ["signing", "seals"])
def test_a_plan_leaves_what_a_waiver_of_either_name_covers_while_the_move_is_pending(drifted: Tree, name: str) -> None:
    drifted.write("waivers/one.yaml", WAIVER.replace("farol/*", f"farol/{name}"))
    rename_all(drifted)
    (one,) = findings(drifted)
    assert one["state"] == "waived"
    call = drifted.run("plan")
    assert "0 to change" in call.out
    assert "WVR-06" in call.out
    drifted.apply()
    assert drifted.sql("SELECT name, description FROM categories") == [("seals", "Something else")]
