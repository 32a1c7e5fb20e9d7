"""Catalog: all kinds of a run as one value, and the order that their references give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter

from reconciler.model.kind import Kind


class Catalog(Mapping[str, Kind]):
    """Kinds by name, in the order of apply. It is an argument everywhere and a global nowhere.

    Raises:
        ValueError: two kinds share a name or a table, or a reference names a word that is no kind.
        graphlib.CycleError: the references of different kinds form a loop.
    """

    def __init__(self, kinds: Iterable[Kind]) -> None:
        by_name: dict[str, Kind] = {}
        tables: set[str] = set()
        for kind in kinds:
            if kind.name in by_name or kind.table in tables:
                msg = f"the kind {kind.name} or its table {kind.table} is declared twice"
                raise ValueError(msg)
            by_name[kind.name] = kind
            tables.add(kind.table)
        self._kinds = {name: by_name[name] for name in _order(by_name)}
        self._place = {name: place for place, name in enumerate(self._kinds)}
        self.tenants: tuple[str, ...] = tuple(name for name, kind in self._kinds.items() if kind.is_tenant)
        """The kinds whose resources are the tenants."""

    def __getitem__(self, name: str) -> Kind:
        return self._kinds[name]

    def __contains__(self, name: object) -> bool:
        return name in self._kinds

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)

    def place(self, name: str) -> int:
        """Where a kind stands in the order of apply, from 0; kinds that are not in the catalogue come last."""
        return self._place.get(name, len(self._kinds))


def _order(kinds: Mapping[str, Kind]) -> list[str]:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name, kind in kinds.items():
        needed = {one.ref.kind for one in kind.references if one.ref is not None}
        unknown = needed - set(kinds)
        if unknown:
            msg = f"{name} refers to {', '.join(sorted(unknown))}, which is no kind"
            raise ValueError(msg)
        sorter.add(name, *(needed - {name}))
    sorter.prepare()
    ready: list[str] = []
    order: list[str] = []
    while sorter.is_active():
        ready.extend(sorter.get_ready())
        ready.sort(key=lambda name: (kinds[name].group, kinds[name].order, name))
        order.append(ready.pop(0))
        sorter.done(order[-1])
    return order
