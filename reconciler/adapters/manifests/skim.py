"""Skim: where the keys of a plain file stand, read line by line, for the fields that a plan shows.

Only for what the fast pass has read: there every line has one of a few shapes (:mod:`.fast`), so a key stands behind
the indentation of its line and its path follows from that of the lines above. What is below a list or in brackets is
left out, as are the places of values: whoever asks for these gets them from the exact walk (:mod:`.locate`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from reconciler.adapters.manifests.text import Text
from reconciler.model.manifest import PathKey, Places, Span
from reconciler.model.source import Source

_KEY = r"[A-Za-z_][A-Za-z0-9_./-]*"
_HEADS = re.compile(rf"^( *(?:- |{_KEY}: ++(?![#\n])|{_KEY}(?=: *(?:#.*)?$)|#|---$|$|.)).*$", re.MULTILINE)
"""How each line begins: the hyphen of an entry; a key with the blanks in front of its value, or alone; the number sign
of a comment; the end of a document; nothing; or the first character of whatever else."""
_HEAD = re.compile(rf"( *)(?:(- )|({_KEY})(: +)?|(#)?)")
_SCALAR = re.compile(r"\"[^\"\\]*+\"|'[^']*+'|[^\"'\[{#\s](?:[^#]*[^#\s])?")
"""A value that is one scalar; one without quotes ends before the blanks in front of a comment or of the line's end."""

_Spot = tuple[int, int, int]
"""Where a key stands: its line, its column, and the column behind it, all counted from 1."""


def skimmed(text: Text, exact: Callable[[int], Places]) -> list[Places] | None:
    """The places of each document of a plain file; None where its lines do not tell. ``exact`` reads all of them."""
    found = keys_of(text.file, text.data)
    if found is None:
        return None
    return [
        Places(
            _Late(keys, exact, index),
            _Late({}, exact, index, values=True),
            next(iter(keys.values())),
            skimmed=keys,
            spans=_Spans(text, keys),
        )
        for index, keys in enumerate(found)
    ]


def keys_of(file: str, data: bytes) -> list[_Keys] | None:
    """The places of the keys of each document that stand in no list and in no brackets, the first key first."""
    found = _shape(tuple(_HEADS.findall(data.decode())))
    return None if found is None else [_Keys(file, one) for one in found]


@lru_cache(maxsize=512)
def _shape(heads: tuple[str, ...]) -> list[Mapping[PathKey, _Spot]] | None:
    """The keys of each document of a file whose lines begin so: many manifests of a kind have the same lines."""
    documents: list[Mapping[PathKey, _Spot]] = []
    begin = 0
    while begin < len(heads):
        end = next((number for number in range(begin, len(heads)) if heads[number] == "---"), len(heads))
        keys = _document(heads, begin, end)
        if keys is None:
            return None
        if keys:
            documents.append(keys)
        begin = end + 1
    return documents or None


def _document(heads: tuple[str, ...], begin: int, end: int) -> dict[PathKey, _Spot] | None:
    """The same for the lines of one document; empty for one without keys, None where a line stands where none may."""
    keys: dict[PathKey, _Spot] = {}
    frames: list[tuple[int, PathKey]] = []  # the mappings that are open, each with the column of its keys
    last: PathKey = ()
    may_hold = True  # whether something may stand below the last key
    listed = -1  # the column of the list that is passed over
    for number in range(begin, end):
        found = _HEAD.fullmatch(heads[number])
        if found is None:
            return None
        indent, hyphen, word, value, _ = found.groups()
        column = len(indent)
        if (hyphen is None and word is None) or 0 <= listed < column:
            continue
        if hyphen is not None:
            if column != listed and not (may_hold and frames and column >= frames[-1][0]):
                return None
            listed, may_hold = column, False
            continue
        while frames and frames[-1][0] > column:
            frames.pop()
        if not frames or frames[-1][0] < column:
            if not may_hold or listed >= 0:
                return None
            frames.append((column, last))
        last, may_hold, listed = (*frames[-1][1], word), value is None, -1
        if last in keys:
            return None
        keys[last] = (number + 1, column + 1, column + 1 + len(word))
    return keys


class _Keys(Mapping[PathKey, Source]):
    """The keys of one document of a file."""

    __slots__ = ("_file", "_spots")

    def __init__(self, file: str, spots: Mapping[PathKey, _Spot]) -> None:
        self._file = file
        self._spots = spots

    def __getitem__(self, path: PathKey) -> Source:
        line, column, end = self._spots[path]
        return Source(self._file, line, column, line, end)

    def __contains__(self, path: object) -> bool:
        return path in self._spots

    def __iter__(self) -> Iterator[PathKey]:
        return iter(self._spots)

    def __len__(self) -> int:
        return len(self._spots)

    def on(self, number: int) -> PathKey | None:
        """The path of the key on a line."""
        return next((path for path, (line, _, _) in self._spots.items() if line == number), None)


class _Spans:
    """What stands on one line of a document, where that is a key and no more than one scalar."""

    __slots__ = ("_keys", "_text")

    def __init__(self, text: Text, keys: _Keys) -> None:
        self._text = text
        self._keys = keys

    def __call__(self, number: int) -> list[Span] | None:
        """The key and the scalar on a line, in order; None where there is anything else."""
        path = self._keys.on(number)
        if path is None:
            return None
        source, line = self._keys[path], self._text.line(number)
        key = Span(source.column - 1, source.end_column - 1, path, key=True)
        rest = line[key.end + 1 :].lstrip(" ")
        if not rest or rest.startswith("#"):
            return [key]
        value = _SCALAR.match(rest)
        if value is None:
            return None
        begin = len(line) - len(rest)
        return [key, Span(begin, begin + value.end(), path, key=False)]


class _Late(Mapping[PathKey, Source]):
    """Places of which some are known; all of them are read when another one is asked for."""

    __slots__ = ("_exact", "_index", "_known", "_values", "_whole")

    def __init__(
        self, known: Mapping[PathKey, Source], exact: Callable[[int], Places], index: int, *, values: bool = False
    ) -> None:
        self._known = known
        self._exact = exact
        self._index = index
        self._values = values
        self._whole: Mapping[PathKey, Source] | None = None

    def __getitem__(self, path: PathKey) -> Source:
        return self._known[path] if path in self._known else self._all()[path]

    def __iter__(self) -> Iterator[PathKey]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> Mapping[PathKey, Source]:
        if self._whole is None:
            places = self._exact(self._index)
            self._whole = places.values if self._values else places.keys
        return self._whole
