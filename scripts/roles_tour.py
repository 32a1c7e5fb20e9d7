"""The story of docs/roles.md: four roles work on one repository, and each tries what is not its own.

``python scripts/roles_tour.py`` works in a temporary folder with an embedded database and prints each command with what
it says; ``--write`` puts that into the page. Digests and times differ each time, so others stand in their places.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.story import DIGEST, Story, page_with, told  # noqa: E402 - after the path above

PAGE = ROOT / "docs" / "roles.md"
BEGIN = "<!-- story: written by scripts/roles_tour.py -->\n"
MASKS = (
    (r"\b20[23]\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-06-22T22:10:00Z"),
    (r"\b\d+ (?:s|min) ago\b", "just now"),
    (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "0b8f1c52-...."),
    DIGEST,
)
RITA, CARLA = "rita@sign.example.com", "carla@farol.example.com"
MARTA, HELENA = "marta@cedro.example.com", "helena@auditors.example.org"

_ADDRESS = "{line1: Rua 1, city: Lisboa, postalCode: 1100-001, country: PRT}"


def _manifest(kind: str, name: str, tenant: str, spec: str) -> str:
    where = f"{{name: {name}, tenant: {tenant}}}" if tenant else f"{{name: {name}}}"
    return f"apiVersion: reconciler/v1\nkind: {kind}\nmetadata: {where}\nspec: {spec}\n"


def _operator(name: str, tenant: str, email: str, role: str, more: str = "") -> str:
    spec = f"{{email: {email}, displayName: {name.title()}, role: {role}, language: pt-PT{more}}}"
    return _manifest("Operator", name, tenant, spec)


PLATFORM = (
    _operator("rita", "", RITA, "administrator"),
    _manifest("Bundle", "start", "", "{displayName: Start, includedSignatures: 1000}"),
    _manifest(
        "CertificateAuthority",
        "atlantic-trust",
        "",
        "{displayName: Atlantic Trust, remoteService: {baseUrl: https://csc.atlantic-trust.example.org/v1}}",
    ),
)
PARTNER = (
    _manifest(
        "Partner",
        "farol",
        "",
        '{legalName: Farol Services, country: PRT, vatNumber: "599900016", type: reseller, billing: {account: FAR-1}, '
        f"contact: {{email: office@farol.example.com}}, address: {_ADDRESS}, state: active}}",
    ),
    _operator("carla", "farol", CARLA, "partner"),
)
ISSUER = (
    _manifest(
        "Issuer",
        "cedro",
        "farol",
        '{legalName: Cedro Retalho, vatNumber: "513990020", contact: {email: office@cedro.example.com}, '
        f"address: {_ADDRESS}, state: active}}",
    ),
    _operator("marta", "farol", MARTA, "issuer", ", issuer: cedro"),
)
SERVICE = """\
apiVersion: reconciler/v1
kind: ClientService
metadata: {name: invoices, tenant: farol}
spec:
  alias: invoices
  issuer: cedro
  bundle: start
