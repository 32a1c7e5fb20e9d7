"""Floor and product side by side, in the same run on the same machine: time, ratio, memory, growth.

Nothing here passes or fails by the clock. Read the ratios; the seconds belong to one machine.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import corpus

FLOOR = [sys.executable, str(Path(__file__).with_name("floor.py")), ".", "live.db"]
PRODUCT = [sys.executable, "-m", "reconciler"]


class Cost(NamedTuple):
    """What a child process cost: seconds of wall clock, seconds of processor, peak of its resident memory in MB.

    The wall clock is what is owed; on a machine that others use as well, the processor is the steadier figure.
    """

    seconds: float
    processor: float
    memory: float


def main() -> None:
    """Measure each size and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resources", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=5, help="runs of each; the table shows the median")
    given = parser.parse_args()
    small = max(given.resources // 10, 100)
    print(
        f"no-op plan, cold, SQLite, one file a resource; seed {given.seed}, median of {given.repeat} runs, Python ",
        end="",
    )
    print(".".join(map(str, sys.version_info[:3])))
    print(f"{'':>8} {'first':>8} | {'wall clock':^25} | {'processor':^25} | {'memory':^16}")
    heads = ("N", "apply", "floor", "product", "ratio", "floor", "product", "ratio", "floor", "product")
    print("{:>8} {:>8} | {:>8} {:>8} {:>7} | {:>8} {:>8} {:>7} | {:>7} {:>8}".format(*heads))
    measured = {}
    for size in sorted({small, given.resources}):
        first, floor, product = measure(size, given.seed, given.repeat)
        measured[size] = (floor, product)
        print(
            f"{size:>8} {first.seconds:>6.1f} s | "
            f"{floor.seconds:>6.2f} s {product.seconds:>6.2f} s {product.seconds / floor.seconds:>7.2f} | "
            f"{floor.processor:>6.2f} s {product.processor:>6.2f} s {product.processor / floor.processor:>7.2f} | "
            f"{floor.memory:>4.0f} MB {product.memory:>5.0f} MB",
            flush=True,
        )
    if len(measured) == 2:
        times, memories = (growth(measured, field) for field in ("seconds", "memory"))
        print(f"growth from {small} to {given.resources}, as exponent of N: "
              f"floor {times[0]:.2f}, product {times[1]:.2f} in time; product {memories[1]:.2f} in memory")  # fmt: skip


def measure(size: int, seed: int, repeat: int) -> tuple[Cost, Cost, Cost]:
    """First apply, floor and product on a fresh corpus; floor and product take turns."""
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        corpus.write(folder, size, seed)
        first = run([*PRODUCT, "apply", "--auto-approve"], folder, "Apply complete!")
        floors, products = [], []
        for _ in range(repeat):
            floors.append(run(FLOOR, folder, " 0 differ"))
            products.append(run([*PRODUCT, "plan", "--detailed-exitcode"], folder, "No changes."))
        return first, median(floors), median(products)


def run(command: list[str], folder: Path, expected: str) -> Cost:
    """Run a child process to its end. What it prints must hold ``expected``: a wrong answer has no speed."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RECONCILER_")},
        corpus.SECRET: corpus.SECRET_VALUE,
        "NO_COLOR": "1",
    }
    output = folder / ".output"
    with output.open("wb") as file:
        begin = time.perf_counter()
        child = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)  # what this one child used, its memory included
        seconds = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
    text = output.read_text(encoding="utf-8", errors="replace")
    if child.returncode != 0 or expected not in text:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}:\n{text[-2000:]}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs: list[Cost]) -> Cost:
    """The median of each part."""
    return Cost(*(statistics.median(part) for part in zip(*costs, strict=True)))


def growth(measured: dict[int, tuple[Cost, Cost]], field: str) -> tuple[float, float]:
    """The exponents of floor and product between the two sizes."""
    (small, before), (large, after) = sorted(measured.items())
    exponents = [
        math.log(getattr(new, field) / getattr(old, field)) / math.log(large / small)
        for old, new in zip(before, after, strict=True)
    ]
    return exponents[0], exponents[1]


if __name__ == "__main__":
    main()
