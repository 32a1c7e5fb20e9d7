"""Role: a set of permissions for people of the portals.

Roles of type ``customer`` are given to customers, their users and their individuals. A Role is not the ``role`` of
an operator, which is a fixed word. The access to a path is that of the longest listed path that is equal to it or above
it; a path above which nothing is listed has ``none``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.model.access import may, no, nobody, rights
from reconciler.model.diagnostic import Severity
from reconciler.model.effect import Planned
from reconciler.model.formats import nearest
from reconciler.model.kind import Group, Kind, Level, Status
from reconciler.model.lifecycle import Risk
from reconciler.model.marks import Immutable, Unordered
from reconciler.model.portal import allowed_role, own_role
from reconciler.model.resource import Resource
from reconciler.model.rule import NAME, Finding, Findings, everything, in_its_tenant, plan, schema
from reconciler.model.shared_rules import whoever_asks
from reconciler.model.spec import Spec
from reconciler.model.view import Entity, View

PATHS: Mapping[str, tuple[str, ...]] = {
    "customer": (
        "customer",
        "customer.profile",
        "customer.users",
        "customer.children",
        "customer.individuals",
        "customer.domains",
        "customer.domains.ssl",
        "customer.domains.waf",
        "customer.domains.export",
        "customer.selfCare",
        "customer.selfCare.password",
        "customer.selfCare.formats",
        "customer.selfCare.apiToken",
        "customer.helpdesk",
        "customer.helpdesk.categories",
        "customer.helpdesk.serviceTypes",
        "customer.invoices",
    ),
    "account": ("account", "account.profile", "account.password"),
    "reseller": ("reseller", "reseller.customers", "reseller.helpdesk", "reseller.reports"),
    "admin": ("admin", "admin.partners", "admin.issuers", "admin.system"),
}
"""The permission paths of each role type (ROLE-05)."""

_WIDTH = {"none": 0, "read": 1, "write": 2}
_USERS = (("CustomerUser", "role"), ("SelfCare", "role"), ("SelfCare", "allowedRoles"), ("Individual", "role"))


class Permission(Spec):
    """One entry: the access to a path and to all below it that have no entry of their own."""

    path: str = Field(description="A permission path of the role's type, such as customer.domains.")
    access: Literal["none", "read", "write"] = Field(description="What the path may be used for.")


class RoleSpec(Spec):
    """The fields of a Role."""

    type: Annotated[Literal["admin", "reseller", "account", "customer"], Immutable()] = Field(
        description="For whom the role is; it decides which permission paths there are."
    )
    description: str = Field("", max_length=255, description="What the role is for.")
    default: bool = Field(False, description="Whether people without a role of their own have this one.")
    permissions: Annotated[list[Permission], Unordered(by="path")] = Field(
        default_factory=list, max_length=200, description="Access by path; the longest path that fits decides."
    )


@schema("GEN-14", "Each path stands in permissions once.")
def each_path_once(resource: Resource[RoleSpec]) -> Findings:
    """GEN-14 for ``permissions``; a rule and no format, so that the other entries are judged beside it."""
    seen: set[str] = set()
    for place, one in enumerate(resource.spec.permissions):
        if one.path in seen:
            yield Finding(
                f"the path {one.path} stands in the list already",
                at=f"permissions[{place}]",
                hint="keep one of the entries",
            )
        seen.add(one.path)


@schema("ROLE-05", "A permission path is one of the known paths of the role's type.")
def known_paths(resource: Resource[RoleSpec]) -> Findings:
    """ROLE-05."""
    known = PATHS[resource.spec.type]
    for place, one in enumerate(resource.spec.permissions):
        if one.path in known:
            continue
        near = nearest(one.path, known)
        yield Finding(
            f"{one.path} is no permission path of a role of type {resource.spec.type}",
            at=f"permissions[{place}].path",
            hint=f"did you mean {near}?" if near else "the paths are " + ", ".join(known),
        )


@schema("ROLE-04", "An entry that gives the access its path already has is redundant.", Severity.WARNING)
def no_redundant_entry(resource: Resource[RoleSpec]) -> Findings:
    """ROLE-04. What counts is the nearest listed entry above; without one nothing is redundant."""
    listed = {one.path: one.access for one in resource.spec.permissions}
    known = PATHS[resource.spec.type]
    for place, one in enumerate(resource.spec.permissions):
        above = _above(one.path, listed)
        if one.path in known and above is not None and listed[above] == one.access:
            yield Finding(
                f"{one.path} has {one.access} already, from the entry {above}",
                at=f"permissions[{place}].path",
                hint="take the entry out, or give it another access",
            )


def _above(path: str, listed: Mapping[str, str]) -> str | None:
    while "." in path:
        path = path.rpartition(".")[0]
        if path in listed:
            return path
    return None


def _of_type(role: Entity) -> Any:
    """The type, which never changes."""
    return role.live("type") if role.exists else role.value("type")


@everything("ROLE-01", "Each role type that has a Role has exactly one with default: true.", seeks=in_its_tenant)
def one_default_of_each_type(view: View) -> Findings:
    """ROLE-01.

    With live data both parts are judged in full. Without live data the built-in default role of a type, which every
    database has, is not to be seen: then two defaults in the set are an error, and none is one only when the set
    declares the built-in role itself and takes ``default`` away from it.
    """
    by_type: dict[str, list[Entity]] = {}
    for one in view.all("Role"):
        by_type.setdefault(str(one.value("type")), []).append(one)
    for word, roles in by_type.items():
        defaults = sorted((one for one in roles if one.value("default")), key=_seniority)
        for late in defaults[1:]:
            yield Finding(
                f"{defaults[0].address} is the default role of type {word} already",
                at="default",
                hint="a type has one default role; set default to false in one of them",
                address=late.address,
            )
        if defaults or not (view.connected or any(one.address.name == _built_in(word) for one in roles)):
            continue
        declared = [one for one in roles if one.declared] or roles
        yield Finding(
            f"no role of type {word} is the default",
            at=NAME,
            hint="set default: true in one",
            address=declared[0].address,
        )


def _built_in(word: str) -> str:
    return f"{word}-default"


def _seniority(one: Entity) -> tuple[bool, bool, bool, str]:
    # What is there already comes first, so that the finding stands where a manifest brings the second default.
    return (one.declared, not one.exists, not one.live("default"), str(one.address))


@plan("ROLE-03", "A Role in use, or the default role of a type, cannot be deleted.")
def unused_when_deleted(planned: Planned, view: View) -> Findings:
    """ROLE-03."""
    if not planned.deletes:
        return
    if planned.entity.live("status.builtIn"):
        yield Finding(
            f"{planned.address} came with the database and is never deleted",
            hint="bring its manifest back, or leave the delete held",
            code="ROLE-02",
        )
    if planned.entity.live("default"):
        yield Finding(
            f"{planned.address} is the default role of type {planned.entity.live('type')} and cannot be deleted",
            hint="make another role the default of the type first",
        )
    for kind, path in _USERS:
        for user in view.referrers(planned.address, kind, path):
            yield Finding(
                f"{planned.address} cannot be deleted while {user.address} refers to it",
                at=_entry(user, path, planned.address.name),
                hint="give it another role first, or bring the manifest of the role back",
                address=user.address,
            )


def _entry(user: Entity, path: str, name: str) -> str:
    value = user.value(path)
    return f"{path}[{value.index(name)}]" if isinstance(value, list) and name in value else path


@whoever_asks
@plan("ROLE-02", "description and permissions of a built-in role never change.")
def built_in_stays(planned: Planned, _view: View) -> Findings:
    """ROLE-02. ``default`` may move; that the role is not deleted is told with ROLE-03."""
    if planned.creates or planned.deletes or not planned.entity.live("status.builtIn"):
        return
    for path in ("description", "permissions"):
        if planned.changes(path):
            yield Finding(
                f"{planned.address} came with the database, and nobody changes its {path}",
                at=path,
                hint="copy the role under another name, and change the copy",
            )


def at_creation(_resource: Resource[RoleSpec], _view: View) -> Iterator[tuple[str, Any]]:
    """Only initialising a database makes built-in roles."""
    yield "built_in", False


def risks(planned: Planned, view: View) -> Iterator[Risk]:
    """``locks-out`` for narrower permissions of a role that somebody has."""
    role = planned.entity
    if planned.creates or planned.deletes or not planned.changes("permissions"):
        return
    before, after = _accesses(role.live("permissions")), _accesses(role.value("permissions"))
    narrower = any(
        _WIDTH.get(_access(path, after), 0) < _WIDTH.get(_access(path, before), 0)
        for path in PATHS.get(str(role.value("type")), ())
    )
    in_use = role.live("default") or any(view.referrers(role.address, kind, path) for kind, path in _USERS)
    if narrower and in_use:
        yield Risk.LOCKS_OUT


def _accesses(entries: Any) -> dict[str, str]:
    return {str(one.get("path")): str(one.get("access")) for one in entries or () if isinstance(one, dict)}


def _access(path: str, listed: Mapping[str, str]) -> str:
    if path in listed:
        return listed[path]
    above = _above(path, listed)
    return "none" if above is None else listed[above]


SEEDS = tuple(
    {
        "name": _built_in(word),
        "type": word,
        "description": f"Built-in role given to a new {word}",
        "default": True,
        "permissions": f'[{{"path":"{word}","access":"write"}}]',
        "built_in": True,
    }
    for word in ("admin", "reseller", "account", "customer")
)
"""The four built-in roles, column by column in stored form."""

EXAMPLE = """\
apiVersion: reconciler/v1
kind: Role
metadata:
  name: customer-readers
