"""Trust: the part ``identity`` of ``reconciler.yaml``, which says whom the program believes.

Under ``oidc`` a token of the issuer stands for the operator of the subject that it matches; see ``docs/identity.md``.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from reconciler.model.formats import NAME_PATTERN, is_email
from reconciler.model.spec import Spec

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]

ALGORITHMS: tuple[Algorithm, ...] = ("RS256", "ES256")
"""Signatures that are believed unless the configuration names others. None of them has a shared secret."""

_LONGEST = 500
_NAME = re.compile(NAME_PATTERN)
_SAME_FOR_ALL = ("iss", "aud")
_STARS = re.compile(r"[*/]+")
_OPEN_TO_ALL = {
    "token.actions.githubusercontent.com": (
        "repository",
        "repository_id",
        "repository_owner",
        "repository_owner_id",
        "workflow_ref",
    ),
    "gitlab.com": ("project_path", "project_id", "namespace_path", "namespace_id"),
}
"""Issuers that give everybody in the world a token, by host, and the claims that say whose token it is."""


def loopback(host: str | None) -> bool:
    """Whether a host is this machine and no other."""
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def url_problem(text: str) -> str:
    """What keeps a text from being the URL of an issuer or of its keys, as the end of a sentence; else nothing."""
    if not text.isascii() or not text.isprintable() or " " in text or len(text) > _LONGEST:
        return "must be one https:// URL"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "must be one https:// URL"
    if parts.scheme not in ("https", "http") or not host:
        return "must be one https:// URL"
    if parts.scheme == "http" and not loopback(host):
        return "must begin with https://; http:// is for this machine alone"
    if "@" in parts.netloc or "?" in text or "#" in text:
        return "must hold no user, query or fragment"
    return ""


def _url(text: str) -> str:
    problem = url_problem(text)
    if problem:
        raise PydanticCustomError("CFGF-03", "{problem}", {"problem": problem})
    return text


def _patterns(value: Any) -> tuple[str, ...]:
    """One pattern, or a list of which one has to fit."""
    found = value if isinstance(value, list) else [value]
    if not found or not all(type(one) is str and one and len(one) <= _LONGEST for one in found):
        raise PydanticCustomError(
            "CFGF-03", "must be a string or a list of strings, none of them empty; quote numbers and booleans"
        )
    return tuple(found)


def _reference(text: str) -> str:
    parts = text.split("/")
    named = len(parts) <= 2 and all(_NAME.fullmatch(one) for one in parts)
    if not (is_email(text) if "@" in text else named):
        raise PydanticCustomError(
            "CFGF-03", "must name one operator: an e-mail, tenant/name, or name at platform level"
        )
    return text


def _matching(found: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    told = [patterns for claim, patterns in found.items() if claim not in _SAME_FOR_ALL]
    if found and not any(all(_STARS.sub("", one) for one in patterns) for patterns in told):
        raise PydanticCustomError("CFGF-03", "must not fit every token")
    return found


Url = Annotated[str, AfterValidator(_url)]
Patterns = Annotated[tuple[str, ...], PlainValidator(_patterns)]


class SubjectSettings(Spec):
    """Which tokens are which operator. Every claim of ``match`` has to fit; of a list of patterns one."""

    match: Annotated[dict[str, Patterns], Field(min_length=1), AfterValidator(_matching)] = Field(
        description="Claims of the token; * stands for any characters but /, ** for any characters."
    )
    operator: Annotated[str, AfterValidator(_reference)] = Field(
        description="E-mail, tenant/name, or name at platform level."
    )


class IdentitySettings(Spec):
    """Whom the program believes."""

    trust: Literal["local", "oidc"] = Field(
        "local", description="local believes --as and RECONCILER_ACTOR, oidc the token in RECONCILER_ID_TOKEN."
    )
    issuer: Url | None = Field(None, description="Issuer of tokens.")
    audience: Annotated[str, Field(min_length=1, max_length=_LONGEST)] | None = Field(
        None, description="Audience of tokens."
    )
    subjects: list[SubjectSettings] = Field(default_factory=list, description="Which token is which operator.")
    jwks_uri: Url | None = Field(None, description="Keys of the issuer; else its discovery document says.")
    algorithms: Annotated[list[Algorithm], Field(min_length=1)] = Field(
        default_factory=lambda: list(ALGORITHMS), description="Signatures that are believed."
    )

    outside: Literal["denied", "judged"] = Field(
        "denied",
        description="Manifests outside of the reach of whoever asks: always denied, so that nothing is learned from"
        " what they equal, or judged, so that those that change nothing deny nobody.",
    )

    @model_validator(mode="after")
    def _whole(self) -> IdentitySettings:
        missing = [name for name in ("issuer", "audience", "subjects") if not getattr(self, name)]
        if self.trust == "oidc" and missing:
            told = {"missing": ", ".join(missing)}
            raise PydanticCustomError("CFGF-03", "needs {missing} with trust: oidc", told)
        return self


def open_to_strangers(settings: IdentitySettings) -> Iterator[int]:
    """Places of subjects that tokens of strangers may match, at issuers that give everybody a token (CFGF-10).

    Everybody chooses the audience, the branch and the environment of their own token; only its origin is not theirs
    to choose. So a match has to name an origin, and a star may not stand for its owner.
    """
    whose = _OPEN_TO_ALL.get(urlsplit(settings.issuer or "").hostname or "")
    if settings.trust != "oidc" or whose is None:
        return
    for place, subject in enumerate(settings.subjects):
        if not any(_named(claim, patterns, whose) for claim, patterns in subject.match.items()):
            yield place


def _named(claim: str, patterns: tuple[str, ...], whose: tuple[str, ...]) -> bool:
    """Whether a claim of a match names an origin."""
    if claim != "sub":
        return claim in whose and not any("*" in one.partition("/")[0] for one in patterns)
    parts = [one.partition(":") for one in patterns]
    return all(word in ("repo", *whose) and rest and "*" not in rest.partition("/")[0] for word, _, rest in parts)
