"""The same plan gives the same bytes, whatever the seed of hashes, the time zone and the language of the machine."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """
import hashlib
from reconciler.cli.formats import PLAN_FORMATS, rendered_plan
from tests.injections import INJECTIONS
from tests.render.hostile import hostile, large
from tests.render.reports import REPORT
for word in ("markdown", "html"):
    for report in (REPORT, large(60), hostile(INJECTIONS[30].text)):
        print(word, hashlib.sha256(rendered_plan(word, report, {}).encode()).hexdigest())
"""
SEEDS = ("0", "1", "4711")
ZONES = ("UTC", "Pacific/Kiritimati")
LANGUAGES = ("C", "C.UTF-8", "pt_PT.ISO-8859-1")


def rendered(seed: str, zone: str, language: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed, "TZ": zone, "LANG": language}
    environment |= {"LC_ALL": language}
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=environment, cwd=ROOT
    )
    return found.stdout


@pytest.mark.slow
def test_the_same_plan_gives_the_same_bytes() -> None:
    worlds = list(itertools.product(SEEDS, ZONES, LANGUAGES))
    chosen = [worlds[at] for at in (0, 4, 8, 11, 15, 17)]
    outputs = {rendered(*world) for world in chosen}
    assert len(outputs) == 1
    assert len(outputs.pop().splitlines()) == 6
