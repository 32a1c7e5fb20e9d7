"""The corpus: N valid manifests, one a file, about 20 lines and 550 bytes each, spread over tenants and kinds.

The same seed gives the same bytes. A tenant is a block of up to 100 resources, each behind what it refers to, so that a
corpus may end anywhere; the first of them holds every kind. Life-cycle states are left out: what is measured is
reading, not a life cycle.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

SECRET = "BENCH_SECRET"
"""Environment variable that every secret of the corpus comes from."""
SECRET_VALUE = "Correct-Horse-4711"
ADMINISTRATOR = "bench@example.com"
"""Whoever applies changes of the corpus. The first apply is the installer's."""

CONFIG = """\
apiVersion: reconciler/v1
kind: Project
manifests: [platform, tenants]
database: {url: sqlite:///live.db}
"""

_WORDS = (
    "amber birch cedar delta ember fjord grove haven inlet jetty kelp larch maple north ocean pearl quartz river slate "
    "tidal umber vale willow xenia yarrow zephyr"
).split()
_CITIES = ("Lisboa", "Porto", "Braga", "Coimbra", "Faro", "Évora")


def main() -> None:
    """Write a corpus below a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--resources", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    files, size = write(given.folder, given.resources, given.seed)
    print(f"{files} files, {size / files:.0f} bytes each")


def write(folder: Path, resources: int, seed: int = 1) -> tuple[int, int]:
    """Write ``resources`` manifests and a configuration; returns the number of files and of bytes."""
    size = 0
    count = 0
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reconciler.yaml").write_text(CONFIG, encoding="utf-8")
    for path, text in manifests(resources, seed):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        size += len(text.encode())
        count += 1
    return count, size


def manifests(resources: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Paths and texts of ``resources`` manifests."""
    chance = random.Random(seed)
    made = 0
    for source in _sources(chance):
        for one in source:
            if made == resources:
                return
            made += 1
            yield one


def _sources(chance: random.Random) -> Iterator[Iterator[tuple[str, str]]]:
    yield _platform(chance)
    number = 0
    while True:
        number += 1
        yield _tenant(chance, number)


def _platform(chance: random.Random) -> Iterator[tuple[str, str]]:
    yield _manifest(
        chance,
        "SystemConfiguration",
        "platform",
        "",
        """\
  platformName: Bench
  environment: staging
  languages: [en, es-ES, pt-PT]
  passwordPolicy:
    minLength: 10
    expiryDays: 90
""",
    )
    operator = f"  email: {ADMINISTRATOR}\n  displayName: Bench\n  role: administrator\n  language: pt-PT\n"
    yield _manifest(chance, "Operator", "bench", "", operator)
    yield _manifest(chance, "Role", "customer-readers", "", _role())
    yield _manifest(chance, "CertificateAuthority", "atlantic-trust", "", _authority())
    for size in (1_000, 10_000, 100_000):
        yield _manifest(
            chance,
            "Bundle",
            f"bundle-{size}",
            "",
            f"  displayName: {size} signatures\n  includedSignatures: {size}\n  custody: true\n  notifications: true\n",
        )


def _authority() -> str:
    return f"""\
  displayName: Atlantic Trust Services
  type: remote-csc
  qualified: true
  remoteService:
    baseUrl: https://csc.atlantic-trust.example.com/v1
    clientId: platform
    clientSecret:
      fromEnv: {SECRET}
      version: "1"
  authorizationModes: [otp, pin]
"""


def _role() -> str:
    return """\
  type: customer
  description: Look at everything, change the own profile
  permissions:
    - path: customer
      access: read
    - path: customer.invoices
      access: none
    - path: customer.profile
      access: write
"""


