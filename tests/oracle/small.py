"""Small worlds, all of them: every chain of allowed plans out of a start, and what people may do behind each.

The plans are the engine's own, over live rows in memory. Who may do what is the oracle's answer. A step is wrong when
somebody holds a right behind it that the one who applied could not give: administrators give everything; others only
what the table of delegation lets them, and never to themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from reconciler.engine.access import closed, feeds_rights, shifts
from reconciler.engine.authorize import authorize
from reconciler.engine.diff import diff
from reconciler.engine.guard import guard
from reconciler.engine.plan import make_plan
from reconciler.engine.resolve import resolve
from reconciler.model.address import Address
from reconciler.model.after import live_after
from reconciler.model.authorization import Authorization, Carriers
from reconciler.model.diagnostic import Severity
from reconciler.model.guards import Guards
from reconciler.model.plan import Plan
from reconciler.model.resource import FileRefused, Live
from reconciler.model.rights import Rights
from reconciler.model.view import Entity
from tests.kinds.worlds import CATALOG, resource
from tests.oracle.asked import live
from tests.oracle.oracle import LEVELS, Cell, Key, Oracle, World, read_matrix
from tests.oracle.world import NOW, TODAY, mail, vat

ROOMS = ("SystemConfiguration", "Role", "Partner", "Issuer", "Operator", "ClientService", "SmtpSettings")
"""The kinds of these worlds."""
Right = tuple[str, str, str, Key]
Change = tuple[Key, Mapping[str, Any]]
Move = tuple[str, tuple[Change, ...]]


@dataclass
class Found:
    """What an exploration came to."""

    states: int = 0
    plans: int = 0
    allowed: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class State:
    """One state of the world, as rows for the engine and as dicts for the oracle."""

    live: Live
    world: World

    @property
    def name(self) -> Any:
        """What makes it another state: all that people may do follows from it. Equal worlds with new names are one."""
        facts = [
            (key[:2], _renamed(key[2]), _renamed(repr(sorted((word, thing.get(word)) for word in STANDING))))
            for key, thing in self.world.items()
        ]
        return tuple(sorted(facts))


STANDING = ("role", "issuer", "auditScope", "tier", "parent", "policy", "state", "status")
"""All that rights follow from in these worlds; a name or a text is none of it."""


def _renamed(text: str) -> str:
    return re.sub(r"new\d+", "new", text)


# --- worlds -----------------------------------------------------------------------------------------------------------


def start(people: Mapping[Key, Mapping[str, Any]], *, suspended: tuple[Key, ...] = ()) -> World:
    """Six nodes: a distributor with a child, a plain partner, an issuer of each of two, and a direct one."""
    world: World = {
        ("SystemConfiguration", "", "platform"): {
            "platformName": "Atlantic",
            "environment": "staging",
            "policy": {"smtpEditors": ["administrator"]},
        },
        ("Role", "", "clerk"): {"type": "customer", "default": True},
    }
    tiers = {"arco": {"tier": "distributor"}, "norte": {"parent": "arco"}, "farol": {}}
    for number, (name, more) in enumerate(tiers.items()):
        world["Partner", "", name] = {**company(name, number), "type": "integrator", "address": PLACE, **more}
    for number, (tenant, name) in enumerate((("norte", "norte-a"), ("farol", "farol-a"), ("", "directa"))):
        world["Issuer", tenant, name] = {**company(name, 50 + number), "billing": {"account": "A-1"}}
    service = {"alias": "farol-s", "issuer": "farol-a", "bundle": "one"}
    smtp = {"scope": "clientService", "clientService": "farol-s", "host": "mail.example.com", "authenticated": False}
    world["ClientService", "farol", "farol-s"] = service
    world["SmtpSettings", "farol", "farol-s-smtp"] = {**smtp, "from": "mail@example.com"}
    world["Bundle", "", "one"] = {"displayName": "One", "includedSignatures": 1}
    for key, spec in people.items():
        world[key] = {"email": mail(key), "displayName": key[2], **spec}
    for key, thing in world.items():
        thing["state"] = "active" if key[0] in ("Partner", "Issuer", "Operator", "ClientService", "Bundle") else ""
        thing["status"] = {}
    for key in suspended:
        world[key].update(state="suspended", status={"stoppedBy": "partner"})
    return world


PLACE = {"line1": "Rua 1", "city": "Lisboa", "postalCode": "1100-001", "country": "PRT"}


def company(name: str, number: int) -> dict[str, Any]:
    """What a company has to say."""
    return {"legalName": name, "vatNumber": vat(700 + number), "contact": {"email": f"office@{name}.example.com"}}


ROOT: Key = ("Operator", "", "root")
DORA: Key = ("Operator", "arco", "dora")
PAULA: Key = ("Operator", "farol", "paula")
ISA: Key = ("Operator", "farol", "isa")
NUNO: Key = ("Operator", "norte", "nuno")
AUDITOR: Key = ("Operator", "", "aud")
_PARTNER = {"role": "partner"}
_ISA = {"role": "issuer", "issuer": "farol-a"}
STARTS: Mapping[str, World] = {
    "partners": start({ROOT: {"role": "administrator"}, DORA: _PARTNER, PAULA: _PARTNER, ISA: _ISA}),
    "auditor": start(
        {ROOT: {"role": "administrator"}, PAULA: _PARTNER, AUDITOR: {"role": "auditor", "auditScope": ["directa"]}}
    ),
    "stopped": start(
        {ROOT: {"role": "administrator"}, DORA: _PARTNER, NUNO: _PARTNER, PAULA: _PARTNER, ISA: _ISA},
        suspended=(PAULA, ISA),
    ),
    "child": start({ROOT: {"role": "administrator"}, DORA: _PARTNER, NUNO: _PARTNER, ISA: _ISA}),
}
NARROW = ("suspend", "resume", "tier farol", "parent farol", "smtp", "new")
"""The beginnings of the moves that feed rights; with them alone chains can be followed further."""


def moves(world: World, only: tuple[str, ...] = ("",)) -> Iterator[Move]:
    """Everything that matters for rights, one change a plan, and pairs of which the one feeds the other."""
    single = [one for one in _single(world) if one[0].startswith(only)]
    for name, change in single:
        yield name, (change,)
    feeding = [one for one in single if one[0].startswith(("tier", "parent", "smtp", "scope", "new admin"))]
    using = [one for one in single if one[0].startswith(("rename", "mail", "new partner", "resume"))]
    for first, change in feeding:
        for second, other in using:
            if change[0] != other[0]:
                yield f"{first} + {second}", (change, other)


def _single(world: World) -> Iterator[tuple[str, Change]]:
    operators = [key for key in world if key[0] == "Operator"]
    partners = [key for key in world if key[0] == "Partner"]
    issuers = [key for key in world if key[0] == "Issuer"]
    for key in operators:
        for state, word in (("suspended", "suspend"), ("blocked", "block"), ("active", "resume")):
            if world[key]["state"] != state:
                yield f"{word} {key[2]}", (key, {"state": state})
        if world[key]["role"] == "auditor":
            yield f"scope {key[2]}", (key, {"auditScope": ["directa", "farol/farol-a"]})
    for key in (*partners, *issuers):
        for state, word in (("suspended", "suspend"), ("blocked", "block"), ("active", "resume")):
            if world[key]["state"] != state:
                yield f"{word} {key[2]}", (key, {"state": state})
        yield f"rename {key[2]}", (key, {"legalName": f"{key[2]} renamed"})
    yield from _standing(world, partners)
    if len(operators) < MOST_OPERATORS:
        yield from _people(partners, issuers, len(operators))


def _standing(world: World, partners: list[Key]) -> Iterator[tuple[str, Change]]:
    """What feeds reaches and conditions, and what uses them."""
    for key in partners:
        tier = "partner" if world[key].get("tier") == "distributor" else "distributor"
        yield f"tier {key[2]}", (key, {"tier": tier})
        for above in ("arco", "farol", None):
            if above != world[key].get("parent") and above != key[2]:
                yield f"parent {key[2]} {above}", (key, {"parent": above})
    for service in [key for key in world if key[0] == "SmtpSettings"]:
        yield f"mail {service[2]}", (service, {"description": "mine"})
    for editors in (["administrator"], ["administrator", "partner"], ["administrator", "issuer"]):
        yield f"smtp {editors[-1]}", (("SystemConfiguration", "", "platform"), {"policy": {"smtpEditors": editors}})


MOST_OPERATORS = 5


def _people(partners: list[Key], issuers: list[Key], number: int) -> Iterator[tuple[str, Change]]:
    for tenant in (one[2] for one in partners):
        yield f"new partner {tenant}", _hire(tenant, f"new{number}", role="partner")
    for _, tenant, name in issuers:
        yield f"new issuer {name}", _hire(tenant, f"new{number}", role="issuer", issuer=name)
    yield "new administrator", _hire("", f"new{number}", role="administrator")
    yield "new auditor", _hire("", f"new{number}", role="auditor", auditScope=["directa"])


def _hire(tenant: str, name: str, **spec: Any) -> Change:
    key = ("Operator", tenant, name)
    return key, {"email": mail(key), "displayName": name, **spec}


# --- the engine -------------------------------------------------------------------------------------------------------


def step(state: State, actor: Key, move: Move) -> State | None:
    """The state behind a plan of one operator; None when the engine does not let it be applied."""
    before = Rights(CATALOG, state.live, NOW)
    entity = before.view.at(Address(*actor))
    assert entity is not None
    who = before.principal_of(entity)
    if who.barred:
        return None
    declared = [_declared(state.world, change) for change in move[1]]
    view, found = resolve(CATALOG, declared, state.live, _no_file)
    if any(one.severity is Severity.ERROR for one in found):
        return None
    plan = make_plan(view, diff(view, {}))
    if plan.empty or any(one.severity is Severity.ERROR for one in (*plan.diagnostics, *guard(plan, view, Guards()))):
        return None
    allowed = _authorized(Rights(CATALOG, state.live, NOW, planned=view), plan, view, Carriers(people=(who,)))
    if allowed is None:
        return None
    after = live_after(CATALOG, state.live, allowed.plan)
    return State(after, known(after))


def _authorized(rights: Rights, plan: Plan, view: Any, carriers: Carriers) -> Authorization | None:
    judgement = authorize(rights, plan, view, carriers)
    if judgement.authorization is None:
        return None
    if feeds_rights(rights, plan):
        after = Rights(CATALOG, live_after(CATALOG, rights.view.live or Live("", {}, {}), plan), NOW)
        if closed(rights, view, shifts(rights, after, plan), carriers):
            return None
    return judgement.authorization


def _declared(world: World, change: Change) -> Any:
    key, given = change
    spec = {word: value for word, value in world.get(key, {}).items() if word not in ("state", "status")}
    spec = {word: value for word, value in {**spec, **given}.items() if value is not None}
    return resource(key[0], key[2], tenant=key[1], **spec)


def _no_file(_document: Any, path: str) -> bytes:
    raise FileRefused(path)


def known(rows: Live) -> World:
    """The rows as the oracle reads them."""
    world: World = {}
    for kind in ROOMS:
        for (tenant, name), row in rows.rows.get(kind, {}).items():
            entity = Entity(Address(kind, tenant, name), CATALOG[kind], None, row)
            world[kind, tenant, name] = _thing(entity)
    return world


def _thing(entity: Entity) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in entity.kind.by_path:
        value = None if path.startswith(("metadata.", "lifecycle.")) or path == "state" else entity.live(path)
        if value is None or value in ((), []):
            continue
        node = found
        *above, last = path.split(".")
        for word in above:
            node = node.setdefault(word, {})
        node[last] = list(value) if isinstance(value, tuple) else value
    found["state"] = entity.live_state
    names = {one.path for one in entity.kind.status}
    found["status"] = {
        word: value for word in ("stoppedBy",) if word in names and (value := entity.live(f"status.{word}"))
    }
    return found


# --- the property -----------------------------------------------------------------------------------------------------


class Judge:
    """Holds steps against the oracle."""

    def __init__(self) -> None:
        cells = [one for one in read_matrix() if one.kind in ROOMS]
        self._cells = cells
        self._asked: dict[str, list[Cell]] = {}
        for cell in cells:
            if cell.verb in ("read", "update", "transition"):
                self._asked.setdefault(cell.role, []).append(cell)

    def oracle(self, world: World) -> Oracle:
        return Oracle(world, self._cells, TODAY)

    def rights(self, oracle: Oracle, who: Key, world: World) -> frozenset[Right]:
        """Everything that an operator may do, by kind, verb, field or edge, and resource."""
        return frozenset(
            (cell.kind, cell.verb, cell.edge or cell.fields[0], key)
            for cell in self._asked.get(oracle.role(who), ())
            for key, thing in world.items()
            if key[0] == cell.kind
            and oracle.decide(who, cell.verb, key, thing, field=cell.fields[0], edge=cell.edge).allowed
        )

    def wrong(self, before: State, after: State, actor: Key) -> Iterator[str]:
        """What somebody gains by a step of ``actor`` that ``actor`` could not give."""
        was, now = self.oracle(before.world), self.oracle(after.world)
        if was.role(actor) == "administrator":
            return
        for key, thing in after.world.items():
            if key[0] != "Operator":
                continue
            if key not in before.world:
                if not self._may_hire(was, actor, key, thing):
                    yield f"hires {key}"
                continue
            both = {one: after.world[one] for one in after.world if one in before.world}
            gained = self.rights(now, key, both) - self.rights(was, key, before.world)
            if gained and not self._may_lift(was, actor, key, gained, both):
                yield f"{key} gains {sorted(gained)[:3]}"

    def _may_hire(self, was: Oracle, actor: Key, key: Key, thing: Mapping[str, Any]) -> bool:
        """The table of delegation."""
        level, role = was.role(actor), thing["role"]
        mine = [actor[1]] if actor[1] else []
        if level == "distributor":
            mine += [
                one[2] for one, found in was.world.items() if one[0] == "Partner" and found.get("parent") == actor[1]
            ]
        if role == "partner":
            return level in ("distributor", "partner") and key[1] in mine
        if role == "issuer" and level == "issuer":
            return key[1] == actor[1] and thing["issuer"] == was.world[actor]["issuer"]
        return role == "issuer" and level in ("distributor", "partner") and key[1] in mine

    def _may_lift(self, was: Oracle, actor: Key, key: Key, gained: frozenset[Right], both: World) -> bool:
        """Whether somebody who could not act may again, and no more than before the stop, by one who may lift it."""
        stopped = not was.somebody(key) or was.way_back(key) is not None
        freed = deepcopy(was.world)
        company = was.company(key)
        for one in (key, company):
            if one is not None:
                freed[one]["state"] = "active"
        never_more = gained <= self.rights(self.oracle(freed), key, both) | self._moved(gained)
        if not stopped:
            return gained == self._moved(gained)
        if was.world[key]["state"] != "active" and key == actor:
            return False
        return never_more and self._near(was, actor, key)

    @staticmethod
    def _moved(gained: frozenset[Right]) -> set[Right]:
        """Edges that follow from where a resource stands now, not from who somebody is."""
        return {one for one in gained if one[1] == "transition"}

    def _near(self, was: Oracle, actor: Key, key: Key) -> bool:
        thing = was.world[key]
        company = was.company(key)
        if company is not None and was.company(actor) == company:
            return LEVELS.index(was.role(actor)) >= LEVELS.index(was.role(key))
        return self._may_hire(was, actor, key, thing)


def explore(
    world: World, *, depth: int, only: tuple[str, ...] = ("",), administrators: int = 4, first_wrong: bool = False
) -> Found:
    """Every chain of up to ``depth`` allowed plans, of which at most some by administrators.

    ``only`` are the beginnings of the moves to try. ``first_wrong`` ends with the first right that nobody could give.
    """
    first = State(live(world), known(live(world)))
    judge, found = Judge(), Found()
    seen: set[tuple[Any, int]] = {(first.name, administrators)}
    layer = [(first, administrators)]
    for _ in range(depth):
        following: list[tuple[State, int]] = []
        for state, left in layer:
            for after, rest in _behind(state, left, judge, found, only):
                if first_wrong and found.wrong:
                    return found
                name = (after.name, rest)
                if name not in seen:
                    seen.add(name)
                    following.append((after, rest))
        layer = following
    found.states = len({name for name, _ in seen})
    return found


def _behind(state: State, left: int, judge: Judge, found: Found, only: tuple[str, ...]) -> Iterator[tuple[State, int]]:
    oracle = judge.oracle(state.world)
    for actor in [key for key in state.world if key[0] == "Operator"]:
        if not oracle.somebody(actor):
            continue
        reigns = oracle.role(actor) == "administrator"
        if reigns and not left:
            continue
        for move in moves(state.world, only):
            found.plans += 1
            after = step(state, actor, move)
            if after is None:
                continue
            found.allowed += 1
            for line in judge.wrong(state, after, actor):
                found.wrong.append(f"{actor[2]}: {move[0]}: {line}")
            yield after, left - reigns
