"""Floor and product side by side, in the same run on the same machine: one table of budgets for each size.

    python benchmarks/run.py [--resources 10000] [--growth] [--postgres 16] [--only plan,first] [--repeat 3]

Nothing here passes or fails by the clock. Read the ratios; the seconds are processor time of the process (user and
system), except for locks, and belong to one machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import corpus
import peer
import table
from measuring import (
    ADMINISTRATOR,
    CHEAP,
    COLD,
    DENIED,
    DURABLE,
    FLOOR,
    INSTALLER,
    KEY,
    PRODUCT,
    ROOT,
    Applied,
    Cost,
    Fleet,
    apply,
    machine,
    median,
    run,
)
from table import Line

ROWS = ("help", "first", "plan", "target", "drift", "changed", "few", "peer")
"""What can be measured, in this order; ``first`` always runs, and is told only when it is asked for."""
CHANGES = 100
"""Changes of the small apply."""
SLOW = 20_000
"""From this many resources on, first applies and the peer run once."""
LAYOUT = "layout: tenants/{tenant}\n"
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
"""What a password hash takes."""


@dataclass(frozen=True)
class Place:
    """Where the rows of a fleet are: ``database`` as the floor wants it, ``variables`` as the product does.

    ``fresh`` gives the same with a new, empty database.
    """

    name: str
    fleet: Fleet
    database: str
    variables: Mapping[str, str]
    fresh: Callable[[], Place]

    @property
    def cold(self) -> Mapping[str, str]:
        """Variables of a run that remembers nothing."""
        return {**self.variables, **COLD}

    @property
    def warm(self) -> Mapping[str, str]:
        """Variables of one that remembers everything."""
        return {**self.variables, "RECONCILER_CACHE": str(self.fleet.folder / f".cache-{self.name.lower()}")}

    def floor(self, *more: str) -> list[str]:
        """The floor over these rows."""
        return [*FLOOR, self.database, *more]


@dataclass
class Found:
    """What was measured of one size in one place; cold and warm no-op plans are what others are compared with."""

    lines: list[Line] = field(default_factory=list)
    cold: Cost | None = None
    warm: Cost | None = None


def main() -> None:
    """Measure each size in each place, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--resources", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each; the table shows the median")
    parser.add_argument("--only", metavar="ROW,ROW", default=",".join(ROWS), help=f"of {', '.join(ROWS)}")
    parser.add_argument("--growth", action="store_true", help="also measure a tenth of the size, for the exponents")
    parser.add_argument("--postgres", metavar="VERSION", help="measure a PostgreSQL server of this version beside it")
    given = parser.parse_args()
    only = given.only.split(",")
    if unknown := [one for one in only if one not in ROWS]:
        parser.error(f"no row is named {', '.join(unknown)}")
    print(f"seed {given.seed}, Python {sys.version.split()[0]}, {machine()}", flush=True)
    measured: dict[int, dict[str, Found]] = {}
    for size in sorted({max(given.resources // 10, 200), given.resources} if given.growth else {given.resources}):
        measured[size] = {}
        for place in places(size, given.seed, given.postgres):
            measured[size][place.name] = measure(place, only, given.repeat)
            if place.name == "SQLite" and "peer" in only:
                measured[size][place.name].lines += beside(size, given.seed, given.repeat, measured[size][place.name])
            progress(f"{size} on {place.name}")
        print("\n".join(table.lines(size, {name: found.lines for name, found in measured[size].items()})), flush=True)
        if "first" in only:
            print(f"{hashes(size, given.seed)}", flush=True)
    if len(measured) == 2:
        print("\n".join(table.growth({size: lines_of(found) for size, found in measured.items()})))
    print(f"at the end: {machine()}")


def lines_of(found: Mapping[str, Found]) -> dict[str, list[Line]]:
    """The rows of each place."""
    return {name: one.lines for name, one in found.items()}


@contextmanager
def server(version: str) -> Iterator[Callable[[], str]]:
    """A server that loses nothing; gives what makes an empty database and gives its address."""
    sys.path.insert(0, str(ROOT))
    from tests.servers import running  # of the tests, so that both start a server in one way

    with running(version, settings=DURABLE) as cluster:
        yield lambda: cluster.url(cluster.database())


def places(size: int, seed: int, version: str | None) -> Iterator[Place]:
    """A new fleet, its rows first in a file, then on a server; the manifests are written once."""
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        fleet = Fleet(Path(temporary), size, seed)

        def in_file() -> Place:
            fleet.forget()
            return Place("SQLite", fleet, "live.db", {}, in_file)

        yield in_file()
        fleet.restore()
        if version is None:
            return
        with server(version) as database:

            def on_server() -> Place:
                address = database()
                variables = {"RECONCILER_DATABASE_URL": address, "RECONCILER_SECRET_KEY": KEY}
                plain = address.replace("+psycopg", "", 1)
                return Place(f"PostgreSQL {version}", fleet, plain, variables, on_server)

            yield on_server()


def measure(place: Place, only: list[str], repeat: int) -> Found:
    """All rows of one place, in order. What compares with one another takes turns."""
    found = Found()
    if "help" in only and place.name == "SQLite":
        shown = [run([*PRODUCT, "--help"], place.fleet.folder, "Usage") for _ in range(repeat)]
        found.lines.append(Line("--help", median(shown), len(shown), seconds=0.15))
    place, line = first(place, repeat)
    found.lines += [line] if "first" in only else []
    noop(place, repeat, found, told="plan" in only)
    for name, row in {"target": target, "drift": drift, "changed": changed, "few": few}.items():
        if name in only:
            found.lines += row(place, repeat, found)
    return found


def first(place: Place, repeat: int) -> tuple[Place, Line]:
    """The first apply beside a floor that writes the same rows, neither of which makes a password hash worth its name.

    Gives the place of the rows that were written last.
    """
    repeat = 1 if place.fleet.size >= SLOW else repeat
    products: list[Applied] = []
    floors = []
    folder = place.fleet.folder
    for number in range(repeat):
        floor = [*FLOOR, f"floor-{number}.db" if place.database == "live.db" else place.fresh().database, "--write"]
        floors.append(run(floor, folder, f"{place.fleet.size} written"))
        (folder / f"floor-{number}.db").unlink(missing_ok=True)
        place = place.fresh()
        if place.variables:
            run([*PRODUCT, "db", "upgrade"], folder, "The schema is at revision", more=place.cold)
        products.append(apply(folder, INSTALLER, place.cold, program=CHEAP))
    cost = median([one.cost for one in products])
    held = statistics.median(one.held for one in products)
    return place, Line("first apply", cost, repeat, beside=median(floors), budget=2, held=held)


def noop(place: Place, repeat: int, found: Found, *, told: bool) -> None:
    """Plans of nothing to do, cold and warm, each beside its floor."""
    folder = place.fleet.folder
    plan = [*PRODUCT, "plan", "--detailed-exitcode"]
    warm_floor = place.floor("--cache", f"floor-{place.name}.cache")
    for command in (warm_floor, plan):  # fill the caches
        run(command, folder, "", more=place.warm)
    floors, products, warm_floors, warm_products = [], [], [], []
    for _ in range(repeat):
        floors.append(run(place.floor(), folder, " 0 differ"))
        products.append(run(plan, folder, "No changes.", more=place.cold))
        warm_floors.append(run(warm_floor, folder, " 0 differ"))
        warm_products.append(run(plan, folder, "No changes.", more=place.warm))
    found.cold, found.warm = median(products), median(warm_products)
    if told:
        cold, warm = (600, 250) if place.fleet.size >= 100_000 else (0, 0)
        found.lines += [
            Line("no-op plan, cold", found.cold, repeat, median(floors), 1.5, memory=cold, grows=True),
            Line("no-op plan, warm", found.warm, repeat, median(warm_floors), 1.5, memory=warm, grows=True),
        ]


def target(place: Place, repeat: int, found: Found) -> list[Line]:
    """A plan and the drift of one tenant, cold, beside a plan of all: they read the files and rows of it only."""
    config = place.fleet.folder / "reconciler.yaml"
    before = config.read_text(encoding="utf-8")
    config.write_text(before + LAYOUT, encoding="utf-8")
    plans, drifts = [], []
    for _ in range(repeat):
        for verb, says, costs in (("plan", "No changes.", plans), ("drift", "No drift.", drifts)):
            asked = [*PRODUCT, verb, "--target", "*/tenant-00001/*"]
            costs.append(run(asked, place.fleet.folder, says, more=place.cold))
    config.write_text(before, encoding="utf-8")
    return [
        Line("plan of one tenant", median(plans), repeat, beside=found.cold),
        Line("drift of one tenant", median(drifts), repeat, beside=found.cold),
    ]


def drift(place: Place, repeat: int, _found: Found) -> list[Line]:
    """A report of drift with nothing drifted, warm, in turns with the plan that is its budget."""
    folder = place.fleet.folder
    plans, costs = [], []
    report = [*PRODUCT, "drift", "--detailed-exitcode"]
    run(report, folder, "No drift.", more=place.warm)
    for _ in range(repeat):
        plans.append(run([*PRODUCT, "plan", "--detailed-exitcode"], folder, "No changes.", more=place.warm))
        costs.append(run(report, folder, "No drift.", more=place.warm))
    return [Line("drift, warm", median(costs), repeat, beside=median(plans), budget=1)]


def changed(place: Place, repeat: int, found: Found) -> list[Line]:
    """A plan with one per cent changed, cold and warm, beside the plans with nothing to do."""
    folder, size = place.fleet.folder, place.fleet.size
    place.fleet.change(max(size // 100, 1), "one")
    cold, warm = [], []
    for _ in range(repeat):
        cold.append(run([*PRODUCT, "plan"], folder, "Plan:", more=place.cold))
        warm.append(run([*PRODUCT, "plan"], folder, "Plan:", more=place.warm))
    place.fleet.restore()
    return [
        Line("1 % changed, cold", median(cold), repeat, beside=found.cold, budget=1.1),
        Line("1 % changed, warm", median(warm), repeat, beside=found.warm, budget=1.1),
    ]


def few(place: Place, repeat: int, _found: Found) -> list[Line]:
    """Plan and apply of the same few changes, by the same person; each time other changes."""
    folder = place.fleet.folder
    plans, applies = [], []
    for number in range(repeat):
        place.fleet.change(CHANGES, f"two {number}", without=DENIED)
        plans.append(run([*PRODUCT, "plan", *ADMINISTRATOR], folder, "Plan:", more=place.cold))
        applies.append(apply(folder, ADMINISTRATOR, place.cold))
    held = statistics.median(one.held for one in applies)
    cost = median([one.cost for one in applies])
    return [Line(f"apply of {CHANGES}", cost, repeat, beside=median(plans), more=0.5, held=held, locks=1)]


def beside(size: int, seed: int, repeat: int, found: Found) -> list[Line]:
    """A peer with as many records and nothing to do, beside the product; nothing where it is not installed."""
    program = Path(sys.executable).with_name(peer.SYNC[0])
    if not program.exists():
        return []
    repeat = 1 if size >= SLOW else repeat
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        peer.write(folder, size, seed)
        costs = [run([str(program), *peer.SYNC[1:]], folder, peer.NOTHING) for _ in range(repeat)]
    return [Line("octoDNS, no-op", median(costs), repeat, beside=found.cold)]


def hashes(size: int, seed: int) -> str:
    """What the hashes of a corpus take on this machine now: as the product makes them, and on top of both rows."""
    number = sum(path.rpartition("/")[2].startswith(WITH_PASSWORD) for path, _ in corpus.manifests(size, seed))
    printed = subprocess.run([sys.executable, "-c", HASHING], check=True, capture_output=True, text=True)
    each = float(printed.stdout)
    return (
        f"first apply: neither side hashes passwords; {number} argon2id hashes of {each:.2f} s "
        f"would add {number * each:.0f} s of processor to both"
    )


def progress(what: str) -> None:
    """Tell whoever waits how far it has come."""
    if os.isatty(2):
        print(f"measured {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
