"""Keys: the public key of the issuer by which a token says that it is signed.

Keys come from the place that the configuration or the issuer's own discovery document names, never from one that a
token names. A key fits one algorithm; what a key set holds beside keys of that algorithm is left out.
"""

from __future__ import annotations

from typing import Any

from reconciler.adapters.identity.fetch import fetch_json, unreadable
from reconciler.model.errors import Unidentified, UsageError
from reconciler.model.trust import IdentitySettings, url_problem

try:
    from jwt import PyJWK, PyJWKClient
    from jwt.exceptions import PyJWTError
except ImportError:  # the extra is not installed
    raise UsageError(
        "the library that reads tokens is not installed", code="IDT-14", hint="pip install 'reconciler[oidc]'"
    ) from None

DISCOVERY = "/.well-known/openid-configuration"
"""Where an issuer describes itself, behind its own URL."""

MAX_KEYS = 100
"""The largest key set that is read."""

_KEPT = ("kty", "kid", "use", "n", "e", "crv", "x", "y")
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


def signing_key(settings: IdentitySettings, kid: str, *, algorithm: str) -> PyJWK:
    """The key ``kid`` of the issuer for ``algorithm``; a key that is not there is looked for once more.

    Raises:
        Unidentified: the issuer has no such key (IDT-08).
        WorldError: its keys cannot be read (IDT-12).
    """
    client = _Client(settings.jwks_uri or _discovered(settings.issuer or ""), algorithm)
    try:
        return client.get_signing_key(kid)
    except PyJWTError:
        raise Unidentified(
            f"the issuer has no key for {algorithm} of the name that the token gives",
            code="IDT-08",
            hint="check identity.issuer and identity.jwksUri, and that the token is a fresh one",
        ) from None


class _Client(PyJWKClient):
    """Finds keys in a set that is fetched within bounds. Nothing is kept: a run reads one token."""

    def __init__(self, uri: str, algorithm: str) -> None:
        super().__init__(uri, cache_keys=False, cache_jwk_set=False)
        self._algorithm = algorithm

    def fetch_data(self) -> dict[str, Any]:
        found = fetch_json(self.uri).get("keys")
        if not isinstance(found, list):
            raise unreadable(self.uri, "its answer is no set of keys")
        if len(found) > MAX_KEYS:
            raise unreadable(self.uri, f"it has more than {MAX_KEYS} keys")
        return {"keys": [one for key in found if (one := _fitting(key, self._algorithm)) is not None]}


def _fitting(key: Any, algorithm: str) -> dict[str, Any] | None:
    """A key with the public parts alone, if it is made for this algorithm."""
    if not isinstance(key, dict) or not isinstance(key.get("kid"), str):
        return None
    curve = _CURVES.get(algorithm)
    sort = "RSA" if curve is None else "EC"
    fits = key.get("kty") == sort and (curve is None or key.get("crv") == curve)
    if not fits or key.get("alg", algorithm) != algorithm or key.get("use", "sig") != "sig":
        return None
    return {name: key[name] for name in _KEPT if name in key} | {"alg": algorithm}


def _discovered(issuer: str) -> str:
    """Where the issuer says that its keys are."""
    url = issuer.rstrip("/") + DISCOVERY
    found = fetch_json(url)
    if found.get("issuer") != issuer:
        raise unreadable(url, "it describes another issuer")
    uri = found.get("jwks_uri")
    if not isinstance(uri, str) or url_problem(uri) or (_plain(uri) and not _plain(issuer)):
        raise unreadable(url, "it names no https:// URL of keys")
    return uri


def _plain(url: str) -> bool:
    return url.lower().startswith("http:")
