"""What rules look at is noted, and leads from what has changed to what is judged again."""

from __future__ import annotations

from typing import Any

from benchmarks import corpus
from reconciler.adapters.manifests import Limits, parse
from reconciler.engine.affected import Changed, affected
from reconciler.engine.resolve import resolve
from reconciler.engine.validate import validate
from reconciler.kinds import discover
from reconciler.model.address import Address
from reconciler.model.notes import BESIDE, THERE, WHOLE, Look, Notes
from reconciler.model.noting import NotingView
from reconciler.model.resource import Resource
from reconciler.model.view import View

CATALOG = discover()


def _resources() -> list[Resource[Any]]:
    texts = [text.encode() for _, text in corpus.manifests(300, 3)]
    documents = [one for place, text in enumerate(texts) for one in parse(f"{place}.yaml", text, limits=Limits())[0]]
    return validate(CATALOG, documents)[0]


def _no_file(_document: object, _path: str) -> bytes:
    return b""


def test_a_view_that_notes_finds_the_same() -> None:
    resources, notes = _resources(), Notes()
    _, plain = resolve(CATALOG, resources, None, _no_file)
    view, noted = resolve(CATALOG, resources, None, _no_file, notes=notes)
    assert isinstance(view, NotingView)
    assert plain == noted
    assert Look("DOM-10", "Domain", "host", far=True) in notes.looks
    assert not [one for one in notes.looks if one.path == WHOLE], "a rule takes whole manifests in hand"


def test_whatever_is_asked_is_noted_but_of_the_own_resource() -> None:
    resources, notes = _resources(), Notes()
    declared = {one.address: one for one in resources}
    view = NotingView(CATALOG, declared, None, notes)
    plain = View(CATALOG, declared, None)
    domain = next(one for one in declared if one.kind == "Domain")
    other = next(one for one in declared if one.kind == "Customer" and one.tenant == domain.tenant)
    view.asks(domain)
    own, customer = view.at(domain), view.at(other)
    assert own is not None
    assert customer is not None
    assert own.value("host") == declared[domain].spec.host
    assert notes.looks == {Look("Domain", "Customer", THERE, far=False)}
    assert customer.value("plan") == declared[other].spec.plan
    assert Look("Domain", "Customer", "plan", far=False) in notes.looks
    assert [one.address for one in view.all("Issuer")] == [one.address for one in plain.all("Issuer")]
    assert Look("Domain", "Issuer", THERE, far=True) in notes.looks
    assert customer.resource is declared[other]
    assert Look("Domain", "Customer", WHOLE, far=False) in notes.looks
    view.asks("")
    before = set(notes.looks)
    assert len(view.declared) == len(declared)
    assert notes.looks == before
    view.asks(domain)
    assert len(view.declared) == len(declared)
    assert {one.kind for one in notes.looks if one.path == WHOLE} == set(CATALOG)


def test_what_looked_at_a_change_is_judged_again() -> None:
    notes = Notes({Look("Domain", "Customer", "plan", far=False), Look("DOM-10", "Domain", "host", far=True)})
    near = Address("Customer", "farol", "one")
    found = affected(CATALOG, notes, [Changed(near, frozenset({"plan"}))])
    assert found.has(Address("Domain", "farol", "any"))
    assert not found.has(Address("Domain", "other", "any"))
    assert not affected(CATALOG, notes, [Changed(near, frozenset({"metadata.annotations"}))]).tenants
    hosts = affected(CATALOG, notes, [Changed(Address("Domain", "farol", "x"), frozenset({"host"}))])
    assert hosts.rules == {"DOM-10"}
    assert hosts.keys == {"Domain"}
    assert not affected(CATALOG, notes, [Changed(near, frozenset({BESIDE}))]).tenants


def test_a_tenant_that_goes_is_asked_for_by_all_that_stand_in_it() -> None:
    partner = Address("Partner", "", "farol")
    found = affected(CATALOG, Notes(), [Changed(partner, frozenset({WHOLE}))])
    assert all(found.has(Address(name, "farol", "x")) for name in CATALOG)
    come = affected(CATALOG, Notes(), [Changed(partner, frozenset({WHOLE}), appears=True)])
    assert not come.has(Address("Issuer", "other", "x"))
