"""One rich world for the oracle: every kind in every place, operators of every role and state, near and far companies.

``manifests()`` is what somebody could have written; ``LIVE`` is what only the running platform knows: states, and who
stopped what. ``things()`` is both as plain dicts, which is all that the oracle reads.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from tests.oracle.oracle import Key, World

TODAY = dt.date(2026, 6, 15)
NOW = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)

PARTNERS: dict[str, dict[str, Any]] = {
    "arco": {"type": "integrator", "tier": "distributor"},
    "arco-norte": {"type": "integrator", "parent": "arco"},
    "arco-sul": {"type": "reseller", "parent": "arco", "billing": {"account": "SUL-1"}},
    "duna": {"type": "integrator"},
    "farol": {"type": "reseller", "billing": {"account": "FAR-1"}},
    "parada": {"type": "integrator"},
    "rio": {"type": "integrator", "tier": "distributor"},
    "rio-alto": {"type": "integrator", "parent": "rio"},
    "trancada": {"type": "integrator"},
}
ISSUERS = (
    ("arco", "arco-a"),
    ("arco-norte", "norte-a"),
    ("arco-norte", "norte-b"),
    ("arco-sul", "sul-a"),
    ("duna", "duna-a"),
    ("farol", "farol-a"),
    ("farol", "farol-b"),
    ("farol", "farol-parado"),
    ("farol", "farol-preso"),
    ("parada", "parada-a"),
    ("rio-alto", "alto-a"),
    ("", "directa"),
    ("", "directa-b"),
)
PEOPLE: dict[Key, dict[str, Any]] = {
    ("Operator", "", "root"): {"role": "administrator"},
    ("Operator", "", "root-two"): {"role": "administrator"},
    ("Operator", "", "root-out"): {"role": "administrator"},
    ("Operator", "", "aud-farol"): {
        "role": "auditor",
        "auditScope": ["farol/farol-a", "directa"],
        "validUntil": "2026-06-15",
    },
    ("Operator", "", "aud-norte"): {"role": "auditor", "auditScope": ["arco-norte/norte-a", "duna/duna-a"]},
    ("Operator", "", "aud-old"): {"role": "auditor", "auditScope": ["farol/farol-a"], "validUntil": "2026-06-14"},
    ("Operator", "arco", "dora"): {"role": "partner"},
    ("Operator", "arco", "duarte"): {"role": "partner"},
    ("Operator", "arco-norte", "nuno"): {"role": "partner"},
    ("Operator", "arco-sul", "sara"): {"role": "partner"},
    ("Operator", "duna", "diana"): {"role": "partner"},
    ("Operator", "farol", "paula"): {"role": "partner"},
    ("Operator", "farol", "pedro"): {"role": "partner"},
    ("Operator", "farol", "pausa"): {"role": "partner"},
    ("Operator", "parada", "paco"): {"role": "partner"},
    ("Operator", "rio", "rita"): {"role": "partner"},
    ("Operator", "trancada", "tomas"): {"role": "partner"},
    ("Operator", "arco", "isa-arco"): {"role": "issuer", "issuer": "arco-a"},
    ("Operator", "arco-norte", "isa-norte"): {"role": "issuer", "issuer": "norte-a"},
    ("Operator", "farol", "isa"): {"role": "issuer", "issuer": "farol-a"},
    ("Operator", "farol", "ivo"): {"role": "issuer", "issuer": "farol-a"},
    ("Operator", "farol", "iris"): {"role": "issuer", "issuer": "farol-b"},
    ("Operator", "farol", "ilda"): {"role": "issuer", "issuer": "farol-parado"},
    ("Operator", "farol", "igor"): {"role": "issuer", "issuer": "farol-preso"},
    ("Operator", "", "isa-directa"): {"role": "issuer", "issuer": "directa"},
    ("Operator", "", "ivo-directa"): {"role": "issuer", "issuer": "directa-b"},
}
LIVE: dict[Key, dict[str, Any]] = {
    ("Partner", "", "parada"): {"state": "suspended"},
    ("Partner", "", "trancada"): {"state": "blocked"},
    ("Issuer", "farol", "farol-parado"): {"state": "suspended", "stoppedBy": "issuer"},
    ("Issuer", "farol", "farol-preso"): {"state": "blocked", "stoppedBy": "administrator"},
    ("Operator", "", "root-out"): {"state": "suspended", "stoppedBy": "administrator"},
    ("Operator", "farol", "pausa"): {"state": "suspended", "stoppedBy": "partner"},
}
"""Where the platform stands elsewhere than at the usual state of its kind."""

USUAL = {
    "CertificateAuthority": "active",
    "Bundle": "active",
    "Partner": "active",
    "Issuer": "active",
    "Operator": "active",
    "Certificate": "active",
    "ClientService": "registered",
    "SupportMail": "draft",
    "Category": "active",
    "ServiceType": "active",
    "Customer": "active",
    "CustomerUser": "active",
    "Individual": "active",
    "Domain": "pending",
    "ReportSchedule": "enabled",
}
"""The state that a resource of a kind is in, unless ``LIVE`` says another."""

SECRET = {"fromEnv": "SECRET"}
SECRET_VALUE = "correct-horse-4711"


def vat(number: int) -> str:
    """A Portuguese tax number of a company with a correct check digit."""
    digits = f"5{number:07d}"
    rest = sum(int(digit) * weight for digit, weight in zip(digits, range(9, 1, -1), strict=True)) % 11
    return digits + str(0 if rest < 2 else 11 - rest)


def _place(city: str) -> dict[str, Any]:
    return {"line1": f"Rua de {city} 1", "city": city, "postalCode": "1100-001", "country": "PRT"}


def manifests() -> World:
    """Every resource as its manifest's ``spec``; the four built-in roles come with the database."""
    return {key: deepcopy(spec) for key, spec in _all()}


