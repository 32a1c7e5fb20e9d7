"""The fast pass reads what it is certain of, exactly as the exact pass would, and leaves everything else to it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.adapters.manifests import Limits, parse
from reconciler.adapters.manifests import fast as fast_module
from reconciler.adapters.manifests.collect import parse_exactly
from reconciler.adapters.manifests.fast import LARGEST, trees
from reconciler.kinds import discover
from tests.campaigns import hostile
from tests.campaigns.twins import VALUES, disagreement, twins

ROOT = Path(__file__).parents[3]
FILES = sorted(path for path in (ROOT / "examples").rglob("*.y*ml"))
PLAIN = (
    b"apiVersion: reconciler/v1\nkind: Bundle\nmetadata:\n  name: x\n"
    b"spec:\n  displayName: X\n  includedSignatures: 10\n"
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_both_passes_agree_on_every_example(path: Path) -> None:
    assert not disagreement(path.read_bytes())


def test_most_examples_are_read_by_the_fast_pass() -> None:
    files = [path.read_bytes() for path in FILES] + [kind.example.encode() for kind in discover().values()]
    read = [disagreement(data) for data in files]
    assert not any(read)
    assert sum(one is not None for one in read) > len(files) * 0.7


def test_both_passes_agree_on_files_near_the_border() -> None:
    found = [disagreement(data) for data in twins(discover(), count=20_000, seed=20261122)]
    assert [one for one in found if one] == []
    assert sum(one is not None for one in found) > 1_000


def test_no_hostile_file_is_read_otherwise() -> None:
    assert [name for name, data in hostile.contents(7) if disagreement(data)] == []


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("shape", ["a: {}\n", "a:\n  - {}\n", "a:\n- {}\nb: c\n", "a:\n  b: {}\n  c: d\n", "a: {} \n"])
def test_both_passes_agree_on_every_value_in_every_shape(shape: str, value: str) -> None:
    assert not disagreement(shape.replace("{}", value, 1).encode())


@given(
    st.recursive(
        st.text(max_size=12) | st.integers() | st.booleans() | st.none() | st.floats(allow_nan=False),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
        max_leaves=12,
    ),
    st.sampled_from([None, False, True]),
)
def test_both_passes_agree_on_whatever_a_writer_writes(tree: object, flow: bool | None) -> None:
    written = yaml.safe_dump({"a": tree}, allow_unicode=True, default_flow_style=flow, sort_keys=False, width=200)
    assert not disagreement(written.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"a: b\na: c\n",
        b"a:\n  b: c\n  b: c\n",
        b"a: {b: c, b: c}\n",
        b"a:\n  - b: c\n    b: d\n",
        b"a: &b c\n",
        b"a: *b\n",
        b"a: !!str c\n",
        b"a: |\n  c\n",
        b"a:\nb: c\n",
        b"a: null\n",
        b"a: 010\n",
        b"a: 1.5\n",
        b"true: a\n",
        b"a: 'it''s'\n",
        b'a: "\\u006e"\n',
        b"a: b\r\n",
        b"a:\tb\n",
        b"- a\n",
        b"a\n",
        b"",
        b"# nothing\n",
        b"---\n---\na: b\n",
        b"a: b\n...\n",
        b"%YAML 1.2\n---\na: b\n",
        b"a: b: c\n",
        b"a: b\n  c: d\n",
        b"a:\n    b: c\n  d: e\n",
        b"a: [b\n",
    ],
)
def test_whatever_is_unusual_is_left_to_the_exact_pass(data: bytes) -> None:
    assert trees(data, Limits()) is None


SHAPES = (
    b"# a?b\n" + PLAIN,
    PLAIN + b"---\n# a?b\n" + PLAIN,
    PLAIN.replace(b"name: x", b"na?me: x"),
    *(PLAIN.replace(b": X", b": " + one) for one in (b"X?Y", b"X Y # a?b", b"X?", b"X:?Y", b"X:y?Y")),
    *(
        PLAIN.replace(b": X", b": " + one)
        for one in (b'"X?Y"', b"'X?Y'", b"[X?Y]", b"[X, 'Y?']", b"{x: Y?}", b"10 X?Y", b"10?")
    ),
    *(PLAIN.replace(b"spec:", one) for one in (b"spec:?", b"spec: # a?b", b"?", b"spec?:")),
)
"""A plain file with a question mark in the place of a character."""


@pytest.mark.parametrize("character", [*range(10), *range(11, 32), 127], ids=hex)
def test_the_fast_pass_takes_no_file_with_a_control_character(character: int) -> None:
    for shape in SHAPES:
        data = shape.replace(b"?", bytes([character]))
        assert trees(data, Limits()) is None
        documents, problems = parse("f.yaml", data, limits=Limits())
        exact, told = parse_exactly("f.yaml", data, limits=Limits())
        assert ([one.tree for one in documents], problems) == ([one.tree for one in exact], told)


def test_the_same_files_without_one_are_read_by_the_fast_pass() -> None:
    read = [shape for shape in SHAPES if trees(shape.replace(b"?", b""), Limits()) is not None]
    assert len(read) >= len(SHAPES) - 2


def test_a_plain_file_is_read_by_the_fast_pass_and_keeps_its_places() -> None:
    data = b"# head\n" + PLAIN + b"---\n" + PLAIN.replace(b"name: x", b"name: y")
    assert trees(data, Limits()) is not None
    documents, problems = parse("f.yaml", data, limits=Limits())
    exact, _ = parse_exactly("f.yaml", data, limits=Limits())
    assert problems == []
    assert [one.index for one in documents] == [0, 1]
    assert [one.places for one in documents] == [one.places for one in exact]
    assert documents[1].places.nearest(("metadata", "name")).line == 13


def test_a_large_file_is_left_to_the_exact_pass() -> None:
    data = PLAIN + b"# " + b"x" * LARGEST + b"\n"
    assert trees(data, Limits()) is None
    assert len(parse("f.yaml", data, limits=Limits())[0]) == 1


@pytest.mark.parametrize("limits", [Limits(depth=3), Limits(nodes=20), Limits(documents=2)])
def test_narrow_limits_are_left_to_the_exact_pass(limits: Limits) -> None:
    assert trees(PLAIN, Limits()) is not None
    assert trees(PLAIN, limits) is None


def test_what_the_gate_lets_through_is_never_deeper_than_the_limit() -> None:
    lines = [" " * place + f"{'- ' if place % 2 else ''}k{place}:\n" for place in range(40)]
    for depth in range(1, 40):
        found = trees(("".join(lines[:depth]) + " " * depth + "k: v\n").encode(), Limits())
        assert found is None or depth < 20


def test_a_parser_that_fails_leaves_the_file_to_the_exact_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_text: str, **_how: object) -> object:
        raise fast_module.YAMLDecodeError("a", "b", 0)

    monkeypatch.setattr(fast_module, "loads", fail)
    assert trees(PLAIN, Limits()) is None
