"""The line that a person is shown, and what of it is hidden."""

from __future__ import annotations

import pytest

from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.placing import WIDTH, diagnose_at, path_key, path_text, place, snippet, visible_in
from reconciler.model.rule import Finding, RuleText
from reconciler.model.source import Source
from tests.adapters.manifests.reading import read
from tests.engine import toy
from tests.engine.judging import HEAD, body


def shown(text: str, at: str) -> tuple[str, str]:
    """The shown line of a path, and its marked part."""
    documents, problems = read(HEAD + text)
    assert problems == []
    _, line = place(documents[0], at, visible_in(toy.GADGET))
    return line.text, line.text[line.start : line.start + line.length]


@pytest.mark.parametrize(
    ("text", "at", "line", "mark"),
    [
        ("  size: 5\n", "size", "  size: 5", "size"),
        ("  size: 5   # hunter2\n", "size", "  size: 5", "size"),
        (
            "  limits: {daily: 5, strict: true} # hunter2\n",
            "limits.strict",
            "  limits: {daily: 5, strict: true}",
            "strict",
        ),
        ("  password: hunter2\n", "password", "  password: …", "password"),
        ("  password: {fromEnv: LAMP}\n", "password", "  password: {fromEnv: …}", "password"),
        ("  zoo: hunter2\n", "zoo", "  zoo: …", "zoo"),
        ("  'zoo' : hunter2\n", "zoo", "  'zoo' : …", "'zoo'"),
        ("  tags: [a, b]\n", "tags[1]", "  tags: [a, b]", "b"),
        ("  tags:\n    - a\n    - b # x\n", "tags[1]", "    - b", "b"),
        ("  parts:\n    - label: x\n      zoo: hunter2\n", "parts[0].zoo", "      zoo: …", "zoo"),
        ("  parts:\n    - label: x\n", "parts[0]", "    - label: x", "l"),
        ("  note: |\n    one\n    two\n", "note", "  note: |", "note"),
        ("  password: |\n    hunter2\n", "password", "  password: …", "password"),
        ("  note: {fromFile: a}\n", "note", "  note: {fromFile: …}", "note"),
        ("  codeWord: 日本語 # x\n", "codeWord", "  codeWord: 日本語", "codeWord"),
        ("  tags: [日本, b]\n", "tags[1]", "  tags: [日本, b]", "b"),
        ("  codeWord: a\tb\n", "codeWord", "  codeWord: a b", "codeWord"),
        ("  size:\t5\n", "size", "  size: 5", "size"),
        ("  size:\n", "size", "  size:", "size"),
        ("  codeWord: 'a # b' # c\n", "codeWord", "  codeWord: 'a # b'", "codeWord"),
        ('  codeWord: "a\n    b" # c\n', "codeWord", '  codeWord: "a', "codeWord"),
        (
            "  contact: {email: a, phone: b, zoo: hunter2, pin: 5}\n",
            "contact.pin",
            "  contact: {email: a, phone: b, zoo: …, pin: …}",
            "pin",
        ),
        ("  title2: {a: [hunter2, hunter2], b: hunter2}\n", "title2", "  title2: {…: […, …], …: …}", "title2"),
        ("  tags: {a: hunter2}\n", "tags", "  tags: {a: …}", "tags"),
        ("  size: {password: hunter2}\n", "size", "  size: {password: …}", "size"),
        ("  password: {hunter2}\n", "password", "  password: {…}", "password"),
        ("  password: {fromEnv:hunter2}\n", "password", "  password: {…}", "password"),
        ("  password: {fromEnv: LAMP, hunter2: x}\n", "password", "  password: {fromEnv: …, …: …}", "password"),
        ("  passwort: {hunter2: x}\n", "passwort", "  passwort: {…: …}", "passwort"),
        ("  contact: {password:hunter2}\n", "contact.password:hunter2", "  contact: {…}", "…"),
        ("  confirmPassword: hunter2\n", "confirmPassword", "  confirmPassword: …", "confirmPassword"),
        (
            "lifecycle: {protect: yes, zoo: hunter2}\n",
            "lifecycle.protect",
            "lifecycle: {protect: yes, zoo: …}",
            "protect",
        ),
    ],
)
def test_a_line_shows_what_is_harmless(text, at, line, mark):
    assert shown(text, at) == (line, mark)


def test_lines_inside_a_secret_are_hidden_whole():
    documents, _ = read(HEAD + "  password: |\n    hunter2\n    hunter3\n  size: 5\n")
    for number in (8, 9):
        found = snippet(documents[0], Source("a.yaml", number, 5, number, 6), visible_in(toy.GADGET))
        assert found.text.strip() == "…"
    found = snippet(documents[0], Source("a.yaml", 10, 3, 10, 7), visible_in(toy.GADGET))
    assert found.text == "  size: 5"


def test_without_a_kind_only_the_envelope_is_shown():
    documents, _ = read(HEAD)
    for at, line in (
        ("kind", "kind: Gadget"),
        ("title", "  title: …"),
        ("metadata.name", "metadata: {name: lamp, tenant: farol}"),
    ):
        assert place(documents[0], at, visible_in(None))[1].text == line


def test_a_place_that_was_not_written_is_that_of_the_mapping_above():
    assert shown("  contact: {email: a}\n", "contact.phone") == ("  contact: {email: a}", "contact")
    assert shown("", "contact.phone") == ("spec:", "spec")


def test_long_lines_are_cut_around_the_mark():
    text = "  tags: [" + ", ".join(f"word{n}" for n in range(2000)) + "]\n"
    line, mark = shown(text, "tags[1000]")
    assert mark == "word1000"
    assert len(line) <= WIDTH
    assert line.startswith("…")
    assert line.endswith("…")
    line, mark = shown("  codeWord: " + "x" * 5000 + "\n", "codeWord")
    assert (mark, len(line)) == ("codeWord", WIDTH)


def test_a_hidden_value_hides_its_length():
    short = shown("  password: a\n", "password")
    assert short == shown(f"  password: {'a' * 500}\n", "password")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("port", ("spec", "port")),
        ("origins[2].address", ("spec", "origins", 2, "address")),
        ("metadata.name", ("metadata", "name")),
        ("lifecycle.ignoreChanges[0]", ("lifecycle", "ignoreChanges", 0)),
    ],
)
def test_paths_and_keys(text, key):
    assert path_key(text) == key
    assert path_text(key) == text


def test_every_finding_marks_a_part_of_its_line():
    for one in body("  size: x\n  zoo: [a,\n    b]\n  colour: |\n    x\n  parts:\n    -\n      label: 5\n"):
        assert 0 <= one.snippet.start < len(one.snippet.text)
        assert one.snippet.start + one.snippet.length <= len(one.snippet.text)


def test_a_summary_stays_on_one_line_whatever_value_it_holds():
    told = diagnose_at(
        RuleText("GAD-01", Severity.ERROR, Phase.SCHEMA, "x"),
        Finding("the title holds {{a\nb}}", at="title"),
        document=None,
        address=None,
        kind=None,
    )
    assert told.summary == "the title holds {{a b}}"
