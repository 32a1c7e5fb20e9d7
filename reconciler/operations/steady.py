"""Steady: manifests and a database that were found in step before, and of which not a byte has changed since.

Phase reference and the comparison see the manifests, the rows, the ledger, and nothing else, unless a manifest names a
file or a secret without a version. So what they found once holds for the same bytes. The mark of a run stands for all
of them; it is learnt only when nothing was found and nothing differed. Rules of time and of the plan are judged anyway.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import Any

from reconciler.engine.clock import judge_time
from reconciler.engine.resolve import assume
from reconciler.model.approval import NO_AUTHORS
from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Diagnostic, Phase
from reconciler.model.difference import Differences
from reconciler.model.resource import Live, Resource
from reconciler.model.view import View
from reconciler.operations.proposal import Proposal
from reconciler.operations.validate import Judged

_CHUNK = 2_000
"""Rows that are written out at once."""
_PLAINLY = 2
"""The form of marshal in which equal values are equal bytes. What it writes is hashed and never read."""


class Steady:
    """What is known of one run; ``holds``: nothing is to be found between these manifests and this database.

    Nothing is known and nothing learnt unless manifests are put beside the database as it is, which ``whole`` says:
    pending moves rename a part of it, and some readers are kept from another.
    """

    def __init__(self, judged: Judged, live: Live, *, whole: bool) -> None:
        self._memory = judged.manifests.memory if whole else None
        self._mark = None if self._memory is None else mark_of(judged.resources, live)
        self.holds = self._memory is not None and self._mark is not None and self._memory.knows(self._mark)

    def fit(self, catalog: Catalog, judged: Judged, live: Live, *, now: datetime) -> tuple[View, list[Diagnostic]]:
        """As :func:`~reconciler.operations.validate.fit`, where it holds."""
        view = assume(catalog, judged.resources, live)
        return view, judge_time(view, now)

    def learn(self, view: View, found: Sequence[Diagnostic], differences: Differences) -> None:
        """Remember the run, where nothing was found and nothing differs."""
        if self.holds or self._memory is None or self._mark is None or differences.items:
            return
        told = any(one.phase is not Phase.TIME and one.phase is not Phase.PLAN for one in found)
        if told or differences.unchanged != len(view.declared) or any(one.files for one in view.declared.values()):
            return
        self._memory.learn(self._mark)


def is_still(proposal: Proposal) -> bool:
    """Whether a plan found nothing to do, and rests on nothing but manifests, waivers, policies and the database.

    Nothing stands against it; no secret was read and no file beside a manifest; and nobody has agreed with it, so that
    no hour of an approval and no author of a commit was asked for.
    """
    made, judged = proposal.plan, proposal.judged
    if not made.empty or made.changes or proposal.refusal is not None or proposal.denials or proposal.snapshot:
        return False
    if judged.moves or proposal.marks or proposal.ruled or proposal.authors is not NO_AUTHORS:
        return False
    if any(one.digest == made.digest for one in proposal.live.approvals) or proposal.live.doubt is not None:
        return False
    return not any(one.files for one in proposal.view.compared.values())


def mark_of(resources: Sequence[Resource[Any]], live: Live) -> bytes | None:
    """A digest over manifests and live data; None where they are not known byte for byte."""
    if live.doubt is not None:
        return None
    digest = sha256()
    for one in resources:
        origin = one.document.origin
        if origin is None or not one.document.as_read:
            return None
        digest.update(b"%s%d %s\0" % (origin.digest, one.document.index, one.document.file.encode()))
    try:
        digest.update(marshal.dumps((live.identity, sorted(live.generations.items())), _PLAINLY))
        for kind in sorted(live.rows):
            _add(digest, kind, live.rows[kind].values())
        entries = live.ledger.values()
        _add(digest, "", ((*one.address, one.applied, one.source, one.commit, one.management) for one in entries))
    except (ValueError, UnicodeEncodeError):
        return None  # a value that is no plain data
    return digest.digest()


def _add(digest: Any, name: str, rows: Iterable[tuple[Any, ...]]) -> None:
    digest.update(b"\1%s\0" % name.encode())
    for part in _parts(rows):
        digest.update(marshal.dumps(part, _PLAINLY))


def _parts(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    rest = iter(rows)
    while part := list(islice(rest, _CHUNK)):
        yield part
