"""A manifest about what one may not read is a guess. Where these are denied, no guess is confirmed by any answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.escalation.estate import CATALOG, Estate, known
from tests.oracle.oracle import Key

PAULA, ISA, DORA, AUDITOR = (
    known("farol", "paula"),
    known("farol", "isa"),
    known("arco", "dora"),
    known("", "aud-farol"),
)
FOREIGN: tuple[tuple[str, Key, dict[str, Any]], ...] = (
    (PAULA, ("Category", "duna", "billing"), {"display_name": "Other"}),
    (PAULA, ("Partner", "", "duna"), {"legal_name": "Other", "state": "suspended"}),
    (PAULA, ("Issuer", "duna", "duna-a"), {"state": "deleted"}),
    (PAULA, ("Operator", "duna", "diana"), {"display_name": "Other"}),
    (PAULA, ("Certificate", "duna", "duna-a-seal"), {"wallet": "Other", "state": "access-expired"}),
    (ISA, ("ClientService", "farol", "farol-b-two"), {"language": "es"}),
    (DORA, ("ServiceType", "duna", "incident"), {"state": "archived"}),
    (AUDITOR, ("Issuer", "duna", "duna-a"), {"legal_name": "Other"}),
)
CALLS = (
    *(("plan", "manifests", "--format", one) for one in ("text", "json", "markdown", "html", "sarif", "junit")),
    ("plan", "manifests", "--verbose", "--prune"),
    ("apply", "manifests", "--auto-approve"),
    ("validate", "manifests", "--format", "json"),
    ("drift", "manifests", "--format", "json"),
)


@pytest.fixture
def strict(estate: Estate) -> Estate:
    """As it is where nothing else is said."""
    estate.settings()
    return estate


def answers(estate: Estate, actor: str) -> list[tuple[Any, ...]]:
    """Every answer of the program, with the plan file that it would make."""
    found: list[tuple[Any, ...]] = []
    for call in CALLS:
        told = estate.run(*call, "--as", actor)
        heard = [line for line in told.err.splitlines() if not line.startswith("time: ")]
        found.append((call, told.code, told.out, heard))
    told = estate.run("plan", "manifests", "--out", "p.plan", "--as", actor)
    file = json.loads((estate.folder / "p.plan").read_text(encoding="utf-8"))
    for name in ("run", "seal", "digest_of_file", "id", "run_id", "made_at"):
        file.pop(name, None)
    found.append((told.code, told.out, told.err, file))
    return found


def absent(estate: Estate, key: Key) -> None:
    """As though it had never been."""
    where = "WHERE coalesce(tenant, '') = ? AND name = ?"
    estate.sql(f"DELETE FROM {CATALOG[key[0]].table} {where}", *key[1:])
    estate.sql(f"DELETE FROM reconciler_resources {where} AND kind = ?", *key[1:], key[0])


@pytest.mark.parametrize(
    ("actor", "key", "change"), FOREIGN, ids=lambda one: "/".join(one) if type(one) is tuple else ""
)
def test_no_guess_is_confirmed(strict: Estate, actor: str, key: Key, change: dict[str, Any]) -> None:
    estate = strict
    estate.write(("Partner", "", "farol"))
    estate.write(key)
    equal = answers(estate, actor)
    plans = [one for one in equal[:-1] if one[0][0] in ("plan", "apply") and "--prune" not in one[0]]
    assert {one[1] for one in plans} == {4}
    estate.sql("DELETE FROM reconciler_resources WHERE kind = ? AND coalesce(tenant, '') = ? AND name = ?", *key)
    unmanaged = answers(estate, actor)
    estate.put(key, **change)
    other = answers(estate, actor)
    absent(estate, key)
    nothing = answers(estate, actor)
    for one, two, three, four in zip(equal, unmanaged, other, nothing, strict=True):
        assert one == two
        assert one == three
        assert one == four


def test_what_is_the_own_is_planned_as_ever(strict: Estate) -> None:
    strict.write(("Partner", "", "farol"), {"legalName": "Farol, S.A."})
    told = strict.apply(PAULA)
    assert told.code == 0, told.err
    assert strict.sql("SELECT legal_name FROM partners WHERE name = 'farol'") == [("Farol, S.A.",)]


def test_manifests_of_others_may_stand_beside_and_be_left_out(strict: Estate) -> None:
    strict.all()
    assert strict.plan(PAULA).code == 4
    limit = ("--target", "*/farol/*", "--exclude", "Certificate/*", "--exclude", "VisualTemplate/*")
    told = strict.plan(PAULA, more=limit)
    assert (told.code, told.says("No changes.")) == (0, True), told.out + told.err
    told = strict.plan(known("", "root"))
    assert told.code == 0, told.out + told.err


def test_a_manifest_that_claims_what_is_foreign_brings_nothing_else_into_reach(strict: Estate) -> None:
    """Rights are judged over what there is, not over what the plan leaves out of sight."""
    service: Key = ("ClientService", "farol", "farol-b-one")
    strict.write(service, {"issuer": "farol-a", "certificate": None})
    strict.write(("SmtpSettings", "farol", "farol-b-one-smtp"))
    told = strict.refuses(ISA, code="PRM-02")
    assert "SmtpSettings/farol/farol-b-one-smtp" not in told.out.partition("denied")[0]
    assert strict.specs["SmtpSettings", "farol", "farol-b-one-smtp"]["host"] not in told.out + told.err


def test_where_it_is_judged_a_manifest_that_equals_a_foreign_resource_changes_nothing(estate: Estate) -> None:
    """Where the leak is accepted nobody is denied because of manifests that nobody has changed."""
    estate.judged()
    estate.write(("Category", "duna", "billing"))
    assert estate.plan(PAULA).code == 0
    estate.write(("Category", "duna", "billing"), {"displayName": "Guess"})
    assert estate.plan(PAULA).code == 4


@pytest.mark.parametrize(
    ("actor", "key", "path", "guesses"),
    [
        (PAULA, ("Partner", "", "farol"), "parent", ("duna", "arco", "none")),
        (ISA, ("ClientService", "farol", "farol-a-one"), "certificate", ("farol-b-seal", "farol-x-seal")),
    ],
    ids=["partner", "certificate"],
)
def test_a_reference_tells_nothing_of_what_is_foreign(
    strict: Estate, actor: str, key: Key, path: str, guesses: tuple[str, ...]
) -> None:
    """A distributor, a partner that is none and nobody at all; the certificate of another issuer and none."""
    told = []
    for guess in guesses:
        strict.write(key, {path: guess})
        calls = [strict.run(*call, "--as", actor) for call in CALLS]
        texts = [one.out + "".join(line for line in one.err.splitlines(True) if "time: " not in line) for one in calls]
        told.append([(one.code, text.replace(guess, "GUESS")) for one, text in zip(calls, texts, strict=True)])
    for place, call in enumerate(CALLS):
        assert len({one[place] for one in told}) == 1, call
    assert {code for code, _ in told[0][:8]} == {1}
    assert all("GEN-02" in text for _, text in told[0][:1])


def test_a_right_that_would_go_to_somebody_out_of_sight_names_nobody(estate: Estate) -> None:
    """Where references are judged, those whose reach would grow by a new parent are still none of one's business."""
    estate.judged()
    estate.write(("Partner", "", "farol"), {"parent": "arco"})
    told = estate.plan(PAULA)
    text = " ".join(told.out.split())
    assert "may not give (to somebody out of sight)" in text
    assert "Operator/arco" not in told.out + told.err


def test_what_a_type_does_to_issuers_out_of_sight_is_not_told_to_who_may_not_change_it(strict: Estate) -> None:
    """BIL-02 looks at issuers that have no manifest."""
    strict.write(("Partner", "", "farol"), {"type": "integrator", "billing": None})
    strict.put(("Issuer", "farol", "farol-a"), billing_account="A-1", billing_currency="EUR")
    others = "UPDATE issuers SET state = ? WHERE tenant = 'farol' AND name <> 'farol-a'"
    told = []
    for state in ("active", "blocked"):
        strict.sql(others, state)
        told.append(answers(strict, ISA))
        assert strict.plan(known("", "root")).says("BIL-02") is (state == "active")
    assert told[0] == told[1]
