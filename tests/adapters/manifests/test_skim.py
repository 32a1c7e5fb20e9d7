"""Skimmed keys stand where the exact walk finds them, in every file that the fast pass reads."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

from reconciler.adapters.manifests import locate
from reconciler.adapters.manifests.collect import parse, parse_exactly
from reconciler.adapters.manifests.fast import trees
from reconciler.adapters.manifests.limits import Limits
from reconciler.adapters.manifests.skim import keys_of
from reconciler.adapters.manifests.text import Text, unreadable
from reconciler.kinds import discover
from reconciler.model.placing import _spans_on
from tests.campaigns.twins import twins

LIMITS = Limits()
TOLD = Counter()
ROOT = Path(__file__).parents[3]


def exactly(data):
    """The places of each document, by the exact walk."""
    found = {}
    locate._read(Text("f.yaml", "", data, LIMITS.depth), found)
    return [found[index] for index in sorted(found)]


def same(data):
    """Whether the file is skimmed, which must be right then."""
    quick = keys_of("f.yaml", data)
    if quick is None:
        return False
    exact = exactly(data)
    assert len(quick) == len(exact), data
    documents = parse("f.yaml", data, limits=LIMITS)[0]
    for index, (mine, places) in enumerate(zip(quick, exact, strict=True)):
        assert next(iter(mine.values())) == places.first, data
        assert {path: places.keys.get(path) for path in mine} == mine, data
        lines_are_told(documents[index], places, data)
        keys_are_told(documents[index].places, places, data)
    return True


def lines_are_told(document, exact, data):
    """What a look at a line tells of keys and scalars is what the exact walk says of it."""
    lines = {number: document.places.spans(number) for number in range(1, data.count(b"\n") + 2)}
    walked = replace(document, locate=lambda: exact, _places=None)
    for number, told in lines.items():
        if told is not None:
            assert told == _spans_on(walked, number), (number, data)
            TOLD["spans"] += len(told)


def keys_are_told(places, exact, data):
    """Whether a key is written, where the skimmed keys tell, is what the exact walk says."""
    paths = [path for path in exact.keys if len(path) < 3 and all(isinstance(step, str) for step in path)]
    for path in {*paths, *((*path[:1], "missing") for path in paths), ("nowhere", "missing")}:
        told = places.writes(path)
        if told is not None:
            assert told == (path in exact.keys), (path, data)
            TOLD[told] += 1


def test_keys_of_files_near_the_border_of_the_gate():
    read = skimmed = 0
    for data in islice(twins(discover(), count=12_000, seed=11), 12_000):
        if unreadable(Text("f.yaml", "", data, LIMITS.depth)) is None and trees(data, LIMITS) is not None:
            read += 1
            skimmed += same(data)
    assert read > 800
    assert skimmed > 0.97 * read
    assert min(TOLD["spans"], TOLD[True], TOLD[False]) > 1000


def test_keys_of_the_examples():
    files = [one.read_bytes() for one in sorted((ROOT / "examples").rglob("*.yaml"))]
    plain = [one for one in files if trees(one, LIMITS) is not None]
    assert sum(same(one) for one in plain) == len(plain) > 20


def test_what_is_in_lists_and_brackets_comes_from_the_exact_walk():
    data = b"a: x\nlist:\n- b: y\n  c: z\nbrackets: {d: [e, f]}\nbelow:\n  # word\n  g: v\n---\nh: w\n"
    quick, exact = parse("f.yaml", data, limits=LIMITS)[0], parse_exactly("f.yaml", data, limits=LIMITS)[0]
    assert [set(one) for one in keys_of("f.yaml", data)] == [
        {("a",), ("list",), ("brackets",), ("below",), ("below", "g")},
        {("h",)},
    ]
    for mine, theirs in zip(quick, exact, strict=True):
        for path in [*theirs.places.keys, ("nowhere",), ("below", "nowhere"), ("list", 7, "b")]:
            assert mine.places.nearest(path) == theirs.places.nearest(path)
        assert dict(mine.places.keys) == dict(theirs.places.keys)
        assert dict(mine.places.values) == dict(theirs.places.values)
        assert (len(mine.places.keys), mine.places.first) == (len(theirs.places.keys), theirs.places.first)


def test_a_file_whose_lines_do_not_tell_is_left_to_the_exact_walk():
    for data in (
        b"a: x\n    - y\n",
        b"a: x\n  b: y\n",
        b"a:\n    b: x\n  c: y\n",
        b"a: x\na: y\n",
        b"a: |\n  x y\n",
        b"",
    ):
        assert keys_of("f.yaml", data) is None, data
