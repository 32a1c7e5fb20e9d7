"""Domain: a web host of a customer with its origins, cache, redirection, TLS and firewall settings.

One line of the domain export. The free certificate of ``lets-encrypt`` lives three months and renews itself seven days
before its end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.model.access import Allow, Grant, may, no, nobody, rights
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.formats import HostOrIp, HttpUrl, Name, Networks, Once, is_pem
from reconciler.model.hosts import WILDCARD, WildcardHost, inner
from reconciler.model.kind import Group, Kind, Level, Status, Unique
from reconciler.model.lifecycle import Edge, Lifecycle
from reconciler.model.listing import Listing
from reconciler.model.marks import Canonical, Derived, Immutable, Key, MaxBytes, Ref, Secret, State, Unordered
from reconciler.model.portal import role_permits
from reconciler.model.principal import Question
from reconciler.model.resource import Resource
from reconciler.model.rule import NAME, Finding, Findings, RuleText, Seek, everything, reference, schema, time
from reconciler.model.secret import SecretValue
from reconciler.model.secret_shape import has_pem_form
from reconciler.model.spec import FileSource, SecretSource, Spec
from reconciler.model.view import Entity, View

NEAR_END = dt.timedelta(days=7)
"""How long before its end a certificate is warned about (DOM-04)."""


class Origin(Spec):
    """Where the content comes from."""

    address: HostOrIp = Field(description="Host name or IP address of the origin.")
    role: Literal["primary", "backup"] = Field("primary", description="Whether it serves always or only as a backup.")
    tunnel: bool = Field(default=False, description="Whether a private address is reached through a tunnel.")


def _whole_origins(value: Any) -> Any:
    """Live entries may lack what has a default."""
    return [{"role": "primary", "tunnel": False, **one} for one in value]


class Cache(Spec):
    """How long answers are kept."""

    mode: Literal["origin", "override", "bypass"] = Field(
        "origin", description="Follow the origin, override it, or keep nothing."
    )
    ttl_seconds: int | None = Field(
        None, ge=0, le=31536000, description="Seconds for which mode override keeps answers."
    )
    ignore_query_string: bool = Field(
        default=False, description="Whether requests that differ in the query only are the same."
    )


class Redirection(Spec):
    """Where requests are sent instead."""

    mode: Literal["none", "http-to-https", "url"] = Field("none", description="What is redirected.")
    target: HttpUrl | None = Field(None, description="Where mode url redirects to.")
    status: Literal[301, 302, 307, 308] = Field(301, description="HTTP status of the redirection.")


class Ssl(Spec):
    """The certificate of the host."""

    source: Literal["none", "lets-encrypt", "uploaded"] = Field("none", description="Where the certificate comes from.")
    coverage: Literal["single", "wildcard", "san", "sni"] = Field("single", description="What the certificate covers.")
    certificate: Annotated[FileSource | None, MaxBytes(65536, ("application/x-pem-file",))] = Field(
        None, description="The uploaded certificate chain, PEM."
    )
    private_key: Annotated[SecretSource | None, Secret("encrypted")] = Field(
        None, description="Where the private key of the uploaded certificate comes from, PEM."
    )


class Hsts(Spec):
    """Whether browsers are told to use https only."""

    enabled: bool = Field(default=False, description="Whether the header is sent.")
    max_age_seconds: int = Field(31536000, ge=0, le=63072000, description="For how many seconds browsers remember it.")


class Waf(Spec):
    """The web application firewall."""

    mode: Literal["off", "detect", "block"] = Field(
        "off", description="Whether attacks are ignored, reported or blocked."
    )


def _origin_scheme(spec: Any) -> str:
    return "http" if spec.scheme == "http" else "https"


def _origin_port(spec: Any) -> int:
    return 80 if (spec.origin_scheme or _origin_scheme(spec)) == "http" else 443


class DomainSpec(Spec):
    """The fields of a Domain."""

    customer: Annotated[Name, Ref("Customer", part="owner"), Immutable()] = Field(
        description="The customer to which the host belongs."
    )
    host: Annotated[WildcardHost, Key(), Immutable()] = Field(
        description="Host name, lower case and as A-labels, or *. and a host name."
    )
    http_ports: Annotated[list[Annotated[int, Field(ge=1, le=65535)]], Once(), Unordered()] = Field(
        default_factory=lambda: [80, 443], min_length=1, max_length=10, description="Ports on which the host is served."
    )
    scheme: Literal["http", "https", "both"] = Field("https", description="Schemes under which the host is served.")
    origins: Annotated[list[Origin], Canonical(_whole_origins)] = Field(
        min_length=1, max_length=16, description="Where the content comes from, in order."
    )
    origin_scheme: Annotated[
        Literal["http", "https"] | None, Derived("http when scheme is http, otherwise https", _origin_scheme)
    ] = Field(None, description="Scheme towards the origins.")
    origin_port: Annotated[int | None, Derived("80 when originScheme is http, otherwise 443", _origin_port)] = Field(
        None, ge=1, le=65535, description="Port of the origins."
    )
    load_balancing: Literal["round-robin", "backup", "ip-hash", "least-connected"] = Field(
        "round-robin", description="How requests are spread over the origins."
    )
    cache: Cache = Field(default_factory=Cache, description="How long answers are kept.")
    redirection: Redirection = Field(default_factory=Redirection, description="Where requests are sent instead.")
    ssl: Ssl = Field(default_factory=Ssl, description="The certificate of the host.")
    min_tls: Literal["1.0", "1.1", "1.2", "1.3"] = Field(
        "1.2", description="Lowest version of TLS, as a quoted string."
    )
    hsts: Hsts = Field(default_factory=Hsts, description="Whether browsers are told to use https only.")
    waf: Waf = Field(default_factory=Waf, description="The web application firewall.")
    white_list: Networks = Field(
        default_factory=list, max_length=200, description="IP addresses and networks that the firewall lets pass."
    )
    state: Annotated[Literal["pending", "active", "disabled"] | None, State()] = Field(
        None, description="The wanted state; left out, the state is not managed."
    )


@schema("DOM-02", "https needs a certificate and port 443; both, and redirection to https, need port 80 as well.")
def schemes_have_their_ports(resource: Resource[DomainSpec]) -> Findings:
    """DOM-02."""
    spec = resource.spec
    secure = [] if spec.ssl.source != "none" else ["an ssl.source other than none"]
    secure += [] if 443 in spec.http_ports else ["443 among httpPorts"]
    plain = [] if 80 in spec.http_ports else ["80 among httpPorts"]
    lacking = {"http": [], "https": secure, "both": secure + plain}[spec.scheme]
    if lacking:
        yield Finding(f"scheme {spec.scheme} needs {' and '.join(lacking)}", at="scheme")
    if spec.redirection.mode == "http-to-https":
        lacking = {"http": secure + plain, "https": plain, "both": []}[spec.scheme]
        if lacking:
            yield Finding(f"redirection to https needs {' and '.join(lacking)}", at="redirection.mode")


@schema("DOM-03", "lets-encrypt needs exactly the ports 80 and 443, no wildcard, and coverage single.")
def free_certificate_is_possible(resource: Resource[DomainSpec]) -> Findings:
    """DOM-03."""
    spec = resource.spec
    if spec.ssl.source != "lets-encrypt":
        return
    reasons = [] if set(spec.http_ports) == {80, 443} else ["httpPorts are exactly 80 and 443"]
    reasons += ["host is no wildcard"] if spec.host.startswith(WILDCARD) else []
    reasons += [] if spec.ssl.coverage == "single" else ["ssl.coverage is single"]
    if reasons:
        yield Finding(f"lets-encrypt is possible only when {' and '.join(reasons)}", at="ssl.source")


@schema("DOM-05", "loadBalancing backup has a primary and a backup origin; other methods have no backup origin.")
def backups_fit_the_method(resource: Resource[DomainSpec]) -> Findings:
    """DOM-05."""
    spec = resource.spec
    if spec.load_balancing == "backup":
        lacking = [role for role in ("primary", "backup") if role not in {origin.role for origin in spec.origins}]
        if lacking:
            yield Finding(
                f"loadBalancing backup needs at least one {' and one '.join(lacking)} origin", at="loadBalancing"
            )
        return
    for place, origin in enumerate(spec.origins):
        if origin.role == "backup":
            yield Finding(
                f"loadBalancing {spec.load_balancing} knows no backup origins",
                at=f"origins[{place}].role",
                hint="set loadBalancing to backup",
            )


@schema("DOM-06", "An origin is not the host itself, and lies in no inner network unless it has a tunnel.")
def origins_are_reachable(resource: Resource[DomainSpec]) -> Findings:
    """DOM-06."""
    for place, origin in enumerate(resource.spec.origins):
        at = f"origins[{place}].address"
        if origin.address == resource.spec.host:
            yield Finding("an origin cannot be the host itself: requests would go round in a circle", at=at)
        elif not origin.tunnel and inner(origin.address):
            yield Finding(
                f"{origin.address} is a private, shared, loopback or link-local address",
                at=at,
                hint="set tunnel: true when the origin is reached through a tunnel",
            )


@schema("DOM-07", "cache.mode override has ttlSeconds, origin and bypass have none.")
def time_to_live_fits_the_mode(resource: Resource[DomainSpec]) -> Findings:
    """DOM-07."""
    cache = resource.spec.cache
    if cache.mode == "override" and cache.ttl_seconds is None:
        yield Finding("cache.mode override needs ttlSeconds", at="cache", hint="add cache.ttlSeconds")
    elif cache.mode != "override" and cache.ttl_seconds is not None:
        yield Finding(f"cache.mode {cache.mode} has no ttlSeconds", at="cache.ttlSeconds")


@schema("DOM-08", "TLS below 1.2 is outdated.", Severity.WARNING)
def tls_is_recent(resource: Resource[DomainSpec]) -> Findings:
    """DOM-08."""
    if resource.spec.min_tls in ("1.0", "1.1"):
        yield Finding(f"TLS {resource.spec.min_tls} is outdated", at="minTls", hint='write "1.2" or "1.3"')


@schema(
    "GEN-24",
    "redirection.target is there exactly for mode url, certificate and privateKey exactly for source uploaded.",
)
def parts_come_together(resource: Resource[DomainSpec]) -> Findings:
    """GEN-24."""
    spec = resource.spec
    if spec.redirection.mode == "url" and spec.redirection.target is None:
        yield Finding("redirection.mode url needs a target", at="redirection", hint="add redirection.target")
    elif spec.redirection.mode != "url" and spec.redirection.target is not None:
        yield Finding(f"redirection.mode {spec.redirection.mode} has no target", at="redirection.target")
    parts = {"certificate": spec.ssl.certificate, "privateKey": spec.ssl.private_key}
    if spec.ssl.source == "uploaded":
        lacking = [name for name, value in parts.items() if value is None]
        if lacking:
            yield Finding(f"ssl.source uploaded needs {' and '.join(lacking)}", at="ssl")
        return
    for name, value in parts.items():
        if value is not None:
            yield Finding(f"ssl.source {spec.ssl.source} has no {name}", at=f"ssl.{name}")


@reference("GEN-14", "ssl.certificate is PEM.")
def certificate_is_pem(resource: Resource[DomainSpec], _view: View) -> Findings:
    """The format of ``ssl.certificate``."""
    content = resource.files.get("ssl.certificate")
    if content is not None and not is_pem(content.data.decode("latin-1"), "CERTIFICATE"):
        yield Finding("the file holds no PEM certificate", at="ssl.certificate")


@reference("DOM-09", "ssl.coverage other than single needs a Customer with plan enterprise.")
def coverage_fits_the_plan(resource: Resource[DomainSpec], view: View) -> Findings:
    """DOM-09."""
    coverage = resource.spec.ssl.coverage
    customer = view.target(resource, "customer")
    if coverage != "single" and customer is not None and customer.value("plan") != "enterprise":
        yield Finding(
            f"ssl.coverage {coverage} needs a customer with plan enterprise; {customer.address} has "
            f"{customer.value('plan')}",
            at="ssl.coverage",
        )


def _hosts_above(domain: Entity, _view: View) -> Iterator[Seek]:
    """The hosts below which a domain may lie."""
    if domain.kind.name != "Domain":
        return
    _, *above = str(domain.value("host")).split(".")
    for place in range(len(above)):
        base = ".".join(above[place:])
        for host in (base, f"{WILDCARD}{base}"):
            yield Seek("Domain", ("host",), (host,))


@everything("DOM-10", "host lies below the host of a domain of another customer.", Severity.WARNING, seeks=_hosts_above)
def host_below_a_stranger(view: View) -> Findings:
    """DOM-10."""
    by_base: dict[str, list[Any]] = {}
    for one in view.all("Domain"):
        by_base.setdefault(str(one.value("host")).casefold().removeprefix(WILDCARD), []).append(one)
    for one in view.all("Domain"):
        if not one.declared:
            continue
        _, *above = str(one.value("host")).split(".")
        owner = (one.address.tenant, one.value("customer"))
        for place in range(len(above)):
            base = ".".join(above[place:])
            if any((other.address.tenant, other.value("customer")) != owner for other in by_base.get(base, ())):
                yield Finding(
                    f"the host lies below {base}, where another customer has a host", at="host", address=one.address
                )
                break


@time("DOM-04", "The certificate of a host has ended or ends soon, and does not renew itself.", Severity.WARNING)
def certificate_ends(resource: Resource[DomainSpec], view: View, now: dt.datetime) -> Findings:
    """DOM-04."""
    entity = view.entity(resource)
    ends = entity.live("status.ssl.expiresAt")
    source = resource.spec.ssl.source
    failing = source == "lets-encrypt" and entity.live("status.ssl.state") == "failure"
    if ends is None or not (source == "uploaded" or failing):
        return
    today = now.astimezone(dt.UTC).date()
    try:
        end = dt.date.fromisoformat(str(ends)[:10])
    except ValueError:  # live data is never validated, and what is no date says nothing about an end
        return
    if end - today <= NEAR_END:
        what = "ended" if end < today else "ends"
        yield Finding(f"the certificate of {resource.spec.host} {what} on {end} and does not renew itself", at=NAME)


def secret_check(path: str, value: SecretValue, _view: View) -> Findings:
    """The format of ``ssl.privateKey`` once it is resolved."""
    if path == "ssl.privateKey" and not has_pem_form(value, "PRIVATE KEY"):
        yield Finding("the private key is no PEM private key", at=path, code="GEN-14")


_NO_RIGHT = no()
_ENTERPRISE = may("own", "enterprise plan", code="DOM-09")


def _by_owner(verb: str, *fields: str, edge: str = "", issuer: Grant = _NO_RIGHT) -> Allow:
    """The rights that the owning companies and, where their role permits it, individuals share."""
    return rights(
        verb,
        *fields,
        edge=edge,
        A=may("all"),
        D=may("own"),
        P=may("own"),
        I=issuer,
        U=no("OPR-06"),
        C=may("own"),
        N=may("own", "role permits", code="PRM-04"),
    )


EXAMPLE = """\
apiVersion: reconciler/v1
kind: Domain
metadata:
  name: www.lumen.example.com
  tenant: farol-services
