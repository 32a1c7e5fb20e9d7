"""The key of an installation: from the environment, or from a file beside the embedded database."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
import stat
from pathlib import Path

from reconciler.adapters.secrets.regular import open_regular
from reconciler.model.errors import UsageError, WorldError
from reconciler.model.secret import SecretValue

VARIABLE = "RECONCILER_SECRET_KEY"
LENGTH = 32
MAKE = f"set {VARIABLE} to 32 random bytes in base64: head -c 32 /dev/urandom | base64"


def parse_key(text: str, *, origin: str) -> SecretValue:
    """The key as it is written, after a look at its form; ``origin`` says where it was found.

    Raises:
        UsageError: it is no base64 of 32 bytes (KEY-01).
    """
    stripped = text.strip()
    try:
        key = base64.b64decode(stripped, validate=True)
    except (binascii.Error, ValueError):
        raise UsageError(f"{origin} is no base64", code="KEY-01", hint=MAKE) from None
    if len(key) != LENGTH:
        raise UsageError(f"{origin} does not hold 32 bytes in base64", code="KEY-01", hint=MAKE)
    return SecretValue(stripped)


def key_bytes(key: SecretValue) -> bytes:
    """The 32 bytes of a key."""
    return base64.b64decode(key.reveal(), validate=True)


def new_key() -> SecretValue:
    """A random key."""
    return SecretValue(base64.b64encode(os.urandom(LENGTH)).decode())


def load_or_make_key(path: Path, *, create: bool) -> SecretValue:
    """The key in a file. With ``create`` a missing one is made, readable by its owner only.

    Without ``create`` a missing file gives a key that is kept nowhere, so that a plan can be made and writes nothing.

    Raises:
        WorldError: it cannot be read or made, or others than its owner may read it (KEY-02).
        UsageError: it holds no key (KEY-01).
    """
    found = _load(path)
    if found is not None:
        return found
    key = new_key()
    if not create:
        return key
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(path, key)
    except FileExistsError:
        made_meanwhile = _load(path)
        if made_meanwhile is None:
            raise WorldError(f"the key file {path} comes and goes", code="KEY-02") from None
        return made_meanwhile
    except OSError as error:
        raise WorldError(f"the key file {path} cannot be made: {error.strerror}", code="KEY-02") from None
    return key


def _make(path: Path, key: SecretValue) -> None:
    """Make the file whole or not at all: whoever is killed in the middle leaves no half of a key behind.

    Raises:
        FileExistsError: somebody else was quicker.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(key.reveal() + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _load(path: Path) -> SecretValue | None:
    try:
        file = open_regular(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise WorldError(f"the key file {path} cannot be read: {error.strerror}", code="KEY-02") from None
    if file is None:
        raise WorldError(f"the key file {path} is no regular file", code="KEY-02")
    with file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise WorldError(
                f"the key file {path} can be read by others",
                code="KEY-02",
                hint=f"chmod 600 {path}, and think of a new key",
            )
        text = file.read(1024).decode("ascii", errors="replace")
    return parse_key(text, origin=f"the key file {path}")
