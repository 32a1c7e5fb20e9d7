"""Rows and entries whose texts are shared are the rows and entries that were read."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.adapters.database import read
from reconciler.adapters.database.read import ledger_entry, ledger_in, sharing


def _text(*parts: object) -> str:
    """A text of its own, as a driver makes one for every value."""
    return "".join(map(str, parts))


def _rows(number: int) -> list[tuple[Any, ...]]:
    values = (None, 1, True, 1.0, b"b", _text("pt", "-PT"))
    return [
        (_text("tenant-", one % 7), _text("name-", one), one % 3, _text("ac", "tive"), values[one % 6], float(one % 2))
        for one in range(number)
    ]


@pytest.mark.parametrize("number", [0, 1, 49, 50, 333])
def test_rows_that_share_texts_are_the_rows(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(read, "_MANY", 50)
    monkeypatch.setattr(read, "_LOOKED_AT", 20)
    found = sharing(_rows(number))
    assert found == _rows(number)
    assert [list(map(type, row)) for row in found] == [list(map(type, row)) for row in _rows(number)]
    states = {id(row[3]) for row in found}
    assert len(states) == (1 if number >= 50 else number)


def test_entries_that_share_texts_are_the_entries() -> None:
    read_from = [
        (_text("Bun", "dle"), _text("t-", one % 3), _text("n-", one), _text("{}"), _text("a.yaml:", one), None, "full")
        for one in range(40)
    ]
    rows = {"Bundle": {(f"t-{one % 3}", f"n-{one}"): (_text("t-", one % 3), _text("n-", one), 1) for one in range(20)}}
    long_way = {entry.address: entry for entry in map(ledger_entry, read_from)}
    short = ledger_in(list(read_from), rows)
    assert short == long_way
    assert list(short) == list(long_way)
    assert ledger_in(list(read_from)) == long_way
    for (tenant, name), row in rows["Bundle"].items():
        address = next(one for one in short if one[1:] == (tenant, name))
        assert address.tenant is row[0]
        assert address.name is row[1]
    assert len({id(one.kind) for one in short}) == 1
