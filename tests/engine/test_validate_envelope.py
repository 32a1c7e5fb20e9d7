"""The envelope: everything of a document around its spec."""

from __future__ import annotations

import pytest

from reconciler.model.catalog import Catalog
from reconciler.model.kind import Group, Kind, Level
from reconciler.model.rule import Unjudged
from tests.engine import toy
from tests.engine.judging import HEAD, judge, told

SPEC = "spec: {title: Lamp, serial: s}\n"


def envelope(text: str, catalog: Catalog | None = None) -> list[str]:
    return told(judge(text, catalog)[1])


def metadata(text: str) -> list[str]:
    return envelope(f"apiVersion: reconciler/v1\nkind: Gadget\nmetadata:\n{text}{SPEC}")


def lifecycle(text: str) -> list[str]:
    return envelope(f"{HEAD}lifecycle:\n{text}")


def test_a_sound_document_becomes_a_resource():
    resources, found = judge(
        "apiVersion: reconciler/v1\nkind: Gadget\n"
        "metadata: {name: lamp, tenant: farol, labels: {team: a}, annotations: {note: b}}\n"
        "lifecycle: {protect: true, ignoreChanges: [size, contact, limits.daily], management: observe}\n" + SPEC
    )
    assert found == []
    one = resources[0]
    assert str(one.address) == "Gadget/farol/lamp"
    assert (one.labels, one.annotations) == ({"team": "a"}, {"note": "b"})
    assert (one.protect, one.ignore_changes, one.management) == (True, ("size", "contact", "limits.daily"), "observe")


def test_nothing_is_asked_about_places_when_nothing_is_wrong():
    tree = toy.tree("Gadget", "lamp", {"title": "x", "serial": "y"}, tenant="farol")
    document = toy.document(tree)
    document.locate = None
    from reconciler.engine.validate import validate

    assert validate(toy.catalog(), [document])[1] == []


def test_nulls_are_the_same_as_left_out():
    resources, found = judge(
        "apiVersion: reconciler/v1\nkind: Partner\nlifecycle:\n"
        "metadata: {name: farol, tenant: , labels: {a: , b: c}, annotations: }\nspec: {title: Farol, country: PRT}\n"
    )
    assert found == []
    assert str(resources[0].address) == "Partner/farol"
    assert resources[0].labels == {"b": "c"}


@pytest.mark.parametrize("word", ["v1", "reconciler/v1beta1", "1", "[a]", "''", ""])
def test_another_api_version_is_refused_at_its_key(word):
    text = f"kind: Gadget\napiVersion: {word}\nmetadata: {{name: lamp, tenant: farol}}\n{SPEC}"
    assert envelope(text) == ["GEN-16 2:1 apiVersion"]


def test_a_missing_api_version_is_told_at_the_first_line():
    text = f"# comment\nkind: Gadget\nmetadata: {{name: lamp, tenant: farol}}\n{SPEC}"
    assert envelope(text) == ["GEN-16 2:1 apiVersion"]


def test_an_unknown_kind_suggests_the_nearest():
    _, found = judge(HEAD.replace("Gadget", "Gadgte"))
    assert told(found) == ["GEN-01 2:1 kind"]
    assert found[0].hint == "did you mean Gadget?"
    _, found = judge(HEAD.replace("Gadget", "Elephant"))
    assert found[0].hint == "kinds: Gadget, Partner"


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("kind: 5\n", "GEN-12 2:1 kind"),
        ("kind:\n", "GEN-13 1:1 kind"),
        ("", "GEN-13 1:1 kind"),
        ("kind: [a]\n", "GEN-12 2:1 kind"),
    ],
)
def test_a_kind_is_a_word_and_is_there(line, where):
    assert envelope(HEAD.replace("kind: Gadget\n", line)) == [where]


def test_missing_parts_are_told_at_the_first_line():
    assert envelope("apiVersion: reconciler/v1\nkind: Gadget\n") == ["GEN-13 1:1 metadata", "GEN-13 1:1 spec"]
    assert envelope("apiVersion: reconciler/v1\nkind: Gadget\nmetadata: \nspec: ~\n") == [
        "GEN-13 1:1 metadata",
        "GEN-13 1:1 spec",
    ]


def test_parts_of_another_type_are_told():
    text = "apiVersion: reconciler/v1\nkind: Gadget\nmetadata: [a]\nlifecycle: 5\nspec: x\n"
    assert envelope(text) == ["GEN-12 3:1 metadata", "GEN-12 4:1 lifecycle", "GEN-12 5:1 spec"]


