"""Tidying, on files as people might write them: values and comments stay, and twice is the same as once."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.adapters.manifests import Limits, parse
from reconciler.adapters.manifests.tidy import tidy
from reconciler.engine.key_order import key_orders
from reconciler.kinds import discover
from reconciler.model.key_order import KeyOrder
from tests.properties.crooked import Crooked

ORDERS: Mapping[str, KeyOrder] = key_orders(discover())
LIMITS = Limits()
SLIPS = ("", *"{}[],:#|>&*!%@`'\"-? \n\t\r\\+~0aé", "\n---\n", "\n...\n", "<<: ")


def values(data: bytes) -> list[object]:
    """The documents as another constructor reads them, every scalar a text; empty ones are left out."""
    return [one for one in yaml.load_all(data, yaml.CBaseLoader) if one]


def check(crooked: Crooked, data: bytes) -> str:
    """Look at one file; what became of it."""
    made, found = tidy("a.yaml", data, ORDERS)
    if parse("a.yaml", data, limits=LIMITS)[1]:
        assert found
        assert made == data
        return "no manifest"
    assert found == []
    text = made.decode()
    assert values(made) == values(data)
    assert [one for one in crooked.comments if text.count(one) != 1] == []
    assert tidy("a.yaml", made, ORDERS) == (made, [])
    assert "\r" not in text
    assert not text or text.endswith("\n")
    return "tidied"


@pytest.mark.slow
@settings(max_examples=500)
@given(st.integers(min_value=1000))
def test_values_and_comments_stay_and_twice_is_once(seed: int) -> None:
    crooked = Crooked(Random(seed))  # noqa: S311 - repeatable on purpose
    check(crooked, crooked.text().encode())


@pytest.mark.slow
@settings(max_examples=500)
@given(st.integers(min_value=1000))
def test_a_slip_of_the_hand_never_ends_in_a_fault_of_the_program(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeatable on purpose
    crooked = Crooked(random)
    letters = list(crooked.text())
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(letters) + 1)
        letters[at : at + random.randint(0, 1)] = random.choice(SLIPS)
    data = "".join(letters).encode()
    made, found = tidy("a.yaml", data, ORDERS)
    if found:
        assert made == data
    else:
        assert values(made) == values(data)
        assert tidy("a.yaml", made, ORDERS) == (made, [])


@pytest.mark.slow
def test_most_of_what_is_generated_can_be_tidied() -> None:
    counted: dict[str, int] = {}
    for seed in range(300):
        crooked = Crooked(Random(seed))  # noqa: S311 - repeatable on purpose
        became = check(crooked, crooked.text().encode())
        counted[became] = counted.get(became, 0) + 1
    assert counted["tidied"] > 180
