"""Address: the identity of a resource, ``Kind/tenant/name`` or ``Kind/name`` at platform level."""

from __future__ import annotations

from typing import NamedTuple

PLATFORM = ""
"""The tenant of a platform-level resource inside an :class:`Address`."""


class Address(NamedTuple):
    """Identity of a resource. Kind and tenant never change; the name changes by a reviewed move only.

    A tuple, so that it hashes, sorts and unpacks at the speed of one; ``tenant`` is ``""`` at platform level.
    """

    kind: str
    tenant: str
    name: str

    def __str__(self) -> str:
        if self.tenant:
            return f"{self.kind}/{self.tenant}/{self.name}"
        return f"{self.kind}/{self.name}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read the written form.

        Raises:
            ValueError: the text has not two or three non-empty parts.
        """
        parts = text.split("/")
        if len(parts) not in (2, 3) or not all(parts):
            msg = f"{text!r} is no address; write Kind/tenant/name, or Kind/name at platform level"
            raise ValueError(msg)
        return cls(parts[0], parts[1] if len(parts) == 3 else PLATFORM, parts[-1])
