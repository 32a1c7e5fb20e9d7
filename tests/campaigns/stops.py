"""What an apply leaves behind when the server is stopped at once at one of its places, and started again.

The server comes back either while the apply still asks for it, or only when the apply has given up.
"""

from __future__ import annotations

import random
import threading
import time
from typing import NamedTuple

from tests.campaigns.crashes import APPLY, Ended, Home, called_again, left_behind

_PATIENCE = 0.6


class Case(NamedTuple):
    """Where the server stops, at which visit of the place, and whether it comes back in time."""

    stage: str
    point: str
    nth: int
    back: bool

    def __str__(self) -> str:
        return f"{self.stage} stop {self.point}#{self.nth}, back {'in time' if self.back else 'too late'}"


def cases(home: Home, *, seed: int) -> list[Case]:
    """A stop at every place of both applies, with both ways to come back."""
    chance = random.Random(seed)  # noqa: S311 - a seeded generator is the point
    found = [
        Case(stage, point, chance.randint(1, home.reached[stage].count(point)), back)
        for stage in home.reached
        for point in dict.fromkeys(home.reached[stage])
        for back in (True, False)
    ]
    chance.shuffle(found)
    return found


def survived(home: Home, *, seed: int) -> tuple[int, list[str]]:
    """The whole campaign: how many cases there were, and what went wrong."""
    tried = cases(home, seed=seed)
    return len(tried), [f"{case}: {wrong}" for case in tried if (wrong := problems(home, case))]


def problems(home: Home, case: Case) -> list[str]:
    """What a case shows to be wrong, a sentence each. The server runs again when it is over."""
    home.reset(case.stage)
    before = home.dump()
    ended = _stopped(home, case)
    old, found = left_behind(home, case.stage, before)
    match ended.code:
        case 0:
            fine = not old
        case 1:
            fine = old
        case 8:
            fine = not case.back and case.point == "marked"
        case _:
            fine = False
    if not fine or "Traceback" in ended.text:
        found.append(f"ended with {ended.code}, and the data are {'old' if old else 'new'}: {ended.text[-300:]}")
    if ended.reached.count(case.point) < case.nth:
        found.append(f"{case.point} was not reached")
    return found + called_again(home, case.stage)


def _stopped(home: Home, case: Case) -> Ended:
    assert home.cluster is not None
    cluster, gone = home.cluster, threading.Event()

    def come_back() -> None:
        while cluster.is_up() and not gone.is_set():
            time.sleep(0.005)
        if not case.back:
            gone.wait()
        if not cluster.is_up():
            cluster.start_again()

    thread = threading.Thread(target=come_back)
    thread.start()
    try:
        patience = {} if case.back else {"outcome": _PATIENCE}
        return home.run(APPLY[case.stage], point=case.point, action="stop", nth=case.nth, patience=patience)
    finally:
        gone.set()
        thread.join()
