"""Filed: what is known of the files of a run, held in columns: of most of them nobody ever asks.

A hundred thousand files are a few long texts and arrays here. What is asked of one file, or of one address, is looked
up; only what is as it was is told for all of them at once.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass

Group = tuple[str, str]
"""Kind and tenant."""


class Stored(NamedTuple):
    """What is known of a file: the SHA-256 of its content, and what it declares.

    ``sound`` says that phase schema found nothing in it, not even a warning, and that nothing else is to be said of it.
    """

    digest: bytes
    addresses: tuple[Address, ...]
    sound: bool


class Others(NamedTuple):
    """What is not as it was: ``there`` are files that have to be read, ``gone`` those of before that stand for nothing.

    A file that has changed is both.
    """

    there: frozenset[str]
    gone: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Files in order of their paths, and addresses in order of kind, tenant and name, both by their number from 0.

    ``names`` holds, of each of ``groups``, the names of its addresses with tabs between them; ``firsts`` the number of
    the first one. ``homes`` is the number of its file, by address. ``inside`` are the addresses of all files, in the
    order in which they stand there, of which each has those up to its number among ``ends``.
    """

    paths: Sequence[str]
    digests: Sequence[bytes]
    unsound: frozenset[int]
    groups: Sequence[Group]
    names: Sequence[str]
    firsts: array[int]
    homes: array[int]
    ends: array[int]
    inside: array[int]


class Files(Mapping[str, Stored]):
    """What is known of each file."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._places: dict[Group, int] | None = None
        self._members: dict[Group, dict[str, int]] = {}
        self.count = len(columns.homes)
        """How many resources are declared in all of them."""

    def others(self, now: Mapping[str, bytes]) -> Others:
        """What is not as it was, by the digests of the files that are there ``now``, or was not found sound."""
        paths = self.columns.paths
        before = dict(zip(paths, self.columns.digests, strict=True))
        changed = [file for file, digest in now.items() if before.get(file) != digest]
        unsound = [paths[one] for one in self.columns.unsound]
        gone = {*(before.keys() - now.keys()), *unsound, *(one for one in changed if one in before)}
        return Others(frozenset((*changed, *(one for one in unsound if one in now))), frozenset(gone))

    def home(self, address: tuple[str, str, str]) -> str | None:
        """The file that declares a resource, if one does. Whoever looks for many need not make addresses of them."""
        kind, tenant, name = address
        number = self._found((kind, tenant)).get(name)
        return None if number is None else self.columns.paths[self.columns.homes[number]]

    def addresses(self) -> Iterator[Address]:
        """All that is declared, in order."""
        for kind, tenant in self.columns.groups:
            yield from self._inside(kind, tenant)

    def among(self, kind: str, tenants: frozenset[str] | None) -> Iterator[Address]:
        """What is declared of a kind, in some tenants or in all."""
        for name, tenant in self.columns.groups:
            if name == kind and (tenants is None or tenant in tenants):
                yield from self._inside(kind, tenant)

    def __getitem__(self, file: str) -> Stored:
        columns = self.columns
        number = bisect_left(columns.paths, file)
        if number == len(columns.paths) or columns.paths[number] != file:
            raise KeyError(file)
        begin = columns.ends[number - 1] if number else 0
        addresses = tuple(map(self._address, columns.inside[begin : columns.ends[number]]))
        return Stored(columns.digests[number], addresses, number not in columns.unsound)

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns.paths)

    def __len__(self) -> int:
        return len(self.columns.paths)

    def _address(self, number: int) -> Address:
        columns = self.columns
        place = bisect_right(columns.firsts, number) - 1
        return Address(*columns.groups[place], columns.names[place].split("\t")[number - columns.firsts[place]])

    def _inside(self, kind: str, tenant: str) -> Iterator[Address]:
        return (Address(kind, tenant, name) for name in self._found((kind, tenant)))

    def _found(self, group: Group) -> dict[str, int]:
        """The numbers of addresses by their names."""
        found = self._members.get(group)
        if found is None:
            if self._places is None:
                self._places = {one: place for place, one in enumerate(self.columns.groups)}
            place = self._places.get(group)
            if place is None:
                return {}
            first = self.columns.firsts[place]
            found = {name: first + at for at, name in enumerate(self.columns.names[place].split("\t"))}
            self._members[group] = found
        return found


def filed(files: Mapping[str, Stored]) -> Files:
    """The same in columns.

    Raises:
        ValueError: something is declared twice, or a name cannot be written so.
    """
    ordered = sorted(files.items())
    addresses = sorted(address for _, stored in ordered for address in stored.addresses)
    numbers = {address: number for number, address in enumerate(addresses)}
    groups: dict[Group, list[str]] = {}
    for kind, tenant, name in addresses:
        groups.setdefault((kind, tenant), []).append(name)
    odd = any("\n" in text or "\t" in text for one in addresses for text in one) or any("\n" in one for one in files)
    if odd or len(numbers) != len(addresses):
        msg = "declared twice, or no plain name"
        raise ValueError(msg)
    firsts, ends, inside = array("I"), array("I"), array("I")
    homes = array("I", bytes(4 * len(addresses)))
    first = 0
    for names in groups.values():
        firsts.append(first)
        first += len(names)
    for place, (_, stored) in enumerate(ordered):
        for address in stored.addresses:
            inside.append(numbers[address])
            homes[numbers[address]] = place
        ends.append(len(inside))
    return Files(
        Columns(
            paths=[file for file, _ in ordered],
            digests=[stored.digest for _, stored in ordered],
            unsound=frozenset(place for place, (_, stored) in enumerate(ordered) if not stored.sound),
            groups=[*groups],
            names=["\t".join(names) for names in groups.values()],
            firsts=firsts,
            homes=homes,
            ends=ends,
            inside=inside,
        )
    )
