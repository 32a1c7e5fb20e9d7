"""rewrite: a file says something else, and nothing but the changed words is touched."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest

from reconciler.adapters.manifests import Limits, parse
from reconciler.adapters.manifests.memory import TextWriter
from reconciler.adapters.manifests.rewrite import rewrite
from reconciler.adapters.manifests.spans import Unchangeable
from reconciler.engine.key_order import key_orders
from reconciler.kinds import discover
from reconciler.model.errors import ReconcilerError

CATALOG = discover()
ORDERS = key_orders(CATALOG)
ROOT = Path(__file__).parents[3]
FILES = [
    *sorted((ROOT / "examples/tenants").rglob("*.yaml")),
    *sorted((ROOT / "tests/data/tidy").glob("*.yaml")),
]


def _documents(data: bytes) -> dict[int, Any]:
    documents, problems = parse("x.yaml", data, limits=Limits())
    assert not problems
    return {one.index: one.tree for one in documents}


def _scalars(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _scalars(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _scalars(inner, (*path, place))
    elif value is not None:
        yield path


def _with(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    made = copy.deepcopy(tree)
    node = made
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return made


def _at(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def _other(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1]
    if isinstance(value, float):
        return ["instead of a number"]
    return ["Another word", "true", 'it\'s: # "odd" [x], {y}', "two\nlines\n", "", "- 12:30"]


@pytest.mark.parametrize(
    "file", FILES, ids=lambda one: one.name if "tidy" in str(one) else f"{one.parent.name}/{one.name}"
)
def test_every_scalar_of_every_file_changes_alone(file: Path) -> None:
    data = file.read_bytes()
    changed = 0
    for index, tree in _documents(data).items():
        for path in _scalars(tree):
            if path[0] in ("apiVersion", "kind"):
                continue
            for number, value in enumerate(_other(_at(tree, path))):
                if number and (changed + number) % 5:
                    continue  # every place with the first value, and with some of the others
                after = _with(tree, path, value)
                made = rewrite("x.yaml", data, {index: (tree, after)}, ORDERS)
                _one_span(data, made)
                changed += 1
    assert changed or not data.strip() or not any(_documents(data).values())


def _one_span(before: bytes, after: bytes) -> None:
    """Only one run of lines differs, and the lines around it are untouched."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    steps = [one for one in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes() if one[0] != "equal"]
    first = min(one[1] for one in steps)
    last = max(one[2] for one in steps)
    assert old[:first] == new[:first]
    assert old[last:] == new[len(new) - (len(old) - last) :]
    comments = [line for line in old[first:last] if line.lstrip().startswith(b"#")]
    assert all(line in new for line in comments) or b"|" in b"".join(old) or b">" in b"".join(old)


