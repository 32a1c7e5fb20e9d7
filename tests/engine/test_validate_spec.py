"""The spec: one finding a wrong place, with its code, its place, and words that help."""

from __future__ import annotations

import pytest

from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.kind import Kind
from reconciler.model.rule import Finding, schema
from tests.engine import toy
from tests.engine.judging import HEAD, body, everything, judge, told


@pytest.mark.parametrize(
    "text",
    [
        "  state:\n  colour: ~\n  contact: null\n  tags:\n  password:\n",
        "  validUntil: 2026-09-30\n  codeWord: 22:30\n  guid: NO\n  host: off\n  note: yes\n",
        "  parts: []\n  contact: {email: a@example.com}\n  limits: {}\n  friends: [a, b]\n",
        "  parts: [{label: x, pin: }, {label: y, weight: }]\n",
        "  note: text\n  logo: {fromFile: a.png}\n",
        "  note: {fromFile: a.txt, mediaType: }\n",
        "  password: {fromEnv: LAMP, version: '2'}\n",
        "  password: {fromEnv: LAMP, version: }\n",
        "  password: {generate: true, fromEnv: ~}\n",
        "  size: 0x10\n  limits: {daily: 100, strict: false}\n",
    ],
)
def test_is_valid(text):
    resources, found = judge(HEAD + text)
    assert found == []
    assert len(resources) == 1


def test_values_are_in_their_stored_form():
    resources, _ = judge(HEAD + "  guid: ABC\n  size: 7\n  contact: {email: A@example.com}\n")
    spec = resources[0].spec
    assert (spec.guid, spec.size, spec.contact.email, spec.contact.phone, spec.limits.daily) == (
        "abc",
        7,
        "A@example.com",
        None,
        10,
    )
    assert resources[0].given("contact.email")
    assert not resources[0].given("limits.daily")


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("  size: '7'\n", "GEN-12 7:3 size", ["an integer", "a string", "without quotes"]),
        ("  size: 1.5\n", "GEN-12 7:3 size", ["an integer", "a decimal number"]),
        ("  size: true\n", "GEN-12 7:3 size", ["an integer", "a boolean"]),
        (
            "  size: 07\n",
            "GEN-12 7:3 size",
            ["an integer", "an integer with leading zeros", "without the leading zeros"],
        ),
        ("  size: [1]\n", "GEN-12 7:3 size", ["an integer", "a list"]),
        ("  size: .inf\n", "GEN-12 7:3 size", ["an integer", "a decimal number"]),
        ("  enabled: yes\n", "GEN-12 7:3 enabled", ["true or false", "a string", "write true"]),
        ("  enabled: 'off'\n", "GEN-12 7:3 enabled", ["write false"]),
        ("  enabled: 1\n", "GEN-12 7:3 enabled", ["true or false", "an integer"]),
        ("  codeWord: 599900016\n", "GEN-12 7:3 codeWord", ["a string", "an integer", "quotes"]),
        ("  codeWord: 0599\n", "GEN-12 7:3 codeWord", ["a string", "an integer with leading zeros", "quotes"]),
        ("  codeWord: +351210000001\n", "GEN-12 7:3 codeWord", ["a string", "an integer", "quotes"]),
        ("  codeWord: 1.2\n", "GEN-12 7:3 codeWord", ["a string", "a decimal number", "quotes"]),
        ("  codeWord: true\n", "GEN-12 7:3 codeWord", ["a string", "a boolean", "quotes"]),
        ("  codeWord: {a: b}\n", "GEN-12 7:3 codeWord", ["a string", "a mapping"]),
        ("  colour: 5\n", "GEN-12 7:3 colour", ["a string", "an integer", "quotes"]),
        ("  colour: true\n", "GEN-12 7:3 colour", ["a string", "a boolean", "quotes"]),
        ("  tags: a\n", "GEN-12 7:3 tags", ["a list", "a string"]),
        ("  tags:\n    - a\n    - 5\n", "GEN-12 9:7 tags[1]", ["a string", "an integer", "quotes"]),
        ("  tags: [a, ]\n  steps: [~]\n", "GEN-12 8:11 steps[0]", ["a string", "null", "quotes"]),
        ("  tags: [010]\n", "GEN-12 7:10 tags[0]", ["a string", "leading zeros", "quotes"]),
        ("  colours: [red, 5]\n", "GEN-12 7:18 colours[1]", ["a string", "an integer"]),
        ("  parts: {label: x}\n", "GEN-12 7:3 parts", ["a list", "a mapping"]),
        ("  parts: [x]\n", "GEN-12 7:11 parts[0]", ["a mapping", "a string"]),
        ("  contact: x\n", "GEN-12 7:3 contact", ["a mapping", "a string"]),
        ("  contact: {email: 5}\n", "GEN-12 7:13 contact.email", ["a string", "an integer"]),
        ("  logo: x\n", "GEN-12 7:3 logo", ["a mapping with fromFile", "a string"]),
        ("  logo: {fromFile: 5}\n", "GEN-12 7:10 logo.fromFile", ["a string", "an integer"]),
        ("  note: 5\n", "GEN-12 7:3 note", ["a string, or a mapping with fromFile", "an integer"]),
        ("  note: [x]\n", "GEN-12 7:3 note", ["a string, or a mapping with fromFile", "a list"]),
        ("  note: {fromFile: 5}\n", "GEN-12 7:10 note.fromFile", ["a string", "an integer"]),
    ],
)
def test_a_wrong_type_is_told_with_both_types_and_what_to_write(text, where, words):
    found = body(text)
    assert told(found) == [where]
    text = f"{found[0].summary} {found[0].hint}"
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("  colour: bleu\n", "GEN-14 7:3 colour", ["red, green, blue", "did you mean blue"]),
        ("  colour: NO\n", "GEN-14 7:3 colour", ["red, green, blue"]),
        ("  colours: [red, grean]\n", "GEN-14 7:18 colours[1]", ["red, green, blue", "did you mean green"]),
        ("  size: 100\n", "GEN-14 7:3 size", ["1 to 99"]),
        ("  size: -5\n", "GEN-14 7:3 size", ["1 to 99"]),
        (f"  size: {10**30}\n", "GEN-14 7:3 size", ["1 to 99"]),
        ("  limits:\n    daily: 0\n", "GEN-14 8:5 limits.daily", ["1 to 100"]),
        ("  tags: [a, b, c, d, e, f]\n", "GEN-14 7:3 tags", ["at most 5 entries"]),
        ("  colours: []\n", "GEN-14 7:3 colours", ["at least one entry"]),
        ("  parts:\n    - label: ''\n", "GEN-14 8:7 parts[0].label", ["1 to 20 characters"]),
        ("  parts:\n    -\n      weight: -1\n      label: x\n", "GEN-14 9:7 parts[0].weight", ["at least 0"]),
        ("  keeper: Lamp\n", "GEN-14 7:3 keeper", ["lower-case"]),
        ("  friends: [a, B]\n", "GEN-14 7:16 friends[1]", ["lower-case"]),
        ("  logo: {fromFile: ''}\n", "GEN-14 7:10 logo.fromFile", ["at least one character"]),
    ],
)
def test_a_value_outside_is_told_with_what_is_allowed(text, where, words):
    found = body(text)
    assert told(found) == [where]
    text = f"{found[0].summary} {found[0].hint}"
    assert [word for word in words if word not in text] == []


