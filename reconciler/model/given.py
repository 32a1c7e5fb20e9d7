"""Given: what manifests give of resources that are not there yet, field by field, made when somebody looks at it.

A first apply has some ten fields a resource, and the plan, the report and the audit each tell all of them. What
follows from the kind and from which fields are given is worked out once for all resources alike (:class:`Form`); a new
resource adds its values and its places, and is otherwise a list of :class:`~reconciler.model.change.FieldChange`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from reconciler.model.change import Cause, FieldChange
from reconciler.model.columns import UNMANAGED, Field
from reconciler.model.encode import CONVERTED, Encoder, decode
from reconciler.model.later import LaterTuple
from reconciler.model.manifest import Document, PathKey
from reconciler.model.placing import path_key
from reconciler.model.resource import Resource
from reconciler.model.spec import Spec

ENVELOPE = ("metadata.", "lifecycle.")
"""How paths of fields begin that stand beside the spec."""


class Asked(NamedTuple):
    """A field with the place of its value among those of a row, and where it stands in a manifest."""

    place: int
    field: Field
    key: PathKey


class Form:
    """Some fields of a kind, none of them secret or a state: those that the manifests of many resources give."""

    __slots__ = ("_converted", "_places", "keys", "paths")

    def __init__(self, asked: Sequence[Asked]) -> None:
        self.paths = tuple(one.field.path for one in asked)
        self.keys = tuple(one.key for one in asked)
        self._places = [one.place for one in asked]
        self._converted = [(number, one.field) for number, one in enumerate(asked) if one.field.type in CONVERTED]

    def shown(self, row: Sequence[Any]) -> list[Any]:
        """The values of the fields as people write them; ``row`` holds those of all columns."""
        found = [row[place] for place in self._places]
        for number, field in self._converted:
            found[number] = decode(field, found[number])
        return found


class GivenFields(LaterTuple[FieldChange]):
    """The fields of a new resource that its manifest gives, and behind them ``more``: its secrets and its state."""

    __slots__ = ("_document", "_row", "form", "more")

    def __init__(self, form: Form, row: Sequence[Any], document: Document, more: tuple[FieldChange, ...] = ()) -> None:
        self.form = form
        self.more = more
        self._row = row
        self._document = document

    def values(self) -> list[Any]:
        """The values of the fields of the form as people write them, in its order."""
        return self.form.shown(self._row)

    def lines(self, file: str) -> list[int] | None:
        """The lines of the fields of the form; None where a look does not tell, or they stand not all in ``file``."""
        if self._document.file != file:
            return None
        return self._document.places.lines_of(self.form.keys)

    def with_more(self, more: tuple[FieldChange, ...]) -> GivenFields:
        """The same with other fields behind it."""
        return GivenFields(self.form, self._row, self._document, more)

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of all fields."""
        return (*self.form.paths, *(one.path for one in self.more)) if self.more else self.form.paths

    def __iter__(self) -> Iterator[FieldChange]:
        nearest = self._document.places.nearest
        for path, key, value in zip(self.form.paths, self.form.keys, self.values(), strict=True):
            yield FieldChange(path=path, before=None, after=value, cause=Cause.INTENT, source=nearest(key))
        yield from self.more

    def __len__(self) -> int:
        return len(self.form.paths) + len(self.more)


def paths_of(fields: Sequence[FieldChange]) -> Sequence[str]:
    """The paths of changed fields, in order."""
    return fields.paths if isinstance(fields, GivenFields) else [one.path for one in fields]


def causes_of(fields: Sequence[FieldChange]) -> frozenset[Cause]:
    """Why fields differ, each cause once."""
    if isinstance(fields, GivenFields):
        return frozenset((Cause.INTENT, *(one.cause for one in fields.more)))
    return frozenset(one.cause for one in fields)


# --- which fields a manifest gives -----------------------------------------------------------------------------------


class Prepared:
    """What is asked of every new resource of a kind: its fields, as the parts of a spec hold them, and its columns."""

    __slots__ = ("_asked", "_forms", "_parts", "columns", "secrets")

    def __init__(self, encoder: Encoder) -> None:
        self._forms: dict[tuple[int, ...], tuple[Form, tuple[Asked, ...]]] = {}
        self._parts: list[tuple[int, str]] = []
        """Each behind the one above it: the number of that, and its attribute there. The spec itself is number 0."""
        self._asked: list[tuple[int, str, Asked]] = []
        """Each with the number of the part that holds it, which for the envelope is -1, and its attribute there."""
        self.columns: list[tuple[str, int]] = []
        self.secrets: list[tuple[str, int]] = []
        numbers: dict[tuple[str, ...], int] = {(): 0}
        for place, width, field in encoder.places:
            part = -1 if field.path.startswith(ENVELOPE) else 0
            for length in range(1, len(field.attributes)):
                way = field.attributes[:length]
                if way not in numbers:
                    numbers[way] = len(numbers)
                    self._parts.append((numbers[way[:-1]], way[-1]))
                part = numbers[way]
            self._asked.append((part, field.attributes[-1], Asked(place, field, path_key(field.path))))
            names = [one.name for one in field.columns]
            if field.type == "secret":
                self.secrets.append((names[0], place))
            elif not field.state:
                self.columns += zip(names, range(place, place + width), strict=True)

    def given(self, resource: Resource[Any]) -> tuple[Form, tuple[Asked, ...]]:
        """The fields that a manifest gives, in order: those of a form, and the secrets and the state."""
        nodes: list[Any] = [resource.spec]
        sets: list[Collection[str]] = [resource.spec.__pydantic_fields_set__]
        for above, name in self._parts:
            node = nodes[above].__dict__.get(name) if name in sets[above] else None
            nodes.append(node)
            sets.append(node.__pydantic_fields_set__ if isinstance(node, Spec) else ())
        here = tuple(
            [
                number
                for number, (part, name, asked) in enumerate(self._asked)
                if (name in sets[part] if part >= 0 else in_envelope(resource, asked.key))
            ]
        )
        found = self._forms.get(here)
        if found is None:
            chosen = [self._asked[number][2] for number in here]
            apart = tuple(one for one in chosen if one.field.type == "secret" or one.field.state)
            found = self._forms[here] = (Form([one for one in chosen if one not in apart]), apart)
        return found


@cache  # an encoder is equal to itself only
def prepared(encoder: Encoder) -> Prepared:
    """What an encoder's kind is asked, made on first use."""
    return Prepared(encoder)


def in_envelope(resource: Resource[Any], key: PathKey) -> bool:
    """Whether a manifest writes a part of its envelope."""
    told = resource.document.places.writes(key)
    if told is not None:
        return told  # a tree that was let go would have to be read again
    node: Any = resource.document.tree
    for step in key:
        node = node.get(step) if isinstance(node, dict) else None
    return node is not None


def shown(field: Field, stored: Any) -> Any:
    """A stored value as people write it."""
    if stored is UNMANAGED or stored is None:
        return None
    return stored if field.type in ("secret", "file") else decode(field, stored)
