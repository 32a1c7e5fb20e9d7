"""Reading secret values from the environment and from files.

A tenant may be limited to names and paths of its own: otherwise a pull request could have the secret of another
tenant stored in a place where it can be read back.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from reconciler.adapters.secrets.regular import open_regular
from reconciler.model.secret import SecretRef, SecretValue
from reconciler.ports import SecretUnreadable

Allowed = Mapping[str, Mapping[str, Sequence[str]]]
"""By tenant (``""`` is the platform) and scheme: the patterns of sources that it may use."""

MAX_BYTES = 64 * 1024
"""The largest file that is taken for a secret."""

_LATER = {
    "fromSops": "this build does not read sops files yet",
    "fromVault": "this build does not read Vault yet",
    "generate": "a generated secret has no source to read",
}


class EnvFileReader:
    """Reads ``fromEnv`` and ``fromFile``.

    ``environment`` are the variables. A relative path counts from the folder of the manifest, and that folder, when
    it is relative, from ``root``. ``allowed`` limits tenants; without any entry nobody is limited, with one everybody
    who has none may use nothing.
    """

    def __init__(
        self, environment: Mapping[str, str], *, root: Path | None = None, allowed: Allowed | None = None
    ) -> None:
        self._environment = environment
        self._root = root or Path()
        self._allowed = dict(allowed or {})

    def read(self, ref: SecretRef, *, tenant: str) -> SecretValue:
        """The value behind a source; see :class:`reconciler.ports.SecretReader`."""
        if ref.scheme in _LATER:
            raise SecretUnreadable(f"{ref}: {_LATER[ref.scheme]}")
        self._permit(ref, tenant)
        value = self._variable(ref) if ref.scheme == "fromEnv" else self._file(ref)
        if not value:
            raise SecretUnreadable(f"{ref} is empty")
        if "\0" in value:
            raise SecretUnreadable(f"{ref} holds a NUL character")
        return SecretValue(value)

    def _permit(self, ref: SecretRef, tenant: str) -> None:
        if not self._allowed:
            return
        location = ref.location if ref.scheme == "fromEnv" else os.path.normpath(ref.location)
        patterns = self._allowed.get(tenant, {}).get(ref.scheme, ())
        if not any(fnmatchcase(location, pattern) for pattern in patterns):
            raise SecretUnreadable(
                f"{ref}: {tenant or 'the platform'} may not use this source; secrets.allow names none like it"
            )

    def _variable(self, ref: SecretRef) -> str:
        value = self._environment.get(ref.location)
        if value is None:
            raise SecretUnreadable(f"the environment variable {ref.location} is not set")
        return value

    def _file(self, ref: SecretRef) -> str:
        path = self._root / ref.folder / ref.location
        try:
            data = _bounded(path)
        except OSError as error:
            raise SecretUnreadable(f"{ref} cannot be read: {error.strerror or 'no such file'}") from None
        except ValueError:
            raise SecretUnreadable(f"{ref} is no path") from None
        if data is None:
            raise SecretUnreadable(f"{ref} is no regular file of at most {MAX_BYTES} bytes")
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise SecretUnreadable(f"{ref} is no UTF-8 text") from None
        return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text


def _bounded(path: Path) -> bytes | None:
    """The content; None for what is no regular file or is too large."""
    file = open_regular(path)
    if file is None:
        return None
    with file:
        data = file.read(MAX_BYTES + 1)
    return data if len(data) <= MAX_BYTES else None
