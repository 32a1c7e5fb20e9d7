"""An issuer goes to its tombstone and takes along what belongs to it, in one transaction."""

from __future__ import annotations

from tests.cli.tree import SIGNING, Tree

FILE = "tenants/farol/signing.yaml"
BOTH = ("--as", "root@example.com", "--as", "second@example.com")


def test_a_cascade_writes_the_state_and_what_goes_with_it(tree: Tree) -> None:
    tree.write(FILE, SIGNING)
    tree.apply()
    tree.sql("update client_services set state = 'suspended', stopped_by = 'administrator'")
    tree.edit(FILE, "state: active", "state: deleted")

    call = tree.run("plan", "--out", "plan.json")
    assert call.code == 0, call.err
    assert "> state active -> blocked" in call.out
    assert "> state blocked -> deleted" in call.out
    assert "ClientService/farol/cs-cedro" in call.out

    call = tree.run("apply", "plan.json", "--auto-approve", "--as", "root@example.com")
    assert call.code == 4
    assert "GEN-25" in call.err
    call = tree.run("apply", "plan.json", "--auto-approve", *BOTH)
    assert call.code == 0, call.err
    assert tree.sql("select state from issuers") == [("deleted",)]
    assert tree.sql("select state, stopped_by from client_services") == [("deleted", None)]
    assert "No changes." in tree.run("plan", "--detailed-exitcode").out


def test_the_last_administrator_stays(tree: Tree) -> None:
    tree.apply()
    tree.edit("platform/operators.yaml", "language: pt-PT", "language: pt-PT\n  state: suspended")
    call = tree.run("apply", "--auto-approve", *BOTH)
    assert call.code == 7, call.err
    assert "OPR-04" in call.err
    assert tree.sql("select distinct state from operators") == [("active",)]
