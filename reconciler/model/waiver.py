"""Waiver: drift that somebody answers for and lets stand until a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import Field

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.dates import DateText
from reconciler.model.formats import Name
from reconciler.model.source import Source
from reconciler.model.spec import Spec

WAIVER = "Waiver"
"""The word after ``kind:``."""

WHOLE_ROW = ""
"""The path of a finding about a row as a whole; only a waiver whose fields hold ``*`` covers it."""

_Glob = Annotated[str, Field(min_length=1, max_length=320)]
_Globs = Annotated[list[_Glob], Field(min_length=1, max_length=100)]


class WaiverSpec(Spec):
    """What a manifest of a waiver says."""

    owner: str = Field(min_length=1, max_length=320, description="Who answers for it: an address of mail, or a team.")
    reason: str = Field(min_length=1, max_length=1000, description="Why the drift may stand for now.")
    expires: DateText = Field(description="The last day on which it holds, in UTC.")
    addresses: _Globs = Field(description="Addresses of resources, as patterns: Category/farol/*.")
    fields: _Globs = Field(
        default_factory=lambda: ["*"],
        description="Paths of fields, as patterns; a path covers the fields below it. * covers whole rows as well.",
    )


class WaiverMetadata(Spec):
    """What a waiver is called."""

    name: Name = Field(description="Name of the waiver; reports call it so.")


class WaiverManifest(Spec):
    """Drift that may stand until a day: neither reverted nor counted, and always listed."""

    api_version: Literal["reconciler/v1"] = Field(description="Version of the manifest format.")
    kind: Literal["Waiver"] = Field(description="That this is a waiver.")
    metadata: WaiverMetadata = Field(description="What the waiver is called.")
    spec: WaiverSpec = Field(description="What is waived, by whom, why, and until when.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One waiver. ``addresses`` and ``fields`` are patterns; ``expires`` is its last day.

    ``places`` and ``field_places`` are where these patterns stand, in their order.
    """

    name: str
    owner: str
    reason: str
    expires: date
    addresses: tuple[str, ...]
    fields: tuple[str, ...] = ("*",)
    source: Source | None = None
    places: tuple[Source, ...] = ()
    field_places: tuple[Source, ...] = ()

    def covers(self, address: Address, path: str) -> bool:
        """Whether it speaks of a field, or of a row as a whole when ``path`` is :data:`WHOLE_ROW`."""
        text = str(address)
        if not any(fnmatchcase(text, glob) for glob in self.addresses):
            return False
        return any(speaks_of(glob, path) for glob in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waivers:
    """All waivers of a run, in order of their names: those that hold today, and those whose day has passed."""

    active: tuple[Waiver, ...] = ()
    expired: tuple[Waiver, ...] = ()

    def covering(self, address: Address, path: str) -> Waiver | None:
        """The first waiver that holds and speaks of a field, or of a row as a whole."""
        return next((one for one in self.active if one.covers(address, path)), None)

    def had(self, address: Address, path: str) -> Waiver | None:
        """The first waiver whose day has passed that speaks of it."""
        return next((one for one in self.expired if one.covers(address, path)), None)


NO_WAIVERS = Waivers()


def speaks_of(glob: str, path: str) -> bool:
    """Whether a pattern of fields speaks of one: it matches the field itself, or is a field above it."""
    return fnmatchcase(path, glob) or path.startswith(f"{glob}.")


def waivers_of(found: Iterable[Waiver], *, today: date) -> Waivers:
    """Waivers, parted by the day."""
    ordered = sorted(found, key=lambda one: one.name)
    return Waivers(
        active=tuple(one for one in ordered if one.expires >= today),
        expired=tuple(one for one in ordered if one.expires < today),
    )
