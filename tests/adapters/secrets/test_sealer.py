"""How secrets rest, and the key behind it."""

from __future__ import annotations

import base64
import hashlib
import stat

import pytest
from argon2 import PasswordHasher

from reconciler.adapters.secrets.keys import load_or_make_key, new_key, parse_key
from reconciler.adapters.secrets.sealer import KeySealer
from reconciler.model.address import Address
from reconciler.model.errors import UsageError, WorldError
from reconciler.model.secret import SecretValue

LAMP = Address("Gadget", "farol", "lamp")
BELL = Address("Gadget", "farol", "bell")
TEXT = "open-sesame-4711"
VALUE = SecretValue(TEXT)
KEY = SecretValue(base64.b64encode(bytes(range(32))).decode())


def test_an_encrypted_value_comes_back_only_in_its_own_place_and_with_its_own_key():
    sealer = KeySealer(KEY)
    sealed = sealer.seal(LAMP, "password", "encrypted", VALUE)
    assert sealed.startswith(f"v1:{sealer.key_id}:")
    assert TEXT not in sealed
    assert sealer.unseal(LAMP, "password", sealed).reveal() == TEXT
    for other, address, path in (
        (sealer, BELL, "password"),
        (sealer, LAMP, "token"),
        (KeySealer(new_key()), LAMP, "password"),
    ):
        with pytest.raises(WorldError) as caught:
            other.unseal(address, path, sealed)
        assert TEXT not in str(caught.value)
    with pytest.raises(WorldError):
        sealer.unseal(LAMP, "password", sealed[:-6] + "AAAAA=")


def test_the_same_value_never_rests_in_the_same_form_twice():
    sealer = KeySealer(KEY)
    assert len({sealer.seal(LAMP, "password", "encrypted", VALUE) for _ in range(20)}) == 20


def test_a_password_is_hashed_with_argon2id_and_a_token_with_sha256():
    sealer = KeySealer(KEY)
    hashed = sealer.seal(LAMP, "password", "password", VALUE)
    assert hashed.startswith("$argon2id$")
    assert PasswordHasher().verify(hashed, TEXT)
    assert sealer.seal(LAMP, "token", "token", VALUE) == hashlib.sha256(TEXT.encode()).hexdigest()
    with pytest.raises(ValueError, match="plain"):
        sealer.seal(LAMP, "token", "plain", VALUE)


def test_a_fingerprint_knows_value_place_and_key_and_nothing_else():
    mark = KeySealer(KEY).fingerprint(LAMP, "password", VALUE)
    assert mark == KeySealer(KEY).fingerprint(LAMP, "password", SecretValue(TEXT))
    others = {
        KeySealer(KEY).fingerprint(BELL, "password", VALUE),
        KeySealer(KEY).fingerprint(LAMP, "token", VALUE),
        KeySealer(KEY).fingerprint(LAMP, "password", SecretValue(TEXT + "x")),
        KeySealer(new_key()).fingerprint(LAMP, "password", VALUE),
    }
    assert len(others) == 4
    assert mark not in others
    assert hashlib.sha256(TEXT.encode()).hexdigest() not in mark


@pytest.mark.parametrize("text", ["", "short", "not base64 at all!", base64.b64encode(b"x" * 31).decode(), "ö" * 44])
def test_a_key_of_the_wrong_form_is_refused_without_being_shown(text):
    with pytest.raises(UsageError) as caught:
        parse_key(text, origin="RECONCILER_SECRET_KEY")
    assert not text or text not in f"{caught.value} {caught.value.hint}"
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path):
    path = tmp_path / "deep" / "key"
    made = load_or_make_key(path, create=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_make_key(path, create=True).reveal() == made.reveal()
    assert load_or_make_key(path, create=False).reveal() == made.reveal()


def test_without_leave_to_create_no_key_file_appears(tmp_path):
    one, two = (load_or_make_key(tmp_path / "key", create=False) for _ in range(2))
    assert one.reveal() != two.reveal()
    assert list(tmp_path.iterdir()) == []


def test_a_key_file_that_others_may_read_or_that_holds_no_key_is_refused(tmp_path):
    path = tmp_path / "key"
    path.write_text(KEY.reveal())
    path.chmod(0o644)
    with pytest.raises(WorldError, match="others") as caught:
        load_or_make_key(path, create=True)
    assert KEY.reveal() not in str(caught.value)
    path.chmod(0o600)
    assert load_or_make_key(path, create=False).reveal() == KEY.reveal()
    path.write_text("rubbish")
    with pytest.raises(UsageError):
        load_or_make_key(path, create=True)
    assert path.read_text() == "rubbish"
    with pytest.raises(WorldError):
        load_or_make_key(tmp_path, create=True)


def test_a_key_file_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    def killed(_handle):
        raise KeyboardInterrupt

    monkeypatch.setattr("reconciler.adapters.secrets.keys.os.fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        load_or_make_key(tmp_path / "key", create=True)
    assert list(tmp_path.iterdir()) == []
