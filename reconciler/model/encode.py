"""Stored form: what a resource looks like as columns, and when two stored values are the same.

The comparison of a whole resource is one ``==`` between two tuples. Only where they differ are fields looked at one
by one, in canonical form, so that a difference of spelling is no change. What a kind's fields need is worked out
once, in its :class:`Encoder`; :func:`stored_values` and :func:`compared` are short ways to it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from math import isfinite
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel
from pydantic_core import from_json

from reconciler.model.canonical import written, written_in_order
from reconciler.model.columns import UNMANAGED, Column, Field
from reconciler.model.kind import Kind
from reconciler.model.resource import FileContent, Resource
from reconciler.model.rule import Unjudged
from reconciler.model.secret import SecretRef
from reconciler.model.spec import FileSource

GENERATED = "generated"
"""Fingerprint of a secret that the reconciler made itself and that has no version."""

UNREAD = ""
"""Fingerprint of a secret that nobody has read: it equals no stored one, so the secret is written anew."""

CARRIAGE_RETURN = "\\r"
"""In canonical JSON: a text that holds one, or that looks like it."""

CONVERTED = frozenset({"list", "objects", "map", "json", "bool"})
"""Types whose stored form is not their value."""

_ENVELOPE = ("metadata.", "lifecycle.")
_LARGEST = 4096
"""Bits of the largest number that is shown as one."""

_MEDIA = {
    "css": "text/css",
    "html": "text/html",
    "htm": "text/html",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "svg": "image/svg+xml",
    "pem": "application/x-pem-file",
    "crt": "application/x-pem-file",
}


_Getter = Callable[[Any], tuple[Any, ...]]
"""Fetches several values at once."""


class _Getters(NamedTuple):
    """How to fetch what the columns of a resource hold, before it is converted.

    The attributes of a spec are asked of its dictionary, which takes a third of the time of asking the spec.
    """

    envelope: _Getter
    """What stands around the spec, from the resource."""
    objects: tuple[tuple[int, str], ...]
    """Each object below the spec: the number of the one above it, and its name there. The spec has number 0."""
    leaves: tuple[tuple[_Getter, list[None]], ...]
    """What the columns take of each, and what stands for that where there is no such object."""
    order: Callable[[list[Any]], tuple[Any, ...]]
    """Puts what was fetched into the order of the columns."""


def media_type_of(path: str) -> str:
    """The media type that the name of a file suggests; empty when it suggests none of the known ones."""
    return _MEDIA.get(path.rpartition(".")[2].lower(), "")


class Encoder:
    """From resources of one kind to tuples of stored values, prepared so that a resource costs some microseconds.

    The values of a spec are fetched object by object, put into the order of the columns, and only those converted whose
    stored form differs from their value.
    """

    def __init__(self, kind: Kind) -> None:
        stored = [one for one in kind.fields if not one.transient]
        self._getters = _getters(stored)
        self._paths = [one.path for one in stored]
        self._texts: list[int] = []
        self._converted: list[tuple[int, Callable[[Any], Any]]] = []
        self._derived: list[tuple[int, Callable[[Any], Any]]] = []
        self._special: list[tuple[int, Field]] = []
        self._secret_places: list[int] = []
        self._optional: list[tuple[int, int, tuple[str, ...]]] = []
        self._hook = kind.managed
        self.places: list[tuple[int, int, Field]] = []
        """First column, number of columns, and field, of every stored field."""
        place = 0
        for one in stored:
            width = len(one.columns)
            self.places.append((place, width, one))
            self._prepare(place, one)
            if one.inherit is not None or one.state:
                self._optional.append((place, width, one.attributes))
            place += width
        self._in_ledger = sorted(
            (column.name, place) for place, column in enumerate(kind.columns) if column.role != "fingerprint"
        )

    def _prepare(self, place: int, one: Field) -> None:
        if one.derived is not None:
            self._derived.append((place, one.derived.compute))
        if one.type in ("secret", "file", "textOrFile"):
            self._special.append((place, one))
            if one.type == "secret":
                self._secret_places.append(place)
        elif one.inherit is not None and one.inherit.word is not None:
            self._converted.append((place, partial(encode, one)))
        elif one.type == "list" and one.unordered is None:
            self._converted.append((place, _list_json))
        elif one.type == "list" and one.unordered is not None and one.unordered.order is None:
            self._converted.append((place, _set_json))
        elif one.type == "map":
            self._converted.append((place, _map_json))
        elif one.type in ("list", "objects"):
            self._converted.append((place, partial(_as_json, one)))
        elif one.type == "text" and not one.words:
            self._texts.append(place)

    def values(self, resource: Resource[Any], fingerprints: Mapping[str, str]) -> tuple[Any, ...]:
        """The values of all compared columns, as a new row would hold them.

        ``fingerprints`` gives, by field path, the keyed fingerprint of each secret without version; what it lacks is
        :data:`UNREAD`.
        """
        found = self._fetched(resource)
        for place, compute in self._derived:
            if found[place] is None:
                found[place] = compute(resource.spec)
        for place in self._texts:
            value = found[place]
            if value is not None and "\r" in value:
                found[place] = _line_ends(value)
        for place, convert in self._converted:
            value = found[place]
            if value is not None:
                found[place] = convert(value)
        for place, one in self._special:
            value = found[place]
            if value is not None:
                found[place : place + len(one.columns)] = _special(one, value, resource, fingerprints)
        return tuple(found)

    def _fetched(self, resource: Resource[Any]) -> list[Any]:
        """What the columns hold before it is converted.

        Raises:
            Unjudged: the spec lacks a field, for it had an error of its own.
        """
        envelope, objects, leaves, order = self._getters
        found = [*envelope(resource)]
        held: list[Any] = [resource.spec.__dict__]
        try:
            for above, name in objects:
                node = held[above]
                if node is not None:
                    node = node[name]
                held.append(None if node is None else node.__dict__)
            for node, (fetch, nothing) in zip(held, leaves, strict=True):
                found += nothing if node is None else fetch(node)
        except KeyError as lacking:
            raise Unjudged(lacking.args[0]) from None
        return [*order(found)]

    def expected(self, resource: Resource[Any]) -> tuple[Any, ...] | None:
        """:meth:`managed` of :meth:`values`, for nearly every resource; None for one that takes a longer look.

        Line ends are left as they are: :data:`CARRIAGE_RETURN` in what :meth:`applied` makes of it says that the
        longer look is needed as well.
        """
        if resource.ignore_changes:
            return None
        found = self._fetched(resource)
        spec = resource.spec
        for place, compute in self._derived:
            if found[place] is None:
                found[place] = compute(spec)
        for place, convert in self._converted:
            value = found[place]
            if value is not None:
                found[place] = convert(value)
        for place, _ in self._special:
            value = found[place]
            if type(value) is SecretRef and value.version is not None:
                found[place], found[place + 1] = value.version, UNMANAGED
            elif value is not None and type(value) is not str:
                return None
        given = spec.__pydantic_fields_set__
        for place, width, keys in self._optional:
            if keys[0] not in given or (len(keys) > 1 and not _given(spec, keys)):
                found[place : place + width] = [UNMANAGED] * width
        return tuple(found) if self._hook is None or self._manages_all(spec) else None

    def _manages_all(self, spec: Any) -> bool:
        hook = self._hook
        return hook is None or all(hook(spec, path) for path in self._paths)

    def managed(self, resource: Resource[Any], values: tuple[Any, ...]) -> tuple[Any, ...]:
        """``values`` with :data:`UNMANAGED` in place of every column that this manifest leaves to the world."""
        found = list(values)
        for place, width, keys in self._optional:
            if not _given(resource.spec, keys):
                found[place : place + width] = [UNMANAGED] * width
        for place in self._secret_places:
            if values[place] is not None:
                found[place + 1] = UNMANAGED
        if resource.ignore_changes or self._hook is not None:
            for place, width, one in self.places:
                if self._left_out(resource, one):
                    found[place : place + width] = [UNMANAGED] * width
        return tuple(found)

    def _left_out(self, resource: Resource[Any], one: Field) -> bool:
        ignored = resource.ignore_changes
        if ignored and any(one.path == path or one.path.startswith(f"{path}.") for path in ignored):
            return True
        return self._hook is not None and not self._hook(resource.spec, one.path) and not resource.given(one.path)

    def applied(self, managed: tuple[Any, ...]) -> str:
        """What the ledger keeps of ``managed``: canonical JSON, column to stored value, without fingerprints."""
        kept = {name: managed[place] for name, place in self._in_ledger if managed[place] is not UNMANAGED}
        return written(kept).decode()

    def text(self, resource: Resource[Any]) -> str:
        """:meth:`applied` of a resource that :meth:`expected` knows.

        Raises:
            ValueError: it takes a longer look.
        """
        wanted = self.expected(resource)
        if wanted is None:
            msg = f"{resource.address} takes a longer look"
            raise ValueError(msg)
        return self.applied(wanted)

    @property
    def shared(self) -> tuple[int, ...]:
        """The columns of text that :meth:`expected` takes from the spec as they are, and never leaves to the world."""
        taken = {place for place, *_ in (*self._converted, *self._special, *self._optional)}
        return tuple(place for place, _, one in self.places if one.type == "text" and place not in taken)


@cache
def encoder(kind: Kind) -> Encoder:
    """The encoder of a kind, made on first use."""
    return Encoder(kind)


def stored_values(kind: Kind, resource: Resource[Any], fingerprints: Mapping[str, str]) -> tuple[Any, ...]:
    """The values of all compared columns of a resource: :meth:`Encoder.values`."""
    return encoder(kind).values(resource, fingerprints)


def compared(kind: Kind, resource: Resource[Any], values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same without what is left to the world: :meth:`Encoder.managed`."""
    return encoder(kind).managed(resource, values)


