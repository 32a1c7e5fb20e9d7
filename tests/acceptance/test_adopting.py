"""Bringing a database under management, on every database: export, adopt, drift, accept."""

from __future__ import annotations

import pytest

from tests.cli.tree import Tree

ROOT = ("--as", "root@example.com", "--auto-approve")
DESK = "tenants/farol/desk.yaml"


@pytest.fixture
def live(home: Tree) -> Tree:
    call = home.run("apply", "--bootstrap", *ROOT)
    assert call.code == 0, call.err
    return home


def test_an_export_of_everything_plans_to_nothing(live: Tree) -> None:
    for layout in ("resource", "tenant"):
        call = live.run("export", layout, "--layout", layout)
        assert call.code == 0, call.err
        assert live.run("fmt", "--check", layout).code == 0
        assert live.run("plan", layout).out.startswith("No changes.")


def test_what_nobody_manages_is_adopted(live: Tree) -> None:
    live.sql("DELETE FROM reconciler_resources WHERE kind IN ('Category', 'CustomerUser')")
    (live.folder / DESK).rename(live.folder / "desk.bak")
    text = (live.folder / "tenants/farol/customers.yaml").read_text(encoding="utf-8")
    live.write("tenants/farol/customers.yaml", text.partition("---\n")[0])
    rows = live.sql("SELECT * FROM categories")
    call = live.run("adopt", "Category/farol/signing", "CustomerUser/farol/ana", *ROOT)
    assert call.code == 0, call.err
    assert "Adopted 2 resources. No changes." in call.out
    assert live.sql("SELECT * FROM categories") == rows
    assert live.sql("SELECT count(*) FROM reconciler_resources") == [(8,)]
    password = (live.folder / "tenants/farol/customer-user/ana.yaml").read_text(encoding="utf-8")
    assert 'password: {fromEnv: FAROL_CUSTOMER_USER_ANA_PASSWORD, version: "1"}' in password


def test_a_password_that_another_program_set_stays(live: Tree) -> None:
    live.sql("UPDATE customer_users SET password_version = NULL, password_fingerprint = NULL")
    call = live.run("export", "out")
    assert call.code == 0, call.err
    text = (live.folder / "out/tenants/farol/customer-user/ana.yaml").read_text(encoding="utf-8")
    assert "ignoreChanges: [password]" in text
    assert live.run("plan", "out").out.startswith("No changes.")


def test_what_drifted_is_accepted(live: Tree) -> None:
    live.sql("UPDATE categories SET description = 'Seals: and more', audience = 'all'")
    assert live.run("accept", "Category/farol/signing").code == 0
    assert 'description: "Seals: and more"' in (live.folder / DESK).read_text(encoding="utf-8")
    assert live.run("plan").out.startswith("No changes.")
