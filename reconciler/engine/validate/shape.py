"""Shape: what a spec looks like as a tree of keys, prepared once for each class."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from reconciler.model.columns import ENVELOPE, Field, fields_of
from reconciler.model.manifest import PathKey
from reconciler.model.spec import FileSource, Spec


class Shape(NamedTuple):
    """Leaves and objects of a spec.

    ``fields`` are the leaves by dotted path; ``names`` are the keys of each object by its path, ``""`` for the spec.
    """

    fields: dict[str, Field]
    names: dict[str, tuple[str, ...]]


class Spot(NamedTuple):
    """Where an error stands.

    ``key`` is its path from the root, ``field`` the leaf it belongs to, ``rest`` what is left of the error's own path
    inside that leaf, ``path`` the dotted path inside ``shape``, the shape that was reached.
    """

    key: PathKey
    field: Field | None
    rest: tuple[int | str, ...]
    path: str
    shape: Shape


@lru_cache(maxsize=1024)
def shape_of(spec: type[Spec]) -> Shape:
    """The shape of a spec, or of the entries of a list of objects."""
    fields = {one.path: one for one in fields_of(spec)[ENVELOPE:]}
    names: dict[str, dict[str, None]] = {}
    for path in fields:
        words = path.split(".")
        for length in range(len(words)):
            names.setdefault(".".join(words[:length]), {})[words[length]] = None
    return Shape(fields, {path: tuple(found) for path, found in names.items()})


FILE_NAMES = tuple(info.alias or name for name, info in FileSource.model_fields.items())


def spot(spec: type[Spec], steps: tuple[int | str, ...]) -> Spot:
    """Follow the path of a validation error."""
    shape = shape_of(spec)
    key: list[int | str] = ["spec"]
    words: list[str] = []
    place = 0
    while place < len(steps):
        step = steps[place]
        place += 1
        key.append(step)
        if isinstance(step, int):
            continue
        words.append(step)
        field = shape.fields.get(".".join(words))
        if field is None:
            continue
        rest = steps[place:]
        if field.type == "objects" and field.entry is not None and len(rest) > 1 and isinstance(rest[0], int):
            key.append(rest[0])
            place += 1
            shape, words = shape_of(field.entry), []
            continue
        return Spot(tuple(key), field, rest, ".".join(words), shape)
    return Spot(tuple(key), None, (), ".".join(words), shape)