def test_the_bounds_of_a_whole_field_are_told():
    assert "1 to 40 characters" in judge(HEAD.replace("title: Lamp", "title: ''"))[1][0].summary


def test_a_field_may_have_a_rule_of_its_own_for_its_words_but_not_for_its_type():
    head = "apiVersion: reconciler/v1\nkind: Partner\nmetadata: {name: farol}\nspec:\n  title: Farol\n"
    assert told(judge(head + "  country: FRA\n")[1]) == ["TOY-02 6:3 country"]
    assert told(judge(head + "  country: 5\n")[1]) == ["GEN-12 6:3 country"]


def test_a_format_has_its_own_code_words_and_hint():
    found = body("  lucky: 3\n")
    assert told(found) == ["TOY-01 7:3 lucky"]
    assert (found[0].summary, found[0].hint) == ("lucky: a lucky number is even", "add one")


def test_every_bad_entry_of_a_list_is_told_where_it_stands():
    assert told(body("  tags:\n    - a\n    - b\n    - a\n    - b\n")) == ["GEN-14 10:7 tags[2]", "GEN-14 11:7 tags[3]"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  pasword: x\n", ["GEN-01 7:3 pasword"]),
        ("  pasword:\n", ["GEN-01 7:3 pasword"]),
        ("  short_title: x\n", ["GEN-01 7:3 short_title"]),
        ("  contact:\n    email: a\n    fax: b\n", ["GEN-01 9:5 contact.fax"]),
        ("  parts:\n    - label: x\n      wieght: 1\n", ["GEN-01 9:7 parts[0].wieght"]),
        ("  logo: {fromFile: x, from: y}\n", ["GEN-01 7:23 logo.from"]),
        ("  note: {fromFile: x, mediatype: y}\n", ["GEN-01 7:23 note.mediatype"]),
        ("  a.b: 1\n  1: 2\n", ["GEN-01 7:3 a.b", "GEN-01 8:3 1"]),
        ("  weightClass: 5\n", ["TOY-10 7:3 weightClass"]),
        ("  code: x\n", ["GEN-06 7:3 code"]),
        ("  renamedTo: x\n", ["GEN-06 7:3 renamedTo"]),
        ("  ssl:\n    expiresAt: x\n", ["GEN-06 7:3 ssl"]),
        ("  expiresAt: x\n", ["GEN-06 7:3 expiresAt"]),
        ("  status: {code: x}\n", ["GEN-06 7:3 status"]),
        ("  createdAt: x\n", ["GEN-06 7:3 createdAt"]),
        ("  contact: {email: a, code: b}\n", ["GEN-01 7:23 contact.code"]),
    ],
)
def test_a_key_that_the_kind_does_not_name_is_refused(text, expected):
    assert told(body(text)) == expected


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("pasword", "did you mean password?"),
        ("colourr", "did you mean colour?"),
        ("partnerRef", "metadata.tenant"),
        ("ownerRef", "metadata.tenant"),
        ("managedByRef", "metadata.tenant"),
        ("parentCustomerRef", "write parent"),
        ("makerRef", "write maker:"),
        ("friendsRefs", "write friends:"),
        ("friendRefs", "write friends:"),
        ("elephantRef", "write elephant:"),
        ("tenant", "metadata.tenant"),
        ("protect", "lifecycle.protect"),
    ],
)
def test_the_hint_of_an_unknown_key(key, hint):
    assert hint in body(f"  {key}: x\n")[0].hint


