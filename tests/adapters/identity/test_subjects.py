"""Which operator the claims of a token are: all of a match has to fit, and a star stands where it is written."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.adapters.identity.subjects import operator_of
from reconciler.model.errors import Unidentified
from reconciler.model.trust import SubjectSettings

CLAIMS = {
    "sub": "repo:org/farol:ref:refs/heads/release/7",
    "repository": "org/farol",
    "ref": "refs/heads/release/7",
    "runner_id": 7,
    "protected": True,
    "open": False,
    "groups": ["org/desk", "org/seals", ["org/deep"], 7, None, {"a": 1}],
    "nothing": None,
    "map": {"repository": "org/farol"},
    "empty": "",
    "lines": "org/farol\nx",
    "ratio": 1.5,
    "huge": 10**40,
    "long": "x" * 3000,
}


def fits(match: dict[str, Any]) -> bool:
    subject = SubjectSettings.model_validate({"match": match, "operator": "op-farol"})
    try:
        return operator_of(CLAIMS, [subject]) == "op-farol"
    except Unidentified:
        return False


@pytest.mark.parametrize(
    "match",
    [
        {"repository": "org/farol"},
        {"repository": ["org/harbour", "org/farol"]},
        {"repository": "org/farol", "ref": "refs/heads/release/*"},
        {"repository": "org/*"},
        {"repository": "*/farol"},
        {"repository": "org/f*r*l"},
        {"repository": "org/farol*"},
        {"sub": "repo:org/farol:**"},
        {"sub": "repo:org/farol:ref:refs/heads/*/7"},
        {"runner_id": "7"},
        {"protected": "true"},
        {"open": "false"},
        {"groups": "org/seals"},
        {"groups": "7"},
        {"repository": "org/farol", "sub": "**"},
        {"lines": "org/farol**"},
    ],
    ids=str,
)
def test_a_match_that_fits(match: dict[str, Any]) -> None:
    assert fits(match)


@pytest.mark.parametrize(
    "match",
    [
        {"repository": "org/farol2"},
        {"repository": "org/faro"},
        {"repository": "farol"},
        {"repository": "Org/Farol"},
        {"repository": "org.farol"},
        {"repository": "org/?arol"},
        {"repository": "org/[f]arol"},
        {"repository": "or*arol"},
        {"repository": "org/farol", "ref": "refs/heads/main"},
        {"repository": "org/farol", "ref": "refs/heads/*"},
        {"repository": "org/farol", "missing": "**"},
        {"repository": "org/farol", "nothing": "**"},
        {"repository": "org/farol", "map": "**"},
        {"repository": "org/farol", "ratio": "**"},
        {"repository": "org/farol", "huge": "**"},
        {"repository": "org/farol", "long": "**"},
        {"sub": "repo:org/farol:*"},
        {"groups": "org/deep"},
        {"lines": "org/farol"},
        {"runner_id": "07"},
        {"protected": "True"},
    ],
    ids=str,
)
def test_a_match_that_does_not_fit(match: dict[str, Any]) -> None:
    assert not fits(match)


def test_an_empty_value_fits_a_star() -> None:
    assert fits({"repository": "org/farol", "empty": "*"})
