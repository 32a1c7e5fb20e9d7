"""Every rule that needs no live data, shown on manifests: the diagnostic at the right line, and a passing neighbour.

``cases/CODE.bad.yaml`` marks each line on which a diagnostic is expected with ``# expect: CODE``; the findings must be
exactly these. ``cases/CODE.good.yaml`` is the neighbour: no error at all, and no finding with this code.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from reconciler.adapters.manifests import FilesReader
from reconciler.engine.clock import judge_time
from reconciler.engine.resolve import resolve
from reconciler.engine.validate import validate
from reconciler.kinds import discover
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, errors_in

CASES = Path(__file__).parent / "cases"
BAD = sorted(CASES.glob("*.bad.yaml"))
GOOD = sorted(CASES.glob("*.good.yaml"))
EXPECT = re.compile(r"#\s*expect:\s*([A-Z0-9 -]+?)\s*$")
CLOCK = re.compile(r"#\s*clock:\s*(\S+)")
CATALOG = discover()


def findings(path: Path) -> list[Diagnostic]:
    """What validation without live data says about the manifests of one file."""
    reader = FilesReader(CASES, [path.name])
    manifests, found = reader.read()
    resources, more = validate(CATALOG, manifests.documents)
    found = [*found, *more]
    if errors_in(found):
        return found
    view, more = resolve(CATALOG, resources, None, reader.file)
    found.extend(more)
    if errors_in(found):
        return found
    clock = CLOCK.match(path.read_text(encoding="utf-8"))
    now = dt.datetime.fromisoformat(clock[1] if clock else "2026-06-15T12:00:00Z")
    return found + judge_time(view, now)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_bad_case_is_diagnosed_at_its_line(path: Path) -> None:
    expected = sorted(
        (number, code)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (match := EXPECT.search(line))
        for code in match[1].split()
    )
    found = findings(path)
    assert sorted((one.source.line if one.source else 0, one.code) for one in found) == expected
    code = path.name.split(".")[0]
    assert any(code.startswith(wanted) for _, wanted in expected), f"{path.name} expects nothing of its own code"
    for one in found:
        assert one.summary
        assert one.snippet is not None


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_good_neighbour_passes(path: Path) -> None:
    code = "-".join(path.name.split(".")[0].split("-")[:2])
    found = findings(path)
    assert [one for one in found if one.severity is Severity.ERROR or one.code == code] == []


def test_every_rule_of_the_declared_phases_has_both_cases() -> None:
    """Rules that live data alone can break are tested with live data, in ``tests/kinds``."""
    declared = {
        rule.code
        for kind in CATALOG.values()
        for rule in (*kind.rules, *kind.texts)
        if rule.phase in (Phase.SCHEMA, Phase.REFERENCE, Phase.TIME)
    }
    bad = {"-".join(path.name.split(".")[0].split("-")[:2]) for path in BAD}
    good = {"-".join(path.name.split(".")[0].split("-")[:2]) for path in GOOD}
    assert declared - NEEDS_LIVE - bad == set()
    assert declared - NEEDS_LIVE - good == set()


NEEDS_LIVE = {"CRT-03", "CRT-04", "CS-02", "DOM-04", "IND-05"}
"""Rules about server-owned fields or earlier states."""
