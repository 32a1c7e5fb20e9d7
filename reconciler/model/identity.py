"""Identity: who asks for a run, as a value that plans, approvals and the audit can carry.

It says what was claimed and proven, not what the operator may do: that is judged against the live database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Literal

from reconciler.model.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityClaim:
    """What a verified token says.

    ``operator`` is the reference that the configuration gives to such tokens: an e-mail, ``tenant/name``, or ``name``
    at platform level. ``issuer`` and ``subject`` are those of the token, ``claims`` those of its claims that are worth
    recording (where the run came from), as text. The token itself is not kept.
    """

    operator: str
    issuer: str
    subject: str
    expires_at: datetime
    claims: Mapping[str, str] = field(default_factory=dict)


LOCAL_USER = "local:"
"""Stands before the name of the user of this machine, who is no operator: nobody said who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks: the applicant of a run, and who agrees with it.

    Under local trust both are names that nobody has proven, and ``claim`` is None. Under OIDC trust ``applicant`` is
    the operator of the claim, and ``approvers`` is empty: there approvals are given to a plan, never to a call.
    """

    applicant: str
    approvers: tuple[str, ...] = ()
    trust: Literal["local", "oidc"] = "local"
    claim: IdentityClaim | None = None

    @property
    def anonymous(self) -> bool:
        """Whether nobody said who asks."""
        return self.applicant.startswith(LOCAL_USER)