def things(world: World | None = None) -> World:
    """The world as the oracle reads it: spec fields, ``state`` and ``status`` in one dict."""
    found: World = {}
    for key, spec in (world if world is not None else manifests()).items():
        live = LIVE.get(key, {})
        found[key] = deepcopy(spec)
        found[key]["state"] = live.get("state", USUAL.get(key[0], ""))
        found[key]["status"] = {word: value for word, value in live.items() if word != "state"}
    for word in ("admin", "reseller", "account", "customer"):
        found["Role", "", f"{word}-default"] = {"type": word, "default": True, "status": {"builtIn": True}}
    return found


def _all() -> Iterator[tuple[Key, dict[str, Any]]]:
    yield from _platform()
    for number, (name, spec) in enumerate(PARTNERS.items()):
        office = {"email": f"office@{name}.example.com"}
        more = {"vatNumber": vat(100 + number), "contact": office, "address": _place("Lisboa")}
        yield ("Partner", "", name), {"legalName": name.title(), **more, **spec}
    for number, (tenant, name) in enumerate(ISSUERS):
        more = {} if tenant and PARTNERS[tenant]["type"] == "reseller" else {"billing": {"account": f"I-{number}"}}
        office = {"email": f"office@{name}.example.com"}
        yield (
            ("Issuer", tenant, name),
            {
                "legalName": name.title(),
                "vatNumber": vat(500 + number),
                "contact": office,
                **more,
            },
        )
        yield from _signing(tenant, name)
    for key, spec in PEOPLE.items():
        yield key, {"email": mail(key), "displayName": key[2].title(), **spec}
    for tenant in PARTNERS:
        yield from _helpdesk(tenant)
        yield from _customers(tenant)
        yield ("ReportSchedule", tenant, "monthly"), {"recipients": [f"reports@{tenant}.example.com"]}


def mail(key: Key) -> str:
    """The address of mail by which an operator is known."""
    return f"{key[2]}@{key[1] or 'platform'}.example.com"


def _platform() -> Iterator[tuple[Key, dict[str, Any]]]:
    yield (
        ("SystemConfiguration", "", "platform"),
        {"platformName": "Atlantic", "environment": "staging", "policy": {"smtpEditors": ["administrator", "partner"]}},
    )
    for name in ("atlantic", "pacific"):
        yield (
            ("CertificateAuthority", "", name),
            {"displayName": name.title(), "remoteService": {"baseUrl": f"https://{name}.example.com/csc/v1"}},
        )
        yield ("Bundle", "", f"bundle-{name}"), {"displayName": name.title(), "includedSignatures": 1000}
    yield ("Role", "", "clerk"), {"type": "customer", "permissions": [{"path": "customer.domains", "access": "read"}]}
    yield ("Role", "", "seller"), {"type": "reseller", "permissions": [{"path": "reseller", "access": "read"}]}
    yield from _configured("", None)
    yield ("ReportSchedule", "", "everything"), {"recipients": ["reports@platform.example.com"]}