"""
DESK = (
    _manifest("ServiceType", "incident", "farol", "{displayName: Incident, sortOrder: 10}"),
    _manifest(
        "Category",
        "signing",
        "farol",
        "{displayName: Signing, description: Seals, serviceTypes: [incident], sortOrder: 1}",
    ),
)
CERTIFICATE = _manifest(
    "Certificate", "seal", "farol", "{alias: seal, issuer: cedro, certificateAuthority: atlantic-trust}"
)


def tell() -> str:
    """The whole story, as Markdown."""
    with tempfile.TemporaryDirectory(prefix="roles-tour-") as elsewhere:
        folder = Path(elsewhere)
        story = Story(folder, MASKS)
        _administrator(story)
        _partner(story)
        _issuer(story)
        _auditor(story, folder)
        return "\n".join(story.lines)


def _administrator(story: Story) -> None:
    story.write("platform.yaml", *PLATFORM)
    story.say(
        "An empty database knows nobody. The installer applies the first manifests, which must leave an administrator "
        "behind:"
    )
    story.run("apply", "--bootstrap", "--auto-approve", "--quiet")
    story.write("farol/partner.yaml", *PARTNER)
    story.say("**Rita, the administrator,** sets up a partner and its first operator:")
    story.run("apply", "--auto-approve", "--as", RITA)
    story.write("farol/desk.yaml", *DESK)
    story.say("The help desk of the partner is not hers to configure:")
    story.run("plan", "--as", RITA, ends=4)


def _partner(story: Story) -> None:
    story.write("farol/cedro.yaml", *ISSUER, SERVICE)
    story.say(
        "**Carla, who works for the partner,** adds the help desk, an issuer with its operator, and a service. In the "
        "same folder stand manifests that are none of her business; `--mine` leaves these out:"
    )
    story.run("apply", "--auto-approve", "--quiet", "--mine", "--as", CARLA)
    story.edit("farol/partner.yaml", "type: reseller,", "type: reseller, tier: distributor,")
    story.say("She does not make her company a distributor, which would put other partners into her reach:")
    story.run("apply", "--auto-approve", "--mine", "--as", CARLA, ends=4)
    story.edit("farol/partner.yaml", " tier: distributor,", "")


def _issuer(story: Story) -> None:
    story.write("farol/seal.yaml", CERTIFICATE)
    story.edit("farol/cedro.yaml", "  bundle: start\n", "  bundle: start\n  certificate: seal\n")
    story.say(
        "**Marta, who works for the issuer,** holds its certificates. Carla cannot bind one, and Rita cannot either:"
    )
    story.run("plan", "--as", RITA, ends=4)
    story.say("Marta can:")
    story.run("apply", "--auto-approve", "--quiet", "--mine", "--as", MARTA)
    story.edit("farol/desk.yaml", "displayName: Signing", "displayName: Seals")
    story.edit("farol/cedro.yaml", "bundle: start", "bundle: start\n  language: en")
    story.say("Somebody has changed the desk, and she the language of the service, which is not hers to change:")
    story.run("plan", "--mine", "--as", MARTA, ends=4)
    story.say(
        "The desk may not even be read by her. What she does not leave out and may not read is denied, whether it "
        "changes anything or not: so no guess about it is confirmed. More than three such manifests make one line:"
    )
    story.run("plan", "--target", "Category/*", "--as", MARTA, ends=4)
    story.run("plan", "--as", MARTA, ends=4)
    story.say("Carla carries both:")
    story.run("apply", "--auto-approve", "--quiet", "--mine", "--as", CARLA)


def _auditor(story: Story, folder: Path) -> None:
    story.write(
        "auditor.yaml",
        _operator("helena", "", HELENA, "auditor", ", auditScope: [farol/cedro], validUntil: 2039-12-31"),
    )
    story.say("**Helena, the auditor,** is appointed by the administrator. The plan tells what she gains:")
    story.run("apply", "--auto-approve", "--as", RITA)
    story.say("At night somebody changes two rows by hand. She sees the one in her scope, and nothing of the other:")
    _by_hand(folder, "UPDATE client_services SET additional_info = 'by hand' WHERE name = 'invoices'")
    _by_hand(folder, "UPDATE categories SET description = 'by hand' WHERE name = 'signing'")
    story.run("drift", "--as", HELENA)
    story.say("She writes nothing, not even what would take the change back:")
    story.run("apply", "--auto-approve", "--as", HELENA, ends=4)
    story.say("What she may do at all:")
    story.run("access", HELENA, "--as", HELENA)


def _by_hand(folder: Path, statement: str) -> None:
    """What another program does."""
    with closing(sqlite3.connect(folder / ".reconciler" / "live.db")) as live, live:
        live.execute(statement)


def page(story: str, before: str) -> str:
    """The page with the story in its place."""
    return page_with(BEGIN, story, before)


def main() -> None:
    """Print the story, or write it into the page."""
    told(argparse.ArgumentParser(description=__doc__), PAGE, BEGIN, lambda _given: tell())


if __name__ == "__main__":
    main()
