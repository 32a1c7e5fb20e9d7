"""A snapshot file is believed with the signature of a known key, and with no byte changed."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from reconciler.adapters.snapshot import own_key, parse_key, read_signed, sign
from reconciler.model.errors import ReconcilerError, Stale, UsageError

SEED = bytes(range(32))
BODY = b'{"a":1,"b":[true,null,"x"]}'
KEY = own_key(SEED)


def refused(path: Path, *, trusted: tuple[str, ...] = (KEY,)) -> str:
    try:
        read_signed(path, trusted=trusted)
    except ReconcilerError as error:
        return error.code
    return ""


def test_what_was_signed_is_read(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_bytes(sign(SEED, BODY))
    assert read_signed(path, trusted=(KEY,)) == (BODY, KEY)
    assert sign(SEED, BODY) == sign(SEED, BODY)


def test_every_changed_byte_is_noticed(tmp_path: Path) -> None:
    data = sign(SEED, BODY)
    path = tmp_path / "s"
    passed = []
    for place in range(len(data)):
        for change in (1, 32, 128):  # another digit, another case, no ASCII
            path.write_bytes(data[:place] + bytes([data[place] ^ change]) + data[place + 1 :])
            if not refused(path):
                passed.append((place, change))
        path.write_bytes(data[:place] + data[place + 1 :])
        if not refused(path):
            passed.append((place, 0))
    assert passed == []


def test_what_was_added_or_cut_is_noticed(tmp_path: Path) -> None:
    data = sign(SEED, BODY)
    path = tmp_path / "s"
    for changed in (data + b"\n", data + b"x", b"\n" + data, data[:-1], data + data, data.replace(b"\n", b"\r\n")):
        path.write_bytes(changed)
        assert refused(path) in ("SNP-01", "SNP-02"), changed


def test_only_known_keys_are_believed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_bytes(sign(SEED, BODY))
    other = own_key(bytes(32))
    assert refused(path, trusted=(other,)) == "SNP-05"
    assert refused(path, trusted=()) == "SNP-05"
    # The signature of one key under the name of another.
    head, _, rest = sign(SEED, BODY).partition(b"\n")
    path.write_bytes(head.replace(KEY.encode(), other.encode()) + b"\n" + rest)
    assert refused(path, trusted=(other, KEY)) == "SNP-02"


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"{}", BODY, b"reconciler-snapshot-v1\n{}", b"\x00" * 5000, b"reconciler-snapshot-v1 " * 5000],
    ids=["empty", "line", "object", "unsigned", "bare", "zeros", "words"],
)
def test_what_is_no_snapshot_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "s"
    path.write_bytes(data)
    assert refused(path) == "SNP-01"


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    began = time.monotonic()
    assert refused(tmp_path / "pipe") == "SNP-01"
    assert refused(tmp_path) == "SNP-01"
    assert refused(tmp_path / "nothing") == "SNP-01"
    assert refused(Path("/dev/zero")) == "SNP-01"
    assert time.monotonic() - began < 2


def test_a_large_file_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a hole: it takes no room
    with pytest.raises(UsageError, match="too large"):
        read_signed(path, trusted=(KEY,))


@pytest.mark.parametrize("text", ["", "ed25519:", "ed25519:AAAA", KEY.removeprefix("ed25519:"), KEY[:-1], f"{KEY}="])
def test_a_public_key_is_one(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_key(text, origin="here")
    assert caught.value.code == "SNP-05"
    assert parse_key(f" {KEY}\n", origin="here") == KEY


def test_a_changed_file_is_stale(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_bytes(sign(SEED, BODY).replace(b"true", b"null"))
    with pytest.raises(Stale):
        read_signed(path, trusted=(KEY,))
