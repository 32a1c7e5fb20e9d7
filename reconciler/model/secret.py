"""Secrets: what may be written in a manifest (a source), and a value that cannot be shown.

A :class:`SecretRef` names where a value comes from and may be printed. A :class:`SecretValue` is the value itself:
it has no text form, no representation, cannot be compared, copied, pickled or dumped, and is opened in exactly two
places, the adapter that stores it and the check of the password policy.
"""

from __future__ import annotations

from typing import NoReturn

from reconciler.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret comes from: ``scheme`` is one of fromEnv, fromFile, fromSops, fromVault, generate.

    ``location`` is the name, the path, or ``path#key`` and may be shown. ``folder`` is the folder of the manifest.
    ``version`` is the declared version, or None: then the value itself decides about a change, by a keyed hash.
    """

    scheme: str
    location: str
    version: str | None = None
    folder: str = ""

    def __str__(self) -> str:
        return f"{self.scheme} {self.location}" if self.location else self.scheme


class SecretValue:
    """A secret in memory. Only :meth:`reveal` gives it away, so a search for that word finds every use."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The value itself. Never hand it to anything that prints, logs, or raises."""
        return self.__value

    def __repr__(self) -> str:
        return "(secret)"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return "(secret)"

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        msg = "a secret cannot be pickled or copied"
        raise TypeError(msg)

    def __eq__(self, _other: object) -> NoReturn:
        msg = "a secret cannot be compared; compare versions or fingerprints"
        raise TypeError(msg)

    __hash__ = None  # type: ignore[assignment]  # deliberately unhashable: no secret becomes a key


SEALED_FORM = "v1"
"""How an encrypted form begins; behind it stand the id of the key and the content, each behind a colon."""


def key_of(sealed: str) -> str:
    """The id of the key of an encrypted form; empty for every other form of rest."""
    form, _, rest = sealed.partition(":")
    key, colon, _ = rest.partition(":")
    return key if form == SEALED_FORM and colon else ""
