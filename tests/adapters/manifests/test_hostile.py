"""Input that was written to hurt: refused within two seconds, without a traceback."""

from __future__ import annotations

import random

import pytest

from reconciler.adapters.manifests import Limits
from reconciler.engine.validate import validate
from tests.adapters.manifests.reading import read, told
from tests.effort import effort
from tests.engine import toy

HEAD = (
    "apiVersion: reconciler/v1\nkind: Gadget\nmetadata: {name: lamp, tenant: farol}\nspec:\n  title: x\n  serial: s\n"
)
FIVE = "\n---\n".join(
    f"""\
apiVersion: reconciler/v1
kind: Gadget
metadata: {{name: lamp-{number}, tenant: farol}}
spec:
  title: "Lâmpada {number}"
  serial: 's{number}'
  tags: [a, b]
  note: |
    two
    lines
  password: {{fromEnv: LAMP, version: "2"}}"""
    for number in range(5)
)

BAD = {
    "lists in lists": HEAD + "  tags: " + "[" * 200_000,
    "mappings in mappings": HEAD + "  tags: " + "{a: " * 50_000,
    "pairs": HEAD + "  tags: " + "[{" * 100_000,
    "hyphens": HEAD + "  tags:\n    " + "- " * 100_000,
    "question marks": "? " * 100_000,
    "ever deeper": "".join(" " * depth + "a:\n" for depth in range(1000)),
    "alias bomb": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join('*' + chr(97 + n) for _ in range(9))}]\n" for n in range(20)),
    "many aliases": HEAD + "  a: &a [x]\n" + "".join(f"  b{n}: [*a,*a,*a]\n" for n in range(30_000)),
    "merge bomb": "a: &a {x: 1}\n" + "".join(f"b{n}:\n  <<: *a\n" for n in range(30_000)),
    "anchors in a row": "a: " + "&a " * 100_000,
    "tags in a row": "a: " + "!!str " * 100_000,
    "wrong entries": HEAD + "  tags:\n" + "  - 1\n" * 90_000,
    "wrong entries on a line": HEAD + "  friends: [" + "A, " * 90_000 + "B]\n",
    "unknown keys": HEAD + "".join(f"  k{n}: 1\n" for n in range(60_000)),
    "unknown keys on a line": HEAD.replace("spec:\n  title: x\n  serial: s\n", "spec: {")
    + ", ".join(f"k{n}: 1" for n in range(60_000))
    + "}\n",
    "repeated keys": HEAD + "  title: x\n" * 80_000,
    "many documents": "---\n" * 250_000,
    "many values": HEAD + "  tags: [" + "a," * 400_000 + "]\n",
    "tabs": HEAD + "  tags: {\n" + "\ta: b,\n" * 100_000 + "}\n",
    "escapes": HEAD + '  note: "' + "\\u0000" * 100_000 + '"\n',
    "digits": HEAD + "  size: " + "1" * 1_000_000 + "\n",
    "a key without end": HEAD + "  ? " + "a" * 1_000_000 + "\n  : x\n",
    "colons": HEAD + "  " + "a:" * 400_000 + "\n",
    "quotes": HEAD + "  note: " + "''" * 400_000 + "x\n",
    "nothing but carriage returns": "\r" * 1_000_000,
    "zeros": "\0" * 1_000_000,
    "wrong parts": HEAD + "  parts:\n" + "  - {label: 010, weight: x, zip: 1}\n" * 14_000,
    "too large a number": HEAD + "  size: 0x" + "f" * 1_000_000 + "\n",
}


@pytest.mark.parametrize("name", BAD)
def test_is_refused_in_time(name):
    def refused() -> None:
        documents, problems = read(BAD[name][: 1024 * 1024])
        _, further = validate(toy.catalog(), documents)
        assert problems + further
        assert len(problems) + len(further) <= 300

    assert effort(refused, within=4) < 4  # two seconds on a machine that does nothing else


def test_depth_is_bounded_exactly():
    for opening, closing in (("[", "]"), ("{a: ", "}")):
        assert read("a: " + opening * 31 + closing * 31 + "\n")[1] == []
        _, problems = read("a: " + opening * 32 + closing * 32 + "\n")
        assert [one.code for one in problems] == ["LOD-02"]


def test_problems_are_listed_up_to_a_bound():
    _, problems = read("".join(f"a{n}: *x\n" for n in range(50)), limits=Limits(problems=5))
    assert [one.code for one in problems] == ["GEN-17"] * 5 + ["LOD-06"]


def test_documents_and_values_are_bounded():
    limits = Limits(documents=2, nodes=5)
    assert told(read("---\na: 1\n---\nb: 1\n---\nc: 1\n", limits=limits)[1]) == ["LOD-03 5:1"]
    assert [one.code for one in read("a: [1, 2, 3, 4, 5]\n", limits=limits)[1]] == ["LOD-03"]


@pytest.mark.slow
def test_a_file_cut_at_any_byte_is_documents_or_problems():
    data = FIVE.encode()
    whole, problems = read(data)
    assert (len(whole), problems) == (5, [])
    catalog = toy.catalog()
    for length in range(len(data)):
        documents, problems = read(data[:length])
        _, further = validate(catalog, documents)
        for one in problems + further:
            assert one.source.line >= 1
            assert one.snippet.start <= len(one.snippet.text)
        assert len(documents) <= 5


@pytest.mark.slow
def test_mutations_give_documents_or_problems():
    chance = random.Random(7)  # noqa: S311 - the same mutations in every run
    data = FIVE.encode()
    alphabet = [
        b"&a ",
        b"*a",
        b"\t",
        b"- ",
        b": ",
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b"'",
        b"|\n",
        b"#",
        b"\n",
        b"!",
        b"?",
        b"\xc3",
        b"~",
    ]
    catalog = toy.catalog()
    for _ in range(1500):
        changed = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(changed))
            changed[place : place + chance.randint(0, 3)] = chance.choice(alphabet)
        documents, _problems = read(bytes(changed))
        validate(catalog, documents)
        for document in documents:
            for source in (*document.places.keys.values(), *document.places.values.values()):
                assert (source.line, source.column) <= (source.end_line, source.end_column)