HEAD = "kind: Category\nspec:\n"


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ("  a: one  # why\n", ("a",), "two", "  a: two  # why\n"),
        ("  a: 'one'\n", ("a",), "it's", "  a: 'it''s'\n"),
        ('  a: "one"   # why\n', ("a",), "two", '  a: "two"   # why\n'),
        ("  a: one\n", ("a",), "no", '  a: "no"\n'),
        ("  a: one\n", ("a",), "Rua 3, 2.º", '  a: "Rua 3, 2.º"\n'),
        ("  a: 1\n", ("a",), 2, "  a: 2\n"),
        ("  a: 0x10\n", ("a",), 17, "  a: 17\n"),
        ("  a: |\n    one\n    two\n  # own\n  b: 1\n", ("a",), "x\ny\n", "  a: |\n    x\n    y\n  # own\n  b: 1\n"),
        ("  a: |  # why\n    one\n    two\n", ("a",), "x\ny\n", "  a: |  # why\n    x\n    y\n"),
        ("  a: >2- # why\n      one\n", ("a",), 5, "  a: 5 # why\n"),
        ("  a: [one, two]  # both\n", ("a", 1), "three", "  a: [one, three]  # both\n"),
        ("  a: {b: 1, c: 2}\n", ("a", "c"), 3, "  a: {b: 1, c: 3}\n"),
        ("  a:\n    - one # first\n    # own\n    - two\n", ("a",), ["two"], "  a:\n    # own\n    - two\n"),
        ("  a: [one, two, three]\n", ("a",), ["one", "three"], "  a: [one, three]\n"),
        ("  a: [one, two]\n", ("a",), ["two"], "  a: [two]\n"),
        ("  a: [one]\n", ("a",), ["one", "two"], "  a: [one, two]\n"),
        ("  a:\n    - one\n  b: 1\n", ("a",), ["one", "two"], "  a:\n    - one\n    - two\n  b: 1\n"),
        ("  a:\n  - one\n  b: 1\n", ("a",), [], "  a: []\n  b: 1\n"),
        ("  a: []\n", ("a",), ["one"], "  a: [one]\n"),
        ("  a:\n  b: 1\n", ("a",), "one", "  a: one\n  b: 1\n"),
        ("  a:   # nothing\n  b: 1\n", ("a",), "one", "  a: one   # nothing\n  b: 1\n"),
        ("  a: |-\n    one", ("a",), "x\ny\n", "  a: |\n    x\n    y\n"),
        ("  a: |-\n    one \n  b: 1\n", ("a",), "x\ny", "  a: |-\n    x\n    y\n  b: 1\n"),
        ("  a: |-\n    one \n  b: 1\n", ("a",), "x", "  a: x\n  b: 1\n"),
        ("  a: one", ("b",), "x\ny\n", "  a: one\n  b: |\n    x\n    y\n"),
        ("  a: |\n  b: 1\n", ("a",), "x\ny\n", "  a: |\n    x\n    y\n  b: 1\n"),
        ("  a: {b, c: 1}\n", ("a", "b"), "x", "  a: {b: x, c: 1}\n"),
        ("  a: [ # none\n  ]\n", ("a",), ["x", "z"], "  a: [ # none\n  x, z]\n"),
        ("  a: { }\n", ("a",), {"b": 1}, "  a: { b: 1}\n"),
        (
            "  a: # why\n    # of one\n    - one # first\n    # end\n  b: 1\n",
            ("a",),
            [],
            "  a: [] # why\n    # of one\n    # end\n  b: 1\n",
        ),
        ("  a:\n    - one\n    # own\n    - two\n", ("a",), [], "  a: []\n    # own\n"),
        ("  a: one\r\n  b: 1\r\n", ("a",), "x\ny", '  a: "x\\ny"\r\n  b: 1\r\n'),
    ],
)
def test_values(text: str, path: tuple[Any, ...], value: Any, expected: str) -> None:
    head = HEAD.replace("\n", "\r\n") if "\r" in text else HEAD
    data = (head + text).encode()
    tree = _documents(data)[0]
    made = rewrite("x.yaml", data, {0: (tree, _with(tree, ("spec", *path), value))}, ORDERS)
    assert made.decode() == head + expected


@pytest.mark.parametrize(
    ("text", "key", "value", "expected"),
    [
        (
            "  displayName: A\n  sortOrder: 1 # one\n",
            "audience",
            "agents",
            "  displayName: A\n  audience: agents\n  sortOrder: 1 # one\n",
        ),
        ("  displayName: A # a\n", "sortOrder", 3, "  displayName: A # a\n  sortOrder: 3\n"),
        ("  # above\n  sortOrder: 1\n", "displayName", "A", "  # above\n  displayName: A\n  sortOrder: 1\n"),
        ("  displayName: A", "serviceTypes", ["a", "b"], "  displayName: A\n  serviceTypes: [a, b]"),
        ("  displayName: |\n    A\n\n# end\n", "sortOrder", 3, "  displayName: |\n    A\n  sortOrder: 3\n\n# end\n"),
    ],
)
def test_a_new_key_comes_where_its_kind_puts_it(text: str, key: str, value: Any, expected: str) -> None:
    data = (HEAD + text).encode()
    tree = _documents(data)[0]
    made = rewrite("x.yaml", data, {0: (tree, _with(tree, ("spec", key), value))}, ORDERS)
    assert made.decode() == HEAD + expected


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("  displayName: A\n  # own\n  sortOrder: 1 # one\n", "sortOrder", "  displayName: A\n  # own\n"),
        (
            "  displayName: A\n  serviceTypes:\n    # own\n    - a\n  sortOrder: 1\n",
            "serviceTypes",
            "  displayName: A\n  # own\n  sortOrder: 1\n",
        ),
        ("  displayName: A\n  sortOrder: 1", "sortOrder", "  displayName: A"),
        ("  ? displayName\n  : A\n  ? sortOrder\n  : 1\n", "sortOrder", "  ? displayName\n  : A\n"),
    ],
)
def test_a_key_goes_and_comments_stay(text: str, key: str, expected: str) -> None:
    data = (HEAD + text).encode()
    tree = _documents(data)[0]
    after = copy.deepcopy(tree)
    del after["spec"][key]
    assert rewrite("x.yaml", data, {0: (tree, after)}, ORDERS).decode() == HEAD + expected


