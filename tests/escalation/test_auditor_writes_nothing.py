"""OPR-06: whatever writes into the database is refused to an auditor with the same words, whatever else is wrong."""

from __future__ import annotations

import json

from tests.escalation.estate import Estate, known
from tests.oracle.oracle import Key

ROOT, AUDITOR = known("", "root"), known("", "aud-farol")
FAROL: Key = ("Partner", "", "farol")
YES = "--auto-approve"


def runs(estate: Estate) -> list[str]:
    """The ids of all runs, the founding one first."""
    found = json.loads(estate.run("history", "--format", "json", "--as", ROOT).out)["runs"]
    return [one["id"] for one in reversed(found)]


def test_every_verb_that_writes_is_refused_alike(estate: Estate) -> None:
    estate.settings()
    for name in ("Farol, S.A.", "Farol, Lda."):
        estate.write(FAROL, {"legalName": name})
        assert estate.apply(ROOT).code == 0
    founding, overtaken, last = runs(estate)
    assert estate.plan(ROOT, more=("--out", "none.plan")).code == 0
    estate.write(FAROL, {"legalName": "Farol"})
    assert estate.plan(ROOT, more=("--out", "some.plan")).code == 0
    before = estate.content()
    calls = [
        *((("rollback", run, *how)) for run in (founding, overtaken, last, "zzzz") for how in ((YES,), ("--out", "r"))),
        ("apply", "none.plan"),
        ("apply", "some.plan"),
        ("apply", "manifests", YES),
        ("apply", "manifests", YES, "--target", "Bundle/nothing"),
        ("apply", "manifests", YES, "--digest", "sha256:0"),
        ("apply", "manifests", YES, "--prune", "--mine"),
        ("approve", "some.plan", YES),
        ("approve", "some.plan", "--withdraw"),
        ("adopt", "Partner/farol", YES, "--into", "manifests"),
        ("adopt", "Partner/nothing", YES, "--into", "manifests"),
        ("adopt", "--all", YES, "--into", "manifests"),
        ("state", "forget", "Partner/farol", YES),
        ("state", "forget", "Partner/nothing", YES),
        ("drift", "manifests", "--record"),
    ]
    heard = {}
    for call in calls:
        told = estate.run(*call, "--as", AUDITOR)
        heard[call] = (told.code, "OPR-06" in told.err, told.out)
    assert {call: one for call, one in heard.items() if one != (4, True, "")} == {}
    told = estate.run("rollback", last, YES, "--as", AUDITOR, "--as", ROOT)
    assert (told.code, told.says("OPR-06")) == (4, True), "an administrator beside does not make it an auditor's run"
    assert estate.content() == before
    assert not (estate.folder / "r").exists()
