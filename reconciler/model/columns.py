"""Fields and columns: what the declaration of a spec becomes, once, when its kind is made.

A field is a leaf of a spec. Objects are flattened (``contact.email`` becomes column ``contact_email``); lists and lists
of objects are one column of canonical JSON. A secret has three columns: the value at rest, which plans never read, the
declared version, and the keyed fingerprint of a value without version. A file has its content and its media type.
"""

from __future__ import annotations

import re
import types
from dataclasses import field, replace
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from reconciler.model import marks
from reconciler.model.dataclass import dataclass
from reconciler.model.secret import SecretRef
from reconciler.model.spec import FileSource, Spec


class _Any:
    """Equal to everything: stands for a column that is not compared."""

    __slots__ = ()

    def __eq__(self, _other: object) -> bool:
        return True

    def __ne__(self, _other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]  # equal to everything, so it can have no hash

    def __repr__(self) -> str:
        return "UNMANAGED"


UNMANAGED: Any = _Any()

EntrySpec = type[Spec]
"""Spec of the entries of a list of objects."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A leaf of a spec, with its marks.

    ``type`` is one of text, int, bool, list, objects, secret, file, textOrFile. ``path`` is the camelCase path below
    ``spec``, or starts with ``metadata.`` or ``lifecycle.`` for the stored parts of the envelope. ``attributes`` is the
    way to its value. ``optional_parents`` are the paths of objects above it that may be empty as a whole.
    """

    path: str
    type: str
    description: str
    attributes: tuple[str, ...]
    required: bool = False
    default: Any = None
    words: tuple[str | int, ...] = ()
    optional_parents: tuple[str, ...] = ()
    entry: EntrySpec | None = None
    """Spec of the entries of a list of objects."""
    info: FieldInfo | None = None
    ref: marks.Ref | None = None
    key: bool = False
    immutable: str = ""
    pii: bool = False
    inherit: marks.Inherit | None = None
    secret: marks.Secret | None = None
    transient: bool = False
    state: bool = False
    derived: marks.Derived | None = None
    unordered: marks.Unordered | None = None
    folded: bool = False
    canonical: marks.Canonical | None = None
    max_bytes: marks.MaxBytes | None = None
    code: str = ""
    guards: str = ""

    columns: tuple[Column, ...] = field(init=False, repr=False, compare=False)
    """The compared columns of the field."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(_columns_of_field(self.path, self.type)))


@dataclass(frozen=True, slots=True)
class Column:
    """A compared column.

    ``type`` is text, int, bool or json (canonical JSON as text); ``role`` is value, version, fingerprint or media.
    """

    name: str
    type: str
    path: str
    role: str


_STORAGE = {"int": "int", "bool": "bool", "list": "json", "objects": "json", "map": "json"}
_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@lru_cache(maxsize=1024)
def snake(word: str) -> str:
    """``trustedIps`` as ``trusted_ips``; also kinds: ``MailToTicket`` as ``mail_to_ticket``."""
    return _WORD_START.sub("_", word).lower()


def column_name(path: str) -> str:
    """The column of a field path: its words in snake_case, without ``metadata.`` and ``lifecycle.`` of the envelope."""
    for prefix in ("metadata.", "lifecycle."):
        path = path.removeprefix(prefix)
    return "_".join(snake(part) for part in path.split("."))


def _columns_of_field(path: str, kind: str) -> list[Column]:
    name = column_name(path)
    if kind == "secret":
        return [
            Column(f"{name}_version", "text", path, "version"),
            Column(f"{name}_fingerprint", "text", path, "fingerprint"),
        ]
    if kind == "file":
        return [Column(name, "text", path, "value"), Column(f"{name}_media_type", "text", path, "media")]
    return [Column(name, _STORAGE.get(kind, "text"), path, "value")]


ENVELOPE_FIELDS = (
    Field(
        path="metadata.labels",
        type="map",
        description="Words for sorting and searching.",
        attributes=("labels",),
        default={},
    ),
    Field(
        path="metadata.annotations",
        type="map",
        description="Notes for people and tools.",
        attributes=("annotations",),
        default={},
    ),
    Field(
        path="lifecycle.protect",
        type="bool",
        description="Forbids deletion until an earlier apply has lifted it (GEN-20).",
        attributes=("protect",),
        default=False,
    ),
)
ENVELOPE = len(ENVELOPE_FIELDS)


def fields_of(spec: type[Spec]) -> tuple[Field, ...]:
    """The stored parts of the envelope, then the leaves of a spec, in order of declaration."""
    return (*ENVELOPE_FIELDS, *_leaves(spec, "", (), ()))


def columns_of(fields: tuple[Field, ...]) -> tuple[Column, ...]:
    """The compared columns of all fields that are stored."""
    return tuple(column for one in fields if not one.transient for column in one.columns)


def _leaves(spec: type[Spec], prefix: str, above: tuple[str, ...], optional_parents: tuple[str, ...]) -> list[Field]:
    found: list[Field] = []
    for attribute, info in spec.model_fields.items():
        path = prefix + (info.alias or attribute)
        base, extra = _bare(info.annotation)
        inner = base if isinstance(base, type) and issubclass(base, Spec) and base is not FileSource else None
        if inner is not None:
            nullable = info.default is None and not info.is_required()
            parents = (*optional_parents, path) if nullable else optional_parents
            outer = [mark for mark in info.metadata if isinstance(mark, marks.Pii | marks.Immutable)]
            found += [_with(leaf, outer) for leaf in _leaves(inner, f"{path}.", (*above, attribute), parents)]
            continue
        found.append(_leaf(path, (*above, attribute), info, base, [*info.metadata, *extra], optional_parents))
    return found


def _bare(annotation: Any) -> tuple[Any, list[Any]]:
    """The type under Annotated and ``| None``, with the metadata met on the way."""
    extra: list[Any] = []
    while True:
        if get_origin(annotation) is Annotated:
            extra.extend(annotation.__metadata__)
            annotation = annotation.__origin__
        elif get_origin(annotation) in (Union, types.UnionType):
            parts = [part for part in get_args(annotation) if part is not type(None)]
            if len(parts) != 1:
                return annotation, extra
            annotation = parts[0]
        else:
            return annotation, extra


def _leaf(
    path: str,
    attributes: tuple[str, ...],
    info: FieldInfo,
    base: Any,
    metadata: list[Any],
    optional_parents: tuple[str, ...],
) -> Field:
    kind, words, entry = _type(base, metadata)
    default = None if info.default is PydanticUndefined else info.default
    if info.default_factory is not None:
        default = info.get_default(call_default_factory=True, validated_data={})
    if not info.description:
        msg = f"field {path} has no description"
        raise TypeError(msg)
    plain = Field(
        path=path,
        type=kind,
        description=info.description,
        attributes=attributes,
        required=info.is_required(),
        default=default,
        words=words,
        optional_parents=optional_parents,
        entry=entry,
        info=info,
    )
    return _with(plain, metadata)


def _type(base: Any, metadata: list[Any]) -> tuple[str, tuple[str | int, ...], type[Spec] | None]:
    if base is SecretRef:
        return "secret", (), None
    if base is FileSource:
        return "file", (), None
    if get_origin(base) in (Union, types.UnionType):
        return "textOrFile", (), None
    if get_origin(base) is Literal:
        words = get_args(base)
        return ("int" if isinstance(words[0], int) else "text"), words, None
    if base is bool:
        return "bool", (), None
    if base is int:
        return "int", (), None
    if base is str:
        return "text", (), None
    if get_origin(base) in (list, tuple):
        item, found = _bare(get_args(base)[0])
        metadata.extend(mark for mark in found if isinstance(mark, marks.Folded))
        if isinstance(item, type) and issubclass(item, BaseModel):
            return "objects", (), item  # type: ignore[return-value]  # entries of lists are Specs by convention
        words = get_args(item) if get_origin(item) is Literal else ()
        return "list", words, None
    msg = f"no storage for a field of type {base!r} with {metadata!r}"
    raise TypeError(msg)


# What a mark sets in its field: true, itself, or one part of it.
_TRUE: dict[type, str] = {
    marks.Key: "key",
    marks.Pii: "pii",
    marks.Transient: "transient",
    marks.State: "state",
    marks.Folded: "folded",
}
_ITSELF: dict[type, str] = {
    marks.Ref: "ref",
    marks.Inherit: "inherit",
    marks.Secret: "secret",
    marks.Derived: "derived",
    marks.Unordered: "unordered",
    marks.Canonical: "canonical",
    marks.MaxBytes: "max_bytes",
}
_PART: dict[type, tuple[str, str]] = {
    marks.Immutable: ("immutable", "code"),
    marks.Code: ("code", "code"),
    marks.Guards: ("guards", "secret"),
}


def _with(leaf: Field, found: list[Any]) -> Field:
    changes: dict[str, Any] = {}
    for mark in found:
        sort = type(mark)
        if sort in _TRUE:
            changes[_TRUE[sort]] = True
        elif sort in _ITSELF:
            changes[_ITSELF[sort]] = mark
        elif sort in _PART:
            name, part = _PART[sort]
            changes[name] = getattr(mark, part)
    return replace(leaf, **changes) if changes else leaf