@pytest.mark.parametrize("end", ["", "\n"])
def test_keys_go_from_the_end_of_a_file_together(end: str) -> None:
    data = (HEAD + "  a: 1\n  # own\n  b: 2\n  c: |-\n    x" + end).encode()
    tree = _documents(data)[0]
    after = {**tree, "spec": {"a": 1}}
    assert rewrite("x.yaml", data, {0: (tree, after)}, ORDERS).decode() == HEAD + "  a: 1\n  # own" + end


def test_in_brackets_keys_come_and_go() -> None:
    data = b"kind: Partner\nspec: {legalName: A, type: reseller, tier: partner}\n"
    tree = _documents(data)[0]
    for spec, expected in (
        ({"legalName": "A", "tier": "partner"}, "{legalName: A, tier: partner}"),
        ({"type": "reseller", "tier": "partner"}, "{type: reseller, tier: partner}"),
        ({"legalName": "A", "type": "reseller"}, "{legalName: A, type: reseller}"),
        ({**tree["spec"], "country": "PRT"}, "{legalName: A, country: PRT, type: reseller, tier: partner}"),
    ):
        made = rewrite("x.yaml", data, {0: (tree, {**tree, "spec": spec})}, ORDERS)
        assert made.decode() == f"kind: Partner\nspec: {expected}\n"


@pytest.mark.parametrize(
    ("text", "gone", "expected"),
    [
        ("[a, # of a\n  b, # of b\n  c]", "c", "[a, # of a\n  b, # of b\n  ]"),
        ("[a, # of a\n  b\n  , ]", "b", "[a, # of a\n   ]"),
        ("[a, # of a\n  b, c, d]", "bc", "[a, # of a\n  d]"),
        ("[a, # of a\n  b, c]", "bc", "[a, # of a\n  ]"),
        ("[a, # of a\n  # of b\n  b, c]", "a", "[ # of a\n  # of b\n  b, c]"),
    ],
)
def test_a_comment_in_brackets_stays_with_what_stays(text: str, gone: str, expected: str) -> None:
    data = f"kind: X\nspec: {text}\n".encode()
    tree = _documents(data)[0]
    after = {**tree, "spec": [one for one in tree["spec"] if one not in gone]}
    assert rewrite("x.yaml", data, {0: (tree, after)}, ORDERS).decode() == f"kind: X\nspec: {expected}\n"


def test_brackets_with_a_comment_are_not_written_anew() -> None:
    data = b"kind: X\nspec: [ # why\n  a]\n"
    tree = _documents(data)[0]
    with pytest.raises(Unchangeable, match="comments stand inside") as told:
        rewrite("x.yaml", data, {0: (tree, {**tree, "spec": []})}, ORDERS)
    assert told.value.at == data.index(b"[")


def test_what_was_changed_meanwhile_is_left() -> None:
    data = b"kind: Category\nspec: {displayName: A}\n"
    before = {"kind": "Category", "spec": {"displayName": "B"}}
    with pytest.raises(Unchangeable, match="meanwhile"):
        rewrite("x.yaml", data, {0: (before, {})}, ORDERS)


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_cannot_be_changed_is_told_where_it_stands_and_why(ends: str) -> None:
    data = b"kind: X\nspec: [ # why\n  a]\n".replace(b"\n", ends.encode())
    tree = _documents(data)[0]
    with pytest.raises(ReconcilerError) as told:
        TextWriter(ORDERS).rewrite("x.yaml", data, {0: (tree, {**tree, "spec": []})})
    assert (told.value.code, told.value.message, told.value.hint) == (
        "ACC-04",
        "x.yaml:2:7 is left as it is: comments stand inside of it",
        "change it there by hand",
    )
