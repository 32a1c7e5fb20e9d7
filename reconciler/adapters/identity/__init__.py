"""Identity: who asks for a run.

Under local trust it is whom the call names; under OIDC trust it is whom a token proves. No message of this room holds
a token, a part of one, or the text of a foreign exception.

====== ==== ===========================================================================
code   exit finding
====== ==== ===========================================================================
IDT-01 4    there is no token
IDT-02 4    the token is none, or lacks what a token must have
IDT-03 4    the token has expired
IDT-04 4    the token is not valid yet
IDT-05 4    the token is for another audience
IDT-06 4    the token is of another issuer
IDT-07 4    the signature does not fit
IDT-08 4    the issuer has no such key
IDT-09 4    the token is signed by an algorithm that is not believed
IDT-10 4    the token is no operator's: no subject matches
IDT-11 4    the token is the one of several operators
IDT-12 1    the keys of the issuer cannot be read
IDT-13 1    an operator is named by the call, and tokens alone are believed
IDT-14 1    the extra that reads tokens is not installed
====== ==== ===========================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from reconciler.adapters.identity.local import ACTOR_VARIABLE, people_of
from reconciler.model.errors import UsageError
from reconciler.model.identity import Asking
from reconciler.model.trust import IdentitySettings

TOKEN_VARIABLE = "RECONCILER_ID_TOKEN"  # noqa: S105  # the name of the variable, not what it holds


def who_asks(
    settings: IdentitySettings, variables: Mapping[str, str], *, as_: Sequence[str], clock: Callable[[], datetime]
) -> Asking:
    """Who asks: the people of ``as_`` or of the variables under local trust, else the operator of the token.

    ``clock`` tells the time of day by which a token expires; it is never the time that rules see.

    Raises:
        UsageError: a name is none; or somebody is named although tokens alone are believed (IDT-13).
        Unidentified: the token proves nobody (IDT-01 to IDT-11).
        WorldError: the keys of the issuer cannot be read (IDT-12), or the extra is missing (IDT-14).
    """
    if settings.trust == "local":
        applicant, *approvers = people_of(as_, variables)
        return Asking(applicant=applicant, approvers=tuple(approvers))
    refuse_names(settings, variables, as_=as_)
    from reconciler.adapters.identity.tokens import verify

    claim = verify(variables.get(TOKEN_VARIABLE, ""), settings, clock=clock)
    return Asking(applicant=claim.operator, trust="oidc", claim=claim)


def refuse_names(settings: IdentitySettings, variables: Mapping[str, str], *, as_: Sequence[str]) -> None:
    """Under OIDC trust nobody is believed because a call names them.

    Raises:
        UsageError: the call, or the variable, does (IDT-13).
    """
    named = "--as" if as_ else ACTOR_VARIABLE if variables.get(ACTOR_VARIABLE, "").strip() else ""
    if settings.trust == "local" or not named:
        return
    raise UsageError(
        f"{named} names an operator, and the configuration believes tokens alone (identity.trust is oidc)",
        code="IDT-13",
        hint=f"leave {named} out; {TOKEN_VARIABLE} holds the token, and approvals come from approve",
    )
