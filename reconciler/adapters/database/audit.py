"""Audit: one row a change, chained by hashes, so that a row that was altered or taken away is noticed.

The hash of a row is SHA-256 over the JSON array of its columns and of the hash before it, in the one form that such
an array has (no white space, shortest escapes). The first row hangs on the identity of the database; each run keeps
the end of the chain. Values of secrets are versions here, as in the plan.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from pydantic_core import to_json

from reconciler.adapters.database.images import altered
from reconciler.adapters.database.read import Fetch, identity_of
from reconciler.model.address import Address
from reconciler.model.canonical import written
from reconciler.model.change import COUNTED, Action, Cause, Change, FieldChange
from reconciler.model.given import GivenFields
from reconciler.model.plan import Plan
from reconciler.model.run import Run

_CAUSES = {one: one.value for one in Cause}
_WRITTEN = COUNTED | {Action.REFRESH}
"""What is written down: also what renews the ledger alone, so that it can be undone."""

COLUMNS = (
    "seq",
    "run",
    "at",
    "actor",
    "kind",
    "tenant",
    "name",
    "action",
    "edge",
    "reason",
    "fields",
    "source",
    "commit_id",
    "previous",
)
"""The columns under the hash, in its order."""
WHOLE = (*COLUMNS, "image", "hash")
"""All columns, in the order in which they are written."""
_under_hash = itemgetter(*COLUMNS)


def entries(plan: Plan, run: Run, *, last: int, end: str, images: Mapping[Address, str]) -> Iterator[tuple[Any, ...]]:
    """The rows of a plan, each the values of :data:`WHOLE`.

    ``last`` is the number of the newest row there is and ``end`` its hash; ``images`` are the hashes of the images by
    which the changes can be undone.
    """
    for address, facts in _facts(plan):
        last += 1
        content = (last, run.id, run.finished_at, run.actor, *address, *facts, run.commit, end)
        image = images.get(address)
        end = _hash(content, image)
        yield (*content, image, end)


def link(row: Mapping[str, Any]) -> str:
    """The hash of a row."""
    return _hash(_under_hash(row), row["image"])


def _hash(content: tuple[Any, ...], image: str | None) -> str:
    if image is not None:  # changes of older versions have none
        content = (*content, image)
    return hashlib.sha256(written(content)).hexdigest()


def broken(fetch: Fetch) -> list[str]:
    """What is wrong with the chain, a sentence each, the first wrong row first; empty when all is as it was written.

    Each run keeps where the chain ended, so that rows behind the newest run are noticed. What nobody can notice is that
    the newest runs are gone whole, changes and all: for that the end of the chain has to be kept elsewhere.
    """
    end, last = identity_of(fetch), 0
    found: list[str] = []
    ends = {0: end}
    for values in fetch(f"SELECT {', '.join(WHOLE)} FROM reconciler_changes ORDER BY seq"):  # noqa: S608  # constants
        row = dict(zip(WHOLE, values, strict=True))
        if row["seq"] <= last:
            found.append(f"change {row['seq']} was put in")
            continue
        if row["seq"] != last + 1:
            found.append(f"changes {last + 1} to {row['seq'] - 1} are missing")
        elif row["previous"] != end or row["hash"] != link(row):
            found.append(f"change {row['seq']} was altered")
        end, last = row["hash"], row["seq"]
        ends[last] = end
    known = 0
    for run, number, chain in fetch("SELECT id, last_change, chain FROM reconciler_runs ORDER BY seq"):
        known = max(known, number)
        if ends.get(number) != chain:
            found.append(f"the changes of run {run} were altered or are missing")
    if last > known:
        found.append(f"changes from {known + 1} on belong to no run: they were put in, or a run is missing")
    found += [f"the image of change {number} was altered" for number in altered(fetch(_IMAGES))]
    return found


_IMAGES = (
    "SELECT c.seq, c.image, i.run, i.kind, i.tenant, i.name, i.facts, i.mark FROM reconciler_changes AS c "
    "JOIN reconciler_images AS i ON i.run = c.run AND i.kind = c.kind AND i.tenant = c.tenant AND i.name = c.name "
    "ORDER BY c.seq"
)


def _facts(plan: Plan) -> Iterator[tuple[Address, tuple[str, str | None, str, str, str | None]]]:
    """Of each change the address, and behind it action, edge, reason, fields and source."""
    for change in plan.changes:
        if change.action in _WRITTEN:
            edge = None if change.edge is None else str(change.edge)
            source = None if change.source is None else change.source.short
            yield change.address, (change.action.value, edge, change.reason, _content(change), source)
    for cascade in plan.cascades:
        state = to_json([{"path": "state", "after": cascade.state}]).decode()
        yield cascade.address, ("cascade", None, cascade.reason, state, None)


def _content(change: Change) -> str:
    """The changed fields with their values before and after; for a new row and for one that goes, all of it, masked."""
    fields = _fields(change.fields)
    if change.action is Action.CREATE and not fields:
        fields = [{"path": "", "before": None, "after": None if change.after is None else dict(change.after)}]
    elif change.action is Action.DELETE and not fields:
        fields = [{"path": "", "before": change.before, "after": None}]
    # What has no form in JSON is shown as text, which for a secret is its mask.
    write = written if isinstance(change.fields, GivenFields) else to_json  # a live value may be any number
    return write(fields, fallback=str).decode()


def _fields(found: Sequence[FieldChange]) -> list[dict[str, Any]]:
    if not isinstance(found, GivenFields):
        return [_field(one) for one in found]
    told = [
        {"path": path, "before": None, "after": value, "cause": "intent"}
        for path, value in zip(found.form.paths, found.values(), strict=True)
    ]
    return [*told, *map(_field, found.more)] if found.more else told


def _field(one: FieldChange) -> dict[str, Any]:
    found: dict[str, Any] = {"path": one.path, "before": one.before, "after": one.after, "cause": _CAUSES[one.cause]}
    if one.sensitive:
        found["sensitive"] = True
    return found
