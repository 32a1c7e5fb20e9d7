"""What the strict subset refuses, where it points, and that it never shows a value that may be secret."""

from __future__ import annotations

import pytest

from tests.adapters.manifests.reading import everything, read, told, tree

HEAD = "apiVersion: reconciler/v1\nkind: Gadget\n"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: &x hunter2\n", ["GEN-17 1:4"]),
        ("a: *x\n", ["GEN-17 1:4"]),
        ("b: {a: 1}\n<<: *b\n", ["GEN-17 2:1"]),
        ("b: 1\n<<: {a: 1}\n", ["GEN-17 2:1"]),
        ("*a : 1\n", ["GEN-17 1:1"]),
        ("a: !!str 1\n", ["GEN-17 1:4"]),
        ("a: !secret hunter2\n", ["GEN-17 1:4"]),
        ("a: ! hunter2\n", ["GEN-17 1:4"]),
        ("a: !!map {b: 1}\n", ["GEN-17 1:4"]),
        ("!!map\na: 1\n", ["GEN-17 1:1"]),
        ("a: !x!y 1\n", ["GEN-17 1:4"]),
        ("%YAML 1.2\n---\na: 1\n", ["GEN-17 1:1"]),
        ("%TAG ! tag:example.com,2026:\n---\na: 1\n", ["GEN-17 1:1"]),
        ("%FOO\n---\na: 1\n", ["GEN-17 1:1"]),
        ("- a\n", ["GEN-17 1:1"]),
        ("hunter2\n", ["GEN-17 1:1"]),
        ("a: 1\n---\n- b\n", ["GEN-17 3:1"]),
        ("? [a]\n: b\n", ["GEN-17 1:3"]),
        ("{{a: b}: c}\n", ["GEN-17 1:2"]),
        (": x\n", ["GEN-17 1:1"]),
        ("a:\n\tb: 1\n", ["GEN-17 2:1"]),
        ("a: {\n\tb: 1}\n", ["GEN-17 2:1"]),
        ("a: {\n  b: 1,\n \tc: 2}\n", ["GEN-17 3:2"]),
        ("a: 1\n\tb: 1\n", ["GEN-17 2:1"]),
        ("a: b: c\n", ["GEN-17 1:5"]),
        ('a: "hunter2\n', ["GEN-17 1:4"]),
        ("a: 'hunter2\nb: 1\n", ["GEN-17 1:4"]),
        ("a: [1, 2\nb: 3\n", ["GEN-17 2:2"]),
        ("a: {b: 1\n", ["GEN-17 1:4"]),
        ("a: 1\nb\n", ["GEN-17 2:1"]),
        ("a: @b\n", ["GEN-17 1:4"]),
        ("a: `b\n", ["GEN-17 1:4"]),
        ('a: "\\ud800"\n', ["GEN-17 1:7"]),
        ('a: "\\q"\n', ["GEN-17 1:5"]),
        ("a: 1\n...\nb\n", ["GEN-17 3:1"]),
        ("role: a\nrole: b\n", ["GEN-01 2:1"]),
        ("{role: a, x: 1, role: b}\n", ["GEN-01 1:17"]),
        ("'role': a\n\"role\": b\n", ["GEN-01 2:1"]),
        ("a:\n  - role: 1\n    b: 2\n    role: 3\n", ["GEN-01 4:5"]),
    ],
)
def test_is_refused_at_its_token(text, where):
    _, problems = read(text)
    assert told(problems) == where
    assert "hunter2" not in everything(problems)
    assert all(one.summary and one.snippet is not None for one in problems)


def test_an_anchor_in_front_of_a_tag_is_one_problem():
    _, problems = read("a: &x !!str 1\n")
    assert told(problems) == ["GEN-17 1:4"]


def test_a_quoted_merge_key_is_just_a_key():
    assert tree('"<<": 1\n') == {"<<": 1}


def test_the_path_of_a_repeated_key_leads_to_it():
    _, problems = read("spec:\n  roles:\n    - a: 1\n    - a: 2\n      a: 3\n")
    assert [one.path for one in problems] == ["roles[1].a"]


def test_a_repeated_key_names_the_resource_and_keeps_the_first_value():
    documents, problems = read(HEAD + "metadata: {name: lamp, tenant: farol}\nspec:\n  role: a\n  role: b\n")
    assert str(problems[0].address) == "Gadget/farol/lamp"
    assert documents[0].tree["spec"] == {"role": "a"}


def test_a_key_repeated_inside_a_repeated_key_is_told_too():
    documents, problems = read("a: {x: 1}\na: {y: 1, y: 2}\nb: 1\n")
    assert told(problems) == ["GEN-01 2:1", "GEN-01 2:11"]
    assert documents[0].tree == {"a": {"x": 1}, "b": 1}


