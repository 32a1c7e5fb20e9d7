"""From a question to manifests: the smallest set whose plan holds just the change that a cell is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from reconciler.model.manifest import Document
from tests.oracle.asked import Question
from tests.oracle.databases import manifest
from tests.oracle.oracle import Key, Thing
from tests.oracle.world import manifests, vat

NEW_SECRET = {"fromEnv": "SECRET", "version": "2"}
Spec = dict[str, Any]

# --- a changed value for every field that has an update row ----------------------------------------------------------

_COMPANY: dict[str, Any] = {
    "legalName": "Another Name, S.A.",
    "contact": {"email": "another@example.com"},
    "address": {"line1": "Rua Nova 2", "city": "Porto", "postalCode": "4000-001", "country": "PRT"},
    "language": "en",
    "country": "ESP",
    "vatNumber": vat(900),
    "billing": lambda spec: {**spec["billing"], "account": "NEW-1"} if "billing" in spec else None,
    "billing.currency": lambda spec: {"billing": {**spec["billing"], "currency": "USD"}} if "billing" in spec else None,
}
_OTHER_ISSUER = {"farol-a": "farol-b", "norte-a": "norte-b", "directa": "directa-b"}


def _billed(spec: Spec) -> Spec:
    """A partner of the other type, which needs billing, or must have none."""
    if spec["type"] == "reseller":
        return {"type": "integrator", "billing": None}
    return {"type": "reseller", "billing": {"account": "NEW-1"}}


def _other_service(spec: Spec) -> str | None:
    found = spec.get("clientService")
    return None if found is None else str(found).replace("-one", "-two")


def _sibling(name: str) -> Callable[[Spec], str | None]:
    return lambda spec: _OTHER_ISSUER.get(spec[name])


CHANGED: Mapping[str, Mapping[str, Any]] = {
    "SystemConfiguration": {
        "platformName": "Pacific",
        "languages": ["pt-PT", "en", "es"],
        "defaultLanguage": "en",
        "defaultTimeZone": "Europe/Madrid",
        "passwordPolicy": {"minLength": 9},
        "custodyYears": 12,
        "caAccess": {"maxDays": 30},
        "features": {"ipv6TrustedIps": True},
        "policy": {"smtpEditors": ["administrator", "issuer"]},
        "legal": {"qualifiedSignatureMandatoryFrom": "2028-01-01"},
        "environment": "production",
    },
    "CertificateAuthority": {
        "displayName": "Another",
        "remoteService": {"baseUrl": "https://another.example.com/csc/v1"},
        "authorizationModes": ["pin"],
        "authorizationCodeTtlSeconds": 60,
        "type": "remote-proprietary",
        "qualified": False,
    },
    "Bundle": {"displayName": "Another", "includedSignatures": 7, "custody": True, "notifications": True},
    "Role": {
        "description": "another",
        "permissions": lambda spec: [{"path": spec["type"], "access": "write"}],
        "default": True,
        "type": lambda spec: {"type": "account", "permissions": []} if spec["type"] != "account" else None,
    },
    "Partner": {
        **_COMPANY,
        "type": _billed,
        "tier": lambda spec: "partner" if spec.get("tier") == "distributor" else "distributor",
        "parent": lambda spec: None if spec.get("tier") == "distributor" else "rio",
    },
    "Issuer": _COMPANY,
    "Operator": {
        "displayName": "Another Name",
        "phone": "+351211234567",
        "language": "en",
        "credentialsResetToken": "again",
        "email": lambda spec: f"new-{spec['email']}",
        "role": lambda spec: {"role": "partner", "issuer": None} if spec["role"] == "issuer" else None,
        "issuer": lambda spec: _OTHER_ISSUER.get(spec["issuer"]) if "issuer" in spec else None,
        "auditScope": lambda spec: ["duna/duna-a"] if spec["role"] == "auditor" else None,
        "validUntil": "2027-01-01",
    },
    "Certificate": {
        "alias": "another",
        "wallet": "Another",
        "issuer": _sibling("issuer"),
        "certificateAuthority": "pacific",
        "use": "signature",
    },
    "ClientService": {
        "bundle": "bundle-pacific",
        "language": "en",
        "additionalInfo": "more",
        "documentTypes": ["other"],
        "certificate": lambda spec: f"{spec['issuer']}-spare",
        "clientSecret": NEW_SECRET,
        "alias": lambda spec: f"{spec['alias']}-new",
        "issuer": lambda spec: None if "certificate" in spec else _OTHER_ISSUER.get(spec["issuer"]),
        "integration": "on-premise",
    },
    "GeneralConfiguration": {
        "mode": lambda spec: {"mode": "inherit", "value": None} if spec["scope"] != "system" else None,
        "value": {"enabled": False, "years": 11},
        "key": {"key": "timestamp", "value": {"enabled": True}},
        "scope": None,
        "clientService": lambda spec: (
            spec["clientService"].replace("-one", "-two") if "clientService" in spec else None
        ),
    },
    "SmtpSettings": {
        "useSystem": lambda spec: (
            None
            if spec["scope"] == "system"
            else {
                word: True if word == "useSystem" else spec.get(word) if word in ("scope", "clientService") else None
                for word in (*spec, "useSystem")
            }
        ),
        "description": "another",
        "host": "other.example.com",
        "port": 2525,
        "from": "other@example.com",
        "username": "somebody@example.com",
        "password": {"password": NEW_SECRET, "username": "somebody@example.com", "authenticated": True},
        "timeoutMs": 9000,
        "connectionTimeoutMs": 9000,
        "writeTimeoutMs": 9000,
        "authenticated": {"password": NEW_SECRET, "username": "somebody@example.com", "authenticated": True},
        "tlsEnable": False,
        "tlsRequired": True,
        "clientService": lambda spec: (
            spec["clientService"].replace("-one", "-two") if "clientService" in spec else None
        ),
    },
    "VisualTemplate": {
        "text": "Another text",
        "language": "en",
        "type": {"type": "portal-layout", "text": None, "css": {"fromFile": "look.css"}},
        "clientService": lambda spec: (
            spec["clientService"].replace("-one", "-two") if "clientService" in spec else None
        ),
    },
    "SupportMail": {
        "address": lambda spec: f"new-{spec['address']}",
        "displayName": "Another",
        "tenantId": "22222222-2222-3333-4444-555555555555",
        "clientId": "22222222-2222-3333-4444-666666666666",
        "clientSecretExpiresAt": "2027-07-01",
        "consent": {"read": True, "write": True, "modify": False},
        "mailboxScoped": False,
        "clientSecret": NEW_SECRET,
    },
    "MailToTicket": {
        "folder": "Other",
        "pollIntervalSeconds": 600,
        "ingestFrom": "2026-06-11T00:00:00Z",
        "postFetchAction": {"postFetchAction": "move", "processedFolder": "Done"},
        "defaultServiceType": "incident",
        "allowedSenderDomains": ["example.com"],
        "autoReply": True,
        "enabled": True,
    },
    "Category": {
        "displayName": "Another",
        "description": "another",
        "audience": "all",
        "serviceTypes": [],
        "sortOrder": 5,
    },
    "ServiceType": {"displayName": "Another", "description": "another", "sortOrder": 5},
    "Customer": {
        "companyName": "Another",
        "address": {"line1": "Rua Nova 2"},
        "parent": lambda spec: "grande" if spec.get("plan") != "enterprise" else "casa",
        "customerType": "retail",
        "taxId": "ABC123",
        "plan": lambda spec: "standard" if spec.get("plan") else "enterprise",
        "currency": "USD",
    },
    "CustomerUser": {
        "displayName": "Another",
        "role": "customer-default",
        "password": NEW_SECRET,
        "email": lambda spec: f"new-{spec['email']}",
        "customer": lambda spec: "grande" if spec["customer"] == "casa" else "casa",
    },
    "SelfCare": {
        "login": lambda spec: f"{spec['login']}-new",
        "password": NEW_SECRET,
        "trustedIpsOnly": {"trustedIpsOnly": True, "trustedIps": ["192.0.2.1"]},
        "trustedIps": ["192.0.2.1"],
        "twoFactor": "optional",
        "apiToken": {"enabled": True, "token": NEW_SECRET},
        "role": "clerk",
        "allowedRoles": ["clerk", "customer-default"],
        "timeZone": "Europe/Madrid",
        "language": "en",
        "outputDateFormat": "DD-MM-YYYY",
        "outputTimeFormat": "HH24:MI",
        "inputDateFormat": "DD-MM-YYYY",
        "inputTimeFormat": "HH24:MI",
        "customer": "casa-filial",
    },
    "Individual": {
        "email": lambda spec: f"new-{spec['email']}",
        "activationDate": "2026-01-01",
        "expirationDate": "2027-01-01",
        "twoFactor": "enabled",
        "password": NEW_SECRET,
        "timeZone": "Europe/Madrid",
        "language": "en",
        "trustedIps": ["192.0.2.1"],
        "login": lambda spec: f"{spec['login']}-new",
        "customer": lambda spec: "grande" if spec["customer"] == "casa" else "casa",
    },
    "Domain": {
        "httpPorts": [80, 443, 8080],
        "scheme": "both",
        "origins": [{"address": "other.example.com"}],
        "originScheme": "http",
        "originPort": 8443,
        "loadBalancing": "ip-hash",
        "cache": {"mode": "bypass"},
        "redirection": {"mode": "url", "target": "https://other.example.com"},
        "minTls": "1.3",
        "hsts": {"enabled": True},
        "waf": {"mode": "detect"},
        "whiteList": ["192.0.2.0/24"],
        "ssl.coverage": {"scheme": "http", "ssl": {"source": "none", "coverage": "san"}},
        "host": lambda spec: f"new-{spec['host']}",
        "customer": lambda spec: "grande" if spec["customer"] == "casa" else "casa",
    },
    "ReportSchedule": {"dayOfMonth": 9, "recipients": ["other@example.com"]},
}
"""A value, an override of several fields, or a function from the spec to either; None where there is no other value."""

# --- a new resource beside every one that there is -------------------------------------------------------------------

FRESH: Mapping[str, Callable[[Spec], Spec | None]] = {
    "CertificateAuthority": lambda spec: {"displayName": f"{spec['displayName']} New"},
    "Partner": lambda _: {"vatNumber": vat(901)},
    "Issuer": lambda _: {"vatNumber": vat(902)},
    "Operator": lambda spec: {"email": f"new-{spec['email']}"},
    "Certificate": lambda spec: {"alias": f"{spec['alias']}-new"},
    "ClientService": lambda spec: {"alias": f"{spec['alias']}-new", "certificate": None, "clientSecret": None},
    "GeneralConfiguration": lambda _: {"key": "timestamp", "value": {"enabled": True}},
    "SmtpSettings": lambda spec: {"clientService": _other_service(spec)} if "clientService" in spec else None,
    "VisualTemplate": lambda _: {"language": "en"},
    "SupportMail": lambda spec: {"address": f"new-{spec['address']}"},
    "MailToTicket": lambda _: {"folder": "Other"},
    "Category": lambda _: {"displayName": "Another"},
    "ServiceType": lambda _: {"displayName": "Another"},
    "Customer": lambda spec: {"companyName": f"{spec['companyName']} new", "plan": None},
    "CustomerUser": lambda spec: {"email": f"new-{spec['email']}"},
    "SelfCare": lambda spec: {"customer": "casa-filial", "login": f"{spec['login']}-new"},
    "Individual": lambda spec: {"login": f"{spec['login']}-new"},
    "Domain": lambda spec: {"host": f"new-{spec['host']}"},
    "SystemConfiguration": lambda _: None,
}
OWN_ROWS: Mapping[tuple[str, str], Callable[[Spec], Any]] = {
    ("ClientService", "certificate"): lambda spec: f"{spec['issuer']}-seal",
    ("ClientService", "clientSecret"): lambda _: NEW_SECRET,
    ("Customer", "plan"): lambda _: "enterprise",
}


@dataclass(frozen=True)
class Probe:
    """A set of manifests, what a plan of it is limited to, and where the resource stands before it."""

    question: Question
    documents: tuple[Document, ...]
    targets: tuple[str, ...]
    prune: bool = False
    state: str = ""

    @property
    def beside(self) -> tuple[str, ...]:
        """Who else stands behind the plan: a field that no administrator gives needs somebody who makes the rest."""
        cell = self.question.cell
        apart = cell.kind == "ClientService" and cell.verb == "create" and cell.fields != ("*",)
        return ("root@platform.example.com",) if apart else ()

    @property
    def status(self) -> Mapping[str, Any]:
        """What the platform remembers of the resource."""
        found: Mapping[str, Any] = self.question.thing.get("status", {})
        return found


SPECS = manifests()
ANCHOR: Key = ("SystemConfiguration", "", "platform")


def probe(question: Question) -> Probe | None:
    """The manifests of a question; None when no valid manifest asks it."""
    key, thing = question.key, question.thing
    target = "/".join(part for part in key if part)
    if key[0] == "Role" and thing.get("status", {}).get("builtIn"):
        return None
    spec = _plain(thing)
    match question.cell.verb:
        case "create":
            return _creation(question, target)
        case "update":
            changed = _changed(key[0], question.field, spec)
            if changed is None:
                return None
            return Probe(question, (manifest(key, changed),), (target,))
        case "transition":
            start, _, goal = question.cell.edge.partition("->")
            if key[0] == "ClientService" and goal == "active" and "certificate" not in spec:
                return None
            return Probe(question, (manifest(key, {**SPECS[key], "state": goal}),), (target,), state=start)
        case "delete":
            anchor = manifest(ANCHOR, SPECS[ANCHOR])
            return None if key == ANCHOR else Probe(question, (anchor,), (target,), prune=True)
    return None


def _plain(thing: Thing) -> Spec:
    return {word: value for word, value in deepcopy(dict(thing)).items() if word not in ("state", "status")}


def _changed(kind: str, field: str, spec: Spec) -> Spec | None:
    change = CHANGED[kind].get(field)
    if callable(change):
        change = change(spec)
    if change is None:
        return spec if (kind, field) == ("Partner", "parent") and spec.pop("parent", None) else None
    if not isinstance(change, dict) or field in _OBJECTS or change is NEW_SECRET:
        change = {field: change}
    merged = {word: value for word, value in {**spec, **change}.items() if value is not None}
    return None if merged == spec else merged


_OBJECTS = frozenset(
    "passwordPolicy caAccess features policy legal remoteService contact address billing consent apiToken cache"
    " redirection hsts waf value".split()
)
"""Fields whose value is an object by itself; other dicts override several fields."""


def _in_place(key: Key, spec: Spec) -> bool:
    """Whether validation lets an operator of this role stand here."""
    match spec["role"]:
        case "administrator":
            return not key[1] and not {"issuer", "auditScope"} & set(spec)
        case "auditor":
            return not key[1] and "issuer" not in spec and "auditScope" in spec
        case "partner":
            return bool(key[1]) and not {"issuer", "auditScope"} & set(spec)
    return "issuer" in spec and "auditScope" not in spec


def _creation(question: Question, target: str) -> Probe | None:
    key = question.key
    spec = _plain(question.thing)
    if key[0] == "Operator" and not _in_place(key, spec):
        return None
    fresh = FRESH.get(key[0], lambda _: {})(spec)
    if fresh is None or not key[2].endswith("-new"):
        return None
    spec = {word: value for word, value in {**spec, **fresh}.items() if value is not None}
    if question.field != "*":
        spec[question.field] = OWN_ROWS[key[0], question.field](spec)
    documents = [manifest(key, spec)]
    targets = [target]
    if key[0] == "Customer":  # a customer comes with somebody who may log in
        user = {**SPECS["CustomerUser", key[1], "casa-user"], "customer": key[2], "email": "first@new.example.com"}
        documents.append(manifest(("CustomerUser", key[1], f"{key[2]}-user"), user))
        targets.append(f"CustomerUser/{key[1]}/{key[2]}-user")
    return Probe(question, tuple(documents), tuple(targets))
