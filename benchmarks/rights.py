"""What judging rights costs: a plan in which every resource changes, for nobody and for an administrator in turns.

    python benchmarks/rights.py [--changes 10000] [--repeat 3] [--postgres 16]

Both plan the same manifests over the same database in one run; the table shows medians, in processor time as well,
which is the steadier figure on a machine that others use too.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from measuring import ADMINISTRATOR, CHEAP, DURABLE, INSTALLER, KEY, PRODUCT, ROOT, Cost, Fleet, apply, median, run


def main() -> None:
    """Measure on each database, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=10_000, help="resources, each of which changes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each; the table shows the median")
    parser.add_argument("--postgres", metavar="VERSION", help="measure a PostgreSQL server of this version instead")
    given = parser.parse_args()
    name = f"PostgreSQL {given.postgres}" if given.postgres else "SQLite"
    print(f"plan of {given.changes} changes, {name}; seed {given.seed}, median of {given.repeat} runs", flush=True)
    if given.postgres:
        sys.path.insert(0, str(ROOT))
        from tests.servers import running  # of the tests, so that both start a server in one way

        with running(given.postgres, settings=DURABLE) as cluster:
            there = {"RECONCILER_DATABASE_URL": cluster.url(cluster.database()), "RECONCILER_SECRET_KEY": KEY}
            tell(measure(given.changes, given.seed, given.repeat, there))
    else:
        tell(measure(given.changes, given.seed, given.repeat, {}))


def tell(found: tuple[Cost, Cost]) -> None:
    """Print what both cost, and what the second one adds."""
    nobody, somebody = found
    print(f"{'':>22} {'wall clock':>10} {'processor':>10}")
    print(f"{'for nobody':>22} {nobody.seconds:>8.2f} s {nobody.processor:>8.2f} s")
    print(f"{'for an administrator':>22} {somebody.seconds:>8.2f} s {somebody.processor:>8.2f} s")
    print(f"{'judging adds':>22} {'':>10} {100 * (somebody.processor / nobody.processor - 1):>8.1f} %", flush=True)


def measure(size: int, seed: int, repeat: int, more: Mapping[str, str]) -> tuple[Cost, Cost]:
    """The plan for nobody and that for an administrator; they take turns."""
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        fleet = Fleet(folder, size, seed)
        if more:
            run([*PRODUCT, "db", "upgrade"], folder, "The schema is at revision", more=more)
        apply(folder, INSTALLER, more, program=CHEAP)
        fleet.change(size, "another")
        every = f"{size} to change"
        nobody, somebody = [], []
        for _ in range(repeat):
            nobody.append(run([*PRODUCT, "plan"], folder, every, more=more))
            # Not even administrators write certificates and help desks: that part of the plan is denied.
            somebody.append(run([*PRODUCT, "plan", *ADMINISTRATOR], folder, every, more=more, ends=(0, 4)))
        return median(nobody), median(somebody)


if __name__ == "__main__":
    main()
