"""validate for somebody: what offline validation finds, and what the rules of phase policy say about whoever asks.

That needs the live database, because rights are judged on it; it is read and never written.
"""

from __future__ import annotations

from reconciler.model.diagnostic import Diagnostic, in_order
from reconciler.model.errors import InvalidManifests
from reconciler.model.report import Findings
from reconciler.operations.plan import propose
from reconciler.operations.policies import check_policies
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import Doors, Request
from reconciler.operations.validate import judge


def validate_for(doors: Doors, request: Request) -> Findings:
    """Every finding about the manifests, those beside the live database included, and each denial.

    Raises:
        Denied: whoever asks is nobody (OPR-09).
        WorldError: a file or the database did not answer.
    """
    judged = judge(doors.catalog, doors.reader, layout=request.layout, folders=doors.waivers)
    found: tuple[Diagnostic, ...] = judged.diagnostics
    left_out = 0
    if judged.valid:
        try:
            proposal = propose(doors, request, judged, doors.store.read())
        except InvalidManifests as error:
            found = error.diagnostics
        else:
            found, left_out = _all_of(proposal), proposal.left_out
    found = (*found, *request.remarks, *check_policies(doors.catalog, doors.policies))
    return Findings(
        diagnostics=tuple(in_order(list(found))),
        resources=len(judged.resources),
        files=len(judged.manifests.files),
        names=judged.manifests.files,
        left_out=left_out,
    )


def _all_of(proposal: Proposal) -> tuple[Diagnostic, ...]:
    denials = tuple(one.diagnostic() for one in proposal.denials)
    return (*proposal.seen.diagnostics, *denials)
