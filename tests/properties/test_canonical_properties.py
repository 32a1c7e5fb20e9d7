"""The quick canonical JSON gives the bytes of the standard, or says that it cannot."""

from __future__ import annotations

from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.canonical import plain_json

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