def field_value(one: Field, resource: Resource[Any]) -> Any:
    """The declared value of a field: given, derived or default. None where an object above it is empty."""
    node: Any = resource if one.path.startswith(_ENVELOPE) else resource.spec
    for attribute in one.attributes:
        if node is None:
            return None
        node = getattr(node, attribute)
    if node is None and one.derived is not None:
        return one.derived.compute(resource.spec)
    return node


def value_getter(one: Field) -> Callable[[Resource[Any]], Any]:
    """:func:`field_value` of one field, prepared for many resources."""
    if one.derived is not None or one.optional_parents:
        return partial(field_value, one)
    return attrgetter(".".join(one.attributes if one.path.startswith(_ENVELOPE) else ("spec", *one.attributes)))


def encode(one: Field, value: Any) -> Any:
    """A value as its column stores it."""
    if value is None or (one.inherit is not None and value == one.inherit.word):
        return None
    match one.type:
        case "list" | "objects" | "map":
            return _as_json(one, value)
        case "text" | "textOrFile":
            return _line_ends(value)
        case _:
            return value


def decode(one: Field | Column, stored: Any) -> Any:
    """A stored value as rules and reports see it. JSON that does not parse stays text: the world may be wrong.

    What could not be read is nothing.
    """
    if stored is None or stored is UNMANAGED:
        return None
    if one.type == "bool":
        return bool(stored)
    if one.type in CONVERTED:
        if stored in ("{}", "[]"):
            return {} if stored == "{}" else []
        try:
            found = from_json(stored, allow_inf_nan=False)
        except ValueError:
            return stored
        return found if _writable(found) else stored
    return stored


