"""The people and places of the customers' kinds, and a whole plan over them, for the tests of these kinds."""

from __future__ import annotations

from typing import Any

from reconciler.engine.diff import diff
from reconciler.engine.plan import PlanOptions, make_plan
from reconciler.model.diagnostic import Severity
from reconciler.model.plan import Plan
from reconciler.model.resource import Resource
from reconciler.model.view import View
from tests.kinds.worlds import resource

TENANT = "farol-services"


def customer(name: str = "lumen-grupo", /, **spec: Any) -> Resource[Any]:
    """A Customer."""
    given = {"companyName": name.replace("-", " ").title(), "address": {"line1": "Rua da Luz 1"}}
    return resource("Customer", name, tenant=TENANT, **(given | spec))


def user(name: str = "ana.moura", /, **spec: Any) -> Resource[Any]:
    """A CustomerUser of lumen-grupo."""
    given = {
        "customer": "lumen-grupo",
        "displayName": "Ana Moura",
        "email": f"{name}@lumen.example.com",
        "password": {"fromEnv": "PASSWORD", "version": "1"},
    }
    return resource("CustomerUser", name, tenant=TENANT, **(given | spec))


def self_care(name: str = "lumen-grupo", /, **spec: Any) -> Resource[Any]:
    """The SelfCare of lumen-grupo."""
    given = {"customer": "lumen-grupo", "login": name, "password": {"fromEnv": "PASSWORD", "version": "1"}}
    return resource("SelfCare", name, tenant=TENANT, **(given | spec))


def individual(name: str = "rui.prates", /, **spec: Any) -> Resource[Any]:
    """An Individual of lumen-grupo."""
    given = {
        "customer": "lumen-grupo",
        "login": name,
        "password": {"fromEnv": "PASSWORD", "version": "1"},
        "role": "portal",
        "email": f"{name}@lumen.example.com",
    }
    return resource("Individual", name, tenant=TENANT, **(given | spec))


def domain(name: str = "www.lumen.example.com", /, **spec: Any) -> Resource[Any]:
    """A Domain of lumen-grupo, by default without TLS."""
    given = {
        "customer": "lumen-grupo",
        "host": name,
        "scheme": "http",
        "origins": [{"address": "198.51.100.20"}],
    }
    return resource("Domain", name, tenant=TENANT, **(given | spec))


def role(name: str = "portal", /, **spec: Any) -> Resource[Any]:
    """A Role of type customer."""
    given: dict[str, Any] = {"type": "customer", "default": True}
    return resource("Role", name, **(given | spec))


def plan_of(world: View, *, prune: bool = False) -> Plan:
    """The whole plan of a view."""
    return make_plan(world, diff(world, {}), PlanOptions(prune=prune))


def errors(plan: Plan) -> list[tuple[str, str, str]]:
    """Code, address and path of the errors of a plan."""
    return [(one.code, str(one.address), one.path) for one in plan.diagnostics if one.severity is Severity.ERROR]


def lines(plan: Plan) -> list[str]:
    """What the plan does, a short line for each change."""
    return [
        f"{one.action.value} {one.address}" + (f" {one.edge}" if one.edge is not None else "") for one in plan.changes
    ]
