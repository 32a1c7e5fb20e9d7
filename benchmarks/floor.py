"""The floor: the least that a cold no-op plan has to do, as a lean program that uses nothing of the product.

It reads the files, parses them with a Rust parser, validates them with typed models, reads the rows with one SELECT a
table, and compares tuples. It knows the kinds of the corpus by heart and nothing else: no places, no rules, no
references, no causes, no report. ``floor.py FOLDER DATABASE`` prints how many resources differ; none on a fresh corpus.
``floor.py FOLDER DATABASE --write`` is the floor of a first apply: it reads the same and writes the rows in bulk into a
new database, with all that is recorded of them (:mod:`bulk`). With ``--hash`` behind it it hashes the passwords too, as
the product does. DATABASE is a file, or the address of a server's database: ``postgresql://``.
``floor.py FOLDER DATABASE --cache FILE`` is the warm floor: what each file held is kept in FILE by the hash of its
content, and only files that are not in it are parsed and validated.
"""

from __future__ import annotations

import gc
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Annotated, Any, Literal

import yaml_rs
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import from_json, to_json

Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Millis = Annotated[int, Field(ge=1, le=600_000)]


class Typed(BaseModel):
    """Strict base of the models."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)


class Secret(Typed):
    """A secret source: only its version is compared."""

    from_env: str
    version: str


class PasswordPolicy(Typed):
    """Part of the settings of the platform."""

    min_length: Annotated[int, Field(ge=6, le=32)] = 6
    expiry_days: Annotated[int, Field(ge=0, le=365)] = 30


class SystemConfiguration(Typed):
    """Settings of the platform."""

    platform_name: Text
    environment: Literal["staging", "production"]
    languages: list[str]
    password_policy: PasswordPolicy


class Bundle(Typed):
    """A sales package."""

    display_name: Text
    included_signatures: Annotated[int, Field(ge=0, le=1_000_000_000)]
    custody: bool = False
    notifications: bool = False


class Operator(Typed):
    """A person of the platform."""

    email: Text
    display_name: Text
    role: Literal["administrator"]
    language: str


class Billing(Typed):
    """Who is billed."""

    account: Text
    currency: Literal["EUR", "USD"] = "EUR"


class Contact(Typed):
    """How a company is reached."""

    email: Text
    phone: str | None = None


class Place(Typed):
    """Where a company is."""

    line1: Text
    line2: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Company(Typed):
    """What companies have in common."""

    legal_name: Text
    country: str = "PRT"
    vat_number: str
    contact: Contact
    address: Place
    language: str


class Issuer(Company):
    """A company that signs."""

    billing: Billing


class Partner(Company):
    """A company that looks after issuers."""

    type: Literal["integrator", "reseller"]
    tier: Literal["partner", "distributor"] = "partner"
    parent: Name | None = None


class Customer(Typed):
    """A company served by a partner."""

    company_name: Text
    address: Place
    parent: Name | None = None
    customer_type: str | None = None
    plan: Literal["standard", "enterprise"] = "standard"
    tax_id: str | None = None
    currency: str


class CustomerUser(Typed):
    """A person of a customer."""

    customer: Name
    display_name: Text
    email: Text
    password: Secret


class ClientService(Typed):
    """A connection to the platform."""

    alias: Text
    issuer: Name
    certificate: Name | None = None
    bundle: Name
    language: str
    additional_info: Annotated[str, Field(max_length=500)] = ""
    document_types: list[Literal["e-invoice", "other"]]
    integration: Literal["saas", "on-premise"] = "saas"
    client_secret: Secret


class SmtpSettings(Typed):
    """The mail server of a service."""

    scope: Literal["system", "clientService"]
    client_service: Name
    use_system: bool = False
    description: str = ""
    host: Text
    port: Annotated[int, Field(ge=1, le=65_535)]
    from_: str = Field(alias="from")
    username: str
    password: Secret
    timeout_ms: Millis = 10_000
    connection_timeout_ms: Millis = 10_000
    write_timeout_ms: Millis = 20_000
    authenticated: bool = True
    tls_enable: bool = True
    tls_required: bool = False


class Stamp(Typed):
    """The visible part of a signature."""

    enabled: bool = True
    page: Literal["first", "last"] = "last"
    position: Literal["top-left", "top-right", "bottom-left", "bottom-right"] = "bottom-right"


class GeneralConfiguration(Typed):
    """A configuration of a service."""

    scope: Literal["system", "clientService"]
    client_service: Name
    key: str
    mode: Literal["inherit", "override"] = "inherit"
    value: Stamp


class ServiceType(Typed):
    """A word of the helpdesk."""

    display_name: Text
    description: Annotated[str, Field(max_length=255)] = ""
    sort_order: Annotated[int, Field(ge=0, le=999)] = 0


class Category(ServiceType):
    """A word of the helpdesk for customers."""

    audience: Literal["distributors", "partners", "customers", "all"] = "customers"
    service_types: list[Name]


class Origin(Typed):
    """Where a domain leads."""

    address: Text
    role: Literal["primary", "backup"] = "primary"
    tunnel: bool = False


class Cache(Typed):
    """How a domain caches."""

    mode: Literal["origin", "override", "bypass"] = "origin"
    ttl_seconds: int | None = None
    ignore_query_string: bool = False


class Redirection(Typed):
    """Where a domain redirects."""

    mode: Literal["none", "http-to-https", "url"] = "none"
    target: str | None = None
    status: Literal[301, 302, 307, 308] = 301


class Ssl(Typed):
    """The certificate of a domain."""

    source: Literal["none", "lets-encrypt", "uploaded"] = "none"
    coverage: Literal["single", "wildcard", "san", "sni"] = "single"


class Hsts(Typed):
    """Strict transport."""

    enabled: bool = False
    max_age_seconds: int = 31_536_000


class Waf(Typed):
    """The firewall."""

    mode: Literal["off", "detect", "block"] = "off"


class Domain(Typed):
    """A web host."""

    customer: Name
    host: Text
    http_ports: list[int]
    scheme: Literal["http", "https", "both"] = "https"
    origins: list[Origin]
    load_balancing: Literal["round-robin", "backup", "ip-hash", "least-connected"] = "round-robin"
    cache: Cache
    redirection: Redirection
    ssl: Ssl
    min_tls: Literal["1.0", "1.1", "1.2", "1.3"] = "1.2"
    hsts: Hsts = Field(default_factory=Hsts)
    waf: Waf = Field(default_factory=Waf)
    white_list: list[str] = Field(default_factory=list)


class ReportSchedule(Typed):
    """A monthly report."""

    day_of_month: Annotated[int, Field(ge=1, le=28)]
    recipients: list[str]


class RemoteService(Typed):
    """How an authority is reached."""

    base_url: Text
    client_id: Text
    client_secret: Secret


class CertificateAuthority(Typed):
    """Who issues certificates."""

    display_name: Text
    type: Literal["remote-csc", "local"]
    qualified: bool = False
    remote_service: RemoteService
    authorization_modes: list[str]


class Certificate(Typed):
    """What an issuer signs with."""

    alias: Text
    issuer: Name
    certificate_authority: Name
    wallet: Text
    use: Literal["seal", "signature"]


class Permission(Typed):
    """One line of a role."""

    path: Text
    access: Literal["none", "read", "write"]


class Role(Typed):
    """What people of a portal may do."""

    type: Literal["customer", "partner"]
    description: Text
    permissions: list[Permission]


class VisualTemplate(Typed):
    """A mail of a service."""

    scope: Literal["system", "clientService"]
    client_service: Name
    type: Text
    event: Text
    language: str
    subject: Text
    body: Annotated[str, Field(max_length=100_000)]


class SupportMail(Typed):
    """A mailbox of the helpdesk."""

    provider: Literal["microsoft", "google"]
    address: Text
    display_name: Text
    tenant_id: Text
    client_id: Text
    client_secret: Secret
    mailbox_scoped: bool = False


class MailToTicket(Typed):
    """What becomes of a mail."""

    support_mail: Name
    folder: Text
    poll_interval_seconds: Annotated[int, Field(ge=30, le=3600)]
    ingest_from: Text
    post_fetch_action: Literal["move", "delete", "mark-read"]
    processed_folder: Text
    default_category: Name
    default_service_type: Name
    allowed_sender_domains: list[str]
    auto_reply: bool = False


class SelfCare(Typed):
    """The portal of a customer."""

    customer: Name
    login: Text
    password: Secret
    trusted_ips_only: bool = False
    trusted_ips: list[str]
    allowed_roles: list[str]
    time_zone: Text


class Individual(Typed):
    """A guest of a portal."""

    customer: Name
    login: Text
    password: Secret
    role: Name
    email: Text


TABLES: dict[str, tuple[type[Typed], str]] = {
    "SystemConfiguration": (SystemConfiguration, "system_configurations"),
    "Role": (Role, "roles"),
    "CertificateAuthority": (CertificateAuthority, "certificate_authorities"),
    "Bundle": (Bundle, "bundles"),
    "Operator": (Operator, "operators"),
    "Partner": (Partner, "partners"),
    "Issuer": (Issuer, "issuers"),
    "Customer": (Customer, "customers"),
    "CustomerUser": (CustomerUser, "customer_users"),
    "Certificate": (Certificate, "certificates"),
    "SelfCare": (SelfCare, "self_cares"),
    "Individual": (Individual, "individuals"),
    "VisualTemplate": (VisualTemplate, "visual_templates"),
    "SupportMail": (SupportMail, "support_mails"),
    "MailToTicket": (MailToTicket, "mail_to_tickets"),
    "ClientService": (ClientService, "client_services"),
    "SmtpSettings": (SmtpSettings, "smtp_settings"),
    "GeneralConfiguration": (GeneralConfiguration, "general_configurations"),
    "ServiceType": (ServiceType, "service_types"),
    "Category": (Category, "categories"),
    "Domain": (Domain, "domains"),
    "ReportSchedule": (ReportSchedule, "report_schedules"),
}

WITH_PASSWORD = ("CustomerUser", "SelfCare", "Individual")
"""Kinds whose password is kept as a hash; others keep theirs so that it can be read again."""

Getter = tuple[str, tuple[str, ...], bool]
"""A column, the way to its value, and whether it is stored as JSON."""


def main() -> None:
    """Compare a folder with a database."""
    gc.disable()
    folder, database = sys.argv[1:3]
    more = sys.argv[3:]
    wanted = read_warm(folder, more[1]) if more[:1] == ["--cache"] else read(folder)
    if "--write" in more:
        import bulk  # a plan writes nothing

        tables = {kind: (table, [name for name, _, _ in columns(model)]) for kind, (model, table) in TABLES.items()}
        hashes = bulk.hashed(wanted, WITH_PASSWORD) if "--hash" in more else {}
        print(f"{bulk.write(wanted, tables, database, hashes)} written")
    else:
        print(f"{sum(map(len, wanted.values()))} resources, {compare(wanted, database)} differ")


def read(folder: str) -> dict[str, dict[tuple[str, str], tuple[Any, ...]]]:
    """The tuple of each manifest, by kind, tenant and name."""
    getters = {kind: columns(model) for kind, (model, _) in TABLES.items()}
    wanted: dict[str, dict[tuple[str, str], tuple[Any, ...]]] = {kind: {} for kind in TABLES}
    for path in files(folder):
        with open(path, "rb") as file:  # noqa: PTH123 - the floor pays for no Path
            kind, key, row = parsed(file.read(), getters)
        wanted[kind][key] = row
    return wanted


def read_warm(folder: str, cache: str) -> dict[str, dict[tuple[str, str], tuple[Any, ...]]]:
    """The same from a cache by content; it is written when there was none, or files are not in it."""
    known: dict[str, Any] = {}
    if os.path.exists(cache):  # noqa: PTH110 - as above
        with open(cache, "rb") as file:  # noqa: PTH123
            known = from_json(file.read(), cache_strings="keys")
    getters = {kind: columns(model) for kind, (model, _) in TABLES.items()}
    wanted: dict[str, dict[tuple[str, str], tuple[Any, ...]]] = {kind: {} for kind in TABLES}
    new = False
    for path in files(folder):
        with open(path, "rb") as file:  # noqa: PTH123
            data = file.read()
        digest = sha256(data).hexdigest()
        found = known.get(digest)
        if found is None:
            new = True
            known[digest] = found = parsed(data, getters)
        kind, key, row = found
        wanted[kind][tuple(key)] = tuple(row)
    if new:
        with open(cache, "wb") as file:  # noqa: PTH123
            file.write(to_json(known))
    return wanted


def parsed(data: bytes, getters: dict[str, list[Getter]]) -> tuple[str, tuple[str, str], tuple[Any, ...]]:
    """Kind, tenant and name, and the tuple of one manifest."""
    tree = yaml_rs.loads(data.decode(), parse_datetime=False)
    kind, metadata = tree["kind"], tree["metadata"]
    spec = TABLES[kind][0].model_validate(tree["spec"])
    row = [packed(metadata.get("labels", {}), sort=True), packed(metadata.get("annotations", {}), sort=True)]
    row.extend(value(spec, getter) for getter in getters[kind])
    return kind, (metadata.get("tenant", ""), metadata["name"]), tuple(row)


def compare(wanted: dict[str, dict[tuple[str, str], tuple[Any, ...]]], database: str) -> int:
    """How many tuples have no equal row."""
    fetch = reading(database)
    different = 0
    for kind, rows in wanted.items():
        model, table = TABLES[kind]
        names = ", ".join(f'"{name}"' for name, _, _ in columns(model))
        live = {
            (row[0], row[1]): row[2:]
            for row in fetch(f"SELECT tenant_key, name, labels, annotations, {names} FROM {table}")
        }
        different += sum(live.get(key) != row for key, row in rows.items())
    return different


def reading(database: str) -> Callable[[str], Iterable[tuple[Any, ...]]]:
    """Runs a statement on a file or on a server's database, and gives its rows."""
    if database.startswith("postgresql"):
        import psycopg

        return psycopg.connect(database).execute
    return sqlite3.connect(f"file:{database}?mode=ro", uri=True).execute


