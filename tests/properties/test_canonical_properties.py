"""The quick canonical JSON gives the bytes of the standard, or says that it cannot."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, to_json

from reconciler.model.canonical import plain_json, written, written_in_order

scalars = st.one_of(st.none(), st.booleans(), st.integers(-(2**53) + 1, 2**53 - 1), st.text())
values = st.recursive(
    scalars, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4))
)


@given(values)
def test_the_bytes_are_those_of_the_standard(value: Any):
    quick = plain_json(value)
    assert quick is None or quick == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value", ['\u2028\x7f\x00\b\n"\\/é\U0001f600', {"é": 1, "z": 2, "\ufb33": 3, "": 4}, [True, None, -1]]
)
def test_what_is_plain(value: Any):
    assert plain_json(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value", [1.5, 2**53, -(2**53), {"\U0001f600": 1}, {1: 2}, ["\ud800"], [object()], {"a": {"b": 1.0}}]
)
def test_what_is_not(value: Any):
    assert plain_json(value) is None


class Word(str):
    """A text of another class."""

    __slots__ = ()


class Choice(Enum):
    """A choice of words."""

    ONE = "one"


class Two(NamedTuple):
    """A tuple with names."""

    left: int
    right: str


@dataclass
class Plain:
    """A data class."""

    text: str


class Model(BaseModel):
    """A model."""

    text: str


class Masked:
    """What has no form in JSON."""

    def __str__(self) -> str:
        return "(sensitive)"


anything = st.recursive(
    st.one_of(scalars, st.integers(), st.floats(allow_nan=False, allow_infinity=False)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(), inner, max_size=4),
    ),
)


@given(anything)
def test_what_is_written_is_what_pydantic_writes(value: Any):
    assert written(value) == to_json(value)
    assert written((value, value), fallback=str) == to_json((value, value), fallback=str)


def test_every_character_is_written_as_pydantic_writes_it():
    text = "".join(chr(one) for one in range(sys.maxunicode + 1) if not 0xD800 <= one < 0xE000)
    assert written(text) == to_json(text)
    assert written({text: None}) == to_json({text: None})


@pytest.mark.parametrize(
    "value",
    [
        *(2**63, 2**64, -(2**64), {1: 2}, {None: 1}, [[[]] * 3]),
        *(Word("a"), Choice.ONE, Two(1, "b"), Plain("c"), Model(text="d"), b"bytes", frozenset({"e"})),
        *(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), UUID(int=7), {"x": [Masked(), 2**70]}),
    ],
)
def test_what_is_not_plain_is_written_as_pydantic_writes_it(value: Any):
    assert written({"held": [value]}, fallback=str) == to_json({"held": [value]}, fallback=str)


def test_half_of_a_pair_is_no_text():
    with pytest.raises(PydanticSerializationError):
        written({"a": "\ud800"})


@given(st.dictionaries(st.text(), st.text(), max_size=6))
def test_names_are_put_in_the_order_of_their_characters(value: dict[str, str]):
    assert written_in_order(value) == to_json(dict(sorted(value.items())))
