"""The safety figures that exist so far, each with its N. A figure without its N is no figure.

``python scripts/scorecard.py [--seed N] [--only FIGURE]``. Ends with 1 when a figure misses its target.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import corpus  # noqa: E402 - the corpus stands beside the benchmarks, which are programs and no package

from reconciler.cli.main import main as reconciler  # noqa: E402 - after the path above
from reconciler.kinds import discover  # noqa: E402 - after the path above
from reconciler.render.terminal import safe  # noqa: E402 - after the path above
from tests.campaigns import hostile, privileges, sinks  # noqa: E402 - after the path above
from tests.campaigns.figures import Figure, measures  # noqa: E402 - after the path above
from tests.campaigns.leaks import leaked, shuffled  # noqa: E402 - after the path above
from tests.campaigns.mutants import faults, mutants, sound  # noqa: E402 - after the path above
from tests.campaigns.twins import fast_pass  # noqa: E402 - after the path above

SECONDS, MEBIBYTES = 2.0, 256
AS = ("--as", corpus.ADMINISTRATOR)
WHOLE = re.compile("kind: (?:Partner|Operator)\n")
"""Manifests of the corpus that refer to nothing."""


class World(NamedTuple):
    """A folder with manifests that have been applied."""

    folder: Path
    manifest: Path


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", choices=sorted(_name(one) for one in MEASURES))
    given = parser.parse_args()
    seed, only = given.seed, given.only
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    for name in [name for name in os.environ if name.startswith("RECONCILER_")]:
        del os.environ[name]
    os.environ |= {corpus.SECRET: corpus.SECRET_VALUE, "NO_COLOR": "1"}
    where = f"commit {commit or 'none'}, SQLite where no other is named, seed {seed}"
    print(f"scorecard; {where}, Python {sys.version.split()[0]}\n", flush=True)
    chosen = [one for one in MEASURES if only in ("", _name(one))]
    figures = [measure(seed) for measure in chosen]
    for one in figures:
        for detail in one.details:
            print(f"  {one.name}: {detail}")
    width = max(len(one.name) for one in figures)
    print(f"{'figure':<{width}}  {'N':>6}  {'wrong':>5}  target")
    for one in figures:
        print(f"{one.name:<{width}}  {one.n:>6}  {one.wrong:>5}  {one.target}{'; ' + one.note if one.note else ''}")
    return 1 if any(one.wrong for one in figures) else 0


# --- what is measured ------------------------------------------------------------------------------------------------


def hostile_inputs(seed: int) -> Figure:
    """Each in a process of its own, because a stack overflow cannot be caught."""
    wrong, n, slowest = 0, 0, 0.0
    made = [(name, partial(_one_file, content)) for name, content in hostile.contents(seed)]
    for name, make in [*made, *hostile.folders().items()]:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            (folder / "manifests").mkdir()
            make(folder / "manifests")
            begin = time.perf_counter()
            child = subprocess.Popen(
                [sys.executable, "-m", "reconciler", "validate", "manifests"],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            output = child.stdout.read() if child.stdout else b""
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.perf_counter() - begin
            written = [path.name for path in folder.iterdir()]
        n += 1
        slowest = max(slowest, seconds)
        fine = child.returncode == 1 and b"manifests/" in output and written == ["manifests"]
        fine = fine and b"Traceback" not in output and b"ERR-00" not in output
        if not fine or seconds > SECONDS or usage.ru_maxrss > MEBIBYTES * 1024:
            wrong += 1
            print(f"  hostile input {name}: exit {child.returncode}, {seconds:.1f} s, {usage.ru_maxrss // 1024} MiB")
    return Figure(
        "malicious inputs not refused", f"0; within {SECONDS:.0f} s, {MEBIBYTES} MiB, no traceback", n, wrong,
        f"slowest {slowest:.2f} s",
    )  # fmt: skip


def fuzz(seed: int) -> Figure:
    """Changed examples, and the examples cut at every byte, through every phase that needs no database."""
    catalog, wrong, n = discover(), 0, 0
    whole = sound(catalog)
    cuts = (data[:place] for data in whole for place in range(len(data)))
    for data in chain(mutants(catalog, count=40_000, seed=seed), cuts):
        n += 1
        for fault in faults(catalog, data):
            wrong += 1
            print(f"  fuzz {n}: {fault}")
    return Figure("fuzz: outcomes other than a model or a diagnostic", "0", n, wrong)


def misplaced_secrets(seed: int) -> Figure:
    """A marker in every wrong place for a secret, looked for in every form of the findings."""
    catalog, n = discover(), 12_000
    found = [probe.what for probe in shuffled(catalog, count=n, seed=seed) if leaked(catalog, probe)]
    for what in found:
        print(f"  a secret is shown: {what}")
    return Figure("misplaced secrets found in findings", "0", n, len(found))


def truncations(seed: int) -> Figure:
    """Every prefix of a file of five documents, and an empty folder: no plan deletes."""
    wrong, n = 0, 0
    with _world(seed) as world:
        whole = world.manifest.read_bytes()
        for length in range(len(whole)):
            world.manifest.write_bytes(whole[:length])
            n += 1
            wrong += _destroys(["plan"])
        world.manifest.unlink()
        n += 1
        wrong += _destroys(["plan"])
    return Figure("truncations and empty trees that delete", "0", n, wrong)


def repeated_plans(seed: int) -> Figure:
    """The same plan under other hash seeds, time zones, locales and orders of files."""
    digests, n = set(), 12
    with _world(seed) as world:
        world.manifest.write_text(world.manifest.read_text(encoding="utf-8").replace("sortOrder: 0", "sortOrder: 7"))
        for place in range(n):
            documents = world.manifest.read_text(encoding="utf-8").split("---\n")
            random.Random(place).shuffle(documents)
            world.manifest.write_text("---\n".join(documents), encoding="utf-8")
            environment = {
                **os.environ,
                "PYTHONHASHSEED": str(place + 1),
                "TZ": ("UTC", "Asia/Tokyo", "America/Lima")[place % 3],
                "LC_ALL": ("C", "C.UTF-8")[place % 2],
            }
            command = [sys.executable, "-m", "reconciler", "plan", "--out", "plan.json"]
            subprocess.run(command, cwd=world.folder, env=environment, check=True, capture_output=True)
            found = re.search(r'"digest": ?"(sha256:[0-9a-f]+)"', Path("plan.json").read_text(encoding="utf-8"))
            digests.add(found[1] if found else f"none {place}")
    return Figure("plans whose digest differs for the same input", "0", n, len(digests) - 1)


def applied_worlds(seed: int) -> Figure:
    """Plan after apply is empty, on random worlds."""
    wrong, n = 0, 10
    for place in range(n):
        with _world(seed * 100 + place, resources=40):
            code, output = _call(["plan", "--detailed-exitcode"])
            wrong += code != 0 or "No changes." not in output
    return Figure("plans after apply that are not empty", "0", n, wrong)


def secrets_in_outputs(seed: int) -> Figure:
    """The value of every secret, looked for in all that the verbs print and write."""
    calls = (
        *(["validate"], ["validate", "--format", "json"], ["plan"], ["plan", "--json"], ["plan", "--out", "plan.json"]),
        *(["show", "plan.json"], ["show", "plan.json", "--format", "json"], ["plan", "--json-into", "events.json"]),
        *(
            ["--verbose", "apply", "--auto-approve", "--bootstrap"],
            ["apply", "--auto-approve", *AS, "--report", "report.json"],
        ),
    )
    with _world(seed, apply=False) as world:
        outputs = [_call(words)[1].encode() for words in calls]
        outputs += [path.read_bytes() for path in world.folder.rglob("*") if path.is_file()]
    value = corpus.SECRET_VALUE.encode()
    return Figure("secrets found in outputs and files", "0", len(outputs), sum(value in one for one in outputs))


def payloads(seed: int) -> Figure:
    """Texts that steer a terminal, sent to the one place that escapes for it."""
    chance = random.Random(seed)
    steering = [
        "\x1b[2J",
        "\x1b]0;x\x07",
        "\r",
        "\n::error::x",
        "\x9b31m",
        "\u202e",
        "\u2066",
        "\u200b",
        "\x00",
        "\x7f",
        "\ufeff",
    ]
    tried = ["".join(chance.choice([*steering, "a", "é", " "]) for _ in range(12)) for _ in range(2_000)]
    wrong = sum(any(not char.isprintable() for char in safe(text)) for text in tried)
    return Figure("injection payloads that reach a terminal", "0", len(tried), wrong)


MEASURES: tuple[Callable[[int], Figure], ...] = (
    hostile_inputs,
    fuzz,
    fast_pass,
    misplaced_secrets,
    truncations,
    repeated_plans,
    applied_worlds,
    secrets_in_outputs,
    payloads,
    sinks.injections,
    sinks.same_bytes,
    *measures(),
    *privileges.measures(),
)


# --- helpers ---------------------------------------------------------------------------------------------------------


def _name(measure: Callable[[int], Figure]) -> str:
    """The word by which one figure is asked for; that of a partial one has its database behind it."""
    if isinstance(measure, partial):
        return f"{measure.func.__name__}-{measure.keywords['backend'].replace(' ', '-').lower()}"
    return getattr(measure, "__name__", "")


def _one_file(content: bytes, folder: Path) -> None:
    (folder / "manifest.yaml").write_bytes(content)


@contextlib.contextmanager
def _world(seed: int, *, resources: int = 5, apply: bool = True) -> Iterator[World]:
    """A temporary working folder with one file of manifests, applied; it is the current folder inside."""
    with tempfile.TemporaryDirectory() as temporary, contextlib.chdir(temporary):
        folder = Path(temporary)
        manifest = folder / "manifests.yaml"
        texts = [text for _, text in corpus.manifests(resources, seed)]
        if resources == 5:  # a platform, and helpdesk words, so that nothing refers to what is cut off
            texts = [text for _, text in corpus.manifests(100, seed) if WHOLE.search(text)]
            texts += [text for _, text in corpus.manifests(150, seed) if "kind: ServiceType\n" in text][:4]
        manifest.write_text("---\n".join(texts), encoding="utf-8")
        if apply:
            code, output = _call(["apply", "--auto-approve", "--bootstrap"])
            if code != 0:
                sys.exit(f"apply ended with {code}:\n{output[-2000:]}")
        yield World(folder, manifest)


def _destroys(words: list[str]) -> bool:
    code, output = _call([*words, "--detailed-exitcode"])
    found = re.search(r"(\d+) to destroy", output)
    return code not in (0, 1, 2, 7) or (found is not None and found[1] != "0") or "Traceback" in output


def _call(words: list[str]) -> tuple[int, str]:
    """Exit code and whole output of one call inside this process."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        code = reconciler(words)
    return code, output.getvalue()


if __name__ == "__main__":
    sys.exit(main())
