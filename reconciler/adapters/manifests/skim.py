"""Skim: where the keys of a plain file stand, read line by line, for the fields that a plan shows.

Only for what the fast pass has read: there every line has one of a few shapes (:mod:`.fast`), so a key stands behind
the indentation of its line and its path follows from that of the lines above. What is below a list or in brackets is
left out, as are the places of values: whoever asks for these gets them from the exact walk (:mod:`.locate`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from reconciler.adapters.manifests.text import Text
from reconciler.model.manifest import PathKey, Places
from reconciler.model.source import Source

_LINE = re.compile(rb"( *)(?:(-) |([A-Za-z_][A-Za-z0-9_./-]*):(?: +(?!#)(.)| *+(?:#.*)?\Z))")
"""A line with an entry of a list, or with a key; then the first character of its value."""
_EMPTY = re.compile(rb" *(?:#.*)?\Z")


def skimmed(text: Text, exact: Callable[[int], Places]) -> list[Places] | None:
    """The places of each document of a plain file; None where its lines do not tell. ``exact`` reads all of them."""
    found = keys_of(text.file, text.data)
    if found is None:
        return None
    return [
        Places(_Late(keys, exact, index), _Late({}, exact, index, values=True), next(iter(keys.values())))
        for index, keys in enumerate(found)
    ]


def keys_of(file: str, data: bytes) -> list[dict[PathKey, Source]] | None:
    """The places of the keys of each document that stand in no list and in no brackets, the first key first."""
    documents: list[dict[PathKey, Source]] = []
    lines = _Lines()
    for number, line in enumerate(data.split(b"\n"), 1):
        if line == b"---":
            if lines.keys:
                documents.append(lines.keys)
            lines = _Lines()
            continue
        found = _LINE.match(line)
        if found is None:
            if _EMPTY.match(line) is None:
                return None
        elif not lines.take(file, number, found):
            return None
    if lines.keys:
        documents.append(lines.keys)
    return documents or None


class _Lines:
    """The lines of one document, so far: the mappings that are open, and the list that is passed over."""

    __slots__ = ("_frames", "_last", "_list", "_may_hold", "keys")

    def __init__(self) -> None:
        self.keys: dict[PathKey, Source] = {}
        self._frames: list[tuple[int, PathKey]] = []
        self._last: PathKey = ()
        self._may_hold = True
        self._list = -1

    def take(self, file: str, number: int, found: re.Match[bytes]) -> bool:
        """Whether a line stands where one like it may stand."""
        column = found.end(1)
        if 0 <= self._list < column:
            return True
        if found[2] is not None:
            begins = self._may_hold and bool(self._frames) and column >= self._frames[-1][0]
            if column != self._list and not begins:
                return False
            self._list, self._may_hold = column, False
            return True
        frames = self._frames
        while frames and frames[-1][0] > column:
            frames.pop()
        if not frames or frames[-1][0] < column:
            if not self._may_hold or self._list >= 0:
                return False
            frames.append((column, self._last))
        word = found[3].decode()
        path = (*frames[-1][1], word)
        if path in self.keys:
            return False
        self._last, self._may_hold, self._list = path, found[4] is None, -1
        self.keys[path] = Source(file, number, column + 1, number, column + 1 + len(word))
        return True


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
        found = self._known.get(path)
        return self._all()[path] if found is None else found

    def __iter__(self) -> Iterator[PathKey]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> Mapping[PathKey, Source]:
        if self._whole is None:
            places = self._exact(self._index)
            self._whole = places.values if self._values else places.keys
        return self._whole
