"""snapshot: the live data for some people's eyes, without secrets, as bytes that somebody signs; and back.

read the database, find out who asks, leave out what they may not read, write it down.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from reconciler.engine.lens import Lens
from reconciler.engine.part import part_of
from reconciler.engine.snapfile import from_body, instant, to_body
from reconciler.model.catalog import Catalog
from reconciler.model.errors import Stale, UsageError
from reconciler.model.rights import Rights
from reconciler.model.snapshot import Snapshot
from reconciler.operations.people import summon
from reconciler.operations.request import People
from reconciler.ports import LiveStore

_SKEW = timedelta(minutes=5)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def take_snapshot(
    catalog: Catalog, store: LiveStore, people: People, *, now: datetime, environment: str, schema: str, version: str
) -> Snapshot:
    """The live data of now, as ``people`` may see it; all of it when nobody asks.

    ``schema`` is the revision of the database's schema, ``version`` that of this program.

    Raises:
        WorldError: the database does not answer.
        Denied: who asks is nobody (OPR-09).
    """
    live = store.read()
    rights = Rights(catalog, live, now)
    carriers = summon(rights, people, live)
    asking = () if carriers is None else carriers.people
    if asking:
        live = part_of(rights, asking, live, Lens(rights, asking).readable)
    return Snapshot(
        live=live, made_at=now, environment=environment, schema=schema, version=version, people=tuple(asking)
    )


def write_snapshot(catalog: Catalog, snapshot: Snapshot, sign: Callable[[bytes], bytes]) -> bytes:
    """The bytes of a snapshot file. The same snapshot and key give the same bytes."""
    return sign(to_body(catalog, snapshot))


def open_snapshot(
    catalog: Catalog, body: bytes, *, key: str, schema: str, environment: str, now: datetime, max_age: str
) -> Snapshot:
    """The snapshot of signed bytes, if it fits here and now. ``max_age`` is a span as ``24h``.

    Raises:
        UsageError: it is none (SNP-01), of another version (SNP-03), or of another environment (SNP-06).
        Stale: it is too old, or was made in the future (SNP-04).
    """
    found = from_body(catalog, body, schema=schema, key=key)
    if found.environment != environment:
        here, there = environment or "none", found.environment or "none"
        raise UsageError(
            f"the snapshot was made for the environment {there}, and the plan is for {here}",
            code="SNP-06",
            hint="choose it with --env, or make a snapshot of this one",
        )
    if found.made_at > now + _SKEW:
        raise Stale(
            f"the snapshot was made at {instant(found.made_at)}, which is still to come",
            code="SNP-04",
            hint="see to the clocks",
        )
    if now - found.made_at > _span(max_age):
        raise Stale(
            f"the snapshot was made at {instant(found.made_at)}, more than {max_age} ago",
            code="SNP-04",
            hint="make a new one, or say with --max-age how old it may be",
        )
    return found


def _span(text: str) -> timedelta:
    """``24h`` as a span.

    Raises:
        UsageError: it is none.
    """
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not (number.isascii() and number.isdigit()) or len(number) > 6:
        raise UsageError(f"--max-age {text}: write a span, as in 24h or 7d")
    return timedelta(seconds=int(number) * _UNITS[unit])
