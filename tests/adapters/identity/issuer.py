"""An issuer of tokens: real keys, tokens signed with them, and a server on loopback that hands out the public parts."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from reconciler.model.trust import IdentitySettings

NOW = datetime(2026, 6, 15, 12, 0, 0, tzinfo=UTC)
AUDIENCE = "reconciler.example.com"
DISCOVERY = "/.well-known/openid-configuration"
KEYS = "/keys"
_HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_CURVES = {"ES256": ("P-256", ec.SECP256R1(), 32), "ES384": ("P-384", ec.SECP384R1(), 48)}


def clock() -> datetime:
    return NOW


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64_int(number: int, size: int = 0) -> str:
    return b64(number.to_bytes(size or (number.bit_length() + 7) // 8, "big"))


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key of its own for every name, made once."""
    assert name
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ec_key(name: str, algorithm: str = "ES256") -> ec.EllipticCurvePrivateKey:
    assert name
    return ec.generate_private_key(_CURVES[algorithm][1])


def key_for(algorithm: str, kid: str) -> Any:
    return ec_key(kid, algorithm) if algorithm.startswith("ES") else rsa_key(kid)


def jwk(kid: str, algorithm: str = "RS256", *, key: Any = None, **more: Any) -> dict[str, Any]:
    """The public part of a key, as issuers write it."""
    numbers = (key or key_for(algorithm, kid)).public_key().public_numbers()
    head = {"kid": kid, "use": "sig", "alg": algorithm}
    if isinstance(numbers, rsa.RSAPublicNumbers):
        return {**head, "kty": "RSA", "n": b64_int(numbers.n), "e": b64_int(numbers.e), **more}
    curve, _, size = _CURVES[algorithm]
    return {**head, "kty": "EC", "crv": curve, "x": b64_int(numbers.x, size), "y": b64_int(numbers.y, size), **more}


def sign(algorithm: str, key: Any, data: bytes) -> bytes:
    digest = _HASHES[algorithm[2:]]
    if algorithm.startswith("RS"):
        return key.sign(data, padding.PKCS1v15(), digest)
    if algorithm.startswith("PS"):
        return key.sign(data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
    size = _CURVES[algorithm][2]
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def token(
    claims: Mapping[str, Any] | bytes,
    *,
    kid: str = "one",
    algorithm: str = "RS256",
    key: Any = None,
    header: Mapping[str, Any] | None = None,
    signer: Callable[[bytes], bytes] | None = None,
) -> str:
    """A compact token. ``signer`` signs in another way than the algorithm of the header says."""
    head = {"typ": "JWT", "alg": algorithm, "kid": kid, **(header or {})}
    head = {name: value for name, value in head.items() if value is not None}
    body = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    signed = f"{b64(json.dumps(head).encode())}.{b64(body)}"
    made = signer or (lambda data: sign(algorithm, key or key_for(algorithm, kid), data))
    return f"{signed}.{b64(made(signed.encode()))}"


class Issuer:
    """A running issuer. ``pages`` maps a path to what stands there; ``asked`` are the paths in order."""

    def __init__(self, server: ThreadingHTTPServer, scheme: str) -> None:
        self.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        self.asked: list[str] = []
        self.pages: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.serve(DISCOVERY, {"issuer": self.url, "jwks_uri": self.url + KEYS})
        self.serve(KEYS, {"keys": [jwk("one"), jwk("curve", "ES256")]})

    def serve(self, path: str, content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()

        def page(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(data)

        self.pages[path] = page

    def settings(self, *subjects: Mapping[str, Any], **more: Any) -> IdentitySettings:
        subjects = subjects or ({"match": {"sub": "**farol**"}, "operator": "op-farol"},)
        basis = {"trust": "oidc", "issuer": self.url, "audience": AUDIENCE, "subjects": list(subjects)}
        return IdentitySettings.model_validate({**basis, **more})

    def times(self, **more: Any) -> dict[str, Any]:
        now = int(NOW.timestamp())
        return {"iss": self.url, "aud": AUDIENCE, "iat": now - 10, "nbf": now - 15, "exp": now + 290, **more}

    def github(self, **more: Any) -> dict[str, Any]:
        """The claims of a job of GitHub Actions, those of a job with an environment among them."""
        return {
            "jti": "6f4a3e0c-0e1c-4b5e-9c1d-3a4b5c6d7e8f",
            "sub": "repo:org/farol:environment:production",
            "ref": "refs/heads/main",
            "ref_type": "branch",
            "ref_protected": "true",
            "base_ref": "",
            "head_ref": "",
            "sha": "9f2c" * 10,
            "repository": "org/farol",
            "repository_id": "599900016",
            "repository_owner": "org",
            "repository_owner_id": "5999",
            "repository_visibility": "private",
            "enterprise": "lumen",
            "enterprise_id": "77",
            "environment": "production",
            "environment_node_id": "EN_kwDO",
            "event_name": "push",
            "actor": "ines",
            "actor_id": "4711",
            "workflow": "apply",
            "workflow_ref": "org/farol/.github/workflows/apply.yml@refs/heads/main",
            "workflow_sha": "9f2c" * 10,
            "job_workflow_ref": "org/farol/.github/workflows/apply.yml@refs/heads/main",
            "job_workflow_sha": "9f2c" * 10,
            "check_run_id": "9000000001",
            "run_id": "8000000001",
            "run_number": "12",
            "run_attempt": "2",
            "runner_environment": "github-hosted",
            **self.times(),
            **more,
        }

    def gitlab(self, **more: Any) -> dict[str, Any]:
        """The claims of a job of GitLab CI; one of them is a number, one a list, and the audience may be a list."""
        return {
            "jti": "235b3a54-b797-45c7-ae9a-f72d7bc6ef5b",
            "sub": "project_path:org/farol:ref_type:branch:ref:main",
            "namespace_id": "72",
            "namespace_path": "org",
            "project_id": "20",
            "project_path": "org/farol",
            "project_visibility": "private",
            "user_id": "1",
            "user_login": "ines",
            "user_email": "ines@farol.example.com",
            "user_access_level": "maintainer",
            "user_identities": [{"provider": "saml", "extern_uid": "ines"}],
            "groups_direct": ["org/desk", "org/seals"],
            "pipeline_id": "574",
            "pipeline_source": "push",
            "job_id": "302",
            "job_source": "push",
            "job_project_id": "20",
            "job_project_path": "org/farol",
            "ref": "main",
            "ref_type": "branch",
            "ref_path": "refs/heads/main",
            "ref_protected": "true",
            "environment": "production",
            "environment_protected": "true",
            "deployment_tier": "production",
            "deployment_action": "start",
            "runner_id": 12270835,
            "runner_environment": "self-hosted",
            "sha": "714a" * 10,
            "ci_config_ref_uri": "gitlab.example.com/org/farol//.gitlab-ci.yml@refs/heads/main",
            "ci_config_sha": "714a" * 10,
            **self.times(aud=[AUDIENCE, "vault.example.com"]),
            **more,
        }


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody else has signed, with its key, in one file."""
    key = rsa_key("tls")
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file = folder / "tls.pem"
    file.write_bytes(made.public_bytes(Encoding.PEM) + key.private_bytes(*form))
    return file


@contextmanager
def running_issuer(tls: Path | None = None) -> Iterator[Issuer]:
    """An issuer on a free port of loopback; ``tls`` is the certificate that it shows."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            page = issuer.pages.get(self.path)
            if page is None:
                self.send_error(404)
                return
            with suppress(OSError):  # the other side has heard enough
                page(self)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    issuer = Issuer(server, "http" if tls is None else "https")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
