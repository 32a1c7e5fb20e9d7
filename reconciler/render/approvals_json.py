"""Approvals as plain data."""

from __future__ import annotations

from typing import Any

from reconciler.model.approval import Approvals, Owners

FORMAT_VERSION = "1.0"


def approvals_json(found: Approvals) -> dict[str, Any]:
    """What a plan needs and has. ``valid_until`` is the end of the first approval that ends, or nothing."""
    return {
        "class": found.weight.value,
        "needed": found.needed,
        "given": [{"approver": one.known_as, "valid_until": one.valid_until or None} for one in found.given],
        "missing": found.missing,
        "valid_until": found.valid_until or None,
        "void": [{"approver": one.known_as, "why": one.why} for one in found.void],
        "reasons": [{"address": str(one.address), "what": one.what} for one in found.reasons],
        "unreadable_reasons": found.hidden,
        "commit_authors": found.authors,
    }


def outcome_json(outcome: str, *, digest: str, approver: str, until: str, found: Approvals | None) -> dict[str, Any]:
    """What became of an approval that was asked for."""
    return {
        "format_version": FORMAT_VERSION,
        "outcome": outcome,
        "digest": digest,
        "approver": approver,
        "valid_until": until or None,
        "approvals": None if found is None else approvals_json(found),
    }


def owners_json(found: Owners) -> dict[str, Any]:
    """Who could approve a plan, and who could carry what is denied."""
    return {
        "format_version": FORMAT_VERSION,
        "digest": found.digest,
        "approvals": approvals_json(found.approvals),
        "could_approve": {"roles": ["administrator"], "operators": list(found.approvers)},
        "planner": found.planner or None,
        "parts": [
            {
                "address": None if one.address is None else str(one.address),
                "verb": one.verb,
                "what": one.what or None,
                "reason": one.reason,
                "code": one.code,
                "who_can": {"roles": list(one.roles), "operators": list(one.operators)},
            }
            for one in found.parts
        ],
    }
