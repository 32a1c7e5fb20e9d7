"""Rights: the one function that decides who may do what, over live data. Default deny.

Every verb asks here: plan, apply, adopt, show, access. The matrix is what the kinds declare; reach is computed from
owner and structure references; conditions are those below and those that a kind adds. What no row allows is denied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from reconciler.model.access import Allow, Grant, Reach
from reconciler.model.address import PLATFORM, Address
from reconciler.model.catalog import Catalog
from reconciler.model.dataclass import dataclass
from reconciler.model.formats import folded
from reconciler.model.kind import Kind
from reconciler.model.principal import ACTORS, LEVELS, Condition, Principal, Question
from reconciler.model.resource import Live
from reconciler.model.tenantview import rows_of
from reconciler.model.tool import TOOL
from reconciler.model.view import Entity, View

WRITES = ("create", "update", "transition", "delete")
STOPPED_BY = "stoppedBy"
BY_HAND = "human only"
"""The condition that never holds for this program: a person does it elsewhere (LIF-04)."""
NOT_AUTHOR = "not author"
"""The condition of the verb ``approve``: whoever made a plan does not approve it (GEN-25)."""
_READS = frozenset({"read", "download"})
_NOTHING: Grant = Grant(Reach.NONE, "PRM-01")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision. ``code`` is empty when allowed; ``condition`` is the one that does not hold, if that is why."""

    allowed: bool
    code: str = ""
    condition: str = ""


ALLOWED = Verdict(allowed=True)


