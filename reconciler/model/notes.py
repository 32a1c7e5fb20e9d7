"""Notes: what rules have looked at beside the resource that they judge, and whose rules those were.

They are gathered while everything is judged, by the view that rules ask (:class:`~reconciler.model.noting.NotingView`).
So no rule has to declare what it rests on: what a rule has asked for one resource is part of what its kind has asked
for all, and a resource whose kind never asked for what has changed is judged as before.
"""

from __future__ import annotations

from dataclasses import field
from typing import NamedTuple

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass

THERE = ""
"""In the place of a path: whether there is such a resource."""
WHOLE = "*"
"""In the place of a path: all of a resource, or more than can be told."""
BESIDE = "/"
"""In the place of a path: what stands beside a manifest, which only who has the manifest itself can look at."""


class Look(NamedTuple):
    """Somebody looked at ``path`` of resources of ``kind``.

    ``asker`` is the kind whose resources were judged, or the code of a rule about the whole set. ``far`` says that
    what was looked at stood in a tenant other than that of the resource that was judged.
    """

    asker: str
    kind: str
    path: str
    far: bool


@dataclass(slots=True)
class Notes:
    """``looks`` are all that were made; ``spoke`` are those about which, or whose rules, anything was found."""

    looks: set[Look] = field(default_factory=set)
    spoke: set[Address | str] = field(default_factory=set)