def _tenant(chance: random.Random, number: int) -> Iterator[tuple[str, str]]:
    tenant = f"tenant-{number:05}"
    domain = f"{tenant}.example.com"
    company = _company(chance, number * 100, domain) + "  type: integrator\n"
    yield _manifest(chance, "Partner", tenant, "", company)
    customer = f"{tenant}-customer"
    yield _manifest(chance, "Customer", customer, tenant, _customer(chance, tenant))
    yield _manifest(chance, "CustomerUser", f"{tenant}.user", tenant, _customer_user(chance, customer, domain))
    for place in range(12):
        issuer = f"{tenant}-issuer-{place:02}"
        serial = number * 100 + place + 1
        company = _company(chance, serial, domain) + f"  billing:\n    account: ACC-{serial:07}\n"
        yield _manifest(chance, "Issuer", issuer, tenant, company)
        if place < 6:
            yield _manifest(chance, "Certificate", f"seal-{issuer}", tenant, _certificate(issuer))
        for part in range(2):
            service = f"cs-{issuer}-{part}"
            yield _manifest(chance, "ClientService", service, tenant, _service(chance, service, issuer))
            if part == 0 or place < 4:
                yield _manifest(chance, "SmtpSettings", f"smtp-{service}", tenant, _smtp(chance, service, domain))
            if part == 0:
                yield _manifest(chance, "GeneralConfiguration", f"stamp-{service}", tenant, _stamp(chance, service))
            if part == 1 and place < 4:
                yield _manifest(chance, "VisualTemplate", f"mail-{service}", tenant, _template(chance, service))
    types = [f"type-{place}" for place in range(6)]
    for place, name in enumerate(types):
        yield _manifest(chance, "ServiceType", name, tenant, _ticket_word(chance, "Service", place))
    for place in range(6):
        text = _ticket_word(chance, "Category", place) + f"  audience: customers\n  serviceTypes: [{types[place]}]\n"
        yield _manifest(chance, "Category", f"category-{place}", tenant, text)
    yield _manifest(chance, "SupportMail", "helpdesk", tenant, _support_mail(domain))
    yield _manifest(chance, "MailToTicket", "helpdesk-inbox", tenant, _inbox(domain))
    portal = number % 10 == 1  # passwords are dear: one tenant in ten has a portal of its own
    if portal:
        yield _manifest(chance, "SelfCare", f"{tenant}-portal", tenant, _portal(tenant, customer))
        yield _manifest(chance, "Individual", f"{tenant}.guest", tenant, _individual(tenant, customer, domain))
    for place in range(6 if portal else 8):
        host = f"www{place}.{domain}"
        yield _manifest(chance, "Domain", host, tenant, _domain(chance, customer, host))
    yield _manifest(chance, "ReportSchedule", "monthly", tenant, f"  dayOfMonth: 3\n  recipients: [finance@{domain}]\n")


# --- specs -----------------------------------------------------------------------------------------------------------


def _company(chance: random.Random, serial: int, domain: str) -> str:
    return f"""\
  legalName: {_phrase(chance, 2).title()}, Lda.
  country: PRT
  vatNumber: "{_vat(serial)}"
  contact:
    email: office{serial}@{domain}
    phone: "+3512{serial % 10**8:08}"
  address:
    line1: Rua {chance.choice(_WORDS).title()} {chance.randint(1, 300)}
    city: {chance.choice(_CITIES)}
    postalCode: {chance.randint(1000, 9999)}-{chance.randint(0, 999):03}
    country: PRT
  language: pt-PT
"""


def _customer(chance: random.Random, tenant: str) -> str:
    return f"""\
  companyName: {tenant} {_phrase(chance, 2)}
  address:
    line1: Avenida {chance.choice(_WORDS).title()} {chance.randint(1, 300)}
    city: {chance.choice(_CITIES)}
    postalCode: {chance.randint(1000, 9999)}-001
    country: PRT
  customerType: retail
  plan: enterprise
  currency: EUR
"""


def _customer_user(chance: random.Random, customer: str, domain: str) -> str:
    return f"""\
  customer: {customer}
  displayName: {_phrase(chance, 2).title()}
  email: user@{domain}
  password:
    fromEnv: {SECRET}
    version: "1"
"""


def _service(chance: random.Random, service: str, issuer: str) -> str:
    return f"""\
  alias: {service}
  issuer: {issuer}
  bundle: bundle-10000
  language: pt-PT
  additionalInfo: {_phrase(chance, 14)}
  documentTypes: [e-invoice, other]
  integration: saas
  clientSecret:
    fromEnv: {SECRET}
    version: "1"
"""


def _smtp(chance: random.Random, service: str, domain: str) -> str:
    return f"""\
  scope: clientService
  clientService: {service}
  description: {_phrase(chance, 6)}
  host: smtp.{domain}
  port: 587
  from: invoices@{domain}
  username: invoices
  password:
    fromEnv: {SECRET}
    version: "1"
  timeoutMs: {chance.randint(5, 20) * 1000}
  tlsEnable: true
  tlsRequired: true
"""


def _certificate(issuer: str) -> str:
    return f"""\
  alias: {issuer}-seal
  issuer: {issuer}
  certificateAuthority: atlantic-trust
  wallet: Principal
  use: seal
"""


