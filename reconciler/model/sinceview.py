"""A view of what has changed since a baseline, beside everything else, of which nothing is judged again.

It answers as every view does. Manifests that have not changed are read when somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from reconciler.model.address import Address
from reconciler.model.baseline import Rows
from reconciler.model.catalog import Catalog
from reconciler.model.filed import Files
from reconciler.model.notes import Notes
from reconciler.model.noting import NotingView
from reconciler.model.resource import Live, Resource


class Declared(Mapping[Address, Resource[Any]]):
    """All manifests of a run: ``fresh`` ones, and those that ``load`` reads by their file when they are asked for.

    Those are what ``files`` declares without what is ``lost``, as all that stands in files that have changed.
    """

    def __init__(
        self,
        fresh: Mapping[Address, Resource[Any]],
        files: Files,
        lost: Collection[Address],
        load: Callable[[str], Mapping[Address, Resource[Any]]],
    ) -> None:
        self._known = dict(fresh)
        self._fresh = fresh
        self._files = files
        self._lost = frozenset(lost)
        self._load = load

    def __getitem__(self, address: Address) -> Resource[Any]:
        found = self._known.get(address)
        if found is None:
            home = self._home(address)
            if home is None:
                raise KeyError(address)
            self._known.update(self._load(home))
            found = self._known[address]
        return found

    def __contains__(self, address: object) -> bool:
        return address in self._fresh or self._home(address) is not None

    def __iter__(self) -> Iterator[Address]:
        yield from self._fresh
        yield from (one for one in self._files.addresses() if one not in self._lost)

    def __len__(self) -> int:
        return len(self._fresh) + self._files.count - len(self._lost)

    def among(self, kind: str, tenants: frozenset[str] | None) -> Iterator[Address]:
        """Those of a kind, in some tenants or in all, whose files have not changed."""
        return (one for one in self._files.among(kind, tenants) if one not in self._lost)

    def _home(self, address: Any) -> str | None:
        return None if address in self._lost else self._files.home(address)


class SinceView(NotingView):
    """See :class:`~reconciler.model.view.View`. Only ``active`` resources are judged and compared.

    ``files`` are those of the baseline, ``digests`` those of all rows, where they are known without reading them.
    ``gone`` are those that no manifest declares any more. ``spared`` says of a rule about the whole set whether it is
    known to find nothing; ``keys`` are the kinds whose natural keys are judged.
    """

    def __init__(
        self,
        catalog: Catalog,
        declared: Declared,
        live: Live,
        notes: Notes,
        *,
        active: Mapping[Address, Resource[Any]],
        spared: Callable[[str], bool],
        keys: frozenset[str],
        gone: Collection[Address],
        files: Files,
        digests: Rows | None = None,
    ) -> None:
        super().__init__(catalog, declared, live, notes)
        self.files = files
        self.digests = digests
        self._active = active
        self._spared = spared
        self._keys = keys
        self._gone = gone

    @property
    def judged(self) -> Mapping[Address, Resource[Any]]:
        """What has changed, and what rests on it."""
        return self._active

    @property
    def compared(self) -> Mapping[Address, Resource[Any]]:
        """The same: everything else was in step, and neither side has moved."""
        return self._active

    @property
    def dropped(self) -> Collection[Address]:
        """What no manifest declares any more: before, everything in the ledger was declared."""
        return self._gone

    def spares(self, rule: str) -> bool:
        """Whether a rule about the whole set is known to find nothing."""
        return self._spared(rule)

    def there(self, address: Address) -> bool:
        """Whether there is a resource at an address; no manifest has to be read for that."""
        return address in self.declared or (self.live is not None and self.live.row(address) is not None)

    def keyed(self, kind: str) -> bool:
        """Whether a key of the kind may be another one than before."""
        return kind in self._keys
