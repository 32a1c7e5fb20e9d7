"""Baselines: what is kept of a run in which manifests and database were in step, for the next to rest on."""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from hashlib import blake2b

from reconciler.engine.diff import rests_on_secrets
from reconciler.model.address import Address
from reconciler.model.baseline import Baseline, Stored
from reconciler.model.difference import Differences
from reconciler.model.noting import NotingView
from reconciler.model.resource import Live
from reconciler.operations.request import Doors
from reconciler.operations.validate import Judged

_PLAINLY = 2
"""The form of marshal in which equal values are equal bytes. What it writes is hashed and never read."""
_LENGTH = 16


def may_learn(judged: Judged) -> bool:
    """Whether a run over these manifests may be one for others to rest on."""
    manifests = judged.manifests
    whole = not manifests.overlays and not manifests.unread and manifests.focus is None
    return whole and bool(manifests.digests) and not judged.moves


def learn(doors: Doors, judged: Judged, view: NotingView, differences: Differences) -> None:
    """Keep what is known of a run for the next, where manifests and database are in step."""
    live = view.live
    baselines = doors.baselines
    if baselines is None or live is None or live.doubt is not None or differences.items or judged.moves:
        return
    try:
        rows = digests_of(live)
    except ValueError:
        return
    files = _files_of(judged)
    restless = frozenset(_restless(view))
    baselines.keep(
        lambda since, until: Baseline(
            since=since,
            until=until,
            identity=live.identity,
            files=files,
            rows=rows,
            restless=restless,
            notes=view.notes,
        )
    )


def _restless(view: NotingView) -> Iterator[Address]:
    secret = rests_on_secrets(view.catalog)
    for address, one in view.compared.items():
        if one.files or secret(one):
            yield address


def _files_of(judged: Judged) -> dict[str, Stored]:
    manifests = judged.manifests
    wrong = {one.source.file for one in judged.diagnostics if one.source is not None}
    everywhere = any(one.source is None for one in judged.diagnostics)
    declared: dict[str, list[Address]] = {}
    for one in judged.resources:
        declared.setdefault(one.document.file, []).append(one.address)
    written: dict[str, int] = {}
    for document in manifests.documents:
        written[document.file] = written.get(document.file, 0) + 1
    found = {} if manifests.unchanged is None else dict(manifests.unchanged.files)
    for file, (digest, finished) in manifests.digests.items():
        if file not in found:
            mine = tuple(declared.get(file, ()))
            sound = finished and file not in wrong and not everywhere and len(mine) == written.get(file, 0)
            found[file] = Stored(digest, mine, sound)
    return found


def digests_of(live: Live) -> dict[Address, bytes]:
    """A digest of each row with its entry of the ledger, and of each entry without a row.

    Raises:
        ValueError: a value is no plain data.
    """
    found: dict[Address, bytes] = {}
    ledger = live.ledger
    for kind, rows in live.rows.items():
        for (tenant, name), row in rows.items():
            address = Address(kind, tenant, name)
            entry = ledger.get(address)
            known = None if entry is None else (entry.applied, entry.source, entry.commit, entry.management)
            found[address] = blake2b(marshal.dumps((row, known), _PLAINLY), digest_size=_LENGTH).digest()
    for address, entry in ledger.items():
        if address not in found:
            known = (entry.applied, entry.source, entry.commit, entry.management)
            found[address] = blake2b(marshal.dumps((None, known), _PLAINLY), digest_size=_LENGTH).digest()
    return found
