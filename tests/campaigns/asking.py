"""Who asks, and what each of them may not read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.campaigns.states import ROOT, Case, Foreign
from tests.escalation.estate import known
from tests.oracle.oracle import Key

PAULA, ISA, DORA, DIANA = known("farol", "paula"), known("farol", "isa"), known("arco", "dora"), known("duna", "diana")
DIRECT, AUDITOR = known("", "isa-directa"), known("", "aud-farol")
PEDRO, DUARTE, IRIS = known("farol", "pedro"), known("arco", "duarte"), known("farol", "iris")

FAROL: Mapping[Key, Mapping[str, Any]] = {
    ("Category", "farol", "billing"): {"displayName": "Faturas"},
    ("ServiceType", "farol", "incident"): {},
}
FAROL_A: Mapping[Key, Mapping[str, Any]] = {
    ("ClientService", "farol", "farol-a-two"): {"certificate": "farol-a-spare"},
    ("ClientService", "farol", "farol-a-one"): {},
}
GRAVE: Mapping[Key, Mapping[str, Any]] = {
    ("Operator", "farol", "novo"): {
        "email": "novo@farol.example.com",
        "displayName": "Novo",
        "role": "issuer",
        "issuer": "farol-a",
    },
    ("Issuer", "farol", "farol-b"): {"state": "blocked"},
}
"""What sends mail and needs somebody to approve it."""
ARCO: Mapping[Key, Mapping[str, Any]] = {
    ("Category", "arco-norte", "billing"): {"displayName": "Faturas"},
    ("ServiceType", "arco", "incident"): {},
}
DIRECTA: Mapping[Key, Mapping[str, Any]] = {("ClientService", "", "directa-two"): {"certificate": "directa-spare"}}
SCOPE: Mapping[Key, Mapping[str, Any]] = {("ClientService", "farol", "farol-a-two"): {}}


def desk(tenant: str, *owners: str) -> Foreign:
    key = ("Category", tenant, "billing")
    return Foreign(key, "displayName", {"display_name": "Other"}, {"displayName": "Guess"}, "archived", owners)


def service(tenant: str, name: str, *owners: str) -> Foreign:
    key = ("ClientService", tenant, name)
    return Foreign(key, "language", {"language": "es"}, {"language": "en"}, "deleted", owners or (ROOT,))


def operator(tenant: str, name: str) -> Foreign:
    key = ("Operator", tenant, name)
    return Foreign(key, "displayName", {"display_name": "Other"}, {"displayName": "Guess"}, "deleted")


def issuer(tenant: str, name: str) -> Foreign:
    return Foreign(("Issuer", tenant, name), "legalName", {"legal_name": "Other"}, {"legalName": "Guess"}, "deleted")


def partner(name: str) -> Foreign:
    return Foreign(("Partner", "", name), "legalName", {"legal_name": "Other"}, {"legalName": "Guess"}, "blocked")


CASES: tuple[Case, ...] = (
    Case("people-operator", (PAULA,), operator("", "root-two"), GRAVE),
    Case(
        "people-platform",
        (PAULA,),
        Foreign(("SystemConfiguration", "", "platform"), "platformName", {"platform_name": "x"}, {"platformName": "y"}),
        GRAVE,
        guessable=True,
    ),
    Case("paula-category", (PAULA,), desk("duna", DIANA), FAROL),
    Case("paula-operator", (PAULA,), operator("duna", "diana"), FAROL),
    Case("paula-platform-operator", (PAULA,), operator("", "root-two"), FAROL),
    Case("paula-partner", (PAULA,), partner("duna"), FAROL),
    Case("paula-issuer", (PAULA,), issuer("", "directa"), FAROL),
    Case(
        "paula-role",
        (PAULA,),
        Foreign(("Role", "", "seller"), "description", {"description": "x"}, {"description": "y"}),
        FAROL,
    ),
    Case(
        "paula-authority",
        (PAULA,),
        Foreign(("CertificateAuthority", "", "pacific"), "displayName", {"display_name": "x"}, {"displayName": "y"}),
        FAROL,
    ),
    Case(
        "paula-platform",
        (PAULA,),
        Foreign(("SystemConfiguration", "", "platform"), "platformName", {"platform_name": "x"}, {"platformName": "y"}),
        FAROL,
    ),
    Case("isa-service", (ISA,), service("farol", "farol-b-two"), FAROL_A),
    Case("isa-category", (ISA,), desk("farol", PEDRO), FAROL_A),
    Case("isa-operator", (ISA,), operator("farol", "pedro"), FAROL_A),
    Case(
        "isa-certificate",
        (ISA,),
        Foreign(
            ("Certificate", "farol", "farol-b-spare"),
            "wallet",
            {"wallet": "Other"},
            {"wallet": "Guess"},
            "",
            (IRIS,),
        ),
        FAROL_A,
    ),
    Case(
        "isa-customer",
        (ISA,),
        Foreign(
            ("CustomerUser", "farol", "casa-user"),
            "displayName",
            {"display_name": "x"},
            {"displayName": "y"},
            "",
            (PEDRO,),
        ),
        FAROL_A,
    ),
    Case("dora-category", (DORA,), desk("duna", DIANA), ARCO),
    Case(
        "dora-individual",
        (DORA,),
        Foreign(
            ("Individual", "arco-norte", "casa-person"),
            "email",
            {"email": "x@example.com"},
            {"email": "y@example.com"},
            "",
            (known("arco-norte", "nuno"),),
        ),
        ARCO,
    ),
    Case("direct-service", (DIRECT,), service("", "directa-b-two"), DIRECTA),
    Case("auditor-issuer", (AUDITOR,), issuer("duna", "duna-a"), SCOPE),
    Case("auditor-service", (AUDITOR,), service("farol", "farol-b-two"), SCOPE),
    Case("auditor-category", (AUDITOR,), desk("farol", PEDRO), SCOPE),
    Case("auditor-operator", (AUDITOR,), operator("farol", "pedro"), SCOPE),
    Case("two-tenants", (PAULA, DIANA), desk("arco", DUARTE), FAROL),
    Case("partner-and-issuer", (ISA, DIANA), service("farol", "farol-b-two"), FAROL_A),
    # Fields that may not be read, of resources that may.
    Case(
        "paula-wallet",
        (PAULA,),
        Foreign(
            ("Certificate", "farol", "farol-b-spare"), "wallet", {"wallet": "Other"}, {"wallet": "Guess"}, "", (IRIS,)
        ),
        FAROL,
        readable=True,
    ),
    Case(
        "isa-authority",
        (ISA,),
        Foreign(
            ("CertificateAuthority", "", "pacific"),
            "remoteService.baseUrl",
            {"remote_service_base_url": "https://x.example.com/csc/v1"},
            {"remoteService": {"baseUrl": "https://y.example.com/csc/v1"}},
        ),
        FAROL_A,
        readable=True,
    ),
)
