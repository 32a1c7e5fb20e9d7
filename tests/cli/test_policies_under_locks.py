"""Policies are read again under the locks: one that comes while somebody makes up their mind counts."""

from __future__ import annotations

from reconciler.model.failpoint import armed
from tests.cli.tree import Tree

POLICY = """\
apiVersion: reconciler/v1
kind: Policy
metadata: {name: frozen}
spec:
  rules:
    - {name: nothing, for: change, deny: "true", message: "Nothing moves today."}
"""


def test_a_policy_that_comes_before_the_locks_forbids_the_apply(tree: Tree) -> None:
    tree.apply()
    tree.edit("tenants/farol/desk.yaml", "Questions about seals", "Other questions")

    def act(name: str) -> None:
        if name == "secrets-resolved":
            tree.write("policies/frozen.cel.yaml", POLICY)

    with armed(act):
        call = tree.run("apply", "--auto-approve", *tree.everybody)
    assert (call.code, "POL-10" in call.out + call.err) == (4, True), call
    assert tree.sql("SELECT description FROM categories") == [("Questions about seals",)]