class Rights:
    """Rights over one state of the live database.

    ``view`` is the database without manifests. A planned entity may be asked about: then its own references are read
    where it is going to stand, and those of everything above it where that stands now. ``planned`` is the view of the
    plan, where resources are found that do not exist yet.
    """

    def __init__(self, catalog: Catalog, live: Live, now: datetime, *, planned: View | None = None) -> None:
        self.catalog = catalog
        self.now = now
        self.view = rows_of(catalog, live)
        self._planned = planned
        self._tenants = next((kind.name for kind in catalog.values() if kind.is_tenant), "")
        self._rows: dict[tuple[str, str, str, str], Allow | None] = {}
        self._above: dict[Address, frozenset[Address]] = {}

    # --- who ---------------------------------------------------------------------------------------------------------

    def principals(self) -> Iterator[Principal]:
        """Everybody in the database who is anybody: operators, and people of the portals."""
        for name, kind in self.catalog.items():
            if kind.principal is not None:
                for entity in self.view.all(name):
                    yield self.principal_of(entity)

    def principal_of(self, entity: Entity) -> Principal:
        """The person that a resource is.

        Raises:
            ValueError: resources of this kind are no people.
        """
        if entity.kind.principal is None:
            msg = f"{entity.address} is nobody"
            raise ValueError(msg)
        found: Principal = entity.kind.principal(entity, self.view, self.now)
        return found

    def find(self, name: str) -> Principal | None:
        """The operator known by an address of mail, by ``tenant/name``, or at platform level by its name.

        A name by which several are known is nobody's: other programs may have written rows that only look alike.
        """
        wanted = folded(name)
        found: list[Principal] = []
        for word, kind in self.catalog.items():
            if kind.principal is None:
                continue
            for key, row in self.rows(word).items():
                entity = Entity(Address(word, *key), kind, None, row)
                tenant, own = key
                if wanted in (f"{tenant}/{own}" if tenant else own, *_known_as(entity)):
                    found.append(self.principal_of(entity))
        actors = [one for one in found if one.role in ACTORS]
        return actors[0] if len(actors) == 1 else None

    def rows(self, kind: str) -> Mapping[tuple[str, str], tuple[object, ...]]:
        """The live rows of a kind."""
        live = self.view.live
        return {} if live is None else live.rows.get(kind, {})

    # --- what --------------------------------------------------------------------------------------------------------

    def decide(self, who: Principal, verb: str, entity: Entity, *, path: str = "", edge: str = "") -> Verdict:
        """Whether ``who`` may do ``verb`` to ``entity``: to the field ``path``, or along ``edge`` (``from->to``)."""
        row = self.row(entity.kind, verb, path=path, edge=edge)
        grant = _NOTHING if row is None else row.grant(who.role)
        if who.barred:
            return Verdict(allowed=False, code="OPR-09")
        if grant.reach in (Reach.NONE, Reach.NEVER):
            return Verdict(allowed=False, code=grant.code or "PRM-01")
        if grant.reach is not Reach.ALL and not self.covers(who, grant.reach, entity, verb=verb):
            return Verdict(allowed=False, code="PRM-02")
        if not grant.condition:
            return ALLOWED
        return self._conditions(
            grant, Question(who=who, verb=verb, entity=entity, live=self.view, path=path, edge=edge)
        )

    def row(self, kind: Kind, verb: str, *, path: str = "", edge: str = "") -> Allow | None:
        """The row group of the matrix that decides: that of the edge, or of the longest field path that fits."""
        key = (kind.name, verb, path, edge)
        try:
            return self._rows[key]
        except KeyError:
            found = self._rows[key] = _row(kind, verb, path, edge)
            return found

    def uses(self, who: Principal, verb: str, *, author: bool = False) -> Verdict:
        """Whether ``who`` may use a verb of the program itself. ``author``: it is about a plan that ``who`` made."""
        grant = next((row.grant(who.role) for row in TOOL if row.verb == verb), _NOTHING)
        if who.barred or who.only is not None:
            return Verdict(allowed=False, code="OPR-09")
        if grant.reach in (Reach.NONE, Reach.NEVER):
            return Verdict(allowed=False, code=grant.code or "PRM-01")
        if not grant.condition or (grant.condition == NOT_AUTHOR and not author):
            return ALLOWED
        return Verdict(allowed=False, code=grant.code or "PRM-04", condition=grant.condition)

    def reads(self, who: Principal, entity: Entity) -> bool:
        """Whether any field of a resource may be read."""
        return any(
            self.decide(who, "read", entity, path=path).allowed
            for path in dict.fromkeys(path for row in entity.kind.allow if row.verb == "read" for path in row.fields)
        )

    def manages(self, who: Principal, entity: Entity) -> Verdict:
        """Whether labels, annotations and ``lifecycle`` may be changed: by any right to write anything of it."""
        first: Verdict | None = None
        for row in entity.kind.allow:
            if row.verb not in WRITES:
                continue
            for path in row.fields if row.verb in ("create", "update") else ("",):
                found = self.decide(who, row.verb, entity, path=path, edge=row.edge)
                if found.allowed:
                    return found
                if first is None or (found.code == "PRM-02" and first.code != "PRM-02"):
                    first = found
        return first or Verdict(allowed=False, code="PRM-01")

    def unprotects(self, who: Principal, entity: Entity) -> Verdict:
        """Whether ``protect`` may be lifted: by the right to delete it, or to walk an edge into the tombstone."""
        lifecycle = entity.kind.lifecycle
        if lifecycle is None or not lifecycle.tombstone:
            return self.decide(who, "delete", entity)
        told = [
            self.decide(who, "transition", entity, edge=str(edge))
            for edge in lifecycle.edges
            if edge.target == lifecycle.tombstone
        ]
        return next((one for one in told if one.allowed), told[0] if told else Verdict(allowed=False, code="PRM-01"))

    # --- where -------------------------------------------------------------------------------------------------------

    def covers(self, who: Principal, reach: Reach, entity: Entity, *, verb: str) -> bool:
        """Whether a resource lies in a reach of ``who``, both where it stands and where a plan puts it."""
        address = entity.address
        if address in who.selves:
            return reach is not Reach.SCOPE or verb in _READS
        if verb in _READS and (address in who.reads or (address.kind, address.tenant) in who.annex):
            return True
        if reach is Reach.SELF:
            return False
        ends = [self._owners(entity, after=False)] if entity.exists else []
        if entity.declared or not ends:
            ends.append(self._owners(entity, after=True))
        return all(self._inside(who, reach, entity, owners, after=place > 0) for place, owners in enumerate(ends))

    def _inside(
        self, who: Principal, reach: Reach, entity: Entity, owners: tuple[Address, ...], *, after: bool
    ) -> bool:
        if reach is Reach.SCOPE:
            return not who.scope.isdisjoint(owners)
        if who.company is None:
            return False
        if who.company in owners:
            return True
        return reach is Reach.TREE and who.company in self._higher(entity, owners, after=after or not entity.exists)

    def below(self, who: Principal, entity: Entity) -> bool:
        """Whether a resource belongs to a company that stands strictly below that of ``who`` (``children only``)."""
        after = not entity.exists
        owners = self._owners(entity, after=after)
        return (
            who.company is not None
            and who.company not in owners
            and who.company in self._higher(entity, owners, after=after)
        )

    def around(self, entity: Entity) -> frozenset[Address]:
        """The resource, everything that it belongs to, and every company above these."""
        after = not entity.exists
        owners = self._owners(entity, after=after)
        return frozenset(owners) | self._higher(entity, owners, after=after)

    def _owners(self, entity: Entity, *, after: bool) -> tuple[Address, ...]:
        """A resource, its owner, the owner of that, and so on up to the tenant."""
        found = [entity.address]
        current: Entity | None = entity
        moved = after
        while current is not None and current.kind.owner is not None:
            path = current.kind.owner.path
            name = current.value(path) if moved or not current.exists else current.live(path)
            if not isinstance(name, str):
                break
            owner = self.view.target_address(current.kind.owner, current.address, name)
            if owner in found:
                break
            found.append(owner)
            current, moved = self._at(owner, entity), False
        if entity.address.tenant and self._tenants:
            found.append(Address(self._tenants, PLATFORM, entity.address.tenant))
        return tuple(found)

    def _at(self, address: Address, beside: Entity) -> Entity | None:
        """What stands at an address now; what is only planned is found by those who look from a planned resource."""
        found = self.view.at(address)
        if found is None and self._planned is not None and beside.declared:
            found = self._planned.at(address)
        return found

    def _higher(self, entity: Entity, owners: tuple[Address, ...], *, after: bool) -> frozenset[Address]:
        """The companies above a resource and its owners, by their structure references."""
        found: set[Address] = set()
        for address in owners:
            if address == entity.address:
                for above in self._structure(entity, after=after):
                    found |= {above} | self._above_of(above)
            else:
                found |= self._above_of(address)
        return frozenset(found)

    def _above_of(self, address: Address) -> frozenset[Address]:
        known = self._above.get(address)
        if known is not None:
            return known
        found: set[Address] = set()
        waiting = [address]
        while waiting:
            current = waiting.pop()
            entity = self.view.at(current)
            if entity is None and self._planned is not None:
                entity = self._planned.at(current)
            if entity is None:
                continue
            for above in self._structure(entity, after=not entity.exists):
                if above not in found:
                    found.add(above)
                    waiting.append(above)
        self._above[address] = frozenset(found)
        return self._above[address]

    def _structure(self, entity: Entity, *, after: bool) -> set[Address]:
        """What stands directly above a resource."""
        found = set()
        for field in entity.kind.references:
            if field.ref is not None and field.ref.part == "structure":
                name = entity.value(field.path) if after else entity.live(field.path)
                if isinstance(name, str):
                    found.add(self.view.target_address(field, entity.address, name))
        return found

    # --- conditions --------------------------------------------------------------------------------------------------

    def _conditions(self, grant: Grant, question: Question) -> Verdict:
        words = grant.condition.split("; ")
        codes = grant.code.split("; ")
        for place, word in enumerate(words):
            if not self.holds(word, question):
                code = codes[place] if len(codes) == len(words) else codes[0]
                return Verdict(allowed=False, code=code or "PRM-04", condition=word)
        return ALLOWED

    def holds(self, condition: str, question: Question) -> bool:
        """Whether a condition holds; one that nobody knows does not."""
        if condition == "children only":
            return self.below(question.who, question.entity)
        known: Condition | None = question.entity.kind.conditions.get(condition) or _CONDITIONS.get(condition)
        return known is not None and known(question)


