"""Audit: one row a change, chained by hashes, so that a row that was altered or taken away is noticed.

The hash of a row is SHA-256 over the JSON array of its columns and of the hash before it, in the one form that such
an array has (no white space, shortest escapes). The first row hangs on the identity of the database; each run keeps
the end of the chain. Values of secrets are versions here, as in the plan.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

from pydantic_core import to_json

from reconciler.adapters.database.images import altered
from reconciler.adapters.database.read import Fetch, identity_of
from reconciler.model.address import Address
from reconciler.model.change import COUNTED, Action, Cause, Change, FieldChange
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
_under_hash = itemgetter(*COLUMNS)


def entries(plan: Plan, run: Run, *, last: int, end: str, images: Mapping[Address, str]) -> Iterator[dict[str, Any]]:
    """The rows of a plan; ``last`` is the number of the newest row there is and ``end`` its hash.

    ``images`` are the hashes of the images by which the changes can be undone.
    """
    for one in _facts(plan):
        last += 1
        row = {
            "seq": last,
            "run": run.id,
            "at": run.finished_at,
            "actor": run.actor,
            **one,
            "commit_id": run.commit,
            "previous": end,
            "image": images.get(Address(one["kind"], one["tenant"], one["name"])),
        }
        end = row["hash"] = link(row)
        yield row


def link(row: Mapping[str, Any]) -> str:
    """The hash of a row."""
    content = _under_hash(row)
    if row["image"] is not None:  # changes of older versions have none
        content = (*content, row["image"])
    return hashlib.sha256(to_json(content)).hexdigest()


def broken(fetch: Fetch) -> list[str]:
    """What is wrong with the chain, a sentence each, the first wrong row first; empty when all is as it was written.

    Each run keeps where the chain ended, so that rows behind the newest run are noticed. What nobody can notice is that
    the newest runs are gone whole, changes and all: for that the end of the chain has to be kept elsewhere.
    """
    end, last = identity_of(fetch), 0
    found: list[str] = []
    ends = {0: end}
    names = (*COLUMNS, "image", "hash")
    for values in fetch(f"SELECT {', '.join(names)} FROM reconciler_changes ORDER BY seq"):  # noqa: S608  # constants
        row = dict(zip(names, values, strict=True))
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


def _facts(plan: Plan) -> Iterator[dict[str, Any]]:
    for change in plan.changes:
        if change.action in _WRITTEN:
            yield {
                "kind": change.address.kind,
                "tenant": change.address.tenant,
                "name": change.address.name,
                "action": change.action.value,
                "edge": None if change.edge is None else str(change.edge),
                "reason": change.reason,
                "fields": _content(change),
                "source": None if change.source is None else change.source.short,
            }
    for cascade in plan.cascades:
        yield {
            "kind": cascade.address.kind,
            "tenant": cascade.address.tenant,
            "name": cascade.address.name,
            "action": "cascade",
            "edge": None,
            "reason": cascade.reason,
            "fields": to_json([{"path": "state", "after": cascade.state}]).decode(),
            "source": None,
        }


def _content(change: Change) -> str:
    """The changed fields with their values before and after; for a new row and for one that goes, all of it, masked."""
    fields = [_field(one) for one in change.fields]
    if change.action is Action.CREATE and not fields:
        fields = [{"path": "", "before": None, "after": change.after}]
    elif change.action is Action.DELETE and not fields:
        fields = [{"path": "", "before": change.before, "after": None}]
    # What has no form in JSON is shown as text, which for a secret is its mask.
    return to_json(fields, fallback=str).decode()


def _field(one: FieldChange) -> dict[str, Any]:
    found: dict[str, Any] = {"path": one.path, "before": one.before, "after": one.after, "cause": _CAUSES[one.cause]}
    if one.sensitive:
        found["sensitive"] = True
    return found