def test_a_misspelt_required_key_is_one_error():
    assert told(judge(HEAD.replace("title:", "titel:"))[1]) == ["GEN-01 5:3 titel"]
    assert told(judge(HEAD.replace("serial:", "serialRef:"))[1]) == ["GEN-01 6:3 serialRef"]


@pytest.mark.parametrize("line", ["", "  title:\n", "  title: ~\n"])
def test_a_missing_field_is_told_at_the_key_that_should_hold_it(line):
    found = judge(HEAD.replace("  title: Lamp\n", line))[1]
    assert told(found) == ["GEN-13 4:1 title"]


def test_a_missing_field_of_an_object_is_told_at_the_object():
    assert told(body("  contact:\n    phone: '1'\n")) == ["GEN-13 7:3 contact.email"]
    assert told(body("  parts:\n    - label: x\n    - weight: 5\n")) == ["GEN-13 9:7 parts[1].label"]
    assert told(body("  logo: {}\n")) == ["GEN-13 7:3 logo.fromFile"]
    assert told(body("  note: {mediaType: x}\n")) == ["GEN-13 7:3 note.fromFile"]


def test_a_missing_field_may_have_a_rule_of_its_own():
    assert told(judge(HEAD.replace("  serial: s-1\n", ""))[1]) == ["TOY-11 4:1 serial"]


def test_in_a_mapping_on_one_line_everything_stands_on_that_line():
    text = HEAD.partition("spec:")[0] + "spec: {title: 5, size: x, zoo: 1}\n"
    assert told(judge(text)[1]) == [
        "TOY-11 4:1 serial",
        "GEN-12 4:8 title",
        "GEN-12 4:18 size",
        "GEN-01 4:27 zoo",
    ]


def test_rules_are_judged_on_what_is_sound():
    found = body("  mode: fast\n  colour: blue\n  size: x\n")
    assert told(found) == ["TOY-03 8:3 colour", "GEN-12 9:3 size"]


def test_a_rule_that_needs_a_broken_field_is_not_judged():
    assert told(body("  mode: 5\n  colour: blue\n")) == ["GEN-12 7:3 mode"]


def test_a_rule_sees_defaults_beside_a_broken_field():
    assert told(body("  colour: blue\n  size: x\n")) == ["TOY-03 7:3 colour", "GEN-12 8:3 size"]


def test_a_rule_points_at_the_first_path_that_was_written():
    found = body("  colour: blue\n")
    assert (found[0].path, found[0].hint, found[0].phase) == ("colour", "choose another colour", Phase.SCHEMA)


