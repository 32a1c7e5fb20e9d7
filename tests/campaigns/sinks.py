"""Figures about what leaves the program: hostile texts in every sink, and the same bytes in every form."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from itertools import islice, product
from pathlib import Path

from reconciler.model.report import Report
from reconciler.render.drift_json import drift_csv
from reconciler.render.html import render_html
from tests.campaigns.figures import Figure
from tests.injections import INJECTIONS
from tests.render.hostile import hostile
from tests.render.injections import report
from tests.render.logs import LOGS
from tests.render.markdown_readers import READERS
from tests.render.test_drift_forms import hostile as drifted
from tests.render.test_html import ATTRIBUTES, ELEMENTS, Tree
from tests.render.test_injections import PLANS, judge_comment

ROOT = Path(__file__).parents[2]
ROUNDS = 100
_PROGRAM = """
import hashlib, os, sys, time
from reconciler.cli.formats import DRIFT_FORMATS, PLAN_FORMATS, rendered_drift, rendered_plan
from reconciler.cli.output import indented_json
from reconciler.render.plan_json import plan_json
from reconciler.render.plan_text import plan_text
from tests.render.reports import DENIED
from tests.render.test_drift_forms import SOME
from tests.render.test_plan_text import PLAIN
for zone in sys.argv[1:]:
    os.environ["TZ"] = zone
    time.tzset()
    texts = [plan_text(DENIED, PLAIN), indented_json(plan_json(DENIED, version="1"))]
    texts += [rendered_plan(word, DENIED, {}) for word in PLAN_FORMATS]
    texts += [rendered_drift(word, SOME, {}) for word in DRIFT_FORMATS]
    print(*(hashlib.sha256(text.encode()).hexdigest() for text in texts))
"""


def injections(seed: int) -> Figure:
    """Every text of the corpus in every sink, each judged by a reader of its own."""
    del seed
    n, wrong, told = 0, 0, list[str]()
    sinks: dict[str, Callable[[str], object]] = {
        **{name: partial(_judged, judge) for name, judge in PLANS.items()},
        "html": _page,
        "csv": _csv,
        "markdown": lambda text: judge_comment(_comment(text)),
        **LOGS,
    }
    for payload in INJECTIONS:
        for name, judged in sinks.items():
            n += 1
            try:
                judged(payload.text)
            except AssertionError:
                wrong += 1
                told.append(f"{payload.id} is more than text in {name}")
    note = f"{len(INJECTIONS)} texts, {len(sinks)} sinks, Markdown by {len(READERS)} readers"
    return Figure("injection payloads not neutralised, all sinks", "0", n, wrong, note, tuple(told))


def same_bytes(seed: int) -> Figure:
    """A denied plan and a report of drift, in every form, in processes that differ in hash seed, language and zone."""
    zones = ("UTC", "Asia/Tokyo", "America/Lima", "Pacific/Kiritimati", "Europe/Lisbon")
    found: list[str] = []
    for place, language in islice(product(range(10), ("C", "C.UTF-8")), ROUNDS // len(zones)):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(seed + place), "LC_ALL": language}
        words = [sys.executable, "-c", _PROGRAM, *zones]
        done = subprocess.run(words, capture_output=True, text=True, check=True, env=environment, cwd=ROOT)
        found += done.stdout.splitlines()
    forms = len(found[0].split())
    return Figure("renderings whose bytes differ", "0", len(found) * forms, len(set(found)) - 1, f"{forms} forms")


def _judged(judge: Callable[[Report], None], text: str) -> None:
    judge(report(text))


def _comment(text: str) -> str:
    from reconciler.render.markdown import render_markdown

    return render_markdown(hostile(text), max_bytes=1_000_000)


def _page(text: str) -> None:
    tree = Tree(render_html(hostile(text)))
    assert (tree.stack, tree.elements - ELEMENTS, tree.attributes - ATTRIBUTES) == ([], set(), set())


def _csv(text: str) -> None:
    import csv

    with contextlib.closing(io.StringIO(drift_csv(drifted(text)), newline="")) as stream:
        for row in csv.reader(stream):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
