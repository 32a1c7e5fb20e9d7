"""What a cold plan does in a short way gives what the long way gives."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import corpus
from reconciler.adapters.manifests import Limits, parse
from reconciler.engine.resolve.keys import clashes_in, judge_keys, spaces_taken_twice
from reconciler.engine.validate import envelope, validate
from reconciler.kinds import discover
from reconciler.model import formats, hosts
from reconciler.model.columns import Field
from reconciler.model.encode import encode, encoder, field_value, stored_values
from reconciler.model.judging import judge, judge_declared
from reconciler.model.kind import Kind
from reconciler.model.resource import Live, Resource
from reconciler.model.rule import Finding, Unjudged, reference
from tests.engine.worlds import catalog, empty, gadget, partner, resolved

CATALOG = discover()
LIMITS = Limits()
FILES = sorted((Path(__file__).parents[2] / "examples").rglob("*.y*ml"))


def _resources() -> list[Resource[Any]]:
    """Every resource of the examples that the kinds can read alone, and a corpus."""
    texts = [path.read_bytes() for path in FILES] + [kind.example.encode() for kind in CATALOG.values()]
    texts += [text.encode() for _, text in corpus.manifests(400, 3)]
    documents = [one for place, text in enumerate(texts) for one in parse(f"{place}.yaml", text, limits=LIMITS)[0]]
    return validate(CATALOG, documents)[0]


RESOURCES = _resources()


def test_there_is_enough_to_compare() -> None:
    assert len(RESOURCES) > 500
    assert {one.address.kind for one in RESOURCES} == set(CATALOG)
    assert len([one for one in RESOURCES if one.document.again is not None]) > 400


def _given_by_tree(resource: Resource[Any], path: str) -> bool:
    node: Any = resource.document.tree.get("spec")
    for key in path.split("."):
        if type(node) is not dict or node.get(key) is None:
            return False
        node = node[key]
    return True


def test_what_is_given_is_the_same_by_spec_and_by_tree() -> None:
    seen = set()
    for one in RESOURCES:
        for path in CATALOG[one.address.kind].by_path:
            if not path.startswith(("metadata.", "lifecycle.")):
                said = one.given(path)
                assert said == _given_by_tree(one, path), (one.address, path)
                seen.add(said)
        assert not one.given("nothing.of.the.sort")
    assert seen == {True, False}


def test_alike_specs_share_what_was_given_and_nothing_else_changes() -> None:
    shared: dict[tuple[str, frozenset[str]], set[int]] = {}
    for one in RESOURCES:
        kind = CATALOG[one.address.kind]
        if one.document.plain:
            alone = kind.spec.model_validate(one.document.tree["spec"])
            assert one.spec == alone  # objects inside, and what they were given, included
            assert one.spec.__pydantic_fields_set__ == alone.__pydantic_fields_set__
        given = one.spec.__pydantic_fields_set__
        shared.setdefault((one.address.kind, frozenset(given)), set()).add(id(given))
    assert len(RESOURCES) > 4 * sum(map(len, shared.values()))
    copied = RESOURCES[0].spec.model_copy(update={"nothing": 1})
    assert "nothing" not in RESOURCES[0].spec.__pydantic_fields_set__
    assert "nothing" in copied.__pydantic_fields_set__


def test_a_tree_that_was_let_go_is_read_again() -> None:
    data = b"apiVersion: x\nkind: A\n---\nkind: B\nspec:\n  list: [1, two]\n"
    documents, _ = parse("two.yaml", data, limits=LIMITS)
    trees = [one.tree for one in documents]
    for one, tree in zip(documents, trees, strict=True):
        one.release()
        assert one.tree == tree
        assert one.tree is not tree
        assert one.tree is one.tree
    assert documents[1].tree["spec"] == {"list": [1, "two"]}


def test_a_tree_stays_that_only_the_exact_pass_reads() -> None:
    document = parse("one.yaml", b"kind: A\nspec: {a: 010}\n", limits=LIMITS)[0][0]
    tree = document.tree
    document.release()
    assert document.tree is tree


def test_nothing_else_is_made_up_for_a_document() -> None:
    document = parse("one.yaml", b"kind: A\n", limits=LIMITS)[0][0]
    with pytest.raises(AttributeError, match="trea"):
        document.trea  # noqa: B018


def test_documents_are_let_go_once_they_were_judged() -> None:
    text = b"apiVersion: reconciler/v1\nkind: Bundle\nmetadata:\n  name: x\nspec:\n  displayName: X\n"
    document = parse("one.yaml", text + b"  includedSignatures: 10\n", limits=LIMITS)[0][0]
    tree = document.tree
    assert len(validate(CATALOG, [document])[0]) == 1
    assert document.tree is not tree
    assert document.tree == tree


def _as_stored(one: Field, resource: Resource[Any]) -> Any:
    return encode(one, field_value(one, resource))


def test_values_are_those_of_each_field_by_itself() -> None:
    compared = 0
    for one in RESOURCES:
        prepared = encoder(CATALOG[one.address.kind])
        if any(field.type in ("file", "textOrFile") for _, _, field in prepared.places):
            continue  # their content is read later
        values = prepared.values(one, {})
        for place, _, field in prepared.places:
            if field.type != "secret":
                assert values[place] == _as_stored(field, one), (one.address, field.path)
                compared += 1
    assert compared > 5_000


# --- natural keys ----------------------------------------------------------------------------------------------------

_TITLES = st.sampled_from(["Oak", "oak", "Elm", "ELM", "Fir", "Yew", "Ash"])
_PARTNERS = st.lists(st.tuples(_TITLES, st.sampled_from([None, "active", "deleted"])), max_size=4)
_GADGETS = st.lists(
    st.tuples(st.sampled_from(["a", "b", None, "d", "e", "f"]), st.sampled_from(["full", "observe", "createOnly"])),
    max_size=5,
)


def _world(partners: list[Any], gadgets: list[Any]) -> list[Resource[Any]]:
    found = [partner("farol")]
    for place, (title, state) in enumerate(partners):
        found.append(partner(f"p{place}", title=title, **({} if state is None else {"state": state})))
    for place, (serial, management) in enumerate(gadgets):
        one = gadget(f"g{place}", **({} if serial is None else {"serial": serial}))
        one.management = management
        found.append(one)
    return found


@given(partners=_PARTNERS, gadgets=_GADGETS, apart=st.booleans())
def test_keys_that_are_counted_clash_where_they_clash_claim_by_claim(
    partners: list[Any], gadgets: list[Any], apart: bool
) -> None:
    resources = _world(partners, gadgets)
    half = resources[: len(resources) // 2] if apart else resources
    live = empty()
    for one in resources[len(half) :]:
        live = _with_row(live, one)
    view, _ = resolved(half, live)
    every = {unique.space or (name, place) for name, kind in view.catalog.items() for place, unique in _keys(kind)}
    assert list(judge_keys(view)) == list(clashes_in(view, every))
    assert {one.code for one in clashes_in(view, every)} == {
        one.code for one in clashes_in(view, spaces_taken_twice(view))
    }


def _with_row(live: Live, one: Resource[Any]) -> Live:
    kind = catalog()[one.address.kind]
    row = (one.address.tenant, one.address.name, 1, *stored_values(kind, one, {}))
    row += (None,) * (len(kind.row_columns) - len(row))
    there = {**live.rows.get(kind.name, {}), (one.address.tenant, one.address.name): row}
    return replace(live, rows={**live.rows, kind.name: there})


def _keys(kind: Kind) -> Any:
    return enumerate(kind.unique)


# --- formats ---------------------------------------------------------------------------------------------------------

_NEAR_ADDRESS = st.text(alphabet="0123456789abcdefABCDEF:.%gx\u0661 ", max_size=18)


@given(st.one_of(_NEAR_ADDRESS, st.ip_addresses().map(str), st.text(max_size=8)))
def test_an_address_is_one_where_the_library_reads_one(text: str) -> None:
    try:
        wanted = None if "%" in text else ipaddress.ip_address(text)
    except ValueError:
        wanted = None
    assert formats.ip_of(text) == wanted


_NEAR_EMAIL = st.from_regex(
    re.compile(r"[a-zA-Z.+]{1,5}@[a-zA-Z0-9.\-_]{1,12}(\.[a-z0-9]{1,3}){0,2}", re.ASCII), fullmatch=True
)


@given(st.one_of(_NEAR_EMAIL, st.text(max_size=12), _NEAR_EMAIL.map(lambda one: one + "\u017f")))
def test_an_email_has_a_host_of_the_grammar(text: str) -> None:
    found = formats._EMAIL.fullmatch(text)
    assert formats.is_email(text) == (found is not None and formats.is_host(found[2].lower()))


# --- rules -----------------------------------------------------------------------------------------------------------


@reference("TOY-77", "Told twice, then nothing can be said.")
def tells(resource: Resource[Any], _view: Any) -> Any:
    """Finds two things about some, and cannot judge others to the end."""
    yield Finding("one", at="title")
    if resource.address.name.endswith("2"):
        raise Unjudged("title")
    yield Finding("two", at="title")


def test_rules_are_judged_in_one_go_as_one_by_one() -> None:
    view, _ = resolved([partner("farol"), *(partner(f"p{place}", title=f"T{place}") for place in range(4))])
    rules = {name: [tells] if name == "Partner" else [] for name in view.catalog}
    one_by_one = [
        found
        for address, resource in view.declared.items()
        for rule in rules[address.kind]
        for found in judge(rule, view, address, resource, view)
    ]
    assert list(judge_declared(view, rules)) == one_by_one
    assert len(one_by_one) == 9
    assert len(list(judge_declared(view, rules, without=set(view.declared)))) == 0


def _labelled(text: str) -> Resource[Any]:
    spec = f"metadata:\n  name: x\n{text}spec:\n  displayName: X\n  includedSignatures: 10\n"
    documents, _ = parse("f.yaml", f"apiVersion: reconciler/v1\nkind: Bundle\n{spec}".encode(), limits=LIMITS)
    (found,), problems = validate(CATALOG, documents)
    assert problems == []
    return found


def test_manifests_with_the_same_labels_share_them() -> None:
    text = "  labels:\n    team: tidal\n    cost-centre: cc-1\n"
    one, other = _labelled(text), _labelled(text)
    assert one.labels == {"team": "tidal", "cost-centre": "cc-1"}
    assert other.labels is one.labels
    assert _labelled(text.replace("tidal", "other")).labels == {"team": "other", "cost-centre": "cc-1"}


@pytest.mark.parametrize(
    "labels",
    [
        "a: " + "x" * 64,
        "x" * 64 + ": a",
        "a: 10",
        "a: [b]",
        "a: {b: c}",
        "{" + ", ".join(f"k{number}: v" for number in range(33)) + "}",
    ],
)
def test_labels_that_are_refused_are_not_kept(labels: str) -> None:
    spec = f"metadata:\n  name: x\n  labels:\n    {labels}\nspec:\n  displayName: X\n  includedSignatures: 10\n"
    documents, _ = parse("f.yaml", f"apiVersion: reconciler/v1\nkind: Bundle\n{spec}".encode(), limits=LIMITS)
    before = envelope._same_labels.cache_info().currsize  # what is kept for ever
    for _ in range(2):
        found, problems = validate(CATALOG, documents)
        assert (found, bool(problems)) == ([], True)
    assert envelope._same_labels.cache_info().currsize == before


def test_a_text_that_readers_disagree_about_is_no_label_beside_the_same_one_in_quotes() -> None:
    quoted = '  labels:\n    zone: "010"\n'
    assert _labelled(quoted).labels == {"zone": "010"}
    data = f"apiVersion: reconciler/v1\nkind: Bundle\nmetadata:\n  name: x\n{quoted}spec: {{}}\n".replace('"', "")
    documents, _ = parse("f.yaml", data.encode(), limits=LIMITS)
    assert any(one.path == "metadata.labels.zone" for one in validate(CATALOG, documents)[1])


@pytest.mark.parametrize("network", hosts.INNER_NETWORKS, ids=str)
def test_addresses_are_inner_where_the_library_says_so(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> None:
    first, last = network.network_address, network.broadcast_address
    for one in {first, last, first + 1, last - 1} if last != first else {first}:
        assert hosts.inner(str(one))
    for one in [first - 1, last + 1] if int(first) else [last + 1]:
        assert hosts.inner(str(one)) == any(
            one in other for other in hosts.INNER_NETWORKS if other.version == one.version
        )
    if isinstance(first, ipaddress.IPv4Address):
        assert hosts.inner(f"::ffff:{first}")