spec:
  customer: lumen-grupo
  host: www.lumen.example.com
  scheme: both
  origins:
    - address: 198.51.100.20
    - address: 198.51.100.21
  cache: {mode: override, ttlSeconds: 3600}
  redirection: {mode: http-to-https}
  ssl: {source: lets-encrypt}
  minTls: "1.2"
  waf: {mode: block}
"""


def _text(path: str) -> Callable[[Entity, Entity], str]:
    return lambda one, _owner: "" if one.live(path) is None else str(one.live(path))


def _cache_cell(one: Entity, _owner: Entity) -> str:
    mode, seconds = one.live("cache.mode"), one.live("cache.ttlSeconds")
    return _joined(mode, seconds if mode == "override" else None)


def _redirection_cell(one: Entity, _owner: Entity) -> str:
    mode = one.live("redirection.mode")
    if mode not in ("http-to-https", "url"):
        return _joined(mode)
    return _joined(mode, one.live("redirection.status"), one.live("redirection.target") if mode == "url" else None)


def _tls_cell(one: Entity, _owner: Entity) -> str:
    version = one.live("minTls")
    return "" if version is None or one.live("scheme") == "http" else f"TLSv{version}+"


def _joined(*parts: Any) -> str:
    """What is there of the parts: rows of other programs may lack any of them."""
    return ":".join(str(part) for part in parts if part is not None)


LISTING = Listing(
    word="domains",
    verb="export-domains",
    by="host",
    columns=(
        ("Host", _text("host")),
        ("HTTP Ports", lambda one, _owner: "|".join(str(port) for port in sorted(one.live("httpPorts") or ()))),
        ("Scheme", _text("scheme")),
        ("Customer Name", lambda _one, owner: str(owner.live("companyName") or "")),
        ("Origin", lambda one, _owner: "|".join(str(item["address"]) for item in one.live("origins") or ())),
        ("Origin Port", _text("originPort")),
        ("Cache Configuration", _cache_cell),
        ("Redirection", _redirection_cell),
        ("SSL Expiry Date", _text("status.ssl.expiresAt")),
        ("TLS Protocol", _tls_cell),
        ("WAF Configuration", _text("waf.mode")),
    ),
)


def _of_an_enterprise(question: Question) -> bool:
    """Whether the customer has the plan now: a plan that it only gets by the same apply does not count."""
    name = question.entity.value("customer")
    customer = question.live.find("Customer", question.entity.address.tenant, name) if isinstance(name, str) else None
    return customer is not None and customer.live("plan") == "enterprise"


KIND = Kind(
    name="Domain",
    listing=LISTING,
    table="domains",
    group=Group.CUSTOMERS,
    order=50,
    level=Level.TENANT,
    spec=DomainSpec,
    description="A web host of a customer with its origins, cache, redirection, TLS and firewall settings.",
    lifecycle=Lifecycle(
        states=("pending", "active", "disabled"),
        entry="pending",
        edges=(
            Edge("pending", "active", "the host is served"),
            Edge("active", "disabled", "the host is no longer served"),
            Edge("disabled", "active", "the host is served again"),
        ),
    ),
    delete_from=("pending", "disabled"),
    status=(
        Status(
            path="ssl.expiresAt",
            column="ssl_expires_at",
            type="date",
            description="The day on which the certificate ends.",
        ),
        Status(
            path="ssl.state",
            column="ssl_state",
            type="enum",
            description="How it stands with the certificate.",
            words=("none", "pending", "active", "failure", "expired"),
        ),
    ),
    unique=(Unique(code="DOM-01", paths=("host",), at="host", fold=True),),
    rules=(
        schemes_have_their_ports,
        free_certificate_is_possible,
        backups_fit_the_method,
        origins_are_reachable,
        time_to_live_fits_the_mode,
        tls_is_recent,
        parts_come_together,
        certificate_is_pem,
        coverage_fits_the_plan,
        host_below_a_stranger,
        certificate_ends,
    ),
    texts=(RuleText("DOM-01", Severity.ERROR, Phase.REFERENCE, "host is unique over the whole platform."),),
    secret_check=secret_check,
    example=EXAMPLE,
    conditions={"enterprise plan": _of_an_enterprise, "role permits": role_permits},
    portal={"*": "customer.domains", "ssl": "customer.domains.ssl", "waf": "customer.domains.waf"},
    denials={"DOM-09": "the certificate of many names belongs to customers with plan: enterprise"},
    allow=(
        rights(
            "read",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            C=may("tree"),
            N=may("own", "role permits", code="PRM-04"),
        ),
        nobody("GEN-04", "read", "ssl.privateKey"),
        _by_owner("create"),
        _by_owner(
            "update",
            "httpPorts",
            "scheme",
            "origins",
            "originScheme",
            "originPort",
            "loadBalancing",
            "cache",
            "redirection",
            "ssl",
            "minTls",
            "hsts",
            "whiteList",
        ),
        rights(
            "update",
            "waf",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            U=no("OPR-06"),
            C=may("own", "role permits", code="PRM-04"),
        ),
        rights("update", "ssl.coverage", A=may("all"), D=_ENTERPRISE, P=_ENTERPRISE, U=no("OPR-06"), C=_ENTERPRISE),
        nobody("GEN-05", "update", "customer", "host"),
        _by_owner("delete"),
        _by_owner("transition", "state", edge="pending->active", issuer=no("PRM-03")),
        _by_owner("transition", "state", edge="active->disabled", issuer=no("PRM-03")),
        _by_owner("transition", "state", edge="disabled->active", issuer=no("PRM-03")),
    ),
)
