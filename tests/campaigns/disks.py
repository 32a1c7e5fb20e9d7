"""What an apply to an embedded database leaves behind when the disk fails it.

strace lets the calls of the system that touch the database, its journal or their folder fail, or kills at them, each
by its number until the apply makes no more of them. Where there is no strace, and besides, a bound on the size of files
stands for a full disk, swept from nothing to enough: it cuts writes short, which strace cannot.
"""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from typing import NamedTuple

from tests.campaigns.crashes import APPLY, Home, called_again, left_behind

ERRORS = {
    "pwrite64": ("EIO", "ENOSPC"),
    "write": ("EIO", "ENOSPC"),
    "pread64": ("EIO",),
    "fsync": ("EIO",),
    "fdatasync": ("EIO", "ENOSPC"),
    "ftruncate": ("EIO",),
    "openat": ("EIO", "ENOSPC"),
    "unlink": ("EIO",),
    "unlinkat": ("EIO",),
    "rename": ("EIO",),
}
"""Calls of the system by which an embedded database is kept, and the errors that they end with here."""

KILL = "kill"
_MANY = 20
_STEP = 2 * 4096 + 1000
"""Bytes between two bounds on files: more than a page, so that pages are cut at every place."""
_BOUNDED = 1 << 18
"""Bytes that are not enough for a database of these kinds."""


class Case(NamedTuple):
    """One fault: the call of the system by its number and what happens to it, or a bound on files in bytes."""

    stage: str
    call: str
    nth: int
    action: str

    def __str__(self) -> str:
        return f"{self.stage} {self.call}#{self.nth} {self.action}"


def traced() -> bool:
    """Whether there is a strace."""
    return shutil.which("strace") is not None


def cases(home: Home, *, seed: int) -> list[Case]:
    """Every call by its number, and every bound. Of the many calls that write, each ends in one way, by ``seed``."""
    found = []
    for stage in home.reached:
        if traced():
            found += _calls(home, stage, seed=seed)
        found += [Case(stage, "size", largest, "bound") for largest in range(0, _enough(home, stage), _STEP)]
    return found


def share(home: Home, *, seed: int, n: int) -> list[Case]:
    """``n`` of the faults, one of them a bound, and one that leaves a file which is no database until it is opened."""
    chance = random.Random(seed)  # noqa: S311 - a seeded generator is the point
    found = [Case("later", "size", chance.randrange(0, _BOUNDED, _STEP), "bound")]
    if traced():
        found += chance.sample(_calls(home, "later", seed=seed), n - len(found))
        found.append(Case("first", "pwrite64", counted(home, "first")["pwrite64"] - 5, KILL))
    return found


def survived(home: Home, *, seed: int) -> tuple[int, list[str]]:
    """The whole campaign: how many cases there were, and what went wrong."""
    tried = cases(home, seed=seed)
    return len(tried), [f"{case}: {wrong}" for case in tried if (wrong := problems(home, case))]


def counted(home: Home, stage: str) -> Counter[str]:
    """How often an apply makes each call on the files of the database. What it makes may depend on nothing else."""
    home.reset(stage)
    ended = home.run(APPLY[stage], trace=_words(home))
    assert ended.code == 0, ended.text
    return Counter(re.findall(r"^(?:\d+\s+)?(\w+)\(", _report(home), flags=re.MULTILINE))


def problems(home: Home, case: Case) -> list[str]:
    """What a case shows to be wrong, a sentence each."""
    home.reset(case.stage)
    before = home.dump()
    if case.call == "size":
        ended = home.run(APPLY[case.stage], largest=case.nth)
    else:
        what = "signal=KILL" if case.action == KILL else f"error={case.action}"
        ended = home.run(APPLY[case.stage], trace=[*_words(home), "-e", f"inject={case.call}:{what}:when={case.nth}"])
        if "INJECTED" not in _report(home) and ended.code != -9:
            return ["the call was not made"]
    old, found = left_behind(home, case.stage, before)
    said = f"ended with {ended.code}, and the data are {'old' if old else 'new'}: {ended.text[-300:]}"
    match ended.code:
        case 0:
            fine = not old
        case 1:
            fine = old
        case 8:  # a bound also keeps the program from undoing what it wrote behind it
            fine = case.action == "bound"
        case _:
            fine = case.action == KILL and ended.code == -9
    if not fine or "Traceback" in ended.text:
        found.append(said)
    return found + called_again(home, case.stage)


def _calls(home: Home, stage: str, *, seed: int) -> list[Case]:
    """Every call of an apply, by its number."""
    found = []
    for call, times in sorted(counted(home, stage).items()):
        actions = [*ERRORS[call], *([] if call == "pread64" else [KILL])]
        for nth in range(1, times + 1):
            chosen = actions if times < _MANY else [actions[(nth + seed) % len(actions)]]
            found += [Case(stage, call, nth, action) for action in chosen]
    return found


def _words(home: Home) -> list[str]:
    folder = home.work / ".reconciler"
    (home.folder / "trace").unlink(missing_ok=True)
    paths = [folder / "live.db", folder / "live.db-journal", folder]
    words = ["strace", "-qq", "-o", str(home.folder / "trace"), "-e", f"trace={','.join(ERRORS)}"]
    return [*words, *(word for path in paths for word in ("-P", str(path)))]


def _report(home: Home) -> str:
    """What strace has written."""
    return (home.folder / "trace").read_text(encoding="utf-8", errors="replace")


def _enough(home: Home, stage: str) -> int:
    """A bound on files that is none."""
    home.reset(stage)
    low, high = 0, 1 << 23
    while high - low > _STEP:
        middle = (low + high) // 2
        home.reset(stage)
        if home.run(APPLY[stage], largest=middle).code == 0:
            high = middle
        else:
            low = middle
    return high + _STEP
