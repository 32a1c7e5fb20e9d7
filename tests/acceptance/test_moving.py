"""Moves on both databases: one change, the same row, every reference with it, and nothing left to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.adapters.secrets.keys import parse_key
from reconciler.adapters.secrets.sealer import KeySealer
from reconciler.model.address import Address
from tests.cli.tree import INES, ROOT, Tree

DESK = "tenants/farol/desk.yaml"
MAIL = "tenants/farol/mail.yaml"
MAILS = """\
apiVersion: reconciler/v1
kind: SupportMail
metadata:
  name: helpdesk
  tenant: farol
spec:
  address: helpdesk@farol.example.com
  tenantId: 3f9c2d7e-5a41-4b8e-9c06-7d1e2f3a4b5c
  clientId: 8b1a6c5d-2e3f-4a7b-9d80-1c2b3a4d5e6f
  clientSecret: {fromEnv: MAIL_SECRET}
  consent: {read: true, write: true, modify: true}
  mailboxScoped: true
---
apiVersion: reconciler/v1
kind: MailToTicket
metadata:
  name: inbox
  tenant: farol
spec:
  supportMail: helpdesk
  folder: Inbox
  ingestFrom: "2030-01-01T00:00:00Z"
  defaultCategory: signing
  defaultServiceType: incident
"""
SEALING_KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="


def moved(kind: str, before: str, after: str) -> str:
    return f"""\
apiVersion: reconciler/v1
kind: Moved
metadata:
  name: {kind.lower()}-{after}
spec:
  from: {kind}/farol/{before}
  to: {kind}/farol/{after}
