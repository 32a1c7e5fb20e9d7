"""The engine, asked in the oracle's words: plain dicts become live rows, keys become principals and entities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.resource import Live, Row
from reconciler.model.rights import Rights
from reconciler.model.view import Entity
from tests.kinds.worlds import CATALOG, resource, row
from tests.oracle.oracle import OPERATORS, YES, Answer, Cell, Key, Oracle, Thing, World, no
from tests.oracle.world import NOW, TODAY

SERVER = {"stoppedBy": "stopped_by", "builtIn": "built_in", "suspensionCause": "suspension_cause"}
STOPPERS = ("administrator", "distributor", "partner", "issuer", None)
CAUSES = ("manual", "overdue-invoice", "insufficient-funds")
POLICIES = (
    ["administrator"],
    ["administrator", "partner"],
    ["administrator", "issuer"],
    ["administrator", "partner", "issuer"],
)


def live_row(key: Key, thing: Thing) -> Row:
    """The row of a thing."""
    status = thing.get("status", {})
    columns = {SERVER[word]: value for word, value in status.items()}
    if key[0] == "Role":
        columns.setdefault("built_in", 0)
    if thing.get("state"):
        columns["state"] = thing["state"]
    return row(_resource(key, thing), **columns)


def _resource(key: Key, thing: Thing) -> Any:
    spec = {word: value for word, value in thing.items() if word not in ("state", "status")}
    return resource(key[0], key[2], tenant=key[1], **spec)


def live(world: World) -> Live:
    """The live database of a world."""
    rows: dict[str, dict[tuple[str, str], Row]] = {}
    for key, thing in world.items():
        rows.setdefault(key[0], {})[key[1], key[2]] = live_row(key, thing)
    return Live("oracle", rows, {})


class Asked:
    """The engine over one world."""

    def __init__(self, world: World, catalog: Catalog = CATALOG) -> None:
        self.catalog = catalog
        self.live = live(world)
        self.rights = Rights(catalog, self.live, NOW)
        self._people: dict[Key, Any] = {}
        self._entities: dict[tuple[Key, int], tuple[Thing, Entity]] = {}

    def principal(self, key: Key) -> Any:
        """The person."""
        if key not in self._people:
            entity = self.rights.view.at(Address(*key))
            assert entity is not None
            self._people[key] = self.rights.principal_of(entity)
        return self._people[key]

    def entity(self, key: Key, thing: Thing, *, new: bool = False) -> Entity:
        """A resource: with a row, or, when it is to be created, with a manifest."""
        known = self._entities.get((key, id(thing)))
        if known is None:
            address, kind = Address(*key), self.catalog[key[0]]
            made = (
                Entity(address, kind, _resource(key, thing), None)
                if new
                else Entity(address, kind, None, live_row(key, thing))
            )
            known = self._entities[key, id(thing)] = (thing, made)
        return known[1]

    def decide(self, question: Question) -> Answer:
        """What the engine says."""
        one = question
        entity = self.entity(one.key, one.thing, new=one.cell.verb == "create")
        path = "" if one.field == "*" else one.field
        verdict = self.rights.decide(self.principal(one.actor), one.cell.verb, entity, path=path, edge=one.cell.edge)
        return YES if verdict.allowed else no(verdict.code)


@dataclass(frozen=True)
class Question:
    """One question, to the oracle and to the engine."""

    cell: Cell
    actor: Key
    key: Key
    thing: Thing
    field: str

    def __str__(self) -> str:
        what = self.cell.edge or self.field
        history = self.thing.get("status")
        return f"{self.cell.role} {self.actor[2]} {self.cell.verb} {'/'.join(self.key)} ({what}) {history}"


def ask(oracle: Oracle, question: Question) -> Answer:
    """What the oracle says."""
    one = question
    return oracle.decide(one.actor, one.cell.verb, one.key, one.thing, field=one.field, edge=one.cell.edge)


def worlds(world: World) -> Iterator[World]:
    """The world under every policy about mail servers; only the first is asked about everything."""
    for policy in POLICIES:
        one = dict(world)
        platform = ("SystemConfiguration", "", "platform")
        one[platform] = {**world[platform], "policy": {"smtpEditors": policy}}
        yield one


def questions(
    world: World, cells: Iterable[Cell], oracle: Oracle, *, kinds: frozenset[str], every_field: bool = False
) -> Iterator[Question]:
    """Every cell of an operator role, over every resource of its kind, for every operator of the role.

    A cell is asked about a few of the fields that it names and that fall to it, or about every one of these.
    """
    probes: dict[tuple[str, str, str], list[tuple[Key, Thing]]] = {}
    actors = {role: [key for key in world if key[0] == "Operator" and oracle.role(key) == role] for role in OPERATORS}
    fields: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for cell in cells:
        if cell.role not in OPERATORS or cell.kind not in kinds:
            continue
        asked = (cell.kind, cell.verb, cell.fields)
        if asked not in fields:
            found = ["*"] if cell.edge or cell.verb == "delete" else list(_fields(cell, oracle))
            fields[asked] = found if every_field else _few(found, len(cell.fields))
        place = (cell.kind, cell.verb, cell.edge)
        if place not in probes:
            probes[place] = list(_probes(world, cell))
        for actor in actors[cell.role]:
            for key, thing in probes[place]:
                for field in fields[asked]:
                    yield Question(cell, actor, key, thing, field)


def _few(found: list[str], named: int) -> list[str]:
    """The first and the last of the named fields, and the last that falls to the cell without being named."""
    return list(dict.fromkeys((found[0], found[named - 1], found[-1])))


def _fields(cell: Cell, oracle: Oracle) -> Iterator[str]:
    """The fields that a cell decides: its own words, and every field of the kind that falls to it."""
    yield from cell.fields
    kind = CATALOG[cell.kind]
    for path in (*kind.by_path, *(f"status.{one.path}" for one in kind.status)):
        found = oracle.cell(cell.kind, cell.verb, cell.role, field=path)
        if path not in cell.fields and found is not None and found.fields == cell.fields:
            yield path


def _probes(world: World, cell: Cell) -> Iterator[tuple[Key, Thing]]:
    """What a cell is asked about: everything of the kind, in the states and with the history that matter."""
    for key, thing in world.items():
        if key[0] != cell.kind:
            continue
        if cell.verb == "create":
            yield from _new(key, thing)
        elif cell.verb == "transition":
            yield from _walked(key, thing, cell.edge.partition("->")[0])
        else:
            yield key, thing


def _new(key: Key, thing: Thing) -> Iterator[tuple[Key, Thing]]:
    new = (key[0], key[1], f"{key[2]}-new")
    plain = {word: value for word, value in deepcopy(dict(thing)).items() if word not in ("state", "status")}
    yield new, plain
    if key[0] == "Partner":  # the own company is in every reach, and below nobody
        yield key, plain
    if key[0] == "Operator":  # places that validation refuses: rights must not rely on it
        for role in ("administrator", "auditor", "partner", "issuer"):
            yield new, {**plain, "role": role}


def _walked(key: Key, thing: Thing, start: str) -> Iterator[tuple[Key, Thing]]:
    status: Mapping[str, Any] = thing.get("status", {})
    if key[0] == "Customer" and start == "suspended":
        for cause in CAUSES:
            for stopper in STOPPERS[:-2]:
                yield key, {**thing, "state": start, "status": {"suspensionCause": cause, "stoppedBy": stopper}}
    elif "stopped_by" in CATALOG[key[0]].index and start in ("suspended", "blocked"):
        for stopper in STOPPERS:
            if key[0] == "Customer" and stopper == "issuer":
                continue  # whom nothing lets stop a customer
            yield key, {**thing, "state": start, "status": {**status, "stoppedBy": stopper}}
    else:
        yield key, {**thing, "state": start}


def oracle_of(world: World, cells: list[Cell]) -> Oracle:
    """The oracle over a world."""
    return Oracle(world, cells, TODAY)
