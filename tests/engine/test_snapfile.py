"""A snapshot's document: what goes in comes out, and what has another shape is refused with a code."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.adapters.database.read import empty_live
from reconciler.engine.snapfile import from_body, to_body
from reconciler.model.catalog import Catalog
from reconciler.model.columns import UNMANAGED
from reconciler.model.encode import GENERATED
from reconciler.model.errors import ReconcilerError, UsageError
from reconciler.model.kind import Kind
from reconciler.model.resource import Live
from reconciler.model.snapshot import Snapshot
from tests.effort import effort

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def row_of(kind: Kind, **values: Any) -> tuple[Any, ...]:
    return tuple(values.get(name) for name in kind.row_columns)


def body_of(catalog: Catalog, rows: dict[str, list[tuple[Any, ...]]] | None = None) -> bytes:
    live = empty_live(catalog)
    found = {name: {row[:2]: row for row in (rows or {}).get(name, ())} for name in catalog}
    live = Live(identity="db", rows=found, ledger=live.ledger, generations={"": 3})
    snapshot = Snapshot(live=live, made_at=NOW, environment="test", schema="0002", version="1")
    return to_body(catalog, snapshot)


def read(catalog: Catalog, data: bytes) -> Snapshot:
    return from_body(catalog, data, schema="0002", key="k")


def test_what_goes_in_comes_out(catalog: Catalog) -> None:
    kind = catalog["CustomerUser"]
    odd = (2**60, 1.5, b"\xff", float("inf"), "\U0001f600", True)
    rows = [
        row_of(kind, tenant="t", name=f"n{place}", rev=place, display_name=value, email=None)
        for place, value in enumerate(odd)
    ]
    data = body_of(catalog, {"CustomerUser": rows})
    found = read(catalog, data)
    assert [found.live.rows["CustomerUser"][one[:2]] for one in rows] == rows
    assert (found.made_at, found.environment, found.live.generations) == (NOW, "test", {"": 3})
    assert to_body(catalog, found) == data


def test_secrets_come_out_as_versions(catalog: Catalog) -> None:
    kind = catalog["CustomerUser"]
    cases: dict[str, tuple[Any, Any]] = {
        "a": (None, None),
        "b": ("2", None),
        "c": (None, "k1:0123abcd"),
        "d": (None, GENERATED),
        "e": ("3", "k1:4567efab"),
    }
    rows = [
        row_of(kind, tenant="t", name=name, rev=1, password_version=version, password_fingerprint=mark)
        for name, (version, mark) in cases.items()
    ]
    data = body_of(catalog, {"CustomerUser": rows})
    assert b"0123abcd" not in data
    assert b"4567efab" not in data
    found = read(catalog, data).live.rows["CustomerUser"]
    places = (kind.index["password_version"], kind.index["password_fingerprint"])
    told = {name: tuple(found[("t", name)][place] for place in places) for name in cases}
    assert told["a"] == (None, None)
    assert (told["b"][0], told["b"][1] is UNMANAGED) == ("2", True)
    assert (told["c"][0], told["c"][1] is UNMANAGED) == (None, True)
    assert (told["d"][0], type(told["d"][1]), told["d"][1]) == (None, str, GENERATED)
    assert (told["e"][0], told["e"][1] is UNMANAGED) == ("3", True)


def change(path: str, value: Any) -> Callable[[Any], None]:
    def apply(document: Any) -> None:
        *above, last = path.split(".")
        for step in above:
            document = document[int(step)] if isinstance(document, list) else document[step]
        if isinstance(document, list):
            document[int(last)] = value
        else:
            document[last] = value

    return apply


GROUP = "kinds.ServiceType.0"
HOSTILE = [
    ("schema", 1),
    ("format", 2),
    ("format", True),
    ("format", "1"),
    ("madeAt", 5),
    ("madeAt", "9999-99-99T00:00:00Z"),
    ("madeAt", "2026-06-15"),
    ("database", None),
    ("database.schema", "9999"),
    ("database.identity", []),
    ("environment", {}),
    ("for", 1),
    ("for", [{}]),
    ("for", [{"address": "x"}]),
    ("generations", {"a": "b"}),
    ("generations", []),
    ("kinds", {}),
    ("kinds.Nothing", []),
    ("kinds.ServiceType", 1),
    ("kinds.ServiceType", [1]),
    (f"{GROUP}.columns", ["tenant"]),
    (f"{GROUP}.columns.3", "password"),
    (f"{GROUP}.columns.3", 5),
    (f"{GROUP}.rows", [[]]),
    (f"{GROUP}.rows", {"a": 1}),
    (f"{GROUP}.rows.0.0", 5),
    (f"{GROUP}.rows.0.2", "1"),
    (f"{GROUP}.rows.0.2", True),
    (f"{GROUP}.rows.0.4", [1]),
    (f"{GROUP}.rows.0.4", {"pickle": "x"}),
    (f"{GROUP}.rows.0.4", {"int": "9" * 10000}),
    (f"{GROUP}.rows.0.4", {"int": "1", "float": "2"}),
    (f"{GROUP}.rows.0.4", {"bytes": "!"}),
    (f"{GROUP}.rows.0.4", {}),
    (f"{GROUP}.rows.0.4", 1.5),
    ("ledger", [[]]),
    ("ledger", [["ServiceType", "t", "n", 1, "", None, "full"]]),
    ("ledger", [[1, 2, 3, 4, 5, 6, 7]]),
]


@pytest.mark.parametrize(("path", "value"), HOSTILE, ids=[f"{path}={value!r:.30}" for path, value in HOSTILE])
def test_another_shape_is_refused(catalog: Catalog, path: str, value: Any) -> None:
    kind = catalog["ServiceType"]
    document = json.loads(body_of(catalog, {"ServiceType": [row_of(kind, tenant="t", name="n", rev=1)]}))
    change(path, value)(document)
    with pytest.raises(UsageError) as caught:
        read(catalog, json.dumps(document).encode())
    assert caught.value.code in ("SNP-01", "SNP-03")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":1,"a":2}',
        b'{"schema":NaN}',
        b"null",
        b"[]",
        b'{"schema":"reconciler-snapshot"}',
        b"9" * 1_000_000,
    ],
    ids=["empty", "no text", "deep", "deeper", "twins", "no number", "null", "list", "bare", "digits"],
)
def test_hostile_bytes_are_refused_at_once(catalog: Catalog, data: bytes) -> None:
    def refused() -> None:
        with pytest.raises(UsageError) as caught:
            read(catalog, data)
        assert caught.value.code in ("SNP-01", "SNP-03")

    assert effort(refused, within=2) < 2


def test_noise_is_refused_or_read_and_nothing_else(catalog: Catalog) -> None:
    kind = catalog["ServiceType"]
    data = body_of(catalog, {"ServiceType": [row_of(kind, tenant="t", name="n", rev=1)]})
    chance = random.Random(29)  # noqa: S311  # noise that is the same each time
    refused = 0
    for _ in range(2_000):
        place = chance.randrange(len(data))
        noise = bytes(chance.choice(b'{}[]":,0n\x00\xff') for _ in range(chance.randrange(4)))
        try:
            read(catalog, data[:place] + noise + data[place + chance.randrange(4) :])
        except ReconcilerError:
            refused += 1
    assert refused > 1_000