---
"""


@pytest.fixture
def desk(home: Tree, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """A tree with a mail box, applied."""
    monkeypatch.setenv("RECONCILER_SECRET_KEY", SEALING_KEY)
    monkeypatch.setenv("MAIL_SECRET", "Farol-mail-secret-1")
    home.write(MAIL, MAILS)
    home.apply()
    # The partner plans the whole folder here, the operators of others among it.
    trust = "identity: {outside: judged}"
    home.write("reconciler.yaml", f"apiVersion: reconciler/v1\nkind: Project\n{trust}\n")
    return home


def rename_all(desk: Tree) -> None:
    """Three resources that name each other have new names, in the manifests and as moves."""
    desk.edit(DESK, "name: incident\n", "name: incidents\n")
    desk.edit(DESK, "[incident]", "[incidents]")
    desk.edit(DESK, "name: signing\n", "name: seals\n")
    desk.edit(MAIL, "name: helpdesk\n", "name: desk\n")
    desk.edit(MAIL, "supportMail: helpdesk", "supportMail: desk")
    desk.edit(MAIL, "defaultCategory: signing", "defaultCategory: seals")
    desk.edit(MAIL, "defaultServiceType: incident", "defaultServiceType: incidents")
    moves = (
        ("ServiceType", "incident", "incidents"),
        ("Category", "signing", "seals"),
        ("SupportMail", "helpdesk", "desk"),
    )
    desk.write("tenants/farol/moved.yaml", "".join(moved(*one) for one in moves))


def test_three_moves_are_three_changes_and_then_nothing_is_left_to_do(desk: Tree) -> None:
    numbers = "SELECT id FROM {} ORDER BY id"
    tables = ("service_types", "categories", "support_mails", "mail_to_tickets")
    before = [desk.sql(numbers.format(table)) for table in tables]
    rename_all(desk)
    plan = desk.run("plan", "--as", INES)
    assert plan.code == 0, plan.err
    head, counts, *rest = plan.out.splitlines()
    assert (head, counts) == ("Plan: 0 to add, 0 to change, 0 to destroy.", "  3 to move, 5 unchanged.")
    assert "  > move Category/farol/signing -> Category/farol/seals" in rest
    desk.apply()
    assert [desk.sql(numbers.format(table)) for table in tables] == before
    assert desk.sql("SELECT name, service_types FROM categories") == [("seals", '["incidents"]')]
    assert desk.sql("SELECT support_mail, default_category, default_service_type FROM mail_to_tickets") == [
        ("desk", "seals", "incidents")
    ]
    again = desk.run("plan", "--detailed-exitcode", "--as", INES)
    assert (again.code, again.out.splitlines()[0]) == (0, "No changes.")
    runs = len(desk.sql("SELECT 1 FROM reconciler_runs"))
    desk.apply()
    assert len(desk.sql("SELECT 1 FROM reconciler_runs")) == runs
    assert desk.run("drift", "--as", ROOT, "--detailed-exitcode").code == 0
    assert desk.run("history").code == 0


def test_a_sealed_secret_opens_at_the_new_address_only(desk: Tree) -> None:
    rename_all(desk)
    desk.apply()
    (rest,) = desk.sql("SELECT client_secret FROM support_mails")[0]
    sealer = KeySealer(parse_key(SEALING_KEY, origin="test"))
    opened = sealer.unseal(Address("SupportMail", "farol", "desk"), "clientSecret", rest)
    assert opened.reveal() == "Farol-mail-secret-1"


def test_the_audit_and_the_ledger_follow(desk: Tree) -> None:
    rename_all(desk)
    desk.apply()
    told = desk.sql("SELECT kind, name, action, reason FROM reconciler_changes WHERE action = 'move' ORDER BY seq")
    assert told == [
        ("Category", "seals", "move", "it was Category/farol/signing"),
        ("ServiceType", "incidents", "move", "it was ServiceType/farol/incident"),
        ("SupportMail", "desk", "move", "it was SupportMail/farol/helpdesk"),
    ]
    ledger = dict(desk.sql("SELECT name, applied FROM reconciler_resources WHERE tenant = 'farol'"))
    assert not {"incident", "signing", "helpdesk"} & set(ledger)
    assert json.loads(ledger["inbox"])["default_category"] == "seals"
    journal = desk.sql(
        "SELECT DISTINCT name FROM reconciler_journal WHERE table_name = 'categories' AND operation = 'update'"
    )
    assert sorted(journal) == [("seals",), ("signing",)]
    assert desk.run("status").code == 0


def test_a_move_goes_with_other_changes_of_the_same_rows(desk: Tree) -> None:
    rename_all(desk)
    desk.edit(DESK, "description: Questions about seals", "description: Questions about the seal")
    desk.edit(MAIL, "folder: Inbox", "folder: INBOX")
    plan = desk.run("plan", "--format", "json", "--as", INES).json
    changes = {one["address"]: one for one in plan["resource_changes"]}
    category = changes["Category/farol/seals"]
    assert (category["previous_address"], category["change"]["actions"]) == ("Category/farol/signing", ["update"])
    alone = changes["SupportMail/farol/desk"]
    assert (alone["previous_address"], alone["change"]["actions"]) == ("SupportMail/farol/helpdesk", ["no-op"])
    desk.apply()
    assert desk.run("plan").out.startswith("No changes.")
    assert desk.sql("SELECT name, description FROM categories") == [("seals", "Questions about the seal")]


def test_a_plan_file_of_moves_is_applied_and_goes_stale(desk: Tree) -> None:
    rename_all(desk)
    assert desk.run("plan", "--out", "moves.plan", "--as", INES, "--as", ROOT).code == 0
    assert "> move Category/farol/signing -> Category/farol/seals" in desk.run("show", "moves.plan").out
    document: dict[str, Any] = json.loads((desk.folder / "moves.plan").read_text(encoding="utf-8"))
    assert len(document["rewrites"]) == 4
    desk.sql("UPDATE mail_to_tickets SET folder = 'elsewhere', rev = rev + 1")
    assert desk.run("apply", "moves.plan", "--auto-approve", "--as", INES).code == 5
    desk.sql("UPDATE mail_to_tickets SET folder = 'Inbox', rev = rev - 1")
    done = desk.run("apply", "moves.plan", "--auto-approve", "--as", INES)
    assert done.code == 0, done.err
    assert desk.run("plan").out.startswith("No changes.")


def test_a_rename_of_a_customer_takes_its_people_along(desk: Tree) -> None:
    desk.edit("tenants/farol/customers.yaml", "name: lumen\n", "name: lumen-grupo\n")
    desk.edit("tenants/farol/customers.yaml", "customer: lumen\n", "customer: lumen-grupo\n")
    desk.write("tenants/farol/moved.yaml", moved("Customer", "lumen", "lumen-grupo"))
    hashed = desk.sql("SELECT password FROM customer_users")
    call = desk.run("apply", "--auto-approve", "--as", INES, "--as", ROOT)
    assert call.code == 0, call.out + call.err
    assert desk.sql("SELECT customer FROM customer_users") == [("lumen-grupo",)]
    assert desk.sql("SELECT password FROM customer_users") == hashed
    assert desk.run("plan").out.startswith("No changes.")


def test_a_row_that_a_program_wrote_by_hand_under_the_new_name_is_no_target(desk: Tree) -> None:
    desk.sql(
        "INSERT INTO service_types (tenant, name, display_name, description, sort_order) "
        "VALUES ('farol', 'incidents', 'Others', '', 30)"
    )
    rename_all(desk)
    call = desk.run("apply", "--auto-approve", *desk.everybody)
    assert call.code == 1
    assert "MOV-08" in call.err
    assert desk.sql("SELECT name FROM service_types ORDER BY name") == [("incident",), ("incidents",)]


@pytest.mark.parametrize("name", ["signing", "seals"])
def test_a_target_means_what_moves_by_either_name(desk: Tree, name: str) -> None:
    desk.edit(DESK, "name: signing\n", "name: seals\n")
    desk.edit(MAIL, "defaultCategory: signing", "defaultCategory: seals")
    desk.write("tenants/farol/moved.yaml", moved("Category", "signing", "seals"))
    target = ("--target", f"Category/farol/{name}")
    call = desk.run("plan", *target)
    assert "  1 to move" in call.out
    assert "TGT-02" not in call.out
    assert "TGT-02" not in desk.run("plan", *target, "--as", INES).out, "nor for who reads a part alone"
    desk.edit(DESK, "description: Questions about seals", "description: Questions about the seal")
    call = desk.run("plan", *target)
    assert call.out.startswith("Plan: 0 to add, 1 to change, 0 to destroy."), "what moves and changes is one resource"
    for left_out in (("--exclude", f"Category/farol/{name}"), (*target, "--exclude", "Category/farol/signing")):
        call = desk.run("plan", *left_out)
        assert (call.code, "MOV-12" in call.out + call.err) == (1, True)
    assert desk.run("apply", *target, "--auto-approve", *desk.everybody).code == 0
    assert desk.run("plan").out.startswith("No changes.")
    assert "TGT-02" not in desk.run("plan", "--target", "Category/farol/seals").out
    assert "TGT-02" in desk.run("plan", "--target", "Category/farol/signing").out, "nothing is called so any more"