def test_all_problems_of_a_file_are_told_and_sound_documents_are_kept():
    text = "a: 1\n---\nb: &x 1\nc: *x\n---\nd: 1\nd: 2\n---\ne: 1\n---\nf: [\n"
    documents, problems = read(text)
    assert told(problems) == ["GEN-17 3:4", "GEN-17 4:4", "GEN-01 7:1", "GEN-17 11:5"]
    assert [one.tree for one in documents] == [{"a": 1}, {"d": 1}, {"e": 1}]
    assert [one.index for one in documents] == [0, 2, 3]


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"\xef\xbb\xbfa: 1\n", "GEN-17 1:1"),
        (b"a: \xff\n", "GEN-17 1:4"),
        (b"a: 1\nb: x\xc3\n", "GEN-17 2:5"),
        ("a: 1\n".encode("utf-16"), "GEN-17 1:1"),
        ("a: 1\n".encode("utf-16-le"), "GEN-17 1:2"),
        (b"a: x\x00y\n", "GEN-17 1:5"),
        (b"a: x\x07y\n", "GEN-17 1:5"),
        (b"a: x\x1b[31my\n", "GEN-17 1:5"),
        (b"a: x\x7fy\n", "GEN-17 1:5"),
        (b"a: x\rb: y\n", "GEN-17 1:5"),
        ("a: x\u0085y\n".encode(), "GEN-17 1:5"),
        ("a: 1\nb: x\u202ey\n".encode(), "GEN-17 2:5"),
        ("a: x\u2066y\n".encode(), "GEN-17 1:5"),
        ("a: x\u200by\n".encode(), "GEN-17 1:5"),
        ("a: x\u2028y\n".encode(), "GEN-17 1:5"),
        ("a: x\ufeffy\n".encode(), "GEN-17 1:5"),
        ("# \u2067\na: 1\n".encode(), "GEN-17 1:3"),
        ("a: x\U000e0041y\n".encode(), "GEN-17 1:5"),
        ("é: ü\u2060\n".encode(), "GEN-17 1:5"),
    ],
)
def test_bytes_that_hide_something_are_refused(data, where):
    documents, problems = read(data)
    assert documents == []
    assert told(problems) == [where]


@pytest.mark.parametrize("escape", ["\\u202e", "\\0", "\\e", "\\x07", "\\N", "\\L", "\\P", "\\U000e0041", "\\u200d"])
def test_hidden_characters_are_refused_as_escapes_too(escape):
    _, problems = read(f'b: 1\na: "x{escape}y"\n')
    assert told(problems) == ["GEN-17 2:4"]


def test_harmless_escapes_and_letters_are_read():
    assert tree('a: "x\\n\\t\\"\\\\\\u00e9"\nb: ação 日本 😀\n') == {"a": 'x\n\t"\\é', "b": "ação 日本 😀"}


def test_a_tab_inside_a_text_is_part_of_it():
    assert tree('a: |\n  x\n  \ty\nb: x\ty\nc: "p\n \tq"\n') == {"a": "x\n\ty\n", "b": "x\ty", "c": "p q"}


def test_windows_line_ends_change_nothing():
    text = "a: 1\nb:\n  - x\n  - y\nc: |\n  p\n  q\n"
    assert tree(text.replace("\n", "\r\n")) == tree(text)


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "---\n---\n...\n", "--- # c\n", "~\n", "null\n"])
def test_an_empty_document_is_skipped(text):
    assert read(text) == ([], [])


def test_a_file_may_end_without_a_line_end():
    assert tree("a: 1\nb: x") == {"a": 1, "b": "x"}


SECRET = "hunter2"


@pytest.mark.parametrize(
    "body",
    [
        f'  password: "{SECRET}\n',
        f"  password: '{SECRET}\n  size: 1\n",
        f"  password: {SECRET}: x\n",
        f"  password: x: {SECRET}\n",
        f"  password: &a {SECRET}\n",
        f"  password: !x {SECRET}\n",
        f"  password: [{SECRET}\n",
        f"  password: {{x: {SECRET}\n",
        f"  password: @{SECRET}\n",
        f"  password: |\n    x\n   {SECRET}: y\n",
        f"  password: |\n\t{SECRET}\n",
        f"  password: >\n    {SECRET}\n  {SECRET}\n  size: 1\n",
        f"  password: {SECRET}\n  password: {SECRET}\n",
        f"  {{password: {SECRET}, role: a, role: {SECRET}}}\n",
        f"\tpassword: {SECRET}\n",
        f'  password: "{SECRET}\n    {SECRET}: &x {SECRET}\n',
        f'  x: {{password: "a\n    {SECRET}: b", c: *d}}\n',
        f"  # {SECRET}\n  a: *b # {SECRET}\n",
        f"  password: {SECRET}\x07\n",
        f"  password: {SECRET}\u202e\n",
        f'  password: "{SECRET}\\u202e"\n',
        f'  password: "{SECRET}\\q"\n',
        f"  - password: {SECRET}\n  b: 1\n",
    ],
)
def test_no_problem_shows_what_may_be_secret(body):
    _, problems = read(f"{HEAD}spec:\n{body}")
    assert problems
    assert SECRET not in everything(problems)


def test_a_line_shows_its_key_and_the_character_that_is_wrong():
    _, problems = read("spec:\n  password: &x hunter2\n")
    snippet = problems[0].snippet
    assert snippet.text == "  password: & …"
    assert snippet.text[snippet.start : snippet.start + snippet.length] == "&"