def files(folder: str) -> Iterator[str]:
    """Every manifest below a folder."""
    for entry in os.scandir(folder):
        if entry.is_dir():
            yield from files(entry.path)
        elif entry.name.endswith(".yaml") and entry.name != "reconciler.yaml":
            yield entry.path


def columns(model: type[Typed], prefix: str = "", way: tuple[str, ...] = ()) -> list[Getter]:
    """The columns of a model, objects flattened."""
    found: list[Getter] = []
    for name, info in model.model_fields.items():
        column = prefix + name.rstrip("_")
        inner = info.annotation
        if inner is Secret:
            found.append((f"{column}_version", (*way, name, "version"), False))
        elif isinstance(inner, type) and issubclass(inner, Typed):
            found += columns(inner, f"{column}_", (*way, name))
        else:
            found.append((column, (*way, name), getattr(inner, "__origin__", None) is list))
    return found


def value(spec: Typed, getter: Getter) -> Any:
    """The stored form of one value."""
    _, way, is_json = getter
    node: Any = spec
    for step in way:
        node = getattr(node, step)
    if not is_json:
        return node
    return packed([one.model_dump(by_alias=True) if isinstance(one, Typed) else one for one in node])


def packed(found: Any, *, sort: bool = False) -> str:
    """Canonical JSON, as it is stored."""
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False, sort_keys=sort)


if __name__ == "__main__":
    main()
