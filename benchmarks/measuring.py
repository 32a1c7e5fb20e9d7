"""Measuring: programs run to their end in processes of their own, what each cost, and a fleet to run them in."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import corpus

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
LAUNCH = [sys.executable, "-S", "-E", str(HERE / "launch.py")]
FLOOR = [sys.executable, str(HERE / "floor.py"), "."]
PRODUCT = [sys.executable, "-m", "reconciler"]
CHEAP = [sys.executable, str(HERE / "cheap.py")]
"""The product with password hashes at the least cost."""
INSTALLER, ADMINISTRATOR = ("--bootstrap",), ("--as", corpus.ADMINISTRATOR)
"""Who applies first, and who afterwards, as options."""
KEY = "YmVuY2hlcy1hcmUtbm90LXNlY3JldC1hdC1hbGwtMzI="
"""A made-up key: a server has no folder to keep one in."""
DENIED = ("certificate-", "supportmail-", "mailtoticket-")
"""How files begin whose resources not even an administrator writes."""
COLD = {"RECONCILER_CACHE": "off"}
"""Variables of a run that remembers nothing of the manifests; a warm one remembers them in a folder of its own."""
DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB", "log_error_verbosity": "default"}
"""Settings of a server that loses nothing, where those of the tests are for speed."""
_UNSEEN = "PYTHONDONTWRITEBYTECODE"
"""Set, it would make Python compile the product anew for every run, which an installed one never does."""


class Cost(NamedTuple):
    """What a child process cost: seconds of wall clock, seconds of processor, peak of its resident memory in MB.

    The wall clock is what is owed; on a machine that others use as well, the processor is the steadier figure.
    """

    seconds: float
    processor: float
    memory: float

    def __str__(self) -> str:
        return f"{self.seconds:>7.2f} s {self.processor:>7.2f} s"


class Applied(NamedTuple):
    """What an apply cost, and for how many seconds it held the lock."""

    cost: Cost
    held: float


class Fleet:
    """A folder with manifests and, behind the first apply, a database that holds them.

    Manifests are written once; what a measurement changes in them is put back by :meth:`restore`.
    """

    def __init__(self, folder: Path, size: int, seed: int) -> None:
        self.folder = folder
        self.size = size
        corpus.write(folder, size, seed)
        self._paths = sorted(path for path in folder.rglob("*.yaml") if path.name != "reconciler.yaml")
        self._before: dict[Path, str] = {}

    def change(self, number: int, word: str, *, without: tuple[str, ...] = ()) -> None:
        """Another note in ``number`` manifests, spread evenly; ``without`` are beginnings of names to pass over."""
        paths = [path for path in self._paths if not path.name.startswith(without)] if without else self._paths
        for path in paths[:: max(len(paths) // number, 1)][:number]:
            text = path.read_text(encoding="utf-8")
            self._before.setdefault(path, text)
            path.write_text(re.sub(r"(?m)^    note: .*$", f"    note: {word}", text), encoding="utf-8")

    def restore(self) -> None:
        """Every manifest as it was written at first."""
        for path, text in self._before.items():
            path.write_text(text, encoding="utf-8")
        self._before = {}

    def forget(self) -> None:
        """No database any more."""
        for path in self.folder.glob("live.db*"):
            path.unlink()


def apply(
    folder: Path, who: Sequence[str], more: Mapping[str, str] | None = None, *, program: Sequence[str] = PRODUCT
) -> Applied:
    """Apply as ``who``, and how long the database was locked: from the plan under the lock to the end of the commit."""
    moments: dict[str, float] = {}
    cost = run([*program, "apply", "--auto-approve", *who], folder, "Apply complete!", moments, more or COLD)
    return Applied(cost, moments["committed"] - moments["planning again under the locks"])


def run(
    command: Sequence[str],
    folder: Path,
    expected: str,
    moments: dict[str, float] | None = None,
    more: Mapping[str, str] | None = None,
    *,
    ends: tuple[int, ...] = (0,),
) -> Cost:
    """Run a child process to its end. What it prints must hold ``expected``: a wrong answer has no speed.

    ``ends`` are the exit codes with which it may end.

    ``moments`` is filled with the lines of progress on standard error, each with the time at which it came.
    ``more`` are variables of the environment.
    """
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RECONCILER_") and name != _UNSEEN},
        corpus.SECRET: corpus.SECRET_VALUE,
        "NO_COLOR": "1",
        "PYTHONPATH": str(ROOT),
        **(more or {}),
    }
    output, used = folder / ".output", folder / ".used"
    with output.open("wb") as file:
        begin = time.perf_counter()
        errors = subprocess.STDOUT if moments is None else subprocess.PIPE
        launched = [*LAUNCH, str(used), *command]
        child = subprocess.Popen(launched, cwd=folder, env=environment, stdout=file, stderr=errors)
        for line in child.stderr or ():
            if moments is not None:
                moments[line.decode().strip().removeprefix("apply: ")] = time.perf_counter()
        child.wait()
        seconds = time.perf_counter() - begin
    text = output.read_text(encoding="utf-8", errors="replace")
    ended, processor, memory = used.read_text(encoding="ascii").split()
    if int(ended) not in ends or expected not in text:
        sys.exit(f"{' '.join(command)} ended with {ended}:\n{text[-2000:]}")
    return Cost(seconds, float(processor), int(memory) / 1024)


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each part."""
    return Cost(*(statistics.median(part) for part in zip(*costs, strict=True)))


def machine() -> str:
    """What else the machine does: figures of a busy one are worth less."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
