"""Floor and product side by side, in the same run on the same machine: time, ratio, memory, growth.

Nothing here passes or fails by the clock. Read the ratios; the seconds belong to one machine.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import corpus
import peer

FLOOR = [sys.executable, str(Path(__file__).with_name("floor.py")), ".", "live.db"]
PRODUCT = [sys.executable, "-m", "reconciler"]
CHANGES = 100
"""Changes of the small apply."""
INSTALLER, ADMINISTRATOR = ("--bootstrap",), ("--as", corpus.ADMINISTRATOR)
"""Who applies first, and who afterwards, as options."""
ROOT = Path(__file__).resolve().parent.parent
KEY = "YmVuY2hlcy1hcmUtbm90LXNlY3JldC1hdC1hbGwtMzI="
"""A made-up key: a server has no folder to keep one in."""
COLD = {"RECONCILER_CACHE": "off"}
"""Variables of a run that remembers nothing of the manifests; a warm one remembers them in a folder of its own."""
WITH_PASSWORD = ("customeruser-", "selfcare-", "individual-")
"""How files of the corpus begin that hold a password."""
HASHING = """
import time
from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY
hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
before = time.process_time()
for _ in range(5):
    hasher.hash("word")
print((time.process_time() - before) / 5)
"""
"""What a password hash takes. It has a process of its own: children would seem to need the memory of this one."""
DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB", "log_error_verbosity": "default"}
"""Settings of a server that loses nothing, where those of the tests are for speed."""


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


class Few(NamedTuple):
    """An apply of a few changes beside the plan of the very same ones: what the apply adds is what it costs."""

    plan: Cost
    apply: Applied


class Served(NamedTuple):
    """The same on a server: a no-op plan, an apply of a few changes, the first apply."""

    nothing: Cost
    few: Few
    first: Applied


class Pair(NamedTuple):
    """A no-op plan beside its floor."""

    floor: Cost
    product: Cost


class Still(NamedTuple):
    """No-op plans, cold and warm: with nothing remembered of the manifests, and with everything."""

    cold: Pair
    warm: Pair


class Hashes(NamedTuple):
    """Password hashes of a first apply: how many, and seconds of processor that one takes on this machine now."""

    number: int
    seconds: float


class Changes(NamedTuple):
    """What changes cost: a plan with one per cent, an apply of a few, the first apply, and the floor of that one.

    ``drift`` is a report of drift with nothing drifted, which takes turns with the no-op plan. ``hashing`` is the floor
    that hashes the passwords of its rows too. All of it is cold.
    """

    drift: Cost
    plan: Cost
    few: Few
    first: Applied
    floor: Cost
    hashing: Cost
    hashes: Hashes


def main() -> None:
    """Measure each size and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resources", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each plan; the table shows the median")
    parser.add_argument("--applies", action="store_true", help="measure applies only, of this size alone")
    parser.add_argument("--postgres", metavar="VERSION", help="measure a PostgreSQL server of this version beside it")
    given = parser.parse_args()
    if given.applies:
        print(f"seed {given.seed}, Python {sys.version.split()[0]}, {machine()}")
        nothing, found = measure(given.resources, given.seed, 1)
        served = serve(given.postgres, given.resources, given.seed, 1) if given.postgres else None
        tell(given.resources, found, nothing.cold.product, served)
        print(f"at the end: {machine()}")
        return
    small = max(given.resources // 10, 100)
    print(f"no-op plan, SQLite, one file a resource; seed {given.seed}, median of {given.repeat} runs, Python ", end="")
    print(".".join(map(str, sys.version_info[:3])), machine(), sep="; ")
    print(f"{'':>8} {'':>5} | {'wall clock':^25} | {'processor':^25} | {'memory':^16}")
    heads = ("N", "", "floor", "product", "ratio", "floor", "product", "ratio", "floor", "product")
    print("{:>8} {:>5} | {:>8} {:>8} {:>7} | {:>8} {:>8} {:>7} | {:>7} {:>8}".format(*heads))
    measured: dict[int, Still] = {}
    changes: dict[int, Changes] = {}
    for size in sorted({small, given.resources}):
        measured[size], changes[size] = measure(size, given.seed, given.repeat)
        for name, (floor, product) in zip(Still._fields, measured[size], strict=True):
            print(
                f"{size:>8} {name:>5} | "
                f"{floor.seconds:>6.2f} s {product.seconds:>6.2f} s {product.seconds / floor.seconds:>7.2f} | "
                f"{floor.processor:>6.2f} s {product.processor:>6.2f} s {product.processor / floor.processor:>7.2f} | "
                f"{floor.memory:>4.0f} MB {product.memory:>5.0f} MB",
                flush=True,
            )
    if len(measured) == 2:
        for name in Still._fields:
            pairs = {size: getattr(found, name) for size, found in measured.items()}
            times, memories = (growth(pairs, field) for field in ("processor", "memory"))
            print(f"growth from {small} to {given.resources}, {name}, as exponent of N: floor {times[0]:.2f}, "
                  f"product {times[1]:.2f} in processor time; product {memories[1]:.2f} in memory")  # fmt: skip
    for size, still in measured.items():
        tell_peer(size, still.cold.product, beside(size, given.seed, given.repeat))
    for size, found in changes.items():
        served = serve(given.postgres, size, given.seed, given.repeat) if given.postgres else None
        tell(size, found, measured[size].cold.product, served)
    print(f"at the end: {machine()}")


def tell_peer(size: int, product: Cost, found: Cost | None) -> None:
    """Print what a peer takes for a no-op on as many records."""
    if found is None:
        print("octoDNS is not installed here: no peer was measured")
        return
    times = found.processor / product.processor
    print(f"octoDNS, no-op, {size} records {found}, {found.memory:.0f} MB: {times:.1f} x the product", flush=True)


def tell(size: int, found: Changes, nothing: Cost, served: Served | None) -> None:
    """Print what changes cost, and below it what a server makes of it."""
    percent = max(size // 100, 1)
    print(f"\nchanges, N = {size} (wall clock, processor)")
    print(f"  drift, nothing drifted   {found.drift} {found.drift.processor / nothing.processor:6.2f} x no-op")
    print(f"  plan with {percent} changed       {found.plan} {found.plan.processor / nothing.processor:6.2f} x no-op")
    tell_few(found.few)
    first, floor = found.first.cost.processor, found.floor.processor
    tell_apply("first apply", found.first, f"{first / floor:6.2f} x floor")
    print(f"  floor of a first apply   {found.floor}          {found.floor.memory:.0f} MB")
    times = first / found.hashing.processor
    print(f"  the same with hashes     {found.hashing}          the first apply is {times:.2f} times this one")
    number, seconds = found.hashes
    rest = first - number * seconds
    print(
        f"  {number} password hashes of {seconds:.2f} s take {number * seconds:.1f} s of that processor time, "
        f"without them {rest:.1f} s, {rest / floor:.2f} x floor",
        flush=True,
    )
    if served is None:
        return
    again = served.nothing.processor / nothing.processor
    print("  on the server, its own processor time not counted")
    print(f"  no-op plan               {served.nothing} {again:6.2f} x SQLite")
    tell_few(served.few)
    tell_apply("first apply", served.first, f"{served.first.cost.processor / floor:6.2f} x floor")


def tell_few(few: Few) -> None:
    """Print an apply of a few changes, and what it adds to their plan."""
    more = few.apply.cost.processor - few.plan.processor
    print(f"  plan of {CHANGES} changes         {few.plan}          {few.plan.memory:.0f} MB")
    tell_apply(f"apply of {CHANGES} changes", few.apply, f"{more:+6.2f} s to plan")


def tell_apply(what: str, found: Applied, beside: str) -> None:
    """Print one apply."""
    print(f"  {what:<24} {found.cost} {beside}  {found.cost.memory:.0f} MB  locks held {found.held:.2f} s", flush=True)


def machine() -> str:
    """What else the machine does: figures of a busy one are worth less."""
    return f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"


def hashes(size: int, seed: int) -> Hashes:
    """The hashes of a corpus, and what one takes: as the product makes them, in a process that measures itself."""
    number = sum(path.rpartition("/")[2].startswith(WITH_PASSWORD) for path, _ in corpus.manifests(size, seed))
    told = subprocess.run([sys.executable, "-c", HASHING], check=True, capture_output=True, text=True)
    return Hashes(number, float(told.stdout))


def measure(size: int, seed: int, repeat: int) -> tuple[Still, Changes]:
    """First apply, floor and product on a fresh corpus; floor and product take turns. Changes come last."""
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        corpus.write(folder, size, seed)
        first = apply(folder, INSTALLER)
        bulk = run([*FLOOR[:-1], "floor.db", "--write"], folder, f"{size} written")
        hashing = run([*FLOOR[:-1], "hashing.db", "--write", "--hash"], folder, f"{size} written")
        plan = [*PRODUCT, "plan", "--detailed-exitcode"]
        warm_floor = [*FLOOR, "--cache", "floor.cache"]
        warm = {"RECONCILER_CACHE": str(folder / ".cache")}
        for command in (warm_floor, plan):  # fill the caches
            run(command, folder, "", more=warm)
        floors, products, warm_floors, warm_products, drifts = [], [], [], [], []
        for _ in range(repeat):
            floors.append(run(FLOOR, folder, " 0 differ"))
            products.append(run(plan, folder, "No changes.", more=COLD))
            warm_floors.append(run(warm_floor, folder, " 0 differ"))
            warm_products.append(run(plan, folder, "No changes.", more=warm))
            drifts.append(run([*PRODUCT, "drift", "--detailed-exitcode"], folder, "No drift.", more=COLD))
        change(folder, max(size // 100, 1), "one")
        one_percent = [run([*PRODUCT, "plan"], folder, "Plan:", more=COLD) for _ in range(repeat)]
        change(folder, max(size // 100, 1), "one again")
        apply(folder, ADMINISTRATOR)
        few = few_changes(folder, "two", repeat)
        made = hashes(size, seed)
        changes = Changes(median(drifts), median(one_percent), few, first, bulk, hashing, made)
        cold = Pair(median(floors), median(products))
        return Still(cold, Pair(median(warm_floors), median(warm_products))), changes


def beside(size: int, seed: int, repeat: int) -> Cost | None:
    """A peer with as many records and nothing to do; None where it is not installed."""
    program = Path(sys.executable).with_name(peer.SYNC[0])
    if not program.exists():
        return None
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        peer.write(folder, size, seed)
        return median([run([str(program), *peer.SYNC[1:]], folder, peer.NOTHING) for _ in range(min(repeat, 3))])


def serve(version: str, size: int, seed: int, repeat: int) -> Served:
    """First apply, no-op plan and small apply of a fresh corpus, on a server that is started for it."""
    sys.path.insert(0, str(ROOT))
    from tests.servers import running  # of the tests, so that both start a server in one way

    with running(version, settings=DURABLE) as cluster, tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        corpus.write(folder, size, seed)
        there = {**COLD, "RECONCILER_DATABASE_URL": cluster.url(cluster.database()), "RECONCILER_SECRET_KEY": KEY}
        run([*PRODUCT, "db", "upgrade"], folder, "The schema is at revision", more=there)
        first = apply(folder, INSTALLER, there)
        noop = [run([*PRODUCT, "plan"], folder, "No changes.", more=there) for _ in range(repeat)]
        return Served(median(noop), few_changes(folder, "one", repeat, there), first)


def few_changes(folder: Path, word: str, repeat: int, more: Mapping[str, str] | None = None) -> Few:
    """Plans and an apply of the same few changes, by the same person; ``repeat`` times, each with other changes."""
    plans, applies = [], []
    for number in range(repeat):
        change(folder, CHANGES, f"{word} {number}")
        plans.append(run([*PRODUCT, "plan", *ADMINISTRATOR], folder, "Plan:", more=more or COLD))
        applies.append(apply(folder, ADMINISTRATOR, more))
    held = statistics.median(one.held for one in applies)
    return Few(median(plans), Applied(median([one.cost for one in applies]), held))


def change(folder: Path, number: int, word: str) -> None:
    """Another note in ``number`` manifests, spread evenly."""
    paths = sorted(path for path in folder.rglob("*.yaml") if path.name != "reconciler.yaml")
    for path in paths[:: max(len(paths) // number, 1)][:number]:
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"(?m)^    note: .*$", f"    note: {word}", text), encoding="utf-8")


def apply(folder: Path, who: Sequence[str], more: Mapping[str, str] | None = None) -> Applied:
    """Apply as ``who``, and how long the database was locked: from the plan under the lock to the end of the commit."""
    moments: dict[str, float] = {}
    cost = run([*PRODUCT, "apply", "--auto-approve", *who], folder, "Apply complete!", moments, more or COLD)
    return Applied(cost, moments["committed"] - moments["planning again under the locks"])


def run(
    command: list[str],
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
        **{name: value for name, value in os.environ.items() if not name.startswith("RECONCILER_")},
        corpus.SECRET: corpus.SECRET_VALUE,
        "NO_COLOR": "1",
        "PYTHONPATH": str(ROOT),
        **(more or {}),
    }
    output = folder / ".output"
    with output.open("wb") as file:
        begin = time.perf_counter()
        errors = subprocess.STDOUT if moments is None else subprocess.PIPE
        child = subprocess.Popen(command, cwd=folder, env=environment, stdout=file, stderr=errors)
        for line in child.stderr or ():
            if moments is not None:
                moments[line.decode().strip().removeprefix("apply: ")] = time.perf_counter()
        _, status, usage = os.wait4(child.pid, 0)  # what this one child used, its memory included
        seconds = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
    text = output.read_text(encoding="utf-8", errors="replace")
    if child.returncode not in ends or expected not in text:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}:\n{text[-2000:]}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs: list[Cost]) -> Cost:
    """The median of each part."""
    return Cost(*(statistics.median(part) for part in zip(*costs, strict=True)))


def growth(measured: Mapping[int, Pair], field: str) -> tuple[float, float]:
    """The exponents of floor and product between the two sizes."""
    (small, before), (large, after) = sorted(measured.items())
    exponents = [
        math.log(getattr(new, field) / getattr(old, field)) / math.log(large / small)
        for old, new in zip(before, after, strict=True)
    ]
    return exponents[0], exponents[1]


if __name__ == "__main__":
    main()
