"""Sealing: the forms in which secrets rest, and the fingerprints by which a plan knows a value again.

====================  =====================================================================================
``encrypted``         ``v1:`` key id ``:`` base64 of nonce and AES-256-GCM ciphertext; bound to the key id, the address
                      and the field, so that a row copied to another place cannot be opened there
``password``          argon2id, in its usual text form, which names its cost
``token``             SHA-256 as hexadecimal text: enough for 256 random bits, and for nothing less
fingerprint           key id ``:`` HMAC-SHA256 over address, field and value
====================  =====================================================================================

The keys for encryption and for fingerprints are derived from the one of the installation and differ from each other.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from functools import cached_property
from pathlib import Path

from reconciler.adapters.secrets.keys import MAKE, VARIABLE, key_bytes
from reconciler.model.address import Address
from reconciler.model.errors import UsageError, WorldError
from reconciler.model.secret import SEALED_FORM, SecretValue, key_of

_NONCE = 12


class KeySealer:
    """See :class:`reconciler.ports.Sealer`. Keys are derived at the first use."""

    def __init__(self, key: SecretValue) -> None:
        self._key = key

    @cached_property
    def key_id(self) -> str:
        """What names the key in stored forms; says nothing about it."""
        return self._derived("id").hex()[:8]

    def fingerprint(self, address: Address, path: str, value: SecretValue) -> str:
        """A keyed hash by which the next plan knows the value again."""
        message = _parts(str(address), path, value.reveal())
        return f"{self.key_id}:{hmac.new(self._fingerprint_key, message, hashlib.sha256).hexdigest()}"

    def seal(self, address: Address, path: str, storage: str, value: SecretValue) -> str:
        """The form in which the value rests: ``storage`` is encrypted, password or token."""
        match storage:
            case "encrypted":
                return self._encrypt(address, path, value)
            case "password":
                return _hashed_password(value)
            case "token":
                return hashlib.sha256(value.reveal().encode()).hexdigest()
            case _:
                msg = f"no form of rest is named {storage}"
                raise ValueError(msg)

    def unseal(self, address: Address, path: str, sealed: str) -> SecretValue:
        """The value behind an encrypted form.

        Raises:
            WorldError: another key made it, it was altered, or it stood in another place (KEY-03).
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        data = sealed.rpartition(":")[2]
        if key_of(sealed) != self.key_id:
            raise WorldError(f"the secret {path} of {address} was sealed with another key", code="KEY-03")
        try:
            raw = base64.b64decode(data, validate=True)
            plain = AESGCM(self._encryption_key).decrypt(raw[:_NONCE], raw[_NONCE:], self._bound(address, path))
        except (InvalidTag, ValueError):
            raise WorldError(f"the secret {path} of {address} was altered or moved", code="KEY-03") from None
        return SecretValue(plain.decode())

    def signing_seed(self) -> bytes:
        """The private key with which snapshots are signed: 32 bytes that belong to no other purpose."""
        return self._derived("snapshot signature")

    def _encrypt(self, address: Address, path: str, value: SecretValue) -> str:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE)
        data = AESGCM(self._encryption_key).encrypt(nonce, value.reveal().encode(), self._bound(address, path))
        return f"{SEALED_FORM}:{self.key_id}:{base64.b64encode(nonce + data).decode()}"

    def _bound(self, address: Address, path: str) -> bytes:
        return _parts(self.key_id, f"{address}.{path}")

    @cached_property
    def _encryption_key(self) -> bytes:
        return self._derived("encryption")

    @cached_property
    def _fingerprint_key(self) -> bytes:
        return self._derived("fingerprint")

    def _derived(self, purpose: str) -> bytes:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        about = f"reconciler secrets v1 {purpose}".encode()
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=about).derive(key_bytes(self._key))


class LostKey(KeySealer):
    """Stands for a key file that is gone although runs have used it: whatever needs the key is refused (KEY-04).

    A new key would make every secret without a version look changed, and leave the stored ones closed for good.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def _derived(self, purpose: str) -> bytes:
        raise WorldError(
            f"the key file {self._file.name} beside the database is gone, and the {purpose} of secrets needs it",
            code="KEY-04",
            hint=f"bring the file back from a backup; under a new key in {VARIABLE} every secret must be given anew",
        )


class NoKey(KeySealer):
    """Stands where nobody gave a key and a server has no file beside it: whatever needs the key is refused (KEY-01)."""

    def __init__(self) -> None:
        """Nothing is kept."""

    def _derived(self, _purpose: str) -> bytes:
        raise UsageError("secrets cannot be kept or compared without a key", code="KEY-01", hint=MAKE)


def _hashed_password(value: SecretValue) -> str:
    from argon2 import PasswordHasher
    from argon2.profiles import RFC_9106_LOW_MEMORY

    return PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY).hash(value.reveal())


def _parts(*texts: str) -> bytes:
    """Texts as bytes that no other texts give: each with its length before it."""
    return b"".join(len(data).to_bytes(4, "big") + data for data in (text.encode() for text in texts))
