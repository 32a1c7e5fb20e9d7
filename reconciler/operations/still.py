"""Still: whether a plan that was made before the locks is the one that would be made under them.

A plan is made from manifests, which are read once; from the time that rules see, which a run never changes; from
secrets without a version, which are read once as well; from files that manifests name; and from the rows, the ledger
and the generations of the database. Where the last two are what they were, value by value, the stages that make a plan
have the same input and give the same plan. What depends on more than that is judged again: approvals by the clock,
policies by their files, and with them the rights of everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.placing import path_key
from reconciler.model.resource import FileRefused, Live
from reconciler.operations.plan import proposed
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import Doors, Request


def unmoved(shown: Proposal, before: Live, now: Live) -> bool:
    """Whether everything that ``shown`` was made from ``before`` the locks is there ``now``."""
    return _same(before, now) and _files_stand(shown)


def judge_again(doors: Doors, request: Request, shown: Proposal, live: Live) -> Proposal:
    """The same plan with everything that is said of it, judged now, with the approvals of ``live``.

    Raises:
        Denied: whoever asks is nobody (OPR-09).
        WorldError: the policies or their evaluator do not answer.
    """
    return proposed(
        doors,
        request,
        judged=shown.judged,
        live=replace(shown.live, approvals=live.approvals),
        view=shown.view,
        made=shown.made,
        marks=shown.marks,
        found=shown.found,
        inside=shown.inside,
        authors=shown.authors,
    )


def _same(before: Live, now: Live) -> bool:
    if before.doubt is not None or now.doubt is not None or before.identity != now.identity:
        return False
    rows = before.rows is now.rows or before.rows == now.rows
    ledger = before.ledger is now.ledger or before.ledger == now.ledger
    return rows and ledger and _written(before.generations) == _written(now.generations)


def _written(generations: Mapping[str, int]) -> dict[str, int]:
    """The tenants in which anything was ever written: taking the locks gives a new tenant its row."""
    return {tenant: number for tenant, number in generations.items() if number}


def _files_stand(shown: Proposal) -> bool:
    """Whether the files that manifests name hold what was read of them."""
    for one in shown.view.declared.values():
        for path, content in one.files.items():
            holder = one.document.holder((*path_key(path), "fromFile"))
            try:
                if shown.judged.read_file(holder, content.path) != content.data:
                    return False
            except FileRefused:
                return False
    return True
