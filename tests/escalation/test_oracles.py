"""A small share of the campaign that asks everything in worlds which differ in one foreign resource alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.campaigns.asking import CASES
from tests.campaigns.oracles import Ground, differences, program, seed
from tests.campaigns.questions import Question, questions
from tests.campaigns.states import Case

BY_NAME = {one.name: one for one in CASES}
ASKED = {"paula-category": ("equal", "crowded"), "isa-certificate": ("equal", "crowded")}
"""Who is asked, in which states."""
TOLD_ONCE = ("--target Category/farol/* --prune", "plan nothing --prune")
SHARE = 1


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("oracles")
    with program(home):
        yield seed(home / "seeded")


def chosen(case: Case) -> list[Question]:
    """What made a difference once, beside no manifests of it, and some of the others."""
    every = list(questions(case.foreign, readable=case.readable))
    once = [one for one in every if one.tree == "own" and any(word in _words(one) for word in TOLD_ONCE)]
    chance = random.Random(case.name)  # noqa: S311 - the same share in every run
    return [*once, *chance.sample([one for one in every if len(one.calls) < 4], SHARE)]


def _words(question: Question) -> str:
    return "\n".join(" ".join(one) for one in question.calls)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", ASKED)
def test_no_answer_tells_what_may_not_be_read(name: str, seeded: Path, tmp_path: Path) -> None:
    with program(tmp_path):
        ground = Ground(seeded, tmp_path, BY_NAME[name], ASKED[name])
        found = [line for one in chosen(BY_NAME[name]) for line in differences(ground, one, ASKED[name])]
    assert not found, "\n".join(found)