def _template(chance: random.Random, service: str) -> str:
    return f"""\
  scope: clientService
  clientService: {service}
  type: email-communication
  event: documents-available
  language: pt-PT
  subject: "{_phrase(chance, 4)} {{{{document.number}}}}"
  body: "<p>{_phrase(chance, 12)} {{{{document.number}}}}</p>"
"""


def _support_mail(domain: str) -> str:
    return f"""\
  provider: microsoft
  address: helpdesk@{domain}
  displayName: Helpdesk
  tenantId: 6f1d9a52-3c47-4b8e-9a10-5d2e7c84b301
  clientId: 0b7c2e94-8d15-4f6a-b3c9-1e5a7d9f2046
  clientSecret:
    fromEnv: {SECRET}
    version: "1"
  mailboxScoped: true
"""


def _inbox(domain: str) -> str:
    return f"""\
  supportMail: helpdesk
  folder: Inbox
  pollIntervalSeconds: 120
  ingestFrom: "2099-01-01T00:00:00Z"
  postFetchAction: move
  processedFolder: Processed
  defaultCategory: category-0
  defaultServiceType: type-0
  allowedSenderDomains: [{domain}]
  autoReply: true
"""


def _portal(tenant: str, customer: str) -> str:
    return f"""\
  customer: {customer}
  login: {tenant}-portal
  password:
    fromEnv: {SECRET}
    version: "1"
  trustedIpsOnly: true
  trustedIps: [192.0.2.10, 198.51.100.0/24]
  allowedRoles: [customer-readers]
  timeZone: Europe/Lisbon
"""


def _individual(tenant: str, customer: str, domain: str) -> str:
    return f"""\
  customer: {customer}
  login: {tenant}.guest
  password:
    fromEnv: {SECRET}
    version: "1"
  role: customer-readers
  email: guest@{domain}
"""


def _stamp(chance: random.Random, service: str) -> str:
    return f"""\
  scope: clientService
  clientService: {service}
  key: visual-signature
  mode: override
  value:
    enabled: true
    page: {chance.choice(("first", "last"))}
    position: {chance.choice(("top-right", "bottom-right"))}
"""


def _ticket_word(chance: random.Random, sort: str, place: int) -> str:
    return f"""\
  displayName: {sort} {place} {_phrase(chance, 2)}
  description: {_phrase(chance, 16)}
  sortOrder: {place}
"""


def _domain(chance: random.Random, customer: str, host: str) -> str:
    return f"""\
  customer: {customer}
  host: {host}
  httpPorts: [80, 443]
  scheme: both
  origins:
    - address: 198.51.100.{chance.randint(1, 254)}
    - address: 203.0.113.{chance.randint(1, 254)}
  cache:
    mode: override
    ttlSeconds: {chance.randint(1, 72) * 600}
  redirection:
    mode: http-to-https
  ssl:
    source: lets-encrypt
  minTls: "1.2"
  waf:
    mode: {chance.choice(("off", "detect", "block"))}
"""


# --- envelope --------------------------------------------------------------------------------------------------------


def _manifest(chance: random.Random, kind: str, name: str, tenant: str, spec: str) -> tuple[str, str]:
    folder = f"tenants/{tenant}" if tenant else ("tenants/" + name if kind == "Partner" else "platform")
    lines = [
        "apiVersion: reconciler/v1",
        f"kind: {kind}",
        "metadata:",
        f"  name: {name}",
        *([f"  tenant: {tenant}"] if tenant else []),
        "  labels:",
        f"    team: {chance.choice(_WORDS)}",
        f"    cost-centre: cc-{chance.randint(100, 999)}",
        "  annotations:",
        f"    note: {_phrase(chance, 8)}",
        "spec:",
    ]
    return f"{folder}/{kind.lower()}-{name}.yaml", "\n".join(lines) + "\n" + spec


def _phrase(chance: random.Random, words: int) -> str:
    return " ".join(chance.choice(_WORDS) for _ in range(words))


def _vat(serial: int) -> str:
    """The ``serial``-th Portuguese tax number of a company, with its check digit."""
    digits = f"5{serial:07}"
    remainder = sum(weight * int(digit) for weight, digit in zip(range(9, 1, -1), digits, strict=True)) % 11
    return digits + str(0 if remainder < 2 else 11 - remainder)


if __name__ == "__main__":
    main()