def sound(one: Field, value: Any) -> Any:
    """What of a decoded live value has the shape of its field: rules judge that part, and reports show the whole."""
    if value is None or one.type not in ("list", "objects", "map"):
        return value
    if one.type == "map":
        return value if isinstance(value, dict) else None
    if not isinstance(value, list):
        return None
    if one.entry is None:
        wanted = int if one.info is not None and _holds(one.info.annotation, int) else str
        return [item for item in value if type(item) is wanted]
    required = [info.alias or name for name, info in one.entry.model_fields.items() if info.is_required()]
    return [item for item in value if isinstance(item, dict) and all(item.get(key) is not None for key in required)]


def same(one: Field, left: Any, right: Any) -> bool:
    """Whether two stored values of a field mean the same."""
    if left is None or right is None or left is UNMANAGED or right is UNMANAGED:
        return bool(left is right or left is UNMANAGED or right is UNMANAGED)
    return bool(left == right or _canonical(one, left) == _canonical(one, right))


def _writable(value: Any) -> bool:
    """Whether JSON that was read can be written again: no number in it is too large for that."""
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return all(type(item) is str or _writable(item) for item in items)
    if isinstance(value, float):
        return isfinite(value)
    return not isinstance(value, int) or value.bit_length() <= _LARGEST


def _holds(annotation: Any, what: type) -> bool:
    return annotation is what or any(_holds(one, what) for one in get_args(annotation))


