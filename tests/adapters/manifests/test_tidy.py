"""Tidying one file: the corpus in ``tests/data/tidy``, what is left alone, and the files that people see first."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import yaml
from ruamel.yaml import YAML

from reconciler.adapters.manifests import Limits
from reconciler.adapters.manifests import tidy as package
from reconciler.adapters.manifests.tidy import tidy
from reconciler.engine.explain import scaffold
from reconciler.engine.key_order import key_orders
from reconciler.model.catalog import Catalog
from reconciler.model.key_order import FREE, KeyOrder
from reconciler.render.author import scaffold_text
from tests.effort import effort

CORPUS = Path(__file__).parents[2] / "data" / "tidy"
CASES = sorted(CORPUS.glob("*.in.yaml"))
EXAMPLES = Path(__file__).parents[3] / "examples"
LETTERS = {"": KeyOrder(dict.fromkeys("abcdefgh", FREE))}


def made(text: str) -> str:
    """A text that can be tidied, tidied in the order of the alphabet."""
    data, found = tidy("a.yaml", text.encode(), LETTERS)
    assert found == []
    return data.decode()


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name.split(".")[0])
def test_the_corpus_comes_out_as_it_was_looked_at(case: Path, catalog: Catalog) -> None:
    orders = key_orders(catalog)
    out = case.with_name(case.name.replace(".in.", ".out.")).read_bytes()
    assert tidy("a.yaml", case.read_bytes(), orders) == (out, [])
    assert tidy("a.yaml", out, orders) == (out, [])


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.name.split(".")[0])
def test_another_reader_finds_the_same_values(case: Path) -> None:
    out = case.with_name(case.name.replace(".in.", ".out."))
    reader = YAML(typ="safe", pure=True)
    before, after = (
        [one for one in reader.load_all(io.BytesIO(path.read_bytes())) if one is not None] for path in (case, out)
    )
    assert len(before) > 0
    assert before == after


@pytest.mark.parametrize("path", sorted(EXAMPLES.rglob("*.yaml")), ids=lambda one: one.relative_to(EXAMPLES).as_posix())
def test_the_examples_are_tidy(path: Path, catalog: Catalog) -> None:
    data = path.read_bytes()
    assert tidy(path.name, data, key_orders(catalog)) == (data, [])


def test_scaffolds_keep_every_line_of_help(catalog: Catalog) -> None:
    orders = key_orders(catalog)
    for kind in catalog.values():
        text = scaffold_text(scaffold(kind))
        data, found = tidy("a.yaml", text.encode(), orders)
        assert found == [], kind.name
        assert sorted(map(str.strip, data.decode().splitlines())) == sorted(map(str.strip, text.splitlines()))
        assert tidy("a.yaml", data, orders) == (data, []), kind.name


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("# nothing\n", "# nothing\n"),
        ("\n\n# nothing\n\n\n", "# nothing\n"),
        ("---\n", "---\n"),
        ("---\n---\na: 1\n", "---\n---\na: 1\n"),
        ("---\na: 1\n---\n", "a: 1\n---\n"),
        ("# head\n\n---\na: 1\n", "# head\n\na: 1\n"),
        ("a: 1", "a: 1\n"),
        ("a: 1\n...\n", "a: 1\n"),
        ("a: 1 \n", "a: 1\n"),
        ("b: 1\n\n\n\na: 2\n", "a: 2\nb: 1\n"),
        ("a: 1\n\n\n\nb: 2\n", "a: 1\n\nb: 2\n"),
        ("zz: 1\nb: 2\nyy: 3\n", "b: 2\nzz: 1\nyy: 3\n"),
        ("a:\n- 1\n- - 2\n", "a:\n  - 1\n  - - 2\n"),
        ("a:\n- # x\n  # y\n  b: 1\n", "a:\n  - # x\n    # y\n    b: 1\n"),
        ("a: # x\n  1 # y\n", "# x\na: 1 # y\n"),
        ("a: # x\n  1\n", "a: 1 # x\n"),
        ("a: |2+\n  x\n\nb: 1\n", "a: |2+\n  x\n\nb: 1\n"),
        ("b: |+\n  x\n\na: 1\n", "a: 1\nb: |+\n  x\n\n"),
        ("a: |\n  x\n   \nb: 1\n", "a: |\n  x\n   \nb: 1\n"),
        ('a: {"b":1,c: [2,3]}\n', 'a: {"b": 1, c: [2, 3]}\n'),
    ],
)
def test_small_things(before: str, after: str) -> None:
    assert made(before) == after
    assert made(after) == after


def test_brackets_that_do_not_fit_on_their_line_get_lines() -> None:
    words = ", ".join(f"word{number}" for number in range(20))
    assert made(f"a: [{words}]\n").startswith("a:\n  - word0\n  - word1\n")
    fitting, longer = f"a: [{'x' * 115}]\n", f"a: [{'x' * 116}]\n"
    assert made(fitting) == fitting
    assert made(longer) == f"a:\n  - {'x' * 116}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("b: 1\na: |\n  x", "a: |-\n  x\nb: 1\n"),
        ("a: >\n  x\n  y", "a: >-\n  x\n  y\n"),
        ("a: |+\n  x", "a: |-\n  x\n"),
        ("a: |- # why\n  x", "a: |- # why\n  x\n"),
        ("a: | # why\n  x", "a: |- # why\n  x\n"),
        ("a: |2\n   x\n  y", "a: |2-\n   x\n  y\n"),
        ("a: |\n  ção\n  \U0001f512", "a: |-\n  ção\n  \U0001f512\n"),
        ("a: |\n  x\n# end", "a: |\n  x\n# end\n"),
        ("a: |", "a: |\n"),
        ("a: |\r\n  x", "a: |-\n  x\n"),
        ("a: 'x |\n  y'", "a: 'x |\n  y'\n"),
        ("---\na: 1\n---\na: |\n  x", "a: 1\n---\na: |-\n  x\n"),
    ],
)
def test_a_text_that_ends_the_file_does_not_grow_by_the_line_end(before: str, after: str) -> None:
    assert made(before) == after
    assert made(after) == after
    texts = [list(yaml.load_all(one, yaml.CBaseLoader)) for one in (before, after)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("text", "code"),
    [("a: &x 1\n", "GEN-17"), ("a: 1\na: 2\n", "GEN-01"), ("a: [\n", "GEN-17"), ("- 1\n", "GEN-17")],
)
def test_what_is_no_manifest_has_the_findings_of_the_loader(text: str, code: str) -> None:
    data, found = tidy("a.yaml", text.encode(), LETTERS)
    assert data == text.encode()
    assert [one.code for one in found] == [code]


def test_a_file_does_not_grow_beyond_what_a_manifest_may_be() -> None:
    text = b"a: " + b"[" * 20 + b",".join([b"1"] * 500) + b"]" * 20 + b"\n"
    data, found = tidy("a.yaml", text, LETTERS, limits=Limits(file=5000))
    assert data == text
    assert [(one.code, one.hint) for one in found] == [("FMT-01", "split it")]
    assert tidy("a.yaml", text, LETTERS)[1] == []


@pytest.mark.slow
def test_what_is_written_to_hurt_takes_no_longer_than_its_size() -> None:
    many = 20_000
    texts = (
        f"a: [{','.join('1' * many)}]\n",
        "a: [\n" + "1, # x\n# y\n" * many + "]\n",
        "a: 1\n" + "# x\n" * many + "b: 1\n",
        "a:\n b:\n  c: 1\n" + "  # x\n" * many + "d: 1\n",
    )

    def all_of_them() -> None:
        for text in texts:
            assert tidy("a.yaml", text.encode(), LETTERS)[1] == []

    assert effort(all_of_them, within=10) < 10


def test_a_key_over_two_lines_is_left_alone() -> None:
    text = b'? "long\n  key"\n: 1\n'
    data, found = tidy("a.yaml", text, LETTERS)
    assert data == text
    assert [(one.code, one.source.line) for one in found if one.source] == [("FMT-01", 1)]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("a: 2\n# x\n", "a value would change"),
        ("a: '1'\n# x\n", "a value would change"),
        ("a: 1\n# x\n---\nb: 1\n", "a value would change"),
        ("a: 1\n", "a comment would get lost"),
        ("a: 1\n# x\n# x\n", "a comment would get lost"),
        ("a: [\n", "it could not be read any more afterwards"),
    ],
)
def test_what_comes_out_is_compared_with_what_came_in(monkeypatch: pytest.MonkeyPatch, wrong: str, why: str) -> None:
    monkeypatch.setattr(package, "lay_out", lambda _pages, _orders: wrong)
    data, found = tidy("a.yaml", b"a:   1 # x\n", LETTERS)
    assert data == b"a:   1 # x\n"
    assert [one.summary for one in found] == [f"the file is left as it is: {why}"]
