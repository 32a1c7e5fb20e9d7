"""Marks: what a field can be, beyond its type. They stand in ``Annotated`` beside it.

A stage of the engine reads marks and never the name of a kind; where a stage would need an ``if`` for a kind,
a mark is missing here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from reconciler.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Ref:
    """The field names another resource, by the word of its kind.

    ``part`` says what it means. ``owner``: the resource cannot exist without the target and is deleted before it.
    ``structure``: the target stands above in a tree. ``use``: the target is needed and cannot go while it is used.
    ``anywhere`` marks the one list whose entries are ``tenant/name`` and may leave the own tenant.
    """

    kind: str
    part: Literal["owner", "structure", "use"] = "use"
    anywhere: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """Part of the natural key: never changes after creation (GEN-05)."""


@dataclass(frozen=True, slots=True)
class Immutable:
    """Never changes after creation (GEN-05). ``code`` replaces GEN-05 where a field has a rule of its own."""

    code: str = "GEN-05"


@dataclass(frozen=True, slots=True)
class Pii:
    """Personal data: hidden from readers outside the reach, and from logs."""


@dataclass(frozen=True, slots=True)
class Inherit:
    """Empty means inherited, from ``source``; the field is managed only when the manifest gives it.

    ``word`` is the word that a manifest may write for an explicit empty value, where the field's table lists one.
    """

    source: str
    word: str | None = None


@dataclass(frozen=True, slots=True)
class Secret:
    """Write-only. ``storage`` says how it rests.

    ``encrypted``: AES-GCM, can be read back by the platform. ``password``: argon2id. ``token``: SHA-256 only.
    """

    storage: Literal["encrypted", "password", "token"] = "encrypted"


@dataclass(frozen=True, slots=True)
class Transient:
    """Exists only while a set is validated: never stored, compared or shown."""


@dataclass(frozen=True, slots=True)
class State:
    """The life-cycle field: managed only when the manifest gives it."""


@dataclass(frozen=True, slots=True)
class Derived:
    """Left out, the value is computed from other fields of the same manifest, and is managed.

    ``compute`` takes the spec and returns the value, whether or not the spec gives one.
    """

    text: str
    compute: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Unordered:
    """A list whose order has no meaning.

    ``by`` names the key of an entry that is an object; ``order`` gives the sort key of an entry where its text would
    not do.
    """

    by: str = ""
    order: Callable[[Any], Any] | None = None


@dataclass(frozen=True, slots=True)
class Folded:
    """Compared case-folded, stored as written."""


@dataclass(frozen=True, slots=True)
class MaxBytes:
    """The largest content of a file, in bytes, and the media types that are allowed."""

    limit: int
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Code:
    """The rule that reports a value outside the words, range, length, count or format of this field (else GEN-14)."""

    code: str


@dataclass(frozen=True, slots=True)
class Guards:
    """The field steers where a stored secret is sent: changing it needs a new version of ``secret`` with it."""

    secret: str


@dataclass(frozen=True, slots=True)
class Canonical:
    """Two values are the same when ``of`` gives the same for both, whatever their spelling.

    ``of`` takes the stored value (lists decoded) and returns something comparable. It may raise ValueError for a live
    value that makes no sense; such a value equals only itself.
    """

    of: Callable[[Any], Any]
