"""A house by small steps that hypothesis chooses and shrinks: whatever came before, git and the world agree.

Behind every step what must hold has been judged by the trial: a plan behind an apply is empty, so is one of what was
exported and, for the fields concerned, one behind an accept; a rollback restores the rows and the ledger exactly.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from reconciler.model.address import Address
from tests.campaigns import back, meddling, moving, waiving
from tests.campaigns.ground import Ground, grounds
from tests.campaigns.trials import Trial
from tests.campaigns.worlds import ADMINISTRATOR, CATALOG, World, add, touch

SEEDS = st.integers(0, 2**16)
"""What values are drawn by: a resource of a kind, another value of a field."""

Change = Callable[[random.Random, World], object]


class House(RuleBasedStateMachine):
    """One house. ``new`` gives an empty database."""

    new: Iterator[Ground]

    @initialize(seed=SEEDS)
    def begins(self, seed: int) -> None:
        self.trial = Trial(next(self.new), random.Random(seed), anew=False)  # noqa: S311 - drawn by hypothesis
        self.open = self.trial.begin()

    @rule(kind=st.sampled_from(list(CATALOG)), seed=SEEDS, pruning=st.booleans())
    def gets_another_resource(self, kind: str, seed: int, *, pruning: bool) -> None:
        self._changes(seed, lambda chance, world: add(chance, world, CATALOG[kind]), pruning=pruning)

    @rule(place=st.integers(0, 9), seed=SEEDS, undone=st.booleans())
    def gets_another_value(self, place: int, seed: int, *, undone: bool) -> None:
        self._changes(seed, lambda chance, world: touch(chance, world, _at(world, place)), undone=undone)

    @rule(place=st.integers(0, 9), seed=SEEDS, undone=st.booleans())
    def loses_a_resource(self, place: int, seed: int, *, undone: bool) -> None:
        def drop(_chance: random.Random, world: World) -> None:
            address = _at(world, place)
            if address != ADMINISTRATOR and not CATALOG[address.kind].singleton:
                del world.trees[address]

        self._changes(seed, drop, pruning=True, undone=undone)

    @rule(seed=SEEDS, way=st.sampled_from(["reverted", "accepted", "waived"]))
    def is_meddled_with(self, seed: int, way: str) -> None:
        if not self.open:
            return
        trial, rows = self._drawing(seed), self.trial.ground.rows()
        before = meddling.meddle(trial)
        places = meddling.noticed(trial, before)
        if way == "reverted":
            meddling.reverted(trial, before, rows)
        elif way == "accepted":
            meddling.accepted(trial, places, before)
            trial.learn()
        else:
            waiving.waived(trial, places, before)

    @rule(seed=SEEDS)
    def gets_other_names(self, seed: int) -> None:
        if self.open:
            self.open = moving.moved(self._drawing(seed))

    @rule(seed=SEEDS)
    def is_exported(self, seed: int) -> None:
        if self.open:
            meddling.exported(self._drawing(seed))

    @invariant()
    def nothing_is_wrong(self) -> None:
        assert self.trial.wrong == []

    def _drawing(self, seed: int) -> Trial:
        self.trial.chance = random.Random(seed)  # noqa: S311 - drawn by hypothesis
        return self.trial

    def _changes(self, seed: int, change: Change, *, pruning: bool = False, undone: bool = False) -> None:
        if not self.open:
            return
        trial = self._drawing(seed)
        trial.prune = pruning
        world = trial.world.copy()
        change(trial.chance, world)
        if not trial.settle(world, trial.world):
            return
        former = back.taken(trial)
        trial.write_down(world)
        trial.applied("apply")
        if undone:
            self.open = back.rolled_back(trial, former)


def _at(world: World, place: int) -> Address:
    return list(world.trees)[place % len(world.trees)]


def test_git_and_the_world_agree_whatever_came_before() -> None:
    _lived(examples=20)


def test_a_blind_export_is_found_by_few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    real = meddling.export
    monkeypatch.setattr(meddling, "export", lambda *words: replace(real(*words), resources=()))
    with pytest.raises(AssertionError, match="left out without a word"):
        _lived(examples=20, shrinks=False)


def _lived(*, examples: int, shrinks: bool = True) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=6,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[one for one in Phase if shrinks or one in (Phase.explicit, Phase.generate)],
    )
    with ExitStack() as stack:
        House.new = stack.enter_context(grounds())
        run_state_machine_as_test(House, settings=chosen)  # type: ignore[no-untyped-call]  # untyped there
