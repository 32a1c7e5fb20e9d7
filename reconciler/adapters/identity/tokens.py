"""Tokens: whether a token of the issuer is what it says, and what it says.

The header of a token chooses nothing: the algorithms are those of the configuration, the key is one of the issuer's,
and a key fits one algorithm. Claims are looked at once the signature holds.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.adapters.identity.keys import signing_key
from reconciler.adapters.identity.subjects import operator_of, plain, texts_of
from reconciler.model.errors import Unidentified, UsageError
from reconciler.model.identity import IdentityClaim
from reconciler.model.trust import IdentitySettings

try:
    import jwt
    from jwt import exceptions as refusals
except ImportError:  # the extra is not installed
    raise UsageError(
        "the library that reads tokens is not installed", code="IDT-14", hint="pip install 'reconciler[oidc]'"
    ) from None

LEEWAY = 30.0
"""Seconds by which the clocks of the issuer and of this machine may differ."""

MAX_LENGTH = 64 * 1024
"""Characters of the longest token that is read."""

REQUIRED = ("exp", "iat", "iss", "aud", "sub")
"""Claims without which a token proves nothing."""

RECORDED = (
    "repository", "repository_id", "project_path", "project_id", "ref", "ref_path", "ref_protected", "sha",
    "environment", "event_name", "workflow_ref", "job_workflow_ref", "ci_config_ref_uri", "pipeline_source",
    "run_id", "run_attempt", "pipeline_id", "job_id", "actor", "actor_id", "user_login", "user_id", "jti",
)  # fmt: skip
"""Claims that say where a run came from; the others are not kept."""

_LONGEST = 500
_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_YEAR_9999 = 253_402_300_799


def verify(token: str, settings: IdentitySettings, *, clock: Callable[[], datetime]) -> IdentityClaim:
    """Whom a token proves, judged at the time that ``clock`` tells.

    Raises:
        Unidentified: it proves nobody (IDT-01 to IDT-11).
        WorldError: the keys of the issuer cannot be read (IDT-12).
    """
    text = token.strip()
    if not text:
        raise Unidentified(
            "there is no token, and the configuration believes tokens alone (identity.trust is oidc)",
            code="IDT-01",
            hint="have RECONCILER_ID_TOKEN hold an identity token of the job; see docs/identity.md",
        )
    header = _header(text)
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in settings.algorithms:
        raise _refused_algorithm(settings)
    if not isinstance(kid, str) or not kid:
        raise Unidentified("the token does not say by which key it is signed", code="IDT-08")
    key = signing_key(settings, kid, algorithm=algorithm)
    claims = _proven(text, key, settings)
    expires = _in_time(claims, clock().timestamp())
    return IdentityClaim(
        operator=operator_of(claims, settings.subjects),
        issuer=claims["iss"],
        subject=claims["sub"],
        expires_at=datetime.fromtimestamp(expires, UTC),
        claims={name: text for name in RECORDED if (text := _recorded(claims.get(name)))},
    )


def _header(text: str) -> Mapping[str, Any]:
    """The header of a token whose three parts are written in the one way in which they can be."""
    if len(text) > MAX_LENGTH or not _COMPACT.fullmatch(text) or not all(map(_canonical, text.split("."))):
        raise _no_token("its form is not that of a signed token")
    try:
        header = jwt.get_unverified_header(text)
    except refusals.PyJWTError:
        raise _no_token("its header cannot be read") from None
    if "crit" in header:
        raise _no_token("its header asks for an extension")
    return header


def _canonical(part: str) -> bool:
    """Whether a part says the same in no other letters: the last one has bits that readers pass over."""
    if len(part) % 4 == 1:
        return False
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii") == part


def _proven(text: str, key: jwt.PyJWK, settings: IdentitySettings) -> dict[str, Any]:
    """The claims of a token that the issuer signed for this audience. Its times are judged by the caller's clock."""
    try:
        claims: dict[str, Any] = jwt.decode(
            text,
            key,
            algorithms=list(settings.algorithms),
            audience=settings.audience,
            issuer=settings.issuer,
            options={
                "require": list(REQUIRED),
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "enforce_minimum_key_length": True,
            },
        )
    except refusals.PyJWTError as error:
        raise _refusal(error, text, settings) from None
    if not claims["sub"]:
        raise _no_token("its claim sub is empty")
    return claims


def _refusal(error: refusals.PyJWTError, text: str, settings: IdentitySettings) -> Unidentified:
    """Why the library refuses a token, in words of this program."""
    match error:
        case refusals.InvalidSignatureError():
            return Unidentified("the signature of the token does not fit the key of its issuer", code="IDT-07")
        case refusals.InvalidAlgorithmError():
            return _refused_algorithm(settings)
        case refusals.InvalidKeyError():
            return Unidentified("the key of the issuer is too weak to be believed", code="IDT-08")
        case refusals.MissingRequiredClaimError():
            return _no_token(f"it has no claim {error.claim}")
        case refusals.InvalidAudienceError():
            return _elsewhere(text, "aud", "for another audience than", settings.audience, code="IDT-05")
        case refusals.InvalidIssuerError():
            return _elsewhere(text, "iss", "of another issuer than", settings.issuer, code="IDT-06")
    return _no_token("its claims cannot be read")


def _elsewhere(text: str, name: str, words: str, wanted: str | None, *, code: str) -> Unidentified:
    """The error about a token that is somebody else's, with what it says when that can be shown."""
    # The signature holds: only then does the library look at claims.
    claims = jwt.decode(text, options={"verify_signature": False})
    shown = plain(claims.get(name))
    told = f": it says {shown}" if shown else ""
    where = "audience" if name == "aud" else "issuer"
    return Unidentified(
        f"the token is {words} {wanted}{told}",
        code=code,
        hint=f"ask for the token with that {where}, or mend identity.{where}",
    )


def _in_time(claims: Mapping[str, Any], now: float) -> float:
    """When the token expires, if ``now`` lies between its times."""
    times = {name: _seconds(claims[name], name) for name in ("exp", "iat", "nbf") if claims.get(name) is not None}
    if times["exp"] <= now - LEEWAY:
        at = datetime.fromtimestamp(times["exp"], UTC)
        raise Unidentified(
            f"the token expired at {at:%Y-%m-%dT%H:%M:%SZ}",
            code="IDT-03",
            hint="ask for a fresh one right before the call",
        )
    if max(times["iat"], times.get("nbf", times["iat"])) > now + LEEWAY:
        raise Unidentified(
            "the token is not valid yet",
            code="IDT-04",
            hint="compare the clock of this machine with that of the issuer",
        )
    return times["exp"]


def _seconds(value: Any, name: str) -> float:
    known = type(value) in (int, float) and math.isfinite(value) and 0 <= value <= _YEAR_9999
    if not known:
        raise _no_token(f"its claim {name} is no time")
    return float(value)


def _recorded(claim: Any) -> str:
    """The text of one value, if the audit can carry it."""
    texts = () if isinstance(claim, list) else texts_of(claim)
    return texts[0] if texts and len(texts[0]) <= _LONGEST and texts[0].isprintable() else ""


def _no_token(reason: str) -> Unidentified:
    return Unidentified(
        f"the token is none that could be believed: {reason}",
        code="IDT-02",
        hint="RECONCILER_ID_TOKEN holds one identity token and nothing else",
    )


def _refused_algorithm(settings: IdentitySettings) -> Unidentified:
    return Unidentified(
        f"the token is not signed by one of {', '.join(settings.algorithms)}",
        code="IDT-09",
        hint="identity.algorithms names the signatures that are believed",
    )
