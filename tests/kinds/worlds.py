"""Worlds for tests of rules with live data: resources without files, rows as the database holds them, views of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.kinds import discover
from reconciler.model.address import Address
from reconciler.model.effect import Planned
from reconciler.model.encode import stored_values
from reconciler.model.resource import LedgerEntry, Live, Resource, Row
from reconciler.model.rule import Finding, Rule
from reconciler.model.view import View
from tests.engine.toy import document, tree

CATALOG = discover()


def resource(kind: str, name: str, /, tenant: str = "", **spec: Any) -> Resource[Any]:
    """A declared resource; keyword arguments are spec fields by their manifest names."""
    return Resource(
        address=Address(kind, tenant, name),
        spec=CATALOG[kind].spec.model_validate(spec),
        document=document(tree(kind, name, spec, tenant=tenant)),
        labels={},
        annotations={},
    )


def row(one: Resource[Any], /, **columns: Any) -> Row:
    """The row of a resource after an apply; keyword arguments replace columns, such as ``state`` or ``payer``."""
    kind = CATALOG[one.address.kind]
    values = [one.address.tenant, one.address.name, 1, *stored_values(kind, one, {})]
    values += [None] * (len(kind.index) - len(values))
    if kind.lifecycle is not None and values[kind.index["state"]] is None:
        values[kind.index["state"]] = kind.lifecycle.entry
    for column, value in columns.items():
        values[kind.index[column]] = value
    return tuple(values)


def view(
    declared: Iterable[Resource[Any]] = (),
    live: Iterable[tuple[Resource[Any], Mapping[str, Any]] | Resource[Any]] = (),
    *,
    managed: Iterable[Resource[Any]] = (),
) -> View:
    """A connected view. Entries of ``live`` are resources, or pairs with columns that differ from the declaration."""
    rows: dict[str, dict[tuple[str, str], Row]] = {}
    for entry in live:
        one, columns = entry if isinstance(entry, tuple) else (entry, {})
        rows.setdefault(one.address.kind, {})[(one.address.tenant, one.address.name)] = row(one, **columns)
    ledger = {one.address: LedgerEntry(one.address, "{}", "toy.yaml", None, "full") for one in managed}
    return View(CATALOG, {one.address: one for one in declared}, Live("test", rows, ledger))


def planned(world: View, address: Address, *, to: str = "", **more: Any) -> Planned:
    """A planned change; ``to`` walks the life cycle from the live or entry state along the shortest path."""
    entity = world.at(address)
    assert entity is not None
    if "changed" in more:
        more["changed"] = frozenset(more["changed"])
    if to:
        lifecycle = entity.kind.lifecycle
        assert lifecycle is not None
        edges = lifecycle.path(entity.live_state or lifecycle.entry, to)
        assert edges is not None
        more["edges"] = edges
    return Planned(entity=entity, **more)


def codes(rules: Iterable[Rule], *arguments: Any) -> list[tuple[str, Any]]:
    """Code and place of every finding of some rules over the same arguments."""
    return [(rule.code, finding.at) for rule in rules for finding in rule.check(*arguments)]


def found(rule: Rule, *arguments: Any) -> list[Finding]:
    """The findings of one rule."""
    return list(rule.check(*arguments))


def partner(name: str = "farol-services", **spec: Any) -> Resource[Any]:
    """A Partner, an integrator by default."""
    given: dict[str, Any] = {
        "legalName": "Farol Services, Lda.",
        "vatNumber": "599900016",
        "type": "integrator",
        "contact": {"email": "office@farol.example.com"},
        "address": {"line1": "Rua do Farol 1", "city": "Lisboa", "postalCode": "1100-001", "country": "PRT"},
    }
    if spec.get("type") == "reseller":
        given["billing"] = {"account": "FAR-1"}
    return resource("Partner", name, **(given | spec))


def issuer(name: str = "oficina-cedro", /, tenant: str = "farol-services", **spec: Any) -> Resource[Any]:
    """An Issuer, in a tenant by default."""
    given = {
        "legalName": "Oficina Cedro, S.A.",
        "vatNumber": "599900032",
        "contact": {"email": "office@cedro.example.com"},
    }
    return resource("Issuer", name, tenant=tenant, **(given | spec))


def operator(name: str, role: str, /, tenant: str = "", **spec: Any) -> Resource[Any]:
    """An Operator."""
    given = {"email": f"{name}@farol.example.com", "displayName": name.title(), "role": role}
    return resource("Operator", name, tenant=tenant, **(given | spec))


def system(**spec: Any) -> Resource[Any]:
    """The SystemConfiguration."""
    return resource(
        "SystemConfiguration", "platform", **({"platformName": "Atlantic", "environment": "staging"} | spec)
    )


def authority(name: str = "atlantic-trust", /, **spec: Any) -> Resource[Any]:
    """A CertificateAuthority."""
    given = {"displayName": name.title(), "remoteService": {"baseUrl": "https://csc.atlantic-trust.example.com/v1"}}
    return resource("CertificateAuthority", name, **(given | spec))


def certificate(name: str = "cedro-seal", /, tenant: str = "farol-services", **spec: Any) -> Resource[Any]:
    """A Certificate of the issuer."""
    given = {"alias": name, "issuer": "oficina-cedro", "certificateAuthority": "atlantic-trust"}
    return resource("Certificate", name, tenant=tenant, **(given | spec))


def service(name: str = "cs-cedro", /, tenant: str = "farol-services", **spec: Any) -> Resource[Any]:
    """A ClientService of the issuer."""
    given = {"alias": name, "issuer": "oficina-cedro", "bundle": "signatures-1k"}
    return resource("ClientService", name, tenant=tenant, **(given | spec))
