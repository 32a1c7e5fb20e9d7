"""Figures and warnings are judged over everything and told through the lens: they count nothing that is foreign."""

from __future__ import annotations

import re

import pytest

from tests.escalation.estate import Estate, known
from tests.oracle.oracle import Key

ROOT, PAULA, DIANA = known("", "root"), known("farol", "paula"), known("duna", "diana")
DESK = tuple(f"topic{number}" for number in range(12))


def _desk(estate: Estate, tenant: str, number: int) -> list[Key]:
    """Help desk entries of a tenant, managed and gone from git."""
    keys: list[Key] = [("Category", tenant, name) for name in DESK[:number]]
    for key in keys:
        estate.specs[key] = {"displayName": f"{tenant} {key[2]}"}
        estate.write(key)
    return keys


@pytest.fixture
def desks(estate: Estate) -> Estate:
    """Twelve entries in one tenant and eight in another, whose manifests are gone."""
    estate.judged()
    anchor: Key = ("Partner", "", "farol")
    estate.write(anchor)
    mine, theirs = _desk(estate, "farol", 8), _desk(estate, "duna", 12)
    assert estate.apply(PAULA, DIANA).code == 0
    for key in (*mine, *theirs):
        estate.remove(key)
    return estate


LIMIT = ("--prune", "--target", "Category/*/topic*")


def test_guards_count_everything_and_tell_what_may_be_read(desks: Estate) -> None:
    whole = " ".join(desks.plan(ROOT, more=LIMIT).out.split())
    assert "the plan deletes 20 resources" in whole
    assert "the plan deletes 12 resources of duna" in whole
    assert "--allow-delete Category:20" in whole
    told = desks.plan(PAULA, more=LIMIT)
    text = " ".join((told.out + told.err).split())
    assert "the plan deletes too many resources, some of them outside of your reach; 10 are allowed" in text
    assert "the plan deletes 8 resources of farol; 5 are allowed" in text
    assert "some of them outside of your reach, of one tenant" in text
    told_figures = re.sub(r"sha256:[0-9a-f]+", "", text)  # a digest may hold any digits
    assert not any(word in told_figures for word in ("duna", "20", " 12 ", "Category:"))


@pytest.mark.parametrize("form", ["json", "markdown", "html", "sarif", "junit", "github", "gitlab"])
def test_no_output_counts_what_is_foreign(desks: Estate, form: str) -> None:
    told = desks.plan(PAULA, more=(*LIMIT, "--format", form))
    assert "duna" not in told.out
    assert "Category:20" not in told.out
    assert "20 resources" not in told.out


def test_a_guard_holds_although_it_tells_less(desks: Estate) -> None:
    """The one who may do all of it is held by the same guard as the one who may do a part."""
    before = desks.content()
    assert desks.apply(ROOT, more=LIMIT).code == 7
    told = desks.apply(PAULA, DIANA, more=LIMIT)
    assert (told.code, "GRD-01" in told.err) == (7, True), told.err
    assert "the plan deletes 20 resources" in " ".join(told.err.split())
    assert desks.content() == before


def test_a_share_of_all_is_told_without_how_many_there_are(desks: Estate) -> None:
    desks.write(("Partner", "", "farol"), {"legalName": "Farol, S.A."})
    limit = ("--prune", "--target", "Category/farol/topic*")
    text = " ".join(desks.plan(ROOT, more=limit).out.split())
    assert " of 2" in text or " of 3" in text or "GRD-02" not in text
    told = desks.plan(PAULA, more=limit)
    assert "the plan deletes 8 resources of farol" in " ".join(told.out.split())
    assert "% are allowed" not in told.out or "too large a share of all Category" in told.out


def test_a_target_that_matches_only_what_is_foreign_matches_nothing(desks: Estate) -> None:
    foreign = desks.plan(PAULA, more=("--target", "Category/duna/topic1*", "--target", "Partner/farol"))
    absent = desks.plan(PAULA, more=("--target", "Category/dunX/topic1*", "--target", "Partner/farol"))
    assert "TGT-02" in foreign.out + foreign.err
    assert "matches no address" in " ".join(foreign.out.split())
    assert "TGT-02" not in desks.plan(ROOT, more=("--target", "Category/duna/topic1*")).out
    assert (foreign.code, absent.code) == (0, 0)
    assert foreign.out.replace("dunX", "duna").splitlines() == absent.out.replace("dunX", "duna").splitlines()


def test_what_was_written_is_counted_through_the_lens(estate: Estate) -> None:
    """The approver carries a part that the applicant may not read."""
    estate.write(("Category", "farol", "fresh"), {"displayName": "Fresh"})
    told = estate.apply(PAULA)
    assert (told.code, "Apply complete! 1 added" in told.out) == (0, True), told.err
