"""A seeded share of the matrix at plan and at apply, on both databases; the scorecard asks about every cell."""

from __future__ import annotations

import pytest

from tests.oracle.asked import oracle_of
from tests.oracle.conftest import Told
from tests.oracle.databases import Base
from tests.oracle.oracle import read_matrix
from tests.oracle.plans import chosen, hold
from tests.oracle.world import things

SHARE = 0.04


@pytest.mark.timeout(600)
@pytest.mark.parametrize("strict", [True, False], ids=["denied", "judged"])
def test_a_share_of_the_cells_at_plan_and_apply(base: Base, told: Told, *, strict: bool) -> None:
    probes = chosen(share=SHARE)
    tally = hold(base, probes, oracle_of(things(), read_matrix()), strict=strict)
    word = "outside denied" if strict else "outside judged"
    where = f"{type(base).__name__}, {word}"
    what = ", ".join(f"{name} {count}" for name, count in sorted(tally.outcomes.items()))
    told(f"cells at plan and apply, {where}: {len(tally.cells)} cells, {len(probes)} probes ({what})")
    assert tally.wrong == []
    assert len(tally.cells) >= 60
    assert len(tally.unjudged) <= len(probes) // 20
