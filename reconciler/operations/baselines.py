"""Baselines: what is kept of a run in which manifests and database were in step, for the next to rest on."""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator
from hashlib import blake2b, sha256
from itertools import islice
from typing import Any

from reconciler.engine.diff import rests_on_secrets
from reconciler.model.address import Address
from reconciler.model.baseline import Baseline, Rows
from reconciler.model.difference import Differences
from reconciler.model.filed import Files, Stored, filed
from reconciler.model.noting import NotingView
from reconciler.model.resource import LedgerEntry, Live, Row
from reconciler.model.sinceview import SinceView
from reconciler.operations.request import Doors
from reconciler.operations.validate import Judged

Pair = tuple[tuple[str, str], tuple[Row | None, Any]]
"""Tenant and name, and the row with what the ledger says of it."""
_PLAINLY = 2
"""The form of marshal in which equal values are equal bytes. What it writes is hashed and never read."""
_LENGTH = 16
_CHUNK = 2_000


def may_learn(judged: Judged, live: Live) -> bool:
    """Whether a run over these manifests may be one for others to rest on."""
    manifests = judged.manifests
    whole = not manifests.overlays and not manifests.unread and manifests.focus is None
    # Not a part of the database, and nothing that only looks like one.
    return whole and bool(manifests.digests) and not judged.moves and type(live) is Live and live.doubt is None


def learn(doors: Doors, judged: Judged, view: NotingView, differences: Differences) -> None:
    """Keep what is known of a run for the next, where manifests and database are in step."""
    live = view.live
    baselines = doors.baselines
    if baselines is None or live is None or live.doubt is not None or differences.items or judged.moves:
        return
    rested = view if isinstance(view, SinceView) else None
    try:
        rows = (None if rested is None else rested.digests) or _read_out(rows_of(live))
        files = filed(_files_of(judged, None if rested is None else rested.files))
    except ValueError:
        return
    restless = frozenset(_restless(view))
    baselines.keep(
        lambda since, until: Baseline(
            since=since,
            until=until,
            identity=live.identity,
            pulse=live.pulse,
            files=files,
            rows=rows,
            restless=restless,
            notes=view.notes,
        )
    )


def _read_out(rows: Rows) -> Rows:
    return Rows(kinds=rows.kinds, each={kind: rows.each(kind) for kind in rows.kinds}.__getitem__)


def _restless(view: NotingView) -> Iterator[Address]:
    secret = rests_on_secrets(view.catalog)
    for address, one in view.compared.items():
        if one.files or secret(one):
            yield address


def _files_of(judged: Judged, known: Files | None) -> dict[str, Stored]:
    manifests = judged.manifests
    wrong = {one.source.file for one in judged.diagnostics if one.source is not None}
    everywhere = any(one.source is None for one in judged.diagnostics)
    declared: dict[str, list[Address]] = {}
    for one in judged.resources:
        declared.setdefault(one.document.file, []).append(one.address)
    written: dict[str, int] = {}
    for document in manifests.documents:
        written[document.file] = written.get(document.file, 0) + 1
    found: dict[str, Stored] = {}
    if known is not None and manifests.unchanged is not None:
        gone = manifests.unchanged.gone
        found = {file: stored for file, stored in known.items() if file not in gone}
    for file, (digest, finished) in manifests.digests.items():
        if file not in found:
            mine = tuple(declared.get(file, ()))
            sound = finished and file not in wrong and not everywhere and len(mine) == written.get(file, 0)
            found[file] = Stored(digest, mine, sound)
    return found


def rows_of(live: Live) -> Rows:
    """The digests of what was read.

    Raises:
        ValueError: a value is no plain data.
    """
    kinds: dict[str, bytes] = {}
    found = dict(_pairs(live))
    for kind, pairs in found.items():
        digest = sha256()
        rest = iter(pairs)
        while part := [one[1] for one in islice(rest, _CHUNK)]:
            digest.update(marshal.dumps(part, _PLAINLY))
        kinds[kind] = digest.digest()
    return Rows(kinds=kinds, each=lambda kind: _each(found[kind]))


def moved(before: Rows, now: Rows) -> list[Address]:
    """What has another row, or another entry in the ledger, or one of them on one side alone.

    Raises:
        ValueError: a value is no plain data.
    """
    found: list[Address] = []
    for kind in before.kinds.keys() | now.kinds.keys():
        if before.kinds.get(kind) != now.kinds.get(kind):
            then = before.each(kind) if kind in before.kinds else {}
            there = now.each(kind) if kind in now.kinds else {}
            found += [Address(kind, *one) for one in then.keys() | there.keys() if then.get(one) != there.get(one)]
    return found


def _each(pairs: Iterable[Pair]) -> dict[tuple[str, str], bytes]:
    return {key: blake2b(marshal.dumps(pair, _PLAINLY), digest_size=_LENGTH).digest() for key, pair in pairs}


def _pairs(live: Live) -> Iterator[tuple[str, list[Pair]]]:
    """By kind: tenant and name, and the row with what the ledger says of it."""
    ledger = live.ledger
    seen = 0
    alone: dict[str, list[Pair]] = {}
    for kind, rows in live.rows.items():
        pairs: list[Pair] = []
        for key, row in rows.items():
            entry = ledger.get(Address(kind, *key))
            seen += entry is not None
            pairs.append((key, (row, None if entry is None else _plain(entry))))
        alone[kind] = pairs
    if seen != len(ledger):
        for address, entry in ledger.items():
            if live.row(address) is None:
                alone.setdefault(address.kind, []).append((address[1:], (None, _plain(entry))))
    yield from alone.items()


def _plain(entry: LedgerEntry) -> tuple[str, str, str | None, str]:
    return (entry.applied, entry.source, entry.commit, entry.management)
