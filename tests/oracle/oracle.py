"""The oracle: who may do what, from the text of the matrix and from plain dicts. It knows nothing of the engine.

A world maps ``(kind, tenant, name)`` to a flat dict of spec fields, ``state`` and ``status``. Everything here follows
the words of the matrix and of the pages on roles; nothing is imported from the product, so that an error there cannot
be repeated here.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Key = tuple[str, str, str]
Thing = Mapping[str, Any]
World = dict[Key, dict[str, Any]]

MATRIX = Path(__file__).parent.parent / "data" / "permissions.csv"
OPERATORS = ("administrator", "distributor", "partner", "issuer", "auditor")
LEVELS = ("issuer", "partner", "distributor", "administrator")
WRITES = ("create", "update", "transition", "delete")
OWNERS = {
    "Operator": ("issuer", "Issuer"),
    "Certificate": ("issuer", "Issuer"),
    "ClientService": ("issuer", "Issuer"),
    "GeneralConfiguration": ("clientService", "ClientService"),
    "SmtpSettings": ("clientService", "ClientService"),
    "VisualTemplate": ("clientService", "ClientService"),
    "MailToTicket": ("supportMail", "SupportMail"),
    "CustomerUser": ("customer", "Customer"),
    "SelfCare": ("customer", "Customer"),
    "Individual": ("customer", "Customer"),
    "Domain": ("customer", "Customer"),
}
"""Kind to the field that names the owner, and the kind of the owner. The others belong to their tenant."""


@dataclass(frozen=True)
class Cell:
    """One line of the matrix."""

    kind: str
    verb: str
    fields: tuple[str, ...]
    edge: str
    role: str
    reach: str
    codes: tuple[str, ...]
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What the oracle says; ``code`` is empty when allowed."""

    allowed: bool
    code: str = ""


YES = Answer(allowed=True)


def no(code: str) -> Answer:
    """A denial."""
    return Answer(allowed=False, code=code)


