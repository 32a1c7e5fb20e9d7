"""Drift for somebody: a pattern says nothing about what may not be read, not even whether it is there."""

from __future__ import annotations

import pytest

from tests.cli.tree import INES, Tree


@pytest.mark.parametrize(("option", "there", "not_there"), [("--target", "Operator/root", "Operator/nobody")])
def test_a_pattern_that_matches_a_foreign_resource_matches_nothing(
    option: str, there: str, not_there: str, tree: Tree
) -> None:
    tree.apply()
    told = []
    for pattern in (there, not_there):
        call = tree.run("drift", option, pattern, "--as", INES)
        told.append((call.code, call.out.replace(pattern, "it"), call.err.replace(pattern, "it")))
    assert told[0] == told[1]
    assert "matches no address" in told[0][1] + told[0][2]
