"""The signed file: a line that names the key and holds the signature (Ed25519), and behind it the signed bytes.

Nothing of the body is looked at before its signature is found to be that of a key that the reader believes. So no
parser meets bytes of strangers, and a change of any byte is noticed.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model.errors import Stale, UsageError, WorldError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_PREFIX = "ed25519:"
"""Begins a public key as people write it; behind it stand 32 bytes in base64."""

_MAGIC = b"reconciler-snapshot-v1"
_PURPOSE = b"reconciler snapshot v1\n"
_LONGEST_HEAD = 300
_LARGEST = 256 << 20
_MAKE = "make one with reconciler snapshot --out FILE"


def parse_key(text: str, *, origin: str) -> str:
    """A public key as it is written everywhere; ``origin`` says where it was found.

    Raises:
        UsageError: it is none (SNP-05).
    """
    written = text.strip()
    try:
        raw = base64.b64decode(written.removeprefix(KEY_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not written.startswith(KEY_PREFIX) or len(raw) != 32 or _written(raw) != written:
        raise UsageError(
            f"{origin} holds no public key of snapshots",
            code="SNP-05",
            hint="reconciler snapshot --public-key shows that of an installation; it begins with ed25519:",
        )
    return written


def own_key(seed: bytes) -> str:
    """The public key that belongs to a private one."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return _written(_private(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def sign(seed: bytes, body: bytes) -> bytes:
    """The bytes of a snapshot file."""
    signature = _private(seed).sign(_PURPOSE + body).hex()
    return b" ".join((_MAGIC, own_key(seed).encode(), signature.encode())) + b"\n" + body + b"\n"


def read_signed(path: Path, *, trusted: Collection[str]) -> tuple[bytes, str]:
    """The signed bytes of a snapshot file, and the key that has signed them, which is one of ``trusted``.

    Raises:
        WorldError: the file cannot be read.
        UsageError: it is no snapshot (SNP-01), or the key is none of ``trusted`` (SNP-05).
        Stale: it was changed after it was signed (SNP-02).
    """
    data = _read(path)
    head, line_end, _ = data[:_LONGEST_HEAD].partition(b"\n")
    words = head.split(b" ")
    if not line_end or len(words) != 3 or words[0] != _MAGIC:
        raise UsageError(f"{path} is no snapshot", code="SNP-01", hint=_MAKE)
    key = words[1].decode("ascii", "replace")
    if key not in trusted:
        known = "no key of snapshots is known here" if not trusted else "it was signed with a key that is not known"
        raise UsageError(
            f"{path} is not believed: {known}",
            code="SNP-05",
            hint="give the public key of the installation with --snapshot-key FILE, RECONCILER_SNAPSHOT_KEY, or "
            "snapshots.publicKey in reconciler.yaml",
        )
    body = data[len(head) + 1 : -1]
    if data[-1:] != b"\n" or not _signed(key, words[2], body):
        raise Stale(f"{path} was changed after it was signed", code="SNP-02", hint="fetch it again, or make a new one")
    return body, key


def _signed(key: str, signature: bytes, body: bytes) -> bool:
    """Whether a signature is that of a key, in the one way of writing it."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        raw = bytes.fromhex(signature.decode("ascii"))
        if raw.hex().encode() != signature:
            return False
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix(KEY_PREFIX)))
        public.verify(raw, _PURPOSE + body)
    except (InvalidSignature, ValueError):
        return False
    return True


def _read(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise UsageError(f"{path} is no file", code="SNP-01", hint=_MAKE)
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise WorldError(f"{path} cannot be read: {error.strerror}", code="SNP-01") from error
    if len(data) > _LARGEST:
        raise UsageError(f"{path} is too large for a snapshot", code="SNP-01")
    return data


def _private(seed: bytes) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey as Private

    return Private.from_private_bytes(seed)


def _written(raw: bytes) -> str:
    return KEY_PREFIX + base64.b64encode(raw).decode()
