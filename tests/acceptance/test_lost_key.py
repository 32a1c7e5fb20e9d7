"""The key file beside the embedded database is gone: nothing is sealed under a new one behind anybody's back."""

from __future__ import annotations

from tests.cli.tree import Tree

KEY = ".reconciler/live.db.key"


def test_what_needs_no_key_goes_on_and_what_needs_it_is_refused(tree: Tree) -> None:
    tree.apply()
    (tree.folder / KEY).unlink()
    assert "No changes." in tree.run("plan").out
    tree.edit("tenants/farol/desk.yaml", "sortOrder: 10", "sortOrder: 11")
    tree.apply()
    assert not (tree.folder / KEY).exists()

    tree.edit("tenants/farol/customers.yaml", 'fromEnv: ANA_PASSWORD, version: "1"', "fromEnv: ANA_PASSWORD")
    call = tree.run("plan")
    assert call.code == 1
    assert "KEY-04" in call.err
