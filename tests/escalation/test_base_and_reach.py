"""Manifests of others in a repository that all share: what a branch leaves alone denies nobody, and tells nothing."""

from __future__ import annotations

import json
import subprocess

import pytest

from reconciler.engine.planfile import to_bytes
from reconciler.engine.planfile.aside import aside_document
from reconciler.operations.show import open_plan
from tests.escalation.estate import Estate, Told, known
from tests.oracle.oracle import Key

ROOT, PAULA = known("", "root"), known("farol", "paula")
FAROL: Key = ("Partner", "", "farol")
BILLING: Key = ("Category", "duna", "billing")
OTHERS: tuple[Key, ...] = (
    BILLING,
    ("ServiceType", "duna", "incident"),
    ("Partner", "", "duna"),
    ("Issuer", "duna", "duna-a"),
)
MOVED = """\
apiVersion: reconciler/v1
kind: Moved
metadata: {name: m}
spec: {from: Category/duna/%s, to: Category/duna/%s}
"""


def git(estate: Estate, *words: str) -> str:
    call = ["git", "-c", "user.name=farol", "-c", "user.email=farol@example.com", *words]
    return subprocess.run(call, cwd=estate.folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(estate: Estate) -> str:
    git(estate, "add", "-A", "manifests")
    git(estate, "commit", "-q", "--allow-empty", "-m", "Change")
    return git(estate, "rev-parse", "HEAD")


@pytest.fixture
def shared(estate: Estate) -> Estate:
    """A repository with the manifests of several companies."""
    git(estate, "init", "-q")
    estate.settings()
    for key in (FAROL, *OTHERS):
        estate.write(key)
    return estate


def since(estate: Estate, base: str, *more: str) -> Told:
    return estate.plan(PAULA, more=("--base", base, *more))


def test_a_whole_folder_is_denied_in_one_line(shared: Estate) -> None:
    told = shared.plan(PAULA)
    assert told.code == 4
    text = " ".join(told.out.split())
    assert "This plan is denied: 1 denial." in text
    assert "4 resources that manifests name, Category/duna/billing the first of them" in text
    assert "--mine" in text
    assert "--base" in text
    assert shared.plan(ROOT).code == 0


def test_what_is_mine_is_planned_and_applied(shared: Estate) -> None:
    shared.write(FAROL, {"legalName": "Farol, S.A."})
    told = shared.plan(PAULA, more=("--mine", "--out", "p.plan"))
    assert (told.code, told.says("Left out: 4 manifests outside of your reach.")) == (0, True), told.err
    told = shared.run("apply", "p.plan", "--as", PAULA)
    assert told.code == 0, told.err
    assert shared.sql("SELECT legal_name FROM partners WHERE name = 'farol'") == [("Farol, S.A.",)]
    assert shared.apply(PAULA, more=("--mine",)).code == 0


def test_what_is_mine_is_validated_as_it_is_planned(shared: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    asks = ("validate", "--as", PAULA)
    told = shared.run(*asks)
    assert (told.code, told.says("PRM-02", "--mine")) == (4, True), told.out
    told = shared.run(*asks, "--mine", "--format", "json")
    assert (told.code, json.loads(told.out)["error_count"]) == (0, 0)
    assert told.says("Left out: 4 manifests outside of your reach.")
    shared.write(FAROL, {"tier": "distributor"})
    told = shared.run(*asks, "--mine")
    assert (told.code, told.says("PRM-01"), told.says("PRM-02")) == (4, True, False), told.out
    assert shared.run("validate", "--mine", "--as", ROOT).code == 0, "an administrator leaves nothing out"
    told = shared.run("validate", "--mine")
    assert (told.code, told.says("--mine is about whoever asks")) == (1, True)
    monkeypatch.setenv("RECONCILER_ACTOR", PAULA)
    assert shared.run("validate", "--mine").code == 4


def test_what_the_branch_does_not_touch_denies_nobody(shared: Estate) -> None:
    base = commit(shared)
    shared.write(FAROL, {"legalName": "Farol, S.A."})
    told = since(shared, base)
    assert (told.code, "this branch: 1 to change" in told.out) == (0, True), told.out
    made = json.loads(since(shared, base, "--format", "json").out)["reconciler"]["base"]
    assert (made["checks"]["branch"], made["checks"]["before"]) == ("changes", "none")


def test_what_the_branch_changes_or_takes_away_is_denied(shared: Estate) -> None:
    base = commit(shared)
    shared.write(BILLING, {"displayName": "Mine"})
    told = since(shared, base)
    assert (told.code, "Category/duna/billing" in told.out, "4 resources" in told.out) == (4, True, False)
    shared.write(BILLING, {"displayName": "Billing"})
    assert since(shared, base).code == 0
    shared.remove(BILLING)
    told = since(shared, base, "--format", "json")
    assert told.code == 4
    assert [one["address"] for one in json.loads(told.out)["reconciler"]["denied"]] == ["Category/duna/billing"]


def test_what_was_denied_at_the_base_is_denied_again_when_it_changes(shared: Estate) -> None:
    shared.write(BILLING, {"displayName": "Once"})
    base = commit(shared)
    shared.write(BILLING, {"displayName": "Twice"})
    made = json.loads(since(shared, base, "--format", "json").out)["reconciler"]["base"]
    assert (made["checks"]["branch"], made["checks"]["before"]) == ("denied", "none")


@pytest.mark.parametrize("guess", [{}, {"displayName": "Guess"}], ids=["equal", "different"])
def test_a_commit_that_holds_the_guess_confirms_nothing(shared: Estate, guess: dict[str, object]) -> None:
    shared.write(BILLING, guess)
    base = commit(shared)
    answers = set()
    for state in ("as it is", "unmanaged", "absent"):
        if state == "unmanaged":
            shared.sql("DELETE FROM reconciler_resources WHERE kind = 'Category' AND tenant = 'duna'")
        if state == "absent":
            shared.sql("DELETE FROM categories WHERE tenant = 'duna'")
        for form in ("text", "json", "markdown", "github", "sarif"):
            told = since(shared, base, "--format", form, "--prune", "--detailed-exitcode")
            answers.add((form, told.code, told.out))
    assert len(answers) == 5


@pytest.mark.parametrize("place", ["head", "base"])
def test_a_move_of_what_is_foreign_is_denied_whether_it_is_there_or_not(shared: Estate, place: str) -> None:
    begun = commit(shared)
    shared.remove(BILLING)
    answers = []
    for name in ("billing", "absent1"):
        path = shared.folder / "manifests" / "duna" / "moved.yaml"
        path.write_text(MOVED % (name, "renamed"), encoding="utf-8")
        shared.write(("Category", "duna", "renamed"), {"displayName": "Billing"})
        base = commit(shared) if place == "base" else begun
        told = since(shared, base)
        told_whole = shared.plan(PAULA)
        answers.append((told.code, told.out.replace(base, ""), told_whole.code, told_whole.out))
    (foreign, absent) = answers
    assert foreign == absent
    assert foreign[0] == (0 if place == "base" else 4)
    assert foreign[2] == 4


def test_a_plan_file_that_was_made_with_a_base_is_applied(shared: Estate) -> None:
    """What git had not changed denies nobody at the apply either, and stays as it is."""
    shared.write(BILLING, {"displayName": "Pending"})
    commit(shared)
    shared.write(FAROL, {"legalName": "Farol, S.A."})
    assert since(shared, "HEAD", "--out", "p.plan").code == 0
    commit(shared)  # the merge: HEAD means another commit by now
    assert shared.run("owners", "p.plan", "--as", PAULA).code == 0
    told = shared.run("approve", "p.plan", "--auto-approve", "--as", ROOT)
    assert told.code == 0, told.err
    told = shared.run("apply", "p.plan", "--as", PAULA)
    assert told.code == 0, told.err
    assert shared.sql("SELECT legal_name FROM partners WHERE name = 'farol'") == [("Farol, S.A.",)]
    assert shared.sql("SELECT display_name FROM categories WHERE tenant = 'duna'") == [("Billing",)]


@pytest.mark.parametrize("how", ["changed", "taken away", "changed before"])
def test_what_changes_outside_denies_the_apply_of_the_plan_file(shared: Estate, how: str) -> None:
    """Be it that the plan was denied already, or that somebody changes it behind the plan."""
    commit(shared)
    shared.write(FAROL, {"legalName": "Farol, S.A."})
    if how == "changed before":
        shared.write(BILLING, {"displayName": "Mine"})
    assert since(shared, "HEAD", "--out", "p.plan").code == (4 if how == "changed before" else 0)
    if how == "changed":
        shared.write(BILLING, {"displayName": "Mine"})
    if how == "taken away":
        shared.remove(BILLING)
    commit(shared)
    before = shared.content()
    told = shared.run("apply", "p.plan", "--as", PAULA)
    assert (told.code, told.says("Category/duna/billing", "PRM-02")) == (4, True), told.err
    assert shared.content() == before


@pytest.mark.parametrize("base", ["0" * 40, "--help", 7, ["HEAD"]])
def test_a_plan_file_with_a_base_that_is_none_says_so(shared: Estate, base: object) -> None:
    """Whoever sees everything needs no base; whoever does not is told what is missing."""
    commit(shared)
    shared.write(FAROL, {"legalName": "Farol, S.A."})
    assert since(shared, "HEAD", "--out", "p.plan").code == 0
    path = shared.folder / "p.plan"
    file = open_plan(path.read_bytes())
    asked = json.dumps({**json.loads(file.made_by["asked"]), "base": base})
    path.write_bytes(to_bytes(file.plan, {**file.made_by, "asked": asked}, aside_document(file.aside)))
    told = shared.run("apply", "p.plan", "--as", PAULA)
    assert (told.code, told.says("ERR-00")) == (1, False), told.err
    if base == "0" * 40:
        assert told.says("git knows no commit", "fetch it")
        told = shared.run("apply", "p.plan", "--as", ROOT)
        assert told.code == 0, told.err


def test_an_approver_agrees_with_the_plan_of_somebody_who_sees_less(shared: Estate) -> None:
    """The digest is that of the plan as far as its maker could see."""
    shared.write(FAROL, {"legalName": "Farol, S.A."})
    assert shared.plan(PAULA, more=("--mine", "--out", "p.plan")).code == 0
    told = shared.run("approve", "p.plan", "--auto-approve", "--as", ROOT)
    assert told.code == 0, told.err
    assert shared.run("owners", "p.plan", "--as", ROOT).code == 0
    told = shared.run("apply", "p.plan", "--as", PAULA)
    assert told.code == 0, told.err


def test_a_plan_file_that_claims_other_eyes_opens_nothing(shared: Estate) -> None:
    """Whoever writes another reader into a plan file sees no more by that."""
    assert shared.plan(PAULA, more=("--mine", "--out", "p.plan")).code == 0
    path = shared.folder / "p.plan"
    file = open_plan(path.read_bytes())
    path.write_bytes(to_bytes(file.plan, {**file.made_by, "people": ROOT}, aside_document(file.aside)))
    answers = set()
    for guess in ("Billing", "Other"):
        shared.write(BILLING, {"displayName": guess})
        told = shared.run("apply", "p.plan", "--as", PAULA)
        answers.add((told.code, told.out, told.err))
    assert len(answers) == 1
