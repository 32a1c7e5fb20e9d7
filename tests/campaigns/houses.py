"""Houses: a random world each, lived through from an empty database to an adopted one.

A long life takes a dozen steps and more, a short one those that say whether the world and git agree: apply, another
apply and its rollback, export, what others change, and its way back or into git. What does not hold in one of them
stands in its trial. ``lived`` is one house, the same for the same seed; ``survived`` is a campaign of them.

Run with ``python -m tests.campaigns.houses --worlds N [--steps N] [--seed N] [--server 16] [--long N] [--past N]``:
what is wrong is told at once and the tally every so many houses, so that a campaign may be cut at any moment and has
told what it has judged. Another one goes on behind the houses of ``--past``, which each line of the tally tells.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from reconciler.model.errors import ReconcilerError
from tests.campaigns import back, meddling, moving, waiving
from tests.campaigns.ground import Ground, grounds
from tests.campaigns.trials import Trial
from tests.servers import Cluster, running

LONG = 5
"""Every so many houses live long."""
TOLD = 50
"""After so many worlds the tally is told."""


@dataclass
class Survived:
    """A campaign: what was tried step by step, what was wrong, and how often what was seen besides."""

    houses: int = 0
    worlds: int = 0
    """Houses that were begun: those whose first set could be mended and applied."""
    done: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def n(self) -> int:
        """Steps that were tried."""
        return self.done.total()

    def add(self, name: str, trial: Trial) -> list[str]:
        """Count a house; what was wrong in it."""
        self.houses += 1
        self.worlds += bool(trial.done)
        self.done += trial.done
        self.seen += trial.seen
        self.seen["resources"] += len(trial.world.trees)
        found = [f"house {name}: {one}" for one in trial.wrong]
        self.wrong += found
        return found


def survived(
    *,
    seed: int,
    steps: int = 0,
    worlds: int = 0,
    cluster: Cluster | None = None,
    long: int = LONG,
    past: int = 0,
    heard: Callable[[Survived, list[str]], None] = lambda _found, _wrong: None,
) -> Survived:
    """Live through houses until so many steps have been tried and so many worlds were lived in.

    The first ``past`` houses of the seed are left out: another process has lived through them.
    """
    found = Survived()
    with grounds(cluster) as new, _seldom_collected():
        while found.n < steps or found.worlds < worlds:
            place = past + found.houses
            number = seed * 1_000_000 + place
            heard(found, found.add(str(number), lived(next(new), number, long=place % long == 0)))
    return found


@contextlib.contextmanager
def _seldom_collected() -> Iterator[None]:
    """Look for garbage less often: a tenth of the time goes into that otherwise."""
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    if not frozen:  # as the tests do for themselves
        gc.collect()
        gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if not frozen:
            gc.unfreeze()


def lived(ground: Ground, seed: int, *, long: bool = True) -> Trial:
    """One house on its ground. Whatever ends it before its time is wrong, also what the judge itself raises."""
    trial = Trial(ground, random.Random(seed), anew=long)  # noqa: S311 - the same house for the same seed
    try:
        (_live if long else _live_shortly)(trial)
    except ReconcilerError as error:
        found = [f"{one.code} {one.address} {one.summary}" for one in getattr(error, "diagnostics", ())]
        trial.say("refused", f"{error.code} {error.message} {found[:3]}")
    except Exception:  # noqa: BLE001 - whatever it is, the house counts as wrong and the campaign goes on
        trial.say("ended", " ".join(traceback.format_exc(limit=-4).split()))
    return trial


def _live(trial: Trial) -> None:
    if not trial.begin():
        return
    meddling.undisturbed(trial)
    former = back.taken(trial)
    if trial.go_on():
        meddling.undisturbed(trial)
        if not back.rolled_back(trial, former):
            return
    if not moving.moved(trial):
        return
    meddling.ordered(trial)
    meddling.exported(trial)
    rows = trial.ground.rows()
    before = meddling.meddle(trial)
    meddling.noticed(trial, before)
    meddling.reverted(trial, before, rows)
    before = meddling.meddle(trial)
    waiving.waived(trial, meddling.noticed(trial, before), before)
    before = meddling.meddle(trial)
    meddling.accepted(trial, meddling.noticed(trial, before), before)
    meddling.exported(trial)
    meddling.adopted(trial)


def _live_shortly(trial: Trial) -> None:
    """Another apply and its rollback, an export, and what others change: taken back, accepted,
    or waived."""
    if not trial.begin():
        return
    if trial.chance.random() < 0.3:
        if not moving.moved(trial):
            return
    else:
        former = back.taken(trial)
        if trial.go_on() and not back.rolled_back(trial, former):
            return
    meddling.undisturbed(trial)
    meddling.exported(trial)
    rows = trial.ground.rows()
    before = meddling.meddle(trial)
    places = meddling.noticed(trial, before)
    way = trial.chance.random()
    if way < 0.4:
        meddling.reverted(trial, before, rows)
    elif way < 0.8:
        meddling.accepted(trial, places, before)
    else:
        waiving.waived(trial, places, before)


# --- a campaign that may be cut ---------------------------------------------------------------------------------------


def main(words: list[str] | None = None) -> int:
    """Run a campaign and tell what it has judged, world by world where something is wrong, and every so many worlds."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.houses")
    parser.add_argument("--worlds", type=int, default=0)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server", default="")
    parser.add_argument("--long", type=int, default=LONG)
    parser.add_argument("--past", type=int, default=0)
    asked = parser.parse_args(words)
    begun = time.process_time()

    def hear(found: Survived, wrong: list[str]) -> None:
        for one in wrong:
            sys.stdout.write(f"{one[:2000]}\n")
        if wrong or found.houses % TOLD == 0:
            spent = f"{time.process_time() - begun:.0f} s of processor"
            sys.stdout.write(f"{tally(found)}; {spent}; --past {asked.past + found.houses} goes on\n")
            sys.stdout.flush()

    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(running(asked.server)) if asked.server else None
        found = survived(
            seed=asked.seed,
            steps=asked.steps,
            worlds=asked.worlds,
            cluster=cluster,
            long=asked.long,
            past=asked.past,
            heard=hear,
        )
    sys.stdout.write(f"{tally(found)}\n")
    sys.stdout.writelines(f"  {count:8} {word}\n" for word, count in sorted(found.seen.items()))
    return 1 if found.wrong else 0


def tally(found: Survived) -> str:
    """What was judged until now, on one line."""
    steps = ", ".join(f"{count} {word}" for word, count in sorted(found.done.items()))
    undone = found.seen["rolled back"]
    judged = f"{found.worlds} worlds of {found.houses} houses, {found.n} steps, {len(found.wrong)} wrong"
    return f"{judged} ({steps}; {undone} of the rollbacks not refused)"


if __name__ == "__main__":
    sys.exit(main())