@pytest.mark.parametrize(
    ("line", "where", "hint"),
    [
        ("status: {state: active}\n", "GEN-06 7:1 status", "delete it"),
        ("speck: 1\n", "GEN-01 7:1 speck", ""),
        ("lifecycel: {}\n", "GEN-01 7:1 lifecycel", "did you mean lifecycle?"),
        ("tenant: farol\n", "GEN-01 7:1 tenant", "write it as metadata.tenant"),
        ("protect: true\n", "GEN-01 7:1 protect", "write it as lifecycle.protect"),
        ("5: x\n", "GEN-01 7:1 5", ""),
        ("a.b: x\n", "GEN-01 7:1 a.b", ""),
    ],
)
def test_an_unknown_part_is_refused_at_its_key(line, where, hint):
    _, found = judge(HEAD + line)
    assert told(found) == [where]
    assert not hint or found[0].hint == hint


def test_a_misspelt_part_is_one_error():
    assert envelope(HEAD.replace("metadata:", "metdata:")) == ["GEN-01 3:1 metdata"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  {tenant: farol}\n", ["GEN-13 3:1 metadata.name"]),
        ("  {name: , tenant: farol}\n", ["GEN-13 3:1 metadata.name"]),
        ("  nam: lamp\n  tenant: farol\n", ["GEN-01 4:3 metadata.nam"]),
        ("  name: 5\n  tenant: farol\n", ["GEN-12 4:3 metadata.name"]),
        ("  name: 010\n  tenant: farol\n", ["GEN-12 4:3 metadata.name"]),
        ("  name: Lamp\n  tenant: farol\n", ["GEN-15 4:3 metadata.name"]),
        ("  name: -lamp\n  tenant: farol\n", ["GEN-15 4:3 metadata.name"]),
        (f"  name: {'a' * 64}\n  tenant: farol\n", ["GEN-15 4:3 metadata.name"]),
        (f"  name: {'a' * 63}\n  tenant: farol\n", []),
        ('  name: "lamp\\n"\n  tenant: farol\n', ["GEN-15 4:3 metadata.name"]),
        ("  name: lamp\n  tenant: Farol\n", ["GEN-14 5:3 metadata.tenant"]),
        ("  name: lamp\n  tenant: 5\n", ["GEN-12 5:3 metadata.tenant"]),
        ("  name: lamp\n", ["GEN-11 3:1 metadata.tenant"]),
        ("  name: lamp\n  tenant: farol\n  uid: x\n", ["GEN-01 6:3 metadata.uid"]),
    ],
)
def test_name_and_tenant(text, expected):
    assert metadata(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("labels: {a: b, c/d.e-f: ''}", []),
        ("labels: [a]", ["GEN-12 6:3 metadata.labels"]),
        ("labels: {a: 1}", ["GEN-12 6:12 metadata.labels.a"]),
        ("labels: {a: yes}", []),
        ("labels: {A: b}", ["GEN-14 6:12 metadata.labels.A"]),
        ("labels: {1: b}", ["GEN-12 6:12 metadata.labels.1"]),
        ("labels: {a: " + "x" * 64 + "}", ["GEN-14 6:12 metadata.labels.a"]),
        ("labels: {a: " + "x" * 63 + "}", []),
        ("labels: {" + ", ".join(f"a{n}: b" for n in range(33)) + "}", ["GEN-14 6:3 metadata.labels"]),
        ("labels: {" + ", ".join(f"a{n}: b" for n in range(32)) + "}", []),
        ("annotations: {Any Key!: b}", []),
        ("annotations: {'': b}", ["GEN-14 6:17 metadata.annotations."]),
        ("annotations: {a: [b]}", ["GEN-12 6:17 metadata.annotations.a"]),
        ("annotations: {a: " + "x" * 1025 + "}", ["GEN-14 6:17 metadata.annotations.a"]),
        ("annotations: {a: " + "x" * 1024 + "}", []),
        ("annotations: {reconciler/confirm-close: lamp}", []),
        ("annotations: {reconciler/confirm: lamp}", ["GEN-01 6:17 metadata.annotations.reconciler/confirm"]),
        ("annotations: {" + ", ".join(f"a{n}: b" for n in range(33)) + "}", ["GEN-14 6:3 metadata.annotations"]),
    ],
)
def test_labels_and_annotations(text, expected):
    assert metadata(f"  name: lamp\n  tenant: farol\n  {text}\n") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  protect: yes\n", ["GEN-12 8:3 lifecycle.protect"]),
        ("  management: fulll\n", ["GEN-14 8:3 lifecycle.management"]),
        ("  management: true\n", ["GEN-12 8:3 lifecycle.management"]),
        ("  protected: true\n", ["GEN-01 8:3 lifecycle.protected"]),
        ("  ignoreChanges: size\n", ["GEN-12 8:3 lifecycle.ignoreChanges"]),
        ("  ignoreChanges: [size, parts, contact, contact.email, state]\n", []),
        ("  ignoreChanges:\n    - size\n    - sise\n", ["GEN-19 10:7 lifecycle.ignoreChanges[1]"]),
        ("  ignoreChanges: [5]\n", ["GEN-12 8:19 lifecycle.ignoreChanges[0]"]),
        ("  ignoreChanges: ['parts[0]']\n", ["GEN-19 8:19 lifecycle.ignoreChanges[0]"]),
        ("  ignoreChanges: [parts.label]\n", ["GEN-19 8:19 lifecycle.ignoreChanges[0]"]),
        ("  ignoreChanges: [status.code]\n", ["GEN-19 8:19 lifecycle.ignoreChanges[0]"]),
        ("  ignoreChanges: [code]\n", ["GEN-19 8:19 lifecycle.ignoreChanges[0]"]),
        ("  ignoreChanges: ['']\n", ["GEN-19 8:19 lifecycle.ignoreChanges[0]"]),
        ("  ignoreChanges: [metadata.labels]\n", ["GEN-19 8:19 lifecycle.ignoreChanges[0]"]),
    ],
)
def test_lifecycle(text, expected):
    assert lifecycle(text) == expected


