"""On demand: live data of which a row is read when somebody asks for it, since nothing was written since a reading.

It answers as what was read whole does. Who asks for one key gets that one; who asks for many, or goes through all of
them, has all of them read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class OnDemand(Mapping[K, V]):
    """``some`` reads those of some keys that are there, ``whole`` all of them, in the order of every reading.

    ``few`` is how many keys are read one by one before all of them are.
    """

    def __init__(
        self, some: Callable[[Collection[K]], Mapping[K, V]], whole: Callable[[], Mapping[K, V]], *, few: int
    ) -> None:
        self._some = some
        self._read_whole = whole
        self._few = few
        self._known: dict[K, V | None] = {}
        self._all: Mapping[K, V] | None = None

    def expect(self, keys: Collection[K]) -> None:
        """Read some at once that will be asked for."""
        if self._all is None:
            wanted = [one for one in keys if one not in self._known]
            found = self._some(wanted) if wanted else {}
            self._known.update((one, found.get(one)) for one in wanted)

    def __getitem__(self, key: K) -> V:
        found = self._found(key)
        if found is None:
            raise KeyError(key)
        return found

    def get(self, key: K, default: V | None = None) -> V | None:  # type: ignore[override]  # of None nothing is held
        """What is there under a key."""
        found = self._found(key)
        return default if found is None else found

    def __contains__(self, key: object) -> bool:
        return self._found(key) is not None  # type: ignore[arg-type]  # what is no key is not there

    def __iter__(self) -> Iterator[K]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def _found(self, key: K) -> V | None:
        if self._all is not None:
            return self._all.get(key)
        if key not in self._known:
            if not self._few:
                return self._whole().get(key)
            self._few -= 1
            self._known[key] = self._some([key]).get(key)
        return self._known[key]

    def _whole(self) -> Mapping[K, V]:
        if self._all is None:
            self._all = self._read_whole()
            self._known = {}
        return self._all
