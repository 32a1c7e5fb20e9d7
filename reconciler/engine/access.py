"""Access: what people may do now, and who gains and loses what through a plan.

The second wall behind the matrix stands here too: a plan must not give anybody a right that those who carry it could
not give (closure). It catches the indirect ways, such as the edit of a role or of a list of roles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.model.access import Allow, Reach, RoleWord
from reconciler.model.address import Address
from reconciler.model.authorization import Carriers
from reconciler.model.change import Change
from reconciler.model.dataclass import dataclass
from reconciler.model.denial import Denial
from reconciler.model.entitlement import Entitlement, Shift
from reconciler.model.kind import Kind
from reconciler.model.plan import Plan
from reconciler.model.principal import ACTORS, Principal
from reconciler.model.rights import Rights
from reconciler.model.view import Entity, View

CLOSURE = "CLS-01"
"""Code of the denial of a right that nobody who carries the plan could give."""
_NO_RIGHT = (Reach.NONE, Reach.NEVER)


class Access:
    """Entitlements over one state of the database."""

    def __init__(self, rights: Rights) -> None:
        self.rights = rights
        self._around: dict[Address, list[Entity]] | None = None

    def of(self, who: Principal) -> tuple[Entitlement, ...]:
        """Everything that somebody may do, by kind in the order of apply; nothing for one who is nobody."""
        if who.barred:
            return ()
        if who.only is not None:
            return self._narrowed(replace(who, only=None), who.only)
        catalog = self.rights.catalog
        near = self._near(who)
        found: list[Entitlement] = []
        for name, kind in catalog.items():
            mine = near.get(name, ())
            found += [one for row in kind.allow if (one := self._entitlement(who, kind, row, mine)) is not None]
        return tuple(found)

    def _narrowed(self, who: Principal, only: tuple[Address, str]) -> tuple[Entitlement, ...]:
        """What is left to somebody whose company is suspended: reading, and the one way back (OPR-09)."""
        address, edge = only
        back = (address.kind, "transition", edge)
        return tuple(one for one in self.of(who) if one.verb == "read" or (one.kind, one.verb, one.what) == back)

    def _entitlement(self, who: Principal, kind: Kind, row: Allow, near: Iterable[Entity]) -> Entitlement | None:
        grant = row.grant(who.role)
        if grant.reach in _NO_RIGHT:
            return None
        right = Entitlement(
            kind=kind.name,
            verb=row.verb,
            what=row.edge or "; ".join(row.fields),
            reach=grant.reach.value,
            condition=grant.condition,
        )
        if row.verb == "create":
            return right
        if grant.reach is Reach.ALL and not grant.condition:
            return replace(right, resources=None)
        path = "" if row.edge or row.fields == ("*",) else row.fields[0]
        entities = self.rights.view.all(kind.name) if grant.reach is Reach.ALL else near
        held = tuple(
            sorted(
                one.address
                for one in entities
                if self.rights.decide(who, row.verb, one, path=path, edge=row.edge).allowed
            )
        )
        return replace(right, resources=held) if held else None

    def _near(self, who: Principal) -> Mapping[str, list[Entity]]:
        """The resources that may lie in a reach of somebody, by kind: those around the own company or the scope."""
        found: dict[Address, Entity] = {}
        index = self._index()
        for centre in (who.company, *who.scope):
            if centre is not None:
                found.update((one.address, one) for one in index.get(centre, ()))
        for address in (*who.selves, *who.reads):
            entity = self.rights.view.at(address)
            if entity is not None:
                found[address] = entity
        for kind, tenant in who.annex:
            found.update((one.address, one) for one in self.rights.view.inside(kind, tenant))
        by_kind: dict[str, list[Entity]] = {}
        for one in found.values():
            by_kind.setdefault(one.address.kind, []).append(one)
        return by_kind

    def _index(self) -> Mapping[Address, list[Entity]]:
        if self._around is None:
            self._around = {}
            for name in self.rights.catalog:
                for entity in self.rights.view.all(name):
                    for address in self.rights.around(entity):
                        self._around.setdefault(address, []).append(entity)
        return self._around


# --- through a plan --------------------------------------------------------------------------------------------------


def shifts(before: Rights, after: Rights, plan: Plan) -> tuple[Shift, ...]:
    """Who gains and loses what, in order of person, kind and right.

    Only a plan that changes people, or something that feeds rights, is looked into. A resource that the plan creates or
    deletes is no gain or loss of those in whose reach it lies: it counts for people whose own standing changes.
    """
    if not feeds_rights(before, plan):
        return ()
    old = {one.address: one for one in before.principals()}
    new = {one.address: one for one in after.principals()}
    everybody = any(_feeds_all(before, one) for one in plan.changes)
    then, now = Access(before), Access(after)
    both = _both(before.view, after.view) if everybody else None
    found: list[Shift] = []
    for address in sorted({*old, *new}):
        was, will = old.get(address), new.get(address)
        if was == will and not everybody:
            continue
        had = _table(then.of(was)) if was is not None else {}
        has = _table(now.of(will)) if will is not None else {}
        # Of one whose own standing stays, what is created or deleted beside tells nothing.
        only = both if was == will else None
        who = will or was
        if who is not None:
            found += _compared(who, had, has, only)
    return tuple(found)


def feeds_rights(rights: Rights, plan: Plan) -> bool:
    """Whether a plan changes people, or fields that feed rights."""
    people = {name for name, kind in rights.catalog.items() if kind.principal is not None or kind.company_role}
    touched = {one.address.kind for one in plan.changes if one.writes} | {one.address.kind for one in plan.cascades}
    return not touched.isdisjoint(people) or any(_feeds_all(rights, one) for one in plan.changes)


def _feeds_all(rights: Rights, change: Change) -> bool:
    """Whether a change may move the rights of people whose own records it does not touch."""
    kind = rights.catalog[change.address.kind]
    if not change.writes or kind.principal is not None or "*" in kind.sensitive:
        return False
    if change.rev is None:
        return False
    paths = [line.path for line in change.fields]
    return any(path == one or path.startswith(f"{one}.") for path in paths for one in kind.sensitive)


def _both(before: View, after: View) -> frozenset[Address]:
    return frozenset(_everything(before)) & frozenset(_everything(after))


def _everything(view: View) -> Iterator[Address]:
    live = view.live
    if live is not None:
        for kind, rows in live.rows.items():
            yield from (Address(kind, *key) for key in rows)


_Key = tuple[str, str, str]


def _table(rights: Sequence[Entitlement]) -> dict[_Key, Entitlement]:
    return {(one.kind, one.verb, one.what): one for one in rights}


def _compared(
    who: Principal,
    had: Mapping[_Key, Entitlement],
    has: Mapping[_Key, Entitlement],
    only: frozenset[Address] | None,
) -> Iterator[Shift]:
    for key in dict.fromkeys([*has, *had]):
        for gains, more, less in ((True, has.get(key), had.get(key)), (False, had.get(key), has.get(key))):
            if more is None:
                continue
            fresh = _beyond(more, less, only)
            if fresh is not None:
                yield Shift(who=who, gains=gains, entirely=not had or not has, right=fresh)


def _beyond(more: Entitlement, less: Entitlement | None, only: frozenset[Address] | None) -> Entitlement | None:
    """The part of ``more`` that goes beyond ``less``; None when there is none."""
    if less is None:
        if only is not None and more.resources:
            kept = tuple(one for one in more.resources if one in only)
            return replace(more, resources=kept) if kept else None
        return more
    if more.verb == "create":
        order = list(Reach)
        wider = order.index(Reach(more.reach)) > order.index(Reach(less.reach))
        return more if wider or (less.condition and less.condition != more.condition) else None
    if more.resources is None:
        return None if less.resources is None else more
    if less.resources is None:
        return None
    known = set(less.resources)
    fresh = tuple(one for one in more.resources if one not in known and (only is None or one in only))
    return replace(more, resources=fresh) if fresh else None


# --- the second wall -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Giver:
    """One carrier, and what the carrier may give."""

    who: Principal
    rights: Rights

    def gives(self, shift: Shift, receiver: Entity) -> bool:
        """Whether the carrier may give ``shift.right`` to the receiver.

        Administrators give everything; who may make such a person gives what such a person has; everybody gives what is
        the own.
        """
        if self.who.role is RoleWord.ADMINISTRATOR:
            return True
        if self.rights.decide(self.who, "create", receiver).allowed:
            return True
        return self._has(shift.right)

    def _has(self, right: Entitlement) -> bool:
        if not right.resources:
            return False
        path = "" if "->" in right.what or right.what == "*" else right.what.partition("; ")[0]
        edge = right.what if "->" in right.what else ""
        for address in right.resources:
            entity = self.rights.view.at(address)
            if entity is None or not self.rights.decide(self.who, right.verb, entity, path=path, edge=edge).allowed:
                return False
        return True


def closed(before: Rights, view: View, found: Sequence[Shift], carriers: Carriers) -> tuple[Denial, ...]:
    """The rights that a plan gives and that nobody who carries it may give. The installer may give everything."""
    applicant = carriers.applicant
    if carriers.installer or applicant is None:
        return ()
    givers = [_Giver(one, before) for one in carriers.everybody]
    denied: dict[Address, Denial] = {}
    for shift in found:
        receiver = view.at(shift.who.address)
        # What people of the portals may do is given with their record, whose rights the matrix holds.
        if not shift.gains or shift.who.role not in ACTORS or receiver is None or shift.who.address in denied:
            continue
        if not any(giver.gives(shift, receiver) for giver in givers):
            denied[shift.who.address] = Denial(
                who=applicant.title,
                verb="give",
                address=shift.who.address,
                what=f"{shift.right.kind}.{shift.right.verb} {shift.right.what}",
                reason="nobody gives a right that he has not and may not hand out",
                code=CLOSURE,
                who_can=(RoleWord.ADMINISTRATOR.value,),
                path="metadata.name",
            )
    return tuple(denied.values())
