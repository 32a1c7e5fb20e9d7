"""Where every node of a document stands."""

from __future__ import annotations

from tests.adapters.manifests.reading import read

TEXT = """\
# a comment
kind: Gadget
---
kind: Gadget
spec:
  title: "Lâmpada 日本"  # seen by all
  tags:
    - one
    - two
  parts:
    - label: x
      weight: 1
    -
      label: y
  limits: {daily: 3, strict: true}
  note: |
    first

    second

  flow: [a, {b: c}]
  empty: []
  long: one
    two
  last:
"""


def spans(places, path):
    key, value = places.keys[path], places.values[path]
    return (key.line, key.column, key.end_column), (value.line, value.column, value.end_line, value.end_column)


def test_every_node_has_its_place():
    documents, problems = read(TEXT)
    assert problems == []
    places = documents[1].places
    assert (places.first.line, places.first.column) == (4, 1)
    assert spans(places, ("kind",)) == ((4, 1, 5), (4, 7, 4, 13))
    assert spans(places, ("spec", "title")) == ((6, 3, 8), (6, 10, 6, 22))
    assert spans(places, ("spec", "tags", 1)) == ((9, 7, 10), (9, 7, 9, 10))
    assert spans(places, ("spec", "parts", 0)) == ((11, 7, 8), (11, 7, 12, 16))
    assert spans(places, ("spec", "parts", 0, "weight")) == ((12, 7, 13), (12, 15, 12, 16))
    assert spans(places, ("spec", "limits")) == ((15, 3, 9), (15, 11, 15, 35))
    assert spans(places, ("spec", "limits", "strict")) == ((15, 22, 28), (15, 30, 15, 34))
    assert spans(places, ("spec", "note")) == ((16, 3, 7), (16, 9, 19, 11))
    assert spans(places, ("spec", "flow", 1, "b")) == ((21, 14, 15), (21, 17, 21, 18))
    assert spans(places, ("spec", "flow")) == ((21, 3, 7), (21, 9, 21, 20))
    assert spans(places, ("spec", "empty")) == ((22, 3, 8), (22, 10, 22, 12))
    assert spans(places, ("spec", "long")) == ((23, 3, 7), (23, 9, 24, 8))
    assert places.values[("spec",)].end_line == 25


def test_an_entry_whose_hyphen_stands_alone_begins_there():
    documents, _ = read(TEXT)
    entry = documents[1].places.keys[("spec", "parts", 1)]
    assert (entry.line, entry.column) == (13, 5)


def test_documents_of_one_file_have_their_own_places():
    documents, _ = read(TEXT)
    assert documents[0].places.keys[("kind",)].line == 2
    assert documents[1].places.keys[("kind",)].line == 4


def test_the_places_of_a_repeated_key_are_those_of_the_first():
    documents, _ = read("a: 1\nb: 1\na: 2\n")
    assert documents[0].places.keys[("a",)].line == 1


def test_nearest_is_the_key_above():
    documents, _ = read(TEXT)
    places = documents[1].places
    assert places.nearest(("spec", "limits", "nothing")).line == 15
    assert places.nearest(("nothing",)) == places.first


def test_lines_are_counted_alike_with_windows_line_ends():
    documents, _ = read(TEXT.replace("\n", "\r\n"))
    assert documents[1].places.keys[("spec", "last")].line == 25
    assert documents[1].line_text(25) == "  last:"
    assert documents[1].line_text(999) == ""
