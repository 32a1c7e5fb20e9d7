"""rollback: what a run found is put back, by a plan like any other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.test_staying import MAILBOX
from tests.cli.tree import INES, ROOT, Tree

CUSTOMERS = "tenants/farol/customers.yaml"
DESK = "tenants/farol/desk.yaml"
ADMIN = ("--as", ROOT, "--as", INES)
CLOCKS = {"id", "rev", "updated_at"}


def quoted(name: str) -> str:
    return f'"{name}"'


def newest(tree: Tree) -> str:
    return str(tree.run("history", "--format", "json", "--limit", "1", "--as", ROOT).json["runs"][0]["id"])


def state(tree: Tree) -> dict[str, Any]:
    """Every row of every kind and the ledger, without what clocks and counters alone move."""
    tables = [
        row[0]
        for row in tree.sql(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'reconciler_%' "
            "AND name NOT LIKE 'sqlite_%' AND name NOT IN ('notifications', 'alembic_version')"
        )
    ]
    found: dict[str, Any] = {}
    for table in tables:
        names = [row[1] for row in tree.sql(f"SELECT * FROM pragma_table_xinfo('{table}')")]
        rows = [
            dict(zip(names, row, strict=False))
            for row in tree.sql(f'SELECT {", ".join(map(quoted, names))} FROM "{table}"')
        ]
        found[table] = sorted(
            sorted((key, repr(value)) for key, value in row.items() if key not in CLOCKS) for row in rows
        )
    columns = "kind, tenant, name, applied, source, commit_id, management"
    found["ledger"] = sorted(map(repr, tree.sql(f"SELECT {columns} FROM reconciler_resources")))
    return found


def rolled_back(tree: Tree, run: str = "", *words: str) -> None:
    call = tree.run("rollback", run or newest(tree), "--auto-approve", *words, *ADMIN)
    assert call.code == 0, call.out + call.err


@pytest.fixture
def ready(tree: Tree) -> Tree:
    tree.apply()
    return tree


def test_a_run_without_a_name_is_never_what_git_asks_for(ready):
    ready.edit(DESK, "displayName: Signing", "displayName: Seals")
    former = state(ready)
    for words in (("--auto-approve",), ("--format", "text")):
        call = ready.run("rollback", "", *words, *ADMIN)
        assert (call.code, call.out) == (1, "")
        assert "RBK-09" in call.err
    assert state(ready) == former


def test_what_the_run_did_outside_of_a_reach_is_not_told_by_name(ready):
    ready.edit(DESK, "displayName: Signing", "displayName: Seals")
    ready.edit("platform/operators.yaml", "displayName: Simão Costa", "displayName: Simão Neves")
    ready.apply()
    run = newest(ready)
    plan = ready.folder / "back.plan"
    told = [
        ready.run("rollback", run, "--as", INES, *words)
        for words in (("--format", "text"), ("--format", "json"), ("--out", str(plan)), ("--auto-approve",))
    ]
    for call in told:
        assert call.code == 4
        assert "PRM-02" in call.out + call.err
        assert "Operator/second" not in call.out + call.err
        assert "Neves" not in call.out + call.err
    assert len({(call.out, call.err) for call in told[:1] + told[2:]}) == 1
    assert not plan.exists()


@pytest.mark.parametrize("since", ["as it was left", "put back", "changed", "gone"])
def test_what_became_of_a_foreign_row_does_not_show(ready, since):
    ready.edit(DESK, "displayName: Signing", "displayName: Seals")
    ready.edit("platform/operators.yaml", "displayName: Simão Costa", "displayName: Simão Neves")
    ready.apply()
    second = "WHERE name = 'second'"
    if since == "gone":
        ready.sql(f"DELETE FROM operators {second}")
    elif since != "as it was left":
        name = "Simão Costa" if since == "put back" else "Somebody"
        ready.sql(f"UPDATE operators SET display_name = '{name}' {second}")
    call = ready.run("rollback", newest(ready), "--as", INES, "--auto-approve")
    assert (call.code, call.out) == (4, "")
    assert "a part of it lies outside the reach of the role" in " ".join(call.err.split())
    assert ready.sql("SELECT display_name FROM categories WHERE name = 'signing'") == [("Seals",)]


def test_what_a_guard_holds_outside_of_a_reach_is_not_told_by_number(ready):
    call = ready.run("rollback", newest(ready), "--as", INES, "--auto-approve")
    assert call.code == 4
    assert "GRD-" not in call.err
    assert "--allow-delete" not in call.err


def test_what_was_moved_since_is_a_conflict_and_never_taken_for_gone(ready):
    ready.edit(DESK, "name: signing", "name: sealing")
    ready.edit(DESK, "displayName: Signing", "displayName: Sealing")
    ready.apply()
    made = newest(ready)
    call = ready.run("move", "Category/farol/sealing", "seals")
    assert call.code == 0, call.err
    ready.apply()
    moved = newest(ready)
    former = state(ready)
    call = ready.run("rollback", made, "--auto-approve", *ADMIN)
    assert call.code == 5
    assert "has moved to Category/farol/seals" in " ".join(call.err.split())
    assert state(ready) == former
    rolled_back(ready, moved)
    rolled_back(ready, made)
    assert ready.sql("SELECT name FROM categories") == [("signing",)]


def test_a_row_that_was_let_go_since_is_not_deleted(ready):
    ready.edit(DESK, "displayName: Signing", "displayName: Seals")
    extra = (
        "apiVersion: reconciler/v1\nkind: Category\nmetadata: {name: fax, tenant: farol}\nspec: {displayName: Fax}\n"
    )
    ready.write("tenants/farol/fax.yaml", extra)
    ready.apply()
    run = newest(ready)
    assert ready.run("state", "forget", "Category/farol/fax", "--auto-approve", "--as", INES).code == 0
    former = state(ready)
    call = ready.run("rollback", run, "--auto-approve", *ADMIN)
    assert call.code == 5
    assert "Category/farol/fax is not managed any more" in call.err
    assert state(ready) == former


def test_nobody_is_named_for_what_no_row_tells(ready):
    ready.edit(DESK, "displayName: Signing", "displayName: Seals")
    ready.apply()
    run = newest(ready)
    ready.sql("UPDATE categories SET sort_order = 11 WHERE name = 'signing'")
    assert ready.run("state", "forget", "Category/farol/signing", "--auto-approve", "--as", INES).code == 0
    call = ready.run("rollback", run, "--auto-approve", *ADMIN)
    assert call.code == 5
    assert "Category/farol/signing is not managed any more\n" in call.err


def test_a_changed_field_goes_back(ready):
    before = state(ready)
    ready.edit(CUSTOMERS, "Ana Moura", "Ana Moura Pinto")
    ready.apply()
    assert state(ready) != before
    run = newest(ready)
    rolled_back(ready)
    assert state(ready) == before
    call = ready.run("plan", *ADMIN)
    assert "1 to change" in call.out
    assert ready.run("history", "--format", "json", "--as", ROOT).json["runs"][0]["rollback_of"] == run


def test_a_deleted_row_comes_back_with_its_secret(ready):
    before = state(ready)
    text = (ready.folder / CUSTOMERS).read_text(encoding="utf-8")
    ready.write(CUSTOMERS, text.partition("---\n")[0])
    ready.apply("--prune")
    assert ready.sql("SELECT count(*) FROM customer_users") == [(0,)]
    rolled_back(ready)
    assert state(ready) == before


def test_a_created_row_goes(ready):
    before = state(ready)
    ready.edit(
        DESK,
        "kind: Category\n",
        "kind: ServiceType\nmetadata: {name: other, tenant: farol}\nspec: {displayName: Other, sortOrder: 20}\n"
        "---\napiVersion: reconciler/v1\nkind: Category\n",
    )
    ready.apply()
    rolled_back(ready)
    assert state(ready) == before
    # and once more there
    rolled_back(ready)
    assert ready.run("plan", *ADMIN).out.startswith("No changes.")


def test_a_secret_goes_back(ready, monkeypatch):
    before = state(ready)
    monkeypatch.setenv("ANA_PASSWORD", "Another-portal-5822!")
    ready.edit(CUSTOMERS, 'version: "1"', 'version: "2"')
    ready.apply()
    assert state(ready) != before
    rolled_back(ready)
    assert state(ready) == before


def test_what_somebody_changed_since_is_a_conflict(ready):
    ready.edit(CUSTOMERS, "Ana Moura", "Ana Moura Pinto")
    ready.edit(DESK, "Questions about seals", "All about seals")
    ready.apply()
    ready.sql("UPDATE customer_users SET display_name = 'Ana M.'")
    ready.sql("UPDATE categories SET description = 'x'")
    before = state(ready)
    call = ready.run("rollback", newest(ready), "--auto-approve", *ADMIN)
    assert call.code == 5
    assert "CustomerUser/farol/ana" in call.err
    assert "Category/farol/signing" in call.err
    assert state(ready) == before


def test_what_others_wrote_beside_it_has_to_fit(ready: Tree) -> None:
    mail = "tenants/farol/mail.yaml"
    ready.write(mail, MAILBOX.replace("write: true", "write: false").replace("  state: active\n", ""))
    ready.apply()
    ready.edit(mail, "write: false", "write: true")
    ready.apply()
    run = newest(ready)
    ready.sql("UPDATE support_mails SET state = 'active'")
    call = ready.run("rollback", run, "--auto-approve", *ADMIN)
    assert (call.code, ready.sql("SELECT consent_write FROM support_mails")) == (7, [(1,)])
    told = " ".join(call.err.split())
    assert "error SUP-05: SupportMail/farol/helpdesk: state stays as it is live, because the run did not write" in told
    assert "undo first what changed state since" in told
    ready.sql("UPDATE support_mails SET state = 'draft'")
    rolled_back(ready, run)
    assert ready.sql("SELECT consent_write FROM support_mails") == [(0,)]


def test_the_first_apply_is_held(ready):
    before = state(ready)
    call = ready.run("rollback", newest(ready), "--auto-approve", *ADMIN)
    assert call.code == 7, call.err
    assert "OPR-04" in call.err
    assert state(ready) == before


def test_the_founding_run_says_that_nobody_would_be_left(ready):
    run = newest(ready)
    told = " ".join(ready.run("history", "show", run, *ADMIN).out.split())
    assert "nobody would be left to open the doors" in told
    assert "Undo it with" not in told
    call = ready.run("rollback", run, "--auto-approve", *ADMIN)
    assert call.code == 7, call.err
