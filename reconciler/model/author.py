"""Help for authors: what there is to say about a kind or a field, and the shape of a first manifest, as values."""

from __future__ import annotations

from typing import Any

from reconciler.model.dataclass import dataclass
from reconciler.model.rule import RuleText


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldHelp:
    """What there is to say about one field.

    ``path`` has ``[]`` behind a list of objects (``origins[].address``). ``allowed``, ``default`` and ``marks`` are
    words for people; ``required`` means always.
    """

    path: str
    type: str
    allowed: str
    default: str
    required: bool
    marks: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeHelp:
    """One step of a life cycle in words."""

    edge: str
    walker: str
    effect: str
    risks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What there is to say about a kind, an object of fields, or a field.

    ``facts`` are pairs of a word and what it is; ``fields`` are those of the kind or below the object, or the one
    field. ``example`` is a manifest, or empty below a kind.
    """

    name: str
    description: str
    facts: tuple[tuple[str, str], ...] = ()
    fields: tuple[FieldHelp, ...] = ()
    edges: tuple[EdgeHelp, ...] = ()
    rules: tuple[RuleText, ...] = ()
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A key of a first manifest: what it is and whether it must be there. ``slots`` are those below an object."""

    key: str
    about: str
    required: bool
    default: Any = None
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaffold:
    """The shape of a first manifest of a kind. ``example`` is a valid manifest that fills the slots it gives."""

    kind: str
    about: str
    example: str
    slots: tuple[Slot, ...] = ()