def test_a_warning_keeps_the_resource():
    resources, found = judge(HEAD.replace("Lamp", "LAMP"))
    assert [(one.code, one.severity) for one in found] == [("TOY-04", Severity.WARNING)]
    assert len(resources) == 1


def test_an_error_takes_the_resource_away():
    assert judge(HEAD + "  size: x\n")[0] == []
    assert judge(HEAD + "  colour: blue\n")[0] == []


def with_rule(rule):
    gadget = toy.GADGET
    words = ("name", "table", "group", "order", "level", "spec", "description", "allow", "example", "status")
    return Catalog([toy.PARTNER, Kind(rules=(rule,), **{word: getattr(gadget, word) for word in words})])


def test_a_nested_object_keeps_what_is_sound():
    @schema("TOY-20", "x")
    def rule(resource):
        yield Finding(f"strict is {resource.spec.limits.strict}", at="limits.strict")
        yield Finding(f"daily is {resource.spec.limits.daily}", at="limits.daily")

    @schema("TOY-21", "x")
    def other(resource):
        yield Finding(f"strict is {resource.spec.limits.strict}", at="limits.strict")

    assert told(judge(HEAD + "  limits: {daily: x, strict: true}\n", with_rule(rule))[1]) == [
        "GEN-12 7:12 limits.daily"
    ]
    assert told(judge(HEAD + "  limits: {daily: x, strict: true}\n", with_rule(other))[1]) == [
        "GEN-12 7:12 limits.daily",
        "TOY-21 7:22 limits.strict",
    ]


def test_a_rule_that_fails_otherwise_is_not_hidden():
    @schema("TOY-20", "x")
    def rule(resource):
        yield Finding(str(1 / 0), at="title")

    with pytest.raises(ZeroDivisionError):
        judge(HEAD, with_rule(rule))


SECRET = "hunter2"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"  password: {SECRET}\n", "GEN-04"),
        (f"  password: [{SECRET}]\n", "GEN-04"),
        (f"  password: |\n    {SECRET}\n", "GEN-04"),
        (f"  password: >-\n    {SECRET}\n    {SECRET}\n", "GEN-04"),
        ("  password: 5\n", "GEN-04"),
        ("  password: 010\n", "GEN-04"),
        (f"  password: {{value: {SECRET}}}\n", "GEN-18"),
        (f"  password: {{fromEnv: {SECRET}}}\n", "GEN-18"),
        (f"  password: {{fromEnv: LAMP, {SECRET}: x}}\n", "GEN-18"),
        (f"  password:\n    fromEnv: LAMP\n    value: {SECRET}\n", "GEN-18"),
        (f"  password: {{fromVault: {{path: {SECRET}}}}}\n", "GEN-18"),
        ("  password: {fromEnv: LAMP, version: 2}\n", "GEN-18"),
        ("  password: {fromEnv: LAMP, version: 02}\n", "GEN-18"),
        ("  password: {}\n", "GEN-18"),
        (f"  confirmPassword: {SECRET}\n", "GEN-04"),
        (f"  pasword: {SECRET}\n", "GEN-01"),
        (f"  pasword: {{a: {SECRET}}}\n", "GEN-01"),
        (f"  pasword:\n    - {SECRET}\n", "GEN-01"),
        (f"  size: x # {SECRET}\n", "GEN-12"),
        (f"  size: [{SECRET}, {{a: {SECRET}}}]\n", "GEN-12"),
        (f"  contact: {{phone: '1', pin: {SECRET}}}\n", "GEN-13"),
        (f"  logo: {{fromFile: 5, pin: {SECRET}}}\n", "GEN-12"),
        ("  {}: x\n".replace("{}", "code") + f"  zoo: {SECRET}\n", "GEN-06"),
    ],
)
def test_no_finding_shows_what_may_be_secret(text, code):
    found = body(text)
    assert code in [one.code for one in found]
    shown = everything(found)
    if f"{SECRET}: x" in text:  # a key is a name, and is shown
        shown = "\n".join(one.summary + one.hint for one in found)
    if f"[{SECRET}, " in text:  # the first entry is a value of a harmless field
        shown = shown.replace(f"size: [{SECRET},", "")
    assert SECRET not in shown


def test_a_literal_secret_is_one_finding_at_its_key():
    assert told(body(f"  password:\n    - {SECRET}\n")) == ["GEN-04 7:3 password"]


def test_findings_of_one_document_are_bounded():
    found = body("".join(f"  k{n}: 1\n" for n in range(1000)))
    assert [one.code for one in found].count("GEN-01") == 200
    assert [one.code for one in found if one.code != "GEN-01"] == ["LOD-06"]
