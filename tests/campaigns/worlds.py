"""Random worlds: small valid sets of manifests over all kinds, made from their declarations alone.

The values come from the schemas, the references from what is there already. What breaks a rule is mended: the field
that the rule names is taken back, then the whole resource, and at last the resource goes. A world that cannot be
mended is counted and thrown away. Nothing here knows a rule; what a set has to be is what the validator and the
planner say.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from ruamel.yaml import YAML

from reconciler.engine.schema import kind_schema
from reconciler.kinds import discover
from reconciler.model.address import Address
from reconciler.model.columns import Field
from reconciler.model.kind import Kind, Level
from tests.campaigns.values import ATTACHMENTS, NOTHING, SECRETS, name_of, value_of

CATALOG = discover()
SCHEMAS = {name: kind_schema(kind) for name, kind in CATALOG.items()}
EXAMPLES: dict[str, dict[str, Any]] = {
    name: YAML(typ="safe", pure=True).load(kind.example) for name, kind in CATALOG.items()
}
for _example in EXAMPLES.values():
    for _value in _example["spec"].values():
        if isinstance(_value, dict) and "fromEnv" in _value:
            _value["fromEnv"] = next(iter(SECRETS))
EXAMPLES["CertificateAuthority"]["spec"]["remoteService"]["clientSecret"]["fromEnv"] = next(iter(SECRETS))
COMES_WITH = {"Customer": ("CustomerUser", "customer")}
"""What cannot be made alone, with its companion and the field of that which names it."""
ADMINISTRATOR = Address("Operator", "", "root")
DEPTH = 4
"""How many resources are made at most so that one more can refer to them."""
SIZES, SMALL = (1, 3, 6, 10, 16), (1, 1, 2, 3, 5, 8)

Tree = dict[str, Any]
Complaint = tuple[Address | None, str]


@dataclass
class World:
    """Manifests by address, the files that some of them name, by name, and manifests of moves."""

    trees: dict[Address, Tree] = field(default_factory=dict)
    attachments: Mapping[str, bytes] = field(default_factory=lambda: ATTACHMENTS)
    moves: tuple[Tree, ...] = ()

    def copy(self) -> World:
        """One that may be changed; what has moved has done so."""
        return World(deepcopy(self.trees), self.attachments)

    def kinds(self) -> Counter[str]:
        """How many there are of each kind."""
        return Counter(one.kind for one in self.trees)


def first(chance: random.Random, sizes: tuple[int, ...] = SIZES) -> World:
    """A world to begin with; not mended yet. ``sizes`` are how many resources are made beside what those need."""
    world = World()
    world.trees[ADMINISTRATOR] = deepcopy(EXAMPLES[ADMINISTRATOR.kind])
    for kind in CATALOG.values():
        if kind.singleton:
            add(chance, world, kind)
    kinds = list(CATALOG.values())
    for _ in range(chance.choice(sizes)):
        add(chance, world, chance.choice(kinds))
    return world


def moved(chance: random.Random, world: World) -> World:
    """The same house later: fields changed, resources added and taken away, life cycles walked; not mended yet."""
    after = world.copy()
    for address in list(after.trees):
        draw = chance.random()
        if draw < 0.08 and address != ADMINISTRATOR and not CATALOG[address.kind].singleton:
            del after.trees[address]
        elif draw < 0.6:
            for _ in range(chance.choice((1, 1, 2, 4))):
                touch(chance, after, address)
    for _ in range(chance.choice((0, 1, 3))):
        add(chance, after, chance.choice(list(CATALOG.values())))
    return after


class Mender:
    """Mends one set, complaint by complaint. ``former`` is the set before it, to which a resource may go back."""

    def __init__(self, chance: random.Random, world: World, former: World | None = None) -> None:
        self.world = world
        self.dropped = 0
        self.mended = 0
        self._chance = chance
        self._former: Mapping[Address, Tree] = {} if former is None else former.trees
        self._strikes: Counter[Address] = Counter()

    def mend(self, complaints: Iterable[Complaint]) -> bool:
        """Take complaints in; whether anything could be done about one of them."""
        acted = False
        for address, path in dict.fromkeys(complaints):
            if address is not None and address.kind in CATALOG:
                acted |= self._mend(address, path)
        return acted

    def _mend(self, address: Address, path: str) -> bool:
        self._strikes[address] += 1
        strikes = self._strikes[address]
        self.mended += 1
        tree, before = self.world.trees.get(address), self._former.get(address)
        if tree is None:
            if before is None or strikes > 2:
                return False
            self.world.trees[address] = deepcopy(before)
        elif strikes <= 6 and path.startswith(("lifecycle", "metadata.l", "metadata.a")):
            self._envelope(tree, before, path.split(".", maxsplit=1)[0])
        elif strikes <= 6 and self._field(address, tree, before, path):
            pass
        elif strikes <= 8:
            self._whole(address, tree, before)
        else:
            self.dropped += 1
            del self.world.trees[address]
        return True

    def _envelope(self, tree: Tree, before: Tree | None, part: str) -> None:
        if part == "metadata":
            for word in ("labels", "annotations"):
                tree["metadata"].pop(word, None)
        elif before is not None and "lifecycle" in before:
            tree["lifecycle"] = deepcopy(before["lifecycle"])
        else:
            tree.pop("lifecycle", None)

    def _field(self, address: Address, tree: Tree, before: Tree | None, path: str) -> bool:
        """Whether the field could be taken back: to what it was, to nothing, or to another value."""
        keys = [part.partition("[")[0] for part in path.removeprefix("spec.").split(".")]
        if not path or keys[0] in ("metadata", "spec", "kind", "apiVersion"):
            return False
        old = None if before is None else _at(before["spec"], keys)
        if old is not None and old != _at(tree["spec"], keys):
            _put(tree["spec"], keys, deepcopy(old))
            return True
        needed = keys[-1] in (node_of(address.kind, keys[:-1]) or {}).get("required", ())
        if not needed and _at(tree["spec"], keys) is not None:
            _drop(tree["spec"], keys)
            return True
        if not needed:
            return False
        made = _made(self._chance, self.world, CATALOG[address.kind], address.tenant, keys)
        if made is NOTHING or made is None:
            return False
        _put(tree["spec"], keys, made)
        return True

    def _whole(self, address: Address, tree: Tree, before: Tree | None) -> None:
        if before is not None:
            self.world.trees[address] = deepcopy(before)
            return
        tree.pop("lifecycle", None)
        tree["spec"] = deepcopy(EXAMPLES[address.kind]["spec"])
        _refer(self._chance, self.world, CATALOG[address.kind], address, tree["spec"])
        _distinguish(self._chance, CATALOG[address.kind], tree["spec"])


# --- resources --------------------------------------------------------------------------------------------------------


def add(
    chance: random.Random, world: World, kind: Kind, tenant: str | None = None, *, depth: int = DEPTH
) -> Address | None:
    """Add a resource of a kind, with what it needs. A tenant of None is any."""
    spec = _spec(chance, kind)
    tenant = _tenant(chance, world, kind, spec) if tenant is None else tenant
    if tenant is None or depth == 0:
        return None
    address = Address(kind.name, tenant, kind.singleton or name_of(chance))
    if address in world.trees or not _refer(chance, world, kind, address, spec, depth=depth):
        return None
    _distinguish(chance, kind, spec)
    _envelope(chance, kind, _put_down(world, address, spec))
    if kind.name in COMES_WITH:
        companion, by = COMES_WITH[kind.name]
        _companion(chance, world, CATALOG[companion], tenant, **{by: address.name})
    return address


def _put_down(world: World, address: Address, spec: Tree) -> Tree:
    metadata = {"name": address.name} | ({"tenant": address.tenant} if address.tenant else {})
    tree: Tree = {"apiVersion": "reconciler/v1", "kind": address.kind, "metadata": metadata, "spec": spec}
    world.trees[address] = tree
    return tree


def _companion(chance: random.Random, world: World, kind: Kind, tenant: str, **given: Any) -> None:
    spec = deepcopy(EXAMPLES[kind.name]["spec"]) | given
    address = Address(kind.name, tenant, f"{given[next(iter(given))][:50]}.u")
    if _refer(chance, world, kind, address, spec, keep=tuple(given)):
        _distinguish(chance, kind, spec)
        _put_down(world, address, spec)


def _spec(chance: random.Random, kind: Kind) -> Tree:
    """A spec between the example of its kind and chance."""
    example = deepcopy(EXAMPLES[kind.name]["spec"])
    node = SCHEMAS[kind.name]["properties"]["spec"]
    made = value_of(chance, node, SCHEMAS[kind.name].get("$defs", {}))
    wild = chance.choice((0.0, 0.3, 0.6, 1.0))
    found: Tree = {}
    for key in dict.fromkeys([*example, *made]):
        if key in made and (key not in example or chance.random() < wild):
            found[key] = made[key]
        elif key in example and (key in node.get("required", ()) or chance.random() < 0.8):
            found[key] = example[key]
    return found


def _envelope(chance: random.Random, kind: Kind, tree: Tree) -> None:
    schema = SCHEMAS[kind.name]["properties"]
    for word in ("labels", "annotations"):
        if chance.random() < 0.25:
            tree["metadata"][word] = value_of(chance, schema["metadata"]["properties"][word], {}, name=word)
    if chance.random() < 0.25:
        wishes = value_of(chance, schema["lifecycle"], {}, name="lifecycle")
        if wishes:
            tree["lifecycle"] = wishes


def touch(chance: random.Random, world: World, address: Address) -> None:
    """Change one field of a resource: another value, none, or null."""
    kind, tree = CATALOG[address.kind], world.trees[address]
    if chance.random() < 0.1:
        tree["metadata"].pop("labels", None)
        tree.pop("lifecycle", None)
        _envelope(chance, kind, tree)
        return
    one = chance.choice([one for one in kind.fields if not one.path.startswith(("metadata.", "lifecycle."))])
    keys = one.path.split(".")
    if not one.required and chance.random() < 0.25:
        _drop(tree["spec"], keys)
        return
    made = _made(chance, world, kind, address.tenant, keys)
    if made is not NOTHING and (not one.required or made is not None):
        _put(tree["spec"], keys, made)


def _made(chance: random.Random, world: World, kind: Kind, tenant: str, keys: list[str]) -> Any:
    """A new value for a field; :data:`NOTHING` when there is none."""
    one = kind.by_path.get(".".join(keys))
    if one is not None and one.ref is not None:
        return _target(chance, world, one, tenant)
    node = node_of(kind.name, keys)
    return NOTHING if node is None else value_of(chance, node, SCHEMAS[kind.name].get("$defs", {}), name=keys[-1])


def _tenant(chance: random.Random, world: World, kind: Kind, spec: Tree) -> str | None:
    """Where a resource stands; None when there is no such place."""
    level = kind.level
    if kind.level_of is not None:
        level = kind.level_of(SimpleNamespace(**spec)) or Level.TENANT
    if level is Level.PLATFORM or (level is Level.BOTH and chance.random() < 0.35):
        return ""
    homes = [one for one in CATALOG.values() if one.is_tenant]
    tenants = [one.name for one in world.trees if CATALOG[one.kind].is_tenant]
    if tenants and chance.random() < 0.9:
        return chance.choice(tenants)
    made = add(chance, world, homes[0])
    return None if made is None else made.name


def _refer(
    chance: random.Random,
    world: World,
    kind: Kind,
    address: Address,
    spec: Tree,
    *,
    keep: tuple[str, ...] = (),
    depth: int = 0,
) -> bool:
    """Let every reference name something that is there, made for it if need be; whether that was possible."""
    for one in kind.references:
        keys = one.path.split(".")
        if one.path in keep or (not one.required and _at(spec, keys) is None):
            continue
        made = _target(chance, world, one, address.tenant, but=address)
        if made is NOTHING and one.ref is not None and depth > 0 and one.ref.kind != kind.name:
            home = "" if CATALOG[one.ref.kind].level is Level.PLATFORM else address.tenant
            add(chance, world, CATALOG[one.ref.kind], home, depth=depth - 1)
            made = _target(chance, world, one, address.tenant, but=address)
        if made is NOTHING:
            if one.required:
                return False
            _drop(spec, keys)
        else:
            _put(spec, keys, made)
    return True


def _target(chance: random.Random, world: World, one: Field, tenant: str, but: Address | None = None) -> Any:
    if one.ref is None:
        return NOTHING
    there = [target for target in world.trees if target.kind == one.ref.kind and target != but]
    if one.ref.anywhere:
        names = [f"{target.tenant}/{target.name}".lstrip("/") for target in there]
    else:
        home = "" if CATALOG[one.ref.kind].level is Level.PLATFORM else tenant
        names = [target.name for target in there if target.tenant == home]
    if one.type == "list":
        return chance.sample(names, chance.randint(0, len(names)))
    return chance.choice(names) if names else NOTHING


def _distinguish(chance: random.Random, kind: Kind, spec: Tree) -> None:
    """New values for the texts that must be unique."""
    for unique in kind.unique:
        for path in unique.paths:
            one = kind.by_path.get(path)
            if one is None or one.ref is not None or one.words or one.type != "text":
                continue
            keys = path.split(".")
            node = node_of(kind.name, keys)
            if _at(spec, keys) is None or node is None or path == "country":
                continue
            made = value_of(chance, node, SCHEMAS[kind.name].get("$defs", {}), name=keys[-1])
            if isinstance(made, str):
                _put(spec, keys, made)
                if path == "vatNumber":
                    spec.pop("country", None)


# --- trees ------------------------------------------------------------------------------------------------------------


def node_of(kind: str, keys: list[str]) -> Any:
    """The schema of a field; None where there is none."""
    schema = SCHEMAS[kind]
    node = schema["properties"]["spec"]
    for key in keys:
        node = next(
            (one["properties"] for one in _alternatives(node, schema) if key in one.get("properties", {})), {}
        ).get(key)
        if node is None:
            return None
    return node


def _alternatives(node: Any, schema: Any) -> Iterator[Any]:
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    yield node
    for one in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from _alternatives(one, schema)


def _at(node: Any, keys: list[str]) -> Any:
    for key in keys:
        if not isinstance(node, dict) or key not in node:
            return None
        node = node[key]
    return node


def _put(node: Any, keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        if not isinstance(node.get(key), dict):
            node[key] = {}
        node = node[key]
    node[keys[-1]] = value


def _drop(node: Any, keys: list[str]) -> None:
    above = _at(node, keys[:-1]) if len(keys) > 1 else node
    if isinstance(above, dict):
        above.pop(keys[-1], None)
