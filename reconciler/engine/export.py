"""Stage export: a live row becomes the tree of a manifest that plans to nothing.

Defaults and derived values are left out, ``status`` and the values of secrets never come near. What a manifest cannot
say, and what nobody may read, is left to the world by ``lifecycle.ignoreChanges``.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from reconciler.model.address import Address
from reconciler.model.brief import bare, brief
from reconciler.model.columns import Field, snake
from reconciler.model.encode import GENERATED, decode, encode, media_type_of, same
from reconciler.model.exported import NO_WISHES, Attachment, Exported, Wishes
from reconciler.model.formats import NAME_PATTERN
from reconciler.model.invisible import visible
from reconciler.model.kind import Kind
from reconciler.model.resource import LedgerEntry, Row, last_applied
from reconciler.model.rule import Unjudged
from reconciler.model.spec import Spec
from reconciler.model.view import Entity

NameSource = Callable[[Address, str], str]
"""Gives the name of the variable in which the author puts a secret, by address and field path."""

LARGEST_TEXT = 16 * 1024
"""Characters of a text that may be a file, beyond which it becomes one."""

_ENVELOPE = ("metadata.", "lifecycle.")
_NAME = re.compile(NAME_PATTERN)
_SUFFIXES = {
    "text/css": "css",
    "text/html": "html",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/svg+xml": "svg",
    "application/x-pem-file": "pem",
}


class Unsayable(Exception):
    """A row cannot be written as a manifest at all; the message says why."""


def export_row(
    entity: Entity,
    entry: LedgerEntry | None,
    *,
    name_source: NameSource,
    file_name: Callable[[Address, str, str], str],
    readable: frozenset[str] | None = None,
    states: bool = False,
    wishes: Wishes = NO_WISHES,
) -> Exported:
    """The manifest of a live row.

    ``readable`` are the field paths that may be read, None for all. ``states`` gives the state of a life cycle also
    where no manifest managed it before. ``file_name`` names the file of a field, by address, path and suffix.

    Raises:
        Unsayable: its name is none, or a required field may not be read.
    """
    if not all(_NAME.fullmatch(word) for word in entity.address[1:] if word) or not entity.address.name:
        raise Unsayable("its name or its tenant is no name that a manifest could have")
    return _Writing(entity, entry, name_source, file_name, readable, wishes).manifest(states=states)


def variable_of(address: Address, path: str) -> str:
    """The name of the variable for a secret: tenant, kind, name and field."""
    words = [*([address.tenant] if address.tenant else []), snake(address.kind), address.name, *path.split(".")]
    text = "_".join(re.sub(r"[^A-Z0-9]", "_", snake(word).upper()) for word in words)
    return f"_{text}"[:128] if text[0].isdigit() else text[:128]


def is_seed(entity: Entity) -> bool:
    """Whether a row is one that every database has from its beginning, and as it was then."""
    row, index = entity.row or (), entity.kind.index
    return any(
        all(row[index[column]] == value for column, value in seed.items() if column in index)
        for seed in entity.kind.seeds
    )


class _Writing:
    """One row on its way to a manifest."""

    def __init__(
        self,
        entity: Entity,
        entry: LedgerEntry | None,
        name_source: NameSource,
        file_name: Callable[[Address, str, str], str],
        readable: frozenset[str] | None,
        wishes: Wishes,
    ) -> None:
        self._entity = entity
        self._kind: Kind = entity.kind
        self._row: Row = entity.row or ()
        self._entry = entry
        self._name_source = name_source
        self._file_name = file_name
        self._readable = readable
        self._wishes = wishes
        self._spec: dict[str, Any] = {}
        self._ignored = set(wishes.ignored)
        self._attachments: list[Attachment] = []
        self._sources: list[str] = []

    def manifest(self, *, states: bool) -> Exported:
        for field in self._kind.fields:
            if not field.path.startswith(_ENVELOPE) and not field.transient:
                self._take(field, states=states)
        self._drop_implied()
        address = self._entity.address
        metadata: dict[str, Any] = {"name": address.name}
        if address.tenant:
            metadata["tenant"] = address.tenant
        for word in ("labels", "annotations"):
            found = self._entity.live(f"metadata.{word}")
            if not visible(found):
                raise Unsayable(f"its {word} hold characters that cannot be seen, which no manifest may hold")
            if found:
                metadata[word] = dict(sorted(found.items()))
        tree = {"apiVersion": "reconciler/v1", "kind": address.kind, "metadata": metadata}
        if lifecycle := self._lifecycle():
            tree["lifecycle"] = lifecycle
        tree["spec"] = self._spec
        return Exported(
            address=address,
            tree=tree,
            attachments=tuple(self._attachments),
            ignored=tuple(sorted(self._ignored)),
            sources=tuple(self._sources),
        )

    def _lifecycle(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self._entity.live("lifecycle.protect"):
            found["protect"] = True
        if self._ignored:
            found["ignoreChanges"] = sorted(self._ignored)
        if self._entry is not None and self._entry.management in ("observe", "createOnly"):
            found["management"] = self._entry.management
        return found

    # --- fields ------------------------------------------------------------------------------------------------------

    def _columns(self, field: Field) -> tuple[Any, ...]:
        return tuple(self._row[self._kind.index[one.name]] for one in field.columns)

    def _take(self, field: Field, *, states: bool) -> None:
        if any(not self._there(parent) for parent in field.optional_parents):
            return
        if field.optional_parents:
            self._object(field.optional_parents[-1])
        if self._readable is not None and field.path not in self._readable:
            if field.required:
                raise Unsayable(f"its manifest needs {field.path}, which may not be read")
            self._leave(field)
        elif field.state:
            if states or field.columns[0].name in last_applied(self._entry):
                self._put(field.path, self._columns(field)[0])
        elif field.type == "secret":
            self._secret(field)
        else:
            self._plain(field)

    def _leave(self, field: Field) -> None:
        """Leave a field to the world; one that is managed only when given is left to it anyway."""
        if field.inherit is None and not field.state:
            self._ignored.add(field.path)

    def _there(self, parent: str) -> bool:
        """Whether an object that may be empty as a whole holds anything."""
        inside = [one for one in self._kind.fields if one.path.startswith(f"{parent}.")]
        return any(value is not None for one in inside if not one.transient for value in self._columns(one))

    def _plain(self, field: Field) -> None:
        stored = self._columns(field)[0]
        default = encode(field, bare(field.default)) if field.derived is None else None
        if field.inherit is not None:
            default = None
        if stored is None:
            if default is not None:
                self._ignored.add(field.path)
            return
        if not field.required and default is not None and same(field, default, stored):
            return
        if field.type == "file":
            self._file(field, stored)
        elif field.type == "textOrFile" and (len(stored) > LARGEST_TEXT or not visible(stored)):
            suffix = "html" if stored.lstrip().startswith("<") else "txt"
            self._attach(field, suffix, str(stored).encode())
        else:
            value = brief(field, decode(field, stored))
            if visible(value):
                self._put(field.path, value)
            elif field.required:
                raise Unsayable(f"{field.path} holds characters that cannot be seen, which no manifest may hold")
            else:
                self._leave(field)

    def _secret(self, field: Field) -> None:
        version, fingerprint = self._columns(field)
        asked = field.required or field.path in self._wishes.secrets
        if version is None and fingerprint is None and not asked:
            return
        if version is None and fingerprint == GENERATED:
            self._put(field.path, {"generate": True})
            return
        source = {"fromEnv": self._name_source(self._entity.address, field.path)}
        if version is not None:
            source["version"] = version
        else:
            # Its value is not known here, so nothing could tell whether the source gives the same.
            self._ignored.add(field.path)
        self._sources.append(field.path)
        self._put(field.path, source)

    def _file(self, field: Field, stored: str) -> None:
        media = self._columns(field)[1] or ""
        data = _bytes_of(stored, media)
        suffix = _SUFFIXES.get(media, "bin")
        source = self._attach(field, suffix, data)
        if media and media_type_of(f"x.{suffix}") != media:
            source["mediaType"] = media

    def _attach(self, field: Field, suffix: str, data: bytes) -> dict[str, Any]:
        name = self._file_name(self._entity.address, field.path, suffix)
        self._attachments.append(Attachment(path=field.path, name=name, data=data))
        source: dict[str, Any] = {"fromFile": name}
        self._put(field.path, source)
        return source

    # --- the tree ----------------------------------------------------------------------------------------------------

    def _object(self, path: str) -> dict[str, Any]:
        node = self._spec
        for key in path.split(".") if path else ():
            node = node.setdefault(key, {})
        return node

    def _put(self, path: str, value: Any) -> None:
        above, _, key = path.rpartition(".")
        self._object(above)[key] = value

    def _remove(self, path: str) -> None:
        keys = path.split(".")
        nodes = [self._spec]
        for key in keys[:-1]:
            nodes.append(nodes[-1].get(key, {}))
        nodes[-1].pop(keys[-1], None)
        optional = {parent for one in self._kind.fields for parent in one.optional_parents}
        for depth in range(len(keys) - 1, 0, -1):
            if nodes[depth] or ".".join(keys[:depth]) in optional:
                return
            nodes[depth - 1].pop(keys[depth - 1], None)

    def _given(self, path: str) -> bool:
        node: Any = self._spec
        for key in path.split("."):
            node = node.get(key) if isinstance(node, dict) else None
        return node is not None

    def _drop_implied(self) -> None:
        """Take out what the rest of the manifest says already, and what it leaves to the world."""
        try:
            spec: Spec = self._kind.spec.model_validate(self._spec)
        except ValueError:
            return  # the row breaks the rules of its kind; everything stays as it is
        for field in self._kind.fields:
            if field.path.startswith(_ENVELOPE) or field.transient:
                continue
            if self._kind.managed is not None and not self._kind.managed(spec, field.path) and not field.required:
                self._ignored.discard(field.path)
                if self._given(field.path):
                    self._remove(field.path)
                if field.path in self._sources:
                    self._sources.remove(field.path)
            elif field.derived is not None and self._columns(field)[0] is not None:
                if self._implied(field, spec):
                    self._remove(field.path)
            elif field.derived is not None and not self._implied(field, spec):
                self._ignored.add(field.path)

    def _implied(self, field: Field, spec: Spec) -> bool:
        if field.derived is None or any(not self._there(parent) for parent in field.optional_parents):
            return True
        try:
            return same(field, encode(field, field.derived.compute(spec)), self._columns(field)[0])
        except (ValueError, TypeError, AttributeError, Unjudged):
            return False


def _bytes_of(stored: str, media: str) -> bytes:
    """The content of a file from its stored form: pictures, and what is no text, rest in base64."""
    try:
        data = base64.b64decode(stored, validate=True)
    except (binascii.Error, ValueError):
        return stored.encode()
    if media.startswith("image/") and media != "image/svg+xml":
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return data if not media.startswith("text/") else stored.encode()
    return stored.encode()
