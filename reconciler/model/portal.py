"""Portal: what the people of the portals may do, for the kinds that know customers, and for the access report.

They are no actors of the command line. A Role of type ``customer`` narrows an individual's rights path by path: the
access to a path is that of the longest listed path that is equal to it or above it, and otherwise none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.model.access import RoleWord
from reconciler.model.address import PLATFORM, Address
from reconciler.model.principal import Principal, Question
from reconciler.model.view import Entity, View

CUSTOMER, ROLE, SELF_CARE = "Customer", "Role", "SelfCare"
_HELP_DESK = ("Category", "ServiceType", "SupportMail")


def person(
    entity: Entity, view: View, *, role: RoleWord, known_as: str, barred: str = "", selves: Iterable[Address] = ()
) -> Principal:
    """Somebody of the customer that owns ``entity``, on live data."""
    tenant = entity.address.tenant
    customer = view.find(CUSTOMER, tenant, str(entity.live("customer")))
    allowed = frozenset(name for one in _self_cares(customer, view) for name in one.live("allowedRoles") or ())
    own_role = _role_of(entity, view)
    mine = {entity.address, *selves}
    reads = {Address(ROLE, PLATFORM, name) for name in allowed}
    if own_role is not None:
        reads.add(own_role.address)
    if customer is None:
        barred = barred or "its customer does not exist"
    elif customer.live_state != "active":
        barred = barred or f"its customer is {customer.live_state}"
    if role is RoleWord.CUSTOMER and customer is not None:
        mine.add(customer.address)
        mine.update(one.address for one in _self_cares(customer, view))
    if role is RoleWord.INDIVIDUAL and own_role is not None:
        mine.add(own_role.address)
    return Principal(
        address=entity.address,
        known_as=known_as,
        role=role,
        company=None if customer is None else customer.address,
        selves=frozenset(mine),
        reads=frozenset(reads),
        annex=frozenset((kind, tenant) for kind in _HELP_DESK),
        barred=barred,
        permissions=tuple(sorted(_permissions(own_role).items())),
        allowed_roles=allowed,
        own_role="" if own_role is None else own_role.address.name,
    )


def _self_cares(customer: Entity | None, view: View) -> list[Entity]:
    return [] if customer is None else view.referrers(customer.address, SELF_CARE, "customer")


def _role_of(entity: Entity, view: View) -> Entity | None:
    """The role that somebody was given, else the default one for customers."""
    name = entity.live("role")
    if isinstance(name, str):
        return view.find(ROLE, PLATFORM, name)
    return next((one for one in view.all(ROLE) if one.live("type") == "customer" and one.live("default")), None)


def _permissions(role: Entity | None) -> Mapping[str, str]:
    if role is None:
        return {}
    return {str(one["path"]): str(one["access"]) for one in role.live("permissions") or ()}


def access_to(who: Principal, path: str) -> str:
    """``none``, ``read`` or ``write``: what the role of ``who`` gives on a permission path."""
    listed = dict(who.permissions)
    while path:
        if path in listed:
            return listed[path]
        path = path.rpartition(".")[0]
    return "none"


def role_permits(question: Question) -> bool:
    """Whether the role of the person gives write, or read for reading, on the path that fits the question."""
    path = _matching_path(question)
    wanted = ("read", "write") if question.verb == "read" else ("write",)
    return bool(path) and access_to(question.who, path) in wanted


def _matching_path(question: Question) -> str:
    paths = question.entity.kind.portal
    if question.verb in paths:
        return paths[question.verb]
    path = question.path
    while path:
        if path in paths:
            return paths[path]
        path = path.rpartition(".")[0]
    return paths.get("*", "")


def own_audience(question: Question) -> bool:
    """Whether a resource of the help desk is meant for customers; one without ``audience`` is for all."""
    kind = question.entity.kind
    return "audience" not in kind.by_path or question.entity.value("audience") in ("customers", "all")


def allowed_role(question: Question) -> bool:
    """Whether a Role is one that the own SelfCare allows."""
    return question.entity.address.name in question.who.allowed_roles


def own_role(question: Question) -> bool:
    """Whether a Role is the own one."""
    return question.entity.address.name == question.who.own_role


def within_allowed_roles(question: Question) -> bool:
    """Whether the new role of an Individual is one that the own SelfCare allows."""
    wanted: Any = question.entity.value("role")
    return wanted in question.who.allowed_roles