spec:
  type: customer
  description: Look at everything, change the own profile
  permissions:
    - {path: customer, access: read}
    - {path: customer.profile, access: write}
    - {path: customer.invoices, access: none}
"""

KIND = Kind(
    name="Role",
    table="roles",
    group=Group.PLATFORM,
    order=20,
    level=Level.PLATFORM,
    spec=RoleSpec,
    description="A set of permissions for people of the portals.",
    status=(
        Status(path="builtIn", column="built_in", type="bool", description="Whether the role came with the database."),
    ),
    rules=(
        each_path_once,
        known_paths,
        no_redundant_entry,
        one_default_of_each_type,
        unused_when_deleted,
        built_in_stays,
    ),
    at_creation=at_creation,
    risks=risks,
    seeds=SEEDS,
    example=EXAMPLE,
    conditions={
        "not built-in": lambda question: not question.entity.live("status.builtIn"),
        "allowed roles": allowed_role,
        "own role": own_role,
        "type customer": lambda question: _of_type(question.entity) == "customer",
    },
    denials={"ROLE-02": "a built-in role stays as it is; copy it under another name"},
    sensitive=("permissions", "default"),
    allow=(
        rights(
            "read",
            A=may("all"),
            D=may("all", "type customer", code="PRM-04"),
            P=may("all", "type customer", code="PRM-04"),
            C=may("own", "allowed roles", code="PRM-04"),
            N=may("self", "own role", code="PRM-04"),
        ),
        rights("create", A=may("all"), U=no("OPR-06")),
        rights("update", "description", "permissions", A=may("all", "not built-in", code="ROLE-02"), U=no("OPR-06")),
        rights("update", "default", A=may("all"), U=no("OPR-06")),
        nobody("GEN-05", "update", "type"),
        rights("delete", A=may("all", "not built-in", code="ROLE-02"), U=no("OPR-06")),
    ),
)
