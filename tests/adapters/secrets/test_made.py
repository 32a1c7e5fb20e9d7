"""Secrets that a run makes: what they look like and where they go."""

from __future__ import annotations

import base64
import json
import stat
from dataclasses import dataclass

import pytest

from reconciler.adapters.secrets.generate import generate_password, generate_token, generate_value
from reconciler.adapters.secrets.sink import FileSink
from reconciler.model.address import Address
from reconciler.model.errors import UsageError, WorldError
from reconciler.model.password import failing_parts
from reconciler.model.secret import SecretValue

STRICT = {
    "minLength": 32,
    "maxLength": 32,
    "requireLetters": True,
    "requireDigits": True,
    "requireLower": True,
    "requireUpper": True,
    "requireSpecial": True,
    "expiryDays": 30,
}


@dataclass(frozen=True)
class Made:
    address: Address
    path: str
    value: SecretValue


ONE = Made(Address("Gadget", "farol", "lamp"), "password", SecretValue('öp"en'))


@pytest.mark.parametrize("policy", [STRICT, {}, {"minLength": 6, "maxLength": 8, "requireDigits": True}])
def test_a_made_password_satisfies_its_policy_and_is_made_anew_each_time(policy):
    values = [generate_password(policy) for _ in range(30)]
    assert all(failing_parts(policy, one) == [] for one in values)
    assert len({one.reveal() for one in values}) == 30


def test_a_token_has_256_bits():
    token = generate_token().reveal()
    assert len(base64.urlsafe_b64decode(token + "=")) == 32
    assert token != generate_token().reveal()
    assert len(generate_value("token", STRICT).reveal()) == 43
    assert len(generate_value("password", STRICT).reveal()) == 32


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("aA1!" * 7, "minLength"),
        ("aA1!" * 9, "maxLength"),
        ("a!" * 16, "requireDigits"),
        ("1!" * 16, "requireLetters"),
        ("A1!A" * 8, "requireLower"),
        ("a1!a" * 8, "requireUpper"),
        ("aA1b" * 8, "requireSpecial"),
        ("aA1 " * 8, "requireSpecial"),
    ],
)
def test_the_policy_names_the_part_that_fails_and_never_the_value(value, word):
    found = failing_parts(STRICT, SecretValue(value))
    assert any(word in one for one in found)
    assert not any(value in one or str(len(value)) in one.replace("32", "") for one in found)
    assert failing_parts(STRICT, SecretValue("aA1!" * 8)) == []


def test_the_sink_is_a_new_file_for_its_owner_only(tmp_path):
    path = tmp_path / "secrets.jsonl"
    sink = FileSink(path)
    sink.take([ONE, ONE])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines == [{"address": "Gadget/farol/lamp", "field": "password", "value": 'öp"en'}] * 2
    sink.discard()
    assert not path.exists()


def test_the_sink_touches_no_file_that_is_there(tmp_path):
    path = tmp_path / "precious"
    path.write_text("precious")
    sink = FileSink(path)
    with pytest.raises(UsageError):
        sink.take([ONE])
    sink.discard()
    assert path.read_text() == "precious"
    with pytest.raises(WorldError):
        FileSink(tmp_path / "missing" / "file").take([ONE])


def test_a_sink_without_secrets_makes_no_file(tmp_path):
    sink = FileSink(tmp_path / "file")
    sink.take([])
    assert list(tmp_path.iterdir()) == []