def _row(kind: Kind, verb: str, path: str, edge: str) -> Allow | None:
    best: Allow | None = None
    length = -1
    for row in kind.allow:
        if row.verb != verb or row.edge != edge:
            continue
        if edge:
            return row
        for one in row.fields:
            fits = one in (path, "*") or path.startswith(f"{one}.")
            size = 0 if one == "*" else len(one)
            if fits and size > length:
                best, length = row, size
    return best


def _known_as(entity: Entity) -> Iterator[str]:
    """By what somebody is known: the value of the natural key, case-folded."""
    for key in entity.kind.unique:
        value = entity.live(key.paths[0])
        if len(key.paths) == 1 and isinstance(value, str):
            yield folded(value)


def _not_self(question: Question) -> bool:
    return question.entity.address != question.who.address


def _level_of_stopper(question: Question) -> bool:
    """LIF-03. Who stopped it is not known where another program did: then only a cell without the condition helps."""
    stopped = question.entity.live(f"status.{STOPPED_BY}")
    known = {level.value: place for place, level in enumerate(LEVELS)}
    return stopped in known and question.who.role.value in known and known[question.who.role.value] <= known[stopped]


def _never(_question: Question) -> bool:
    return False


_CONDITIONS: Mapping[str, Condition] = {
    "not self": _not_self,
    "level of stopper": _level_of_stopper,
    BY_HAND: _never,
}