def _getters(stored: list[Field]) -> _Getters:
    objects: dict[tuple[str, ...], int] = {(): 0}
    held: list[list[Field]] = [[]]
    envelope: list[Field] = []
    for one in stored:
        if one.path.startswith(_ENVELOPE):
            envelope.append(one)
            continue
        *parents, _ = one.attributes
        for end in range(1, len(parents) + 1):
            if tuple(parents[:end]) not in objects:
                objects[tuple(parents[:end])] = len(objects)
                held.append([])
        held[objects[tuple(parents)]].append(one)
    fetched = [column.name for group in (envelope, *held) for one in group for column in one.columns]
    place = {name: index for index, name in enumerate(fetched)}
    return _Getters(
        envelope=_getter(
            attrgetter, [name for one in envelope for name in _each_column(one, ".".join(one.attributes))]
        ),
        objects=tuple((objects[way[:-1]], way[-1]) for way in objects if way),
        leaves=tuple(
            (
                _getter(itemgetter, [name for one in group for name in _each_column(one, one.attributes[-1])]),
                [None] * sum(len(one.columns) for one in group),
            )
            for group in held
        ),
        order=_getter(itemgetter, [place[column.name] for one in stored for column in one.columns]),
    )


def _each_column(one: Field, name: str) -> list[str]:
    """The value once for each column of the field: of two, as a secret has, both are nothing or filled in later."""
    return [name] * len(one.columns)


def _getter(make: Callable[..., Any], names: Sequence[Any]) -> _Getter:
    if not names:
        return lambda _: ()
    fetch: _Getter = make(*names)
    return (lambda node: (fetch(node),)) if len(names) == 1 else fetch


def _given(spec: Any, attributes: tuple[str, ...]) -> bool:
    """Whether a manifest gives the field: the set of what was given stands in the spec, and in each object below it."""
    *parents, last = attributes
    for name in parents:
        spec = getattr(spec, name)
        if spec is None:
            return False
    return last in spec.__pydantic_fields_set__


def _line_ends(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True, mode="json")
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _ordered(one: Field, value: Any) -> Any:
    if one.type == "map":
        return dict(sorted(value.items()))
    if one.unordered is not None:
        by, order = one.unordered.by, one.unordered.order
        return sorted(value, key=order or (lambda item: item[by] if by else item))
    return value


def _list_json(value: Any) -> str:
    return written(value).decode() if value else "[]"


def _map_json(value: Any) -> str:
    if not value:
        return "{}"
    return written_in_order(value).decode()


def _set_json(value: Any) -> str:
    return written(sorted(value)).decode() if value else "[]"


def _as_json(one: Field, value: Any) -> str:
    if not value:
        return "{}" if one.type == "map" else "[]"
    return written(_ordered(one, _plain(value))).decode()


def _canonical(one: Field, stored: Any) -> Any:
    value = decode(one, stored)
    try:
        if one.canonical is not None:
            return one.canonical.of(value)
        if one.folded:
            value = [str(item).casefold() for item in value] if isinstance(value, list) else str(value).casefold()
        if one.type in ("list", "objects", "map"):
            return _ordered(one, value)
        if isinstance(value, str):
            return _line_ends(value)
    except (ValueError, TypeError, KeyError, AttributeError):
        return ("unreadable", stored)
    return value


def _special(one: Field, value: Any, resource: Resource[Any], fingerprints: Mapping[str, str]) -> tuple[Any, ...]:
    """The columns of a secret, of a file, or of a text that may stand in a file."""
    if one.type == "secret":
        return _secret_columns(one, value, fingerprints)
    if not isinstance(value, FileSource):
        return (_line_ends(value),)
    content = resource.files[one.path]
    return (_content(content), content.media_type or None)[: len(one.columns)]


def _secret_columns(one: Field, value: SecretRef, fingerprints: Mapping[str, str]) -> tuple[Any, Any]:
    if value.version is not None:
        return value.version, None
    if value.scheme == "generate":
        return None, GENERATED
    return None, fingerprints.get(one.path, UNREAD)


def _content(content: FileContent) -> str:
    if not content.media_type.startswith("image/") or content.media_type == "image/svg+xml":
        try:
            return _line_ends(content.data.decode())
        except UnicodeDecodeError:
            pass
    return base64.b64encode(content.data).decode()
