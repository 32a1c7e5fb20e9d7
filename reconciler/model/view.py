"""View: the world as a rule sees it, wanted and live side by side.

An :class:`Entity` is one resource, declared, live or both. Its ``value`` is what will be true after the plan: the
declared value where the manifest manages the field, otherwise the live one. ``live`` is what is true now.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from reconciler.model.address import PLATFORM, Address
from reconciler.model.catalog import Catalog
from reconciler.model.columns import UNMANAGED, Field
from reconciler.model.encode import decode, field_value, sound, value_getter
from reconciler.model.kind import Kind, Level
from reconciler.model.moved import Move, Rewrite
from reconciler.model.resource import Live, Resource, Row

_EMPTY: Mapping[tuple[str, str], Row] = {}


class Entity:
    """One resource, declared, live or both. Paths are field paths below ``spec``, or ``status.`` paths."""

    __slots__ = ("address", "kept", "kind", "resource", "row")

    def __init__(self, address: Address, kind: Kind, resource: Resource[Any] | None, row: Row | None) -> None:
        self.address = address
        self.kind = kind
        self.resource = resource
        self.row = row
        self.kept: frozenset[str] = frozenset()

    @property
    def declared(self) -> bool:
        """Whether a manifest of this run names it."""
        return self.resource is not None

    @property
    def exists(self) -> bool:
        """Whether it is in the database now. False without live data."""
        return self.row is not None

    def live(self, path: str) -> Any:
        """The live value; None when there is no row or no value. Secrets give their version."""
        if self.row is None:
            return None
        if path.startswith("status."):
            name = path.removeprefix("status.")
            for one in self.kind.status:
                if one.path == name:
                    stored = self.row[self.kind.index[one.column]] if one.column in self.kind.index else None
                    return None if stored is UNMANAGED else stored
            raise KeyError(path)
        field = self.kind.by_path[path]
        stored = self.row[self.kind.index[field.columns[0].name]]
        if stored is UNMANAGED and self.resource is not None:
            return _plain(field_value(field, self.resource))  # not read: taken to be as it is declared
        return sound(field, decode(field, stored))

    def value(self, path: str) -> Any:
        """The value after the plan: lists and objects as plain data, references as names, secrets as their source."""
        resource = self.resource
        if resource is not None and (
            self.row is None or (resource.management == "full" and not resource.ignore_changes and not self.kept)
        ):
            fetch = _declared(self.kind, path)
            if fetch is not None:
                return _plain(fetch(resource))
        if path.startswith("status."):
            return self.live(path)
        field = self.kind.by_path[path]
        if self.resource is None or (self.row is not None and self.left_alone(path)):
            return self.live(path)
        if (field.inherit is not None or field.state) and not self.resource.given(path):
            return self.state if field.state else self.live(path)
        return _plain(field_value(field, self.resource))

    def left_alone(self, path: str) -> bool:
        """Whether an existing value stays as it is: the manifest only watches or ignores it, or the plan leaves it."""
        resource = self.resource
        if resource is None or resource.management != "full" or path in self.kept:
            return True
        if not resource.ignore_changes:
            return False
        return any(path == one or path.startswith(f"{one}.") for one in resource.ignore_changes)

    def wanted(self, path: str) -> Any:
        """What its manifest says, given or by default; None without one, and where an object above it is left out."""
        return None if self.resource is None else _plain(field_value(self.kind.by_path[path], self.resource))

    def has(self, path: str) -> bool:
        """Whether the field, which may be a secret, holds anything after the plan."""
        if self.resource is not None and (self.row is None or not self.left_alone(path)):
            return self.value(path) is not None
        if self.row is None:
            return False
        return any(self.row[self.kind.index[column.name]] is not None for column in self.kind.by_path[path].columns)

    @property
    def state(self) -> str:
        """The wanted state, else the live state; of a new resource the entry state. Empty without a life cycle."""
        if self.kind.lifecycle is None:
            return ""
        if self.resource is not None and (self.row is None or not self.left_alone("state")):
            wanted = getattr(self.resource.spec, "state", None)
            if wanted is not None:
                return str(wanted)
        if self.row is not None:
            return str(self.row[self.kind.index["state"]])
        return self.kind.lifecycle.entry

    @property
    def live_state(self) -> str:
        """The state in the database; empty when there is no row or no life cycle."""
        if self.row is None or self.kind.lifecycle is None:
            return ""
        return str(self.row[self.kind.index["state"]])

    @property
    def buried(self) -> bool:
        """Whether it is a tombstone after the plan."""
        return self.kind.lifecycle is not None and bool(self.state) and self.state == self.kind.lifecycle.tombstone

    def __repr__(self) -> str:
        return f"Entity({self.address})"


class View:
    """All resources of a run.

    ``connected`` says whether live data is there. ``leaving`` holds the addresses whose rows the plan deletes: rules of
    phase plan do not count them any more. ``absent`` holds those that are declared and that the plan does not create.
    ``moves`` are the resources that have another name than in the database, by their new address, and ``rewrites`` what
    is written for that; the live data of the view has the new names already.
    ``outside`` holds what nobody who asks may read: declared there it takes no part, and managed it is as though nobody
    managed it.
    ``selects`` is set when the plan has targets or exclusions, and says what takes part in it.
    ``written`` says whether what is declared stands in manifests, whose readers know of it. What a rollback puts back
    is known from the database alone.
    """

    outside: frozenset[Address] = frozenset()
    blind: frozenset[tuple[Address, str, str]] = frozenset()
    """References that name what whoever asks may not read, by resource, path and name: to them nothing is there."""
    written = True
    selects: Callable[[Address], bool] | None = None

    def __init__(self, catalog: Catalog, declared: Mapping[Address, Resource[Any]], live: Live | None) -> None:
        self.catalog = catalog
        self.declared = declared
        self.live = live
        self.connected = live is not None
        self.leaving: frozenset[Address] = frozenset()
        self.absent: frozenset[Address] = frozenset()
        self.moves: Mapping[Address, Move] = {}
        self.rewrites: tuple[Rewrite, ...] = ()
        self._known: dict[Address, Entity | None] = {}
        self._levels = {name: kind.level is Level.PLATFORM for name, kind in catalog.items()}
        self._all: dict[str, list[Entity]] = {}
        self._declared_by_kind: dict[str, list[Address]] | None = None
        self._referrers: dict[tuple[str, str], dict[Address, list[Entity]]] = {}
        self._having: dict[tuple[str, str], dict[Any, list[Entity]]] = {}
        self._inside: dict[str, dict[str, list[Entity]]] = {}

    @property
    def judged(self) -> Mapping[Address, Resource[Any]]:
        """The declared resources that rules over one resource are about: all of them."""
        return self.declared

    @property
    def compared(self) -> Mapping[Address, Resource[Any]]:
        """The declared resources that may differ from the database: all of them."""
        return self.declared

    @property
    def dropped(self) -> Collection[Address]:
        """What the ledger may hold and no manifest declares: whatever it holds."""
        return () if self.live is None else self.live.ledger.keys()

    def spares(self, rule: str) -> bool:  # noqa: ARG002  # nothing is known of any
        """Whether a rule about the whole set, by its code, is known to find nothing."""
        return False

    def keyed(self, kind: str) -> bool:  # noqa: ARG002  # as above
        """Whether natural keys of a kind may clash."""
        return True

    def asks(self, asker: Address | str) -> None:
        """From now on rules ask about the resource ``asker``, or a rule about the whole set; empty for nobody."""

    def speaks(self) -> None:
        """Something was found on behalf of who asks now."""

    def manifest(self, address: Address) -> Resource[Any] | None:
        """The manifest of an address, to point at."""
        return self.declared.get(address)

    def chooses(self, address: Address) -> bool:
        """Whether a resource takes part in the plan, by its targets."""
        return self.selects is None or self.selects(address)

    def keep(self, fields: Mapping[Address, frozenset[str]], absent: frozenset[Address]) -> None:
        """Know what the plan leaves as it is: ``fields`` by address, and rows that stay away."""
        for address, paths in fields.items():
            entity = self.at(address)
            if entity is not None:
                entity.kept = paths
        self.absent = self.leaving = absent
        if fields:  # what was looked up so far counted on the declared values
            self._referrers.clear()
            self._having.clear()

    doubts = 0
    """How often an answer was given that may be wrong: never, unless the live data is only a part."""

    def doubtful(self, address: Address) -> bool:  # noqa: ARG002  # whole data leaves no doubt about any
        """Whether what is said about an address may be wrong."""
        return False

    def whole(self, kind: str) -> bool:  # noqa: ARG002  # whole data is whole for every kind
        """Whether every live resource of a kind is known, with all its fields."""
        return True

    def find(self, kind: str, tenant: str, name: str) -> Entity | None:
        """The resource at an address, declared or live."""
        return self.at(Address(kind, tenant, name))

    def at(self, address: Address) -> Entity | None:
        """The resource at an address, declared or live."""
        known = self._known
        if address in known:
            return known[address]
        resource = self.declared.get(address)
        row = None if self.live is None else self.live.row(address)
        kind = self.catalog.get(address.kind)
        found = None
        if kind is not None and (resource is not None or row is not None):
            found = Entity(address, kind, resource, row)
        known[address] = found
        return found

    def there(self, address: Address) -> bool:
        """Whether there is a resource at an address, declared or live."""
        return self.at(address) is not None

    def entity(self, resource: Resource[Any]) -> Entity:
        """The entity of a declared resource."""
        found = self.at(resource.address)
        if found is None:
            msg = f"{resource.address} is not part of this view"
            raise KeyError(msg)
        return found

    def undeclared(self, kind: str) -> list[Entity]:
        """The resources of a kind that are in the database and that no manifest of the run names."""
        entities = (self.at(address) for address in self._undeclared(kind))
        return [one for one in entities if one is not None]

    def _undeclared(self, kind: str) -> list[Address]:
        rows, declared = _EMPTY if self.live is None else self.live.rows.get(kind, _EMPTY), self.declared
        # Nearly every row is declared, and a plain tuple is found as an address is.
        return [Address(kind, *key) for key in rows if (kind, *key) not in declared]

    def all(self, kind: str) -> list[Entity]:
        """Every resource of a kind, declared or live, in order of address, without those that the plan deletes."""
        found = self._all.get(kind)
        if found is None:
            addresses = [*self._declared_of(kind), *self._undeclared(kind)]
            found = [entity for one in sorted(addresses) if (entity := self.at(one)) is not None]
            self._all[kind] = found
        if self.leaving:
            return self._staying(found)
        return found

    def _declared_of(self, kind: str) -> list[Address]:
        if self._declared_by_kind is None:
            self._declared_by_kind = {}
            for one in self.declared:
                self._declared_by_kind.setdefault(one.kind, []).append(one)
        return self._declared_by_kind.get(kind, [])

    def _staying(self, found: Iterable[Entity]) -> list[Entity]:
        return [one for one in found if one.address not in self.leaving]

    def inside(self, kind: str, tenant: str) -> list[Entity]:
        """The resources of a kind in one tenant, as :meth:`all` gives them, without a look at those of the others."""
        index = self._inside.get(kind)
        if index is None:
            index = {}
            for one in self.all(kind):
                index.setdefault(one.address.tenant, []).append(one)
            self._inside[kind] = index
        return self._staying(index.get(tenant, ()))

    def having(self, kind: str, path: str, value: Any) -> list[Entity]:
        """The resources of a kind whose field ``path``, which is no list, is ``value`` after the plan."""
        index = self._having.get((kind, path))
        if index is None:
            index = {}
            for one in self.all(kind):
                index.setdefault(one.value(path), []).append(one)
            self._having[(kind, path)] = index
        return self._staying(index.get(value, ()))

    def target_address(self, field: Field, address: Address, name: str) -> Address:
        """Where the reference ``field`` of the resource at ``address`` leads when it says ``name``."""
        ref = field.ref
        if ref is None:
            msg = f"{field.path} is no reference"
            raise ValueError(msg)
        if ref.anywhere:
            tenant, _, bare = name.rpartition("/")
            return Address(ref.kind, tenant, bare)
        return Address(ref.kind, PLATFORM if self._levels[ref.kind] else address.tenant, name)

    def target(self, entity: Entity | Resource[Any], path: str) -> Entity | None:
        """The resource that a reference names after the plan; None when the field is empty or names nothing."""
        if isinstance(entity, Resource):
            entity = self.entity(entity)
        name = entity.value(path)
        if not isinstance(name, str):
            return None
        if self.blind and (entity.address, path, name) in self.blind:
            return None
        return self.at(self.target_address(entity.kind.by_path[path], entity.address, name))

    def referrers(self, target: Address, kind: str, path: str) -> list[Entity]:
        """The resources of ``kind`` whose reference ``path`` (or an entry of it) names ``target`` after the plan."""
        index = self._referrers.get((kind, path))
        if index is None:
            index = {}
            field = self.catalog[kind].by_path[path]
            for one in self.all(kind):
                value = one.value(path)
                for name in value if isinstance(value, list) else [value]:
                    if isinstance(name, str):
                        index.setdefault(self.target_address(field, one.address, name), []).append(one)
            self._referrers[(kind, path)] = index
        return self._staying(index.get(target, ()))

    def wanted(self, kind: str, path: str) -> Iterator[tuple[Address, Any]]:
        """What the manifests of a kind say for a field, given or by default."""
        field = self.catalog[kind].by_path[path]
        for address in self._declared_of(kind):
            yield address, field_value(field, self.declared[address])

    def setting(self, kind: str, path: str) -> Any:
        """A value of the one resource of a singleton kind; the field's default when there is none."""
        declaration = self.catalog[kind]
        found = self.find(kind, PLATFORM, declaration.singleton)
        if found is None:
            return _plain(declaration.by_path[path].default)
        return found.value(path)


@cache  # a kind is equal to itself only
def _declared(kind: Kind, path: str) -> Callable[[Resource[Any]], Any] | None:
    """How to get what a manifest says of a field that it cannot leave to the world; None for every other path."""
    if path.startswith("status."):
        return None
    field = kind.by_path[path]
    return None if field.inherit is not None or field.state else value_getter(field)


_SCALARS = frozenset({str, int, bool, float, type(None)})


def _plain(value: Any) -> Any:
    if type(value) in _SCALARS:
        return value
    if hasattr(value, "model_dump"):
        return value.model_dump(by_alias=True)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