def _configured(tenant: str, service: str | None) -> Iterator[tuple[Key, dict[str, Any]]]:
    where = {"scope": "system"} if service is None else {"scope": "clientService", "clientService": service}
    name = service or "system"
    yield (
        ("GeneralConfiguration", tenant, f"{name}-custody"),
        {**where, "key": "custody", "mode": "override", "value": {"enabled": True, "years": 10}},
    )
    yield (
        ("SmtpSettings", tenant, f"{name}-smtp"),
        {**where, "host": "mail.example.com", "authenticated": False, "from": "mail@example.com"},
    )
    yield (
        ("VisualTemplate", tenant, f"{name}-seal"),
        {**where, "type": "digital-signature", "language": "pt-PT", "text": "Signed"},
    )


def _signing(tenant: str, issuer: str) -> Iterator[tuple[Key, dict[str, Any]]]:
    for word in ("seal", "spare"):
        alias = f"{issuer}-{word}"
        yield (
            ("Certificate", tenant, alias),
            {"alias": alias, "issuer": issuer, "certificateAuthority": "atlantic", "wallet": "Principal"},
        )
    for word in ("one", "two"):
        alias = f"{issuer}-{word}"
        ready = {"certificate": f"{issuer}-seal", "clientSecret": SECRET} if word == "one" else {}
        spec = {"alias": alias, "issuer": issuer, "bundle": "bundle-atlantic", **ready}
        yield ("ClientService", tenant, alias), spec
    yield from _configured(tenant, f"{issuer}-one")


def _helpdesk(tenant: str) -> Iterator[tuple[Key, dict[str, Any]]]:
    yield ("ServiceType", tenant, "incident"), {"displayName": "Incident"}
    yield ("Category", tenant, "billing"), {"displayName": "Billing", "serviceTypes": ["incident"]}
    yield (
        ("SupportMail", tenant, "inbox"),
        {
            "address": f"support@{tenant}.example.com",
            "tenantId": "11111111-2222-3333-4444-555555555555",
            "clientId": "11111111-2222-3333-4444-666666666666",
            "clientSecret": SECRET,
            "clientSecretExpiresAt": "2027-06-01",
            "consent": {"read": True, "write": True, "modify": True},
            "mailboxScoped": True,
        },
    )
    yield (
        ("MailToTicket", tenant, "tickets"),
        {"supportMail": "inbox", "ingestFrom": "2026-06-10T00:00:00Z", "defaultCategory": "billing"},
    )


def _customers(tenant: str) -> Iterator[tuple[Key, dict[str, Any]]]:
    for word, more in (
        ("casa", {}),
        ("casa-filial", {"parent": "casa"}),
        ("grande", {"plan": "enterprise"}),
    ):
        yield (
            ("Customer", tenant, word),
            {"companyName": f"{word} {tenant}", "address": {"line1": "Rua 1"}, **more},
        )
        yield (
            ("CustomerUser", tenant, f"{word}-user"),
            {
                "customer": word,
                "displayName": word.title(),
                "email": f"user@{word}.{tenant}.example.com",
                "password": SECRET,
                "role": "clerk",
            },
        )
        yield (
            ("Domain", tenant, f"{word}-site"),
            {
                "customer": word,
                "host": f"{word}.{tenant}.example.com",
                "origins": [{"address": "origin.example.com"}],
                "ssl": {"source": "lets-encrypt"},
            },
        )
        if word == "casa-filial":  # which has no portal yet
            continue
        yield (
            ("SelfCare", tenant, f"{word}-care"),
            {"customer": word, "login": f"{tenant}-{word}", "password": SECRET, "allowedRoles": ["clerk"]},
        )
        yield (
            ("Individual", tenant, f"{word}-person"),
            {
                "customer": word,
                "login": f"{tenant}-{word}-person",
                "password": SECRET,
                "role": "clerk",
                "email": f"person@{word}.{tenant}.example.com",
            },
        )