def test_a_platform_kind_has_no_tenant():
    text = "apiVersion: reconciler/v1\nkind: Partner\nmetadata:\n  name: farol\n  tenant: farol\n"
    assert envelope(text + "spec: {title: Farol, country: PRT}\n") == ["GEN-11 5:3 metadata.tenant"]


def variant(**changes):
    kind = {"name": "Gadget", "table": "gadgets", "group": Group.SIGNING, "order": 1, "level": Level.BOTH}
    kind |= {"spec": toy.GadgetSpec, "description": "x", "allow": (), "example": ""}
    return Catalog([toy.PARTNER, Kind(**{**kind, **changes})])


def test_a_kind_of_either_level_is_free_to_choose():
    assert envelope(HEAD, variant()) == []
    assert envelope(HEAD.replace(", tenant: farol", ""), variant()) == []


def test_a_field_may_decide_the_level():
    catalog = variant(level_of=lambda spec: Level.PLATFORM if spec.colour == "red" else None)
    assert envelope(HEAD + "  colour: red\n", catalog) == ["GEN-11 3:24 metadata.tenant"]
    assert envelope(HEAD + "  colour: blue\n", catalog) == []
    assert envelope(HEAD + "  colour: pink\n", catalog) == ["GEN-14 7:3 colour"]


def test_a_level_that_needs_a_broken_field_is_not_judged():
    def level_of(spec):
        raise Unjudged("colour")

    assert envelope(HEAD, variant(level_of=level_of)) == []


def test_a_singleton_has_its_one_name():
    catalog = variant(singleton="platform", level=Level.TENANT)
    assert envelope(HEAD, catalog) == ["SYS-01 3:12 metadata.name"]
    assert envelope(HEAD.replace("lamp", "Platform"), catalog) == ["SYS-01 3:12 metadata.name"]
    assert envelope(HEAD.replace("lamp", "platform"), catalog) == []


def test_both_of_two_resources_with_one_address_are_kept():
    resources, found = judge(f"{HEAD}---\n{HEAD}")
    assert found == []
    assert [one.document.index for one in resources] == [0, 1]


def test_findings_of_all_documents_come_in_order():
    _, found = judge(HEAD + "  size: x\n---\n" + HEAD + "  size: y\n  enabled: z\n")
    assert told(found) == ["GEN-12 7:3 size", "GEN-12 15:3 size", "GEN-12 16:3 enabled"]
    assert {str(one.address) for one in found} == {"Gadget/farol/lamp"}


@pytest.mark.parametrize("name", ["5", "[a]", "", "~"])
def test_without_an_address_the_spec_is_judged_all_the_same(name):
    found = metadata(f"  name: {name}\n  tenant: farol\n".replace("name: \n", "name:\n"))
    assert len(found) == 1
    _, found = judge(HEAD.replace("name: lamp", "name: 5") + "  size: x\n")
    assert told(found) == ["GEN-12 3:12 metadata.name", "GEN-12 7:3 size"]
    assert found[0].address is None
