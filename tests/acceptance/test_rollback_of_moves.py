"""A run that moved something is undone on either sort of database: names, references, ledger and sealed secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.adapters.secrets.keys import parse_key
from reconciler.adapters.secrets.sealer import KeySealer
from reconciler.model.address import Address
from tests.acceptance.test_moving import DESK, MAIL, SEALING_KEY, desk, moved, rename_all
from tests.acceptance.test_rollback import EVERYBODY, newest, snapshot
from tests.cli.tree import INES, ROOT, Tree

__all__ = ["desk"]

SECRET = "Farol-mail-secret-1"


def without_rests(found: dict[str, list[str]], home: Tree) -> dict[str, Any]:
    """A snapshot in which a sealed secret is what it opens to: it is sealed anew whenever its place changes."""
    rows = home.sql("SELECT name, client_secret FROM support_mails")
    sealer = KeySealer(parse_key(SEALING_KEY, origin="test"))
    opened = {
        name: sealer.unseal(Address("SupportMail", "farol", name), "clientSecret", rest).reveal() for name, rest in rows
    }
    text = json.dumps(found)
    for _, rest in rows:
        text = text.replace(rest, "(sealed)")
    return {**json.loads(text), "opened": opened}


def state_of(home: Tree) -> dict[str, Any]:
    return without_rests(snapshot(home), home)


def rolled_back(home: Tree, run: str = "") -> None:
    call = home.run("rollback", run or newest(home), "--auto-approve", *EVERYBODY)
    assert call.code == 0, call.out + call.err


def test_names_come_back_with_everything_that_names_them(desk: Tree) -> None:
    before = state_of(desk)
    assert before["opened"] == {"helpdesk": SECRET}
    rename_all(desk)
    desk.apply()
    run, between = newest(desk), state_of(desk)
    plan = desk.run("rollback", run, "--format", "text", *EVERYBODY)
    assert plan.code == 0, plan.err
    assert "  > move Category/farol/seals -> Category/farol/signing" in plan.out
    assert "  3 to move" in plan.out
    assert "RBK-07" in plan.err + plan.out
    rolled_back(desk, run)
    assert state_of(desk) == before
    pending = desk.run("plan", *EVERYBODY).out
    assert "> move Category/farol/signing -> Category/farol/seals" in pending
    rolled_back(desk)
    assert state_of(desk) == between
    assert "No changes." in desk.run("plan", *EVERYBODY).out
    assert desk.run("history", "verify").code == 0


def test_moves_and_changes_of_the_same_rows_come_back_together(desk: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state_of(desk)
    rename_all(desk)
    monkeypatch.setenv("MAIL_SECRET", "Another-mail-secret-2")
    desk.edit(DESK, "Questions about seals", "Não — the seal")
    desk.edit(MAIL, "folder: Inbox", "folder: INBOX")
    text = (desk.folder / DESK).read_text(encoding="utf-8")
    first = text.partition("---\n")[0].replace("incidents", "request").replace("Incident", "Request")
    desk.write(DESK, text + "---\n" + first.replace("sortOrder: 10", "sortOrder: 20"))
    desk.edit(DESK, "[incidents]", "[incidents, request]")
    desk.edit("tenants/farol/customers.yaml", "name: lumen\n", "name: lumen-grupo\n")
    desk.edit("tenants/farol/customers.yaml", "customer: lumen\n", "customer: lumen-grupo\n")
    desk.edit("tenants/farol/customers.yaml", "name: ana\n", "name: ana-moura\n")
    moves = moved("Customer", "lumen", "lumen-grupo") + moved("CustomerUser", "ana", "ana-moura")
    desk.write("tenants/farol/moved2.yaml", moves)
    desk.apply()
    between = state_of(desk)
    assert between["opened"] == {"desk": "Another-mail-secret-2"}
    rolled_back(desk)
    assert state_of(desk) == before
    rolled_back(desk)
    assert state_of(desk) == between
    assert "No changes." in desk.run("plan", *EVERYBODY).out
    assert desk.run("history", "verify").code == 0


def test_a_plan_file_of_it_is_reviewed_and_goes_stale(desk: Tree) -> None:
    rename_all(desk)
    desk.apply()
    run = newest(desk)
    assert desk.run("rollback", run, "--out", "back.plan", *EVERYBODY).code == 0
    document = json.loads((desk.folder / "back.plan").read_text(encoding="utf-8"))
    assert {one[1]: one[0] for one in document["rewrites"]}["Category/farol/seals"] == "Category/farol/signing"
    desk.sql("UPDATE mail_to_tickets SET folder = 'elsewhere'")  # it only names what moves
    assert desk.run("apply", "back.plan", "--auto-approve", *EVERYBODY).code == 5
    assert desk.sql("SELECT name FROM categories") == [("seals",)]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            (
                "INSERT INTO categories (tenant, name, display_name, description, audience, service_types) "
                "VALUES ('farol', 'signing', 'Other', '', 'customers', '[]')"
            ),
            "is live as well",
        ),
        ("DELETE FROM categories", "is gone since"),
        ("DELETE FROM reconciler_resources WHERE kind = 'Category'", "it is not managed"),
    ],
)
def test_what_stands_in_the_way_of_a_name_is_told(desk: Tree, statement: str, said: str) -> None:
    desk.edit(DESK, "name: signing\n", "name: seals\n")
    desk.edit(MAIL, "defaultCategory: signing", "defaultCategory: seals")
    desk.write("tenants/farol/moved.yaml", moved("Category", "signing", "seals"))
    desk.apply()
    if statement.startswith("DELETE FROM categories"):
        desk.sql("DELETE FROM mail_to_tickets")
    desk.sql(statement)
    between = snapshot(desk)
    call = desk.run("rollback", newest(desk), "--auto-approve", *EVERYBODY)
    assert (call.code, "RBK-01" in call.err) == (5, True), call.err
    assert said in " ".join(call.err.split())
    assert snapshot(desk) == between


def test_a_later_move_is_undone_first(desk: Tree) -> None:
    desk.edit(DESK, "Questions about seals", "About seals")
    desk.apply()
    first, before = newest(desk), state_of(desk)
    rename_all(desk)
    desk.apply()
    second = newest(desk)
    call = desk.run("rollback", first, "--auto-approve", *EVERYBODY)
    assert (call.code, "has moved to Category/farol/seals" in " ".join(call.err.split())) == (5, True)
    rolled_back(desk, second)
    assert state_of(desk) == before
    rolled_back(desk, first)
    assert desk.sql("SELECT name, description FROM categories") == [("signing", "Questions about seals")]


def test_what_was_moved_on_since_is_told(desk: Tree) -> None:
    rename_all(desk)
    desk.apply()
    first = newest(desk)
    assert desk.run("move", "Category/farol/seals", "stamps").code == 0
    desk.apply()
    call = desk.run("rollback", first, "--auto-approve", *EVERYBODY)
    assert (call.code, "has moved to Category/farol/stamps" in " ".join(call.err.split())) == (5, True), call.err


def test_it_needs_the_rights_of_a_move(desk: Tree) -> None:
    rename_all(desk)
    desk.apply()
    run, between = newest(desk), snapshot(desk)
    call = desk.run("rollback", run, "--auto-approve", "--as", ROOT)
    assert (call.code, "may not move Category/farol/signing" in " ".join(call.err.split())) == (4, True), call.err
    assert snapshot(desk) == between
    call = desk.run("rollback", run, "--auto-approve", "--as", INES, "--as", ROOT)
    assert call.code == 0, call.err
    assert desk.sql("SELECT name FROM categories") == [("signing",)]


def test_history_says_that_it_can_be_undone(desk: Tree) -> None:
    rename_all(desk)
    desk.apply()
    run = newest(desk)
    assert f"Undo it with: reconciler rollback {run}" in " ".join(desk.run("history", "show", run).out.split())
    assert desk.run("history", "show", run, "--format", "json").json["can_be_rolled_back"] is True


def test_what_others_wrote_into_a_row_that_moved_stays_or_is_a_conflict(
    desk: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename_all(desk)
    monkeypatch.setenv("MAIL_SECRET", "Another-mail-secret-2")
    desk.apply()
    run = newest(desk)
    desk.sql("UPDATE categories SET description = 'By hand'")
    desk.sql("INSERT INTO service_types (tenant, name, display_name, sort_order) VALUES ('farol', 'own', 'Own', 70)")
    desk.sql('UPDATE categories SET service_types = \'["own", "incidents"]\'')
    sealed = desk.sql("SELECT client_secret FROM support_mails")[0][0]
    desk.sql("UPDATE support_mails SET client_secret = 'v1:00000000:AAAA'")
    between = snapshot(desk)
    call = desk.run("rollback", run, "--auto-approve", *EVERYBODY)
    assert call.code == 5, call.err
    assert "clientSecret of SupportMail/farol/helpdesk was set anew" in " ".join(call.err.split())
    assert snapshot(desk) == between
    desk.sql("UPDATE support_mails SET client_secret = ?", sealed)
    assert desk.run("rollback", run, "--auto-approve", *EVERYBODY).code == 5, "nobody can tell that it is the same"


def test_a_reference_that_came_since_follows_the_name_back(desk: Tree) -> None:
    rename_all(desk)
    desk.apply()
    desk.sql("UPDATE categories SET description = 'By hand'")
    desk.sql("INSERT INTO service_types (tenant, name, display_name, sort_order) VALUES ('farol', 'own', 'Own', 70)")
    desk.sql(
        "INSERT INTO categories (tenant, name, display_name, service_types) VALUES ('farol', 'since', 'Since', ?)",
        '["own","incidents"]',
    )
    rolled_back(desk)
    found = desk.sql("SELECT name, description, service_types FROM categories ORDER BY name")
    assert [(name, json.loads(types)) for name, _, types in found] == [
        ("signing", ["incident"]),
        ("since", ["incident", "own"]),
    ]
    assert found[0][1] == "By hand"