def read_matrix(path: Path = MATRIX) -> list[Cell]:
    """The lines of the matrix, in their order."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            Cell(
                kind=line["kind"],
                verb=line["verb"],
                fields=tuple(line["field"].split(";")),
                edge=line["edge"],
                role=line["role"],
                reach=line["reach"],
                codes=tuple(part.strip() for part in line["code"].split(";") if part.strip()),
                conditions=tuple(part.strip() for part in line["condition"].split(";") if part.strip()),
            )
            for line in csv.DictReader(stream)
        ]


class Oracle:
    """Decides over one world, which is the live database before any plan."""

    def __init__(self, world: World, cells: list[Cell], today: dt.date) -> None:
        self.world = world
        self.today = today
        self._cells: dict[tuple[str, str, str], list[Cell]] = {}
        self._decided: dict[tuple[str, str, str, str, str], Cell | None] = {}
        for cell in cells:
            self._cells.setdefault((cell.kind, cell.verb, cell.role), []).append(cell)

    # --- who ---------------------------------------------------------------------------------------------------------

    def role(self, actor: Key) -> str:
        """The role word of the matrix; a partner operator of a distributor is a distributor."""
        word = str(self.world[actor]["role"])
        if word == "partner" and self.world["Partner", "", actor[1]].get("tier") == "distributor":
            return "distributor"
        return word

    def company(self, actor: Key) -> Key | None:
        """What the operator works for."""
        operator = self.world[actor]
        if operator["role"] == "partner":
            return ("Partner", "", actor[1])
        if operator["role"] == "issuer":
            return ("Issuer", actor[1], operator["issuer"])
        return None

    def somebody(self, actor: Key) -> bool:
        """Whether the operator is an actor at all (OPR-09)."""
        operator = self.world[actor]
        if operator["state"] != "active":
            return False
        company = self.company(actor)
        if company is not None and self.world[company]["state"] not in ("active", "suspended"):
            return False
        until = operator.get("validUntil")
        return not (operator["role"] == "auditor" and until and self.today > dt.date.fromisoformat(until))

    def way_back(self, actor: Key) -> Key | None:
        """The suspended company of the operator, which it may do nothing to but take back to ``active``."""
        company = self.company(actor)
        return company if company is not None and self.world[company]["state"] == "suspended" else None

    # --- what --------------------------------------------------------------------------------------------------------

    def decide(self, actor: Key, verb: str, key: Key, thing: Thing, *, field: str = "*", edge: str = "") -> Answer:
        """Whether the operator may do ``verb`` to a resource that is, or would be, ``thing``."""
        if not self.somebody(actor):
            return no("OPR-09")
        stopped = self.way_back(actor)
        if stopped is not None and verb in WRITES and (key, edge) != (stopped, "suspended->active"):
            return no("OPR-09")
        cell = self.cell(key[0], verb, self.role(actor), field=field, edge=edge)
        if cell is None:
            return no("PRM-01")
        if cell.reach in ("none", "never"):
            return no(cell.codes[0])
        if cell.reach != "all" and not self.reaches(cell.reach, actor, key, thing, verb=verb):
            return no("PRM-02")
        for position, condition in enumerate(cell.conditions):
            if not self.holds(condition, actor, key, thing):
                return no(cell.codes[position])
        return YES

    def cell(self, kind: str, verb: str, role: str, *, field: str = "*", edge: str = "") -> Cell | None:
        """The line that decides: that of the edge, else that of the longest path at or above the field."""
        asked = (kind, verb, role, field, edge)
        if asked not in self._decided:
            self._decided[asked] = self._longest(kind, verb, role, field=field, edge=edge)
        return self._decided[asked]

    def _longest(self, kind: str, verb: str, role: str, *, field: str, edge: str) -> Cell | None:
        best: tuple[int, Cell] | None = None
        for cell in self._cells.get((kind, verb, role), ()):
            if edge:
                if cell.edge == edge:
                    return cell
                continue
            for path in cell.fields:
                fits = path in ("*", field) or field.startswith((path + ".", path + "["))
                length = 0 if path == "*" else len(path)
                if fits and (best is None or length > best[0]):
                    best = (length, cell)
        return best[1] if best else None

    # --- reach -------------------------------------------------------------------------------------------------------

    def reaches(self, reach: str, actor: Key, key: Key, thing: Thing, *, verb: str) -> bool:
        """Whether the resource lies in a reach of the operator."""
        company = self.company(actor)
        if reach == "self":
            return key in (actor, company)
        if reach == "own":
            return key in (actor, company) or self._own(company, key, thing, verb=verb)
        if reach == "tree":
            return (
                key in (actor, company)
                or any(self._own(one, key, thing, verb=verb) for one in (company, *self._children(company)))
                or self._new_child(company, key, thing)
            )
        if reach == "scope":
            return self._in_scope(actor, key, thing)
        raise AssertionError(reach)

    def _own(self, company: Key | None, key: Key, thing: Thing, *, verb: str) -> bool:
        if company is None:
            return False
        if company[0] == "Partner":
            if key[0] == "Partner":
                return key == company
            return key[1] == company[2]
        if key == company or company in self._owners(key, thing):
            return True
        return verb == "read" and key == ("Partner", "", company[1])

    def _new_child(self, company: Key | None, key: Key, thing: Thing) -> bool:
        """A partner that does not exist yet stands below the distributor that it names."""
        new = key[0] == "Partner" and key not in self.world
        return new and company is not None and company[0] == "Partner" and thing.get("parent") == company[2]

    def _children(self, company: Key | None) -> list[Key]:
        if company is None or company[0] != "Partner":
            return []
        return [key for key, one in self.world.items() if key[0] == "Partner" and one.get("parent") == company[2]]

    def _owners(self, key: Key, thing: Thing) -> Iterator[Key]:
        """The chain of owners above a resource, the nearest first."""
        while key[0] in OWNERS:
            field, kind = OWNERS[key[0]]
            name = thing.get(field)
            if not name:
                return
            key = (kind, key[1], name)
            yield key
            thing = self.world.get(key, {})

    def _in_scope(self, actor: Key, key: Key, thing: Thing) -> bool:
        scope: set[Key] = set()
        for entry in self.world[actor].get("auditScope", ()):
            tenant, _, name = entry.rpartition("/")
            scope.add(("Issuer", tenant, name))
        if key in scope or scope.intersection(self._owners(key, thing)):
            return True
        tenants = {issuer[1] for issuer in scope if issuer[1]}
        if key[0] == "Partner":
            return key[2] in tenants
        return key[0] == "ReportSchedule" and key[1] in tenants

    # --- conditions --------------------------------------------------------------------------------------------------

    def holds(self, condition: str, actor: Key, key: Key, thing: Thing) -> bool:  # noqa: PLR0911 - one line, one word
        """Whether a condition of the matrix holds for an operator."""
        match condition:
            case "children only":
                company = self.company(actor)
                return company is not None and thing.get("parent") == company[2]
            case "not self":
                return key != actor
            case "level of stopper":
                stopper = thing.get("status", {}).get("stoppedBy")
                role = self.role(actor)
                return stopper in LEVELS and role in LEVELS and LEVELS.index(role) >= LEVELS.index(stopper)
            case "policy smtpEditors":
                word = {"distributor": "partner"}.get(self.role(actor), self.role(actor))
                policy = self.world.get(("SystemConfiguration", "", "platform"), {}).get("policy", {})
                return word in policy.get("smtpEditors", ["administrator"])
            case "issuer operators only" | "role issuer":
                return bool(thing["role"] == "issuer")
            case "role partner or issuer":
                return thing["role"] in ("partner", "issuer")
            case "human only":
                return False
            case "type customer":
                return bool(thing["type"] == "customer")
            case "enterprise plan":
                customer = self.world.get(("Customer", key[1], thing["customer"]), {})
                return bool(customer.get("plan") == "enterprise")
            case "not built-in":
                return not thing.get("status", {}).get("builtIn")
            case "cause manual":
                return bool(thing.get("status", {}).get("suspensionCause") == "manual")
        raise AssertionError(condition)
