"""SystemConfiguration: the one resource with the settings of the whole platform.

Its name is always ``platform``. Dates that the law sets live here and not in program code, because they have been moved
before. Limits of the access to certificate authorities may be tightened here and never widened.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from reconciler.model.access import may, no, nobody, rights
from reconciler.model.columns import Field as SpecField
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.formats import DateText, Language, Once, TimeZone
from reconciler.model.kind import Deletion, Group, Kind, Level
from reconciler.model.marks import Canonical, Code, Immutable, Unordered
from reconciler.model.resource import Resource
from reconciler.model.rule import NAME, Finding, Findings, RuleText, everything, in_its_tenant, schema
from reconciler.model.spec import Spec
from reconciler.model.view import Entity, View

Provider = Literal["microsoft", "google"]
Editor = Literal["administrator", "partner", "issuer"]


def _microsoft() -> list[Provider]:
    return ["microsoft"]


def _administrator() -> list[Editor]:
    return ["administrator"]


def _with_administrator(value: list[Editor]) -> list[Editor]:
    # Administrators always edit: leaving the word out of the list changes nothing, so it is always stored.
    return value if "administrator" in value else ["administrator", *value]


def _editors(value: Iterable[str]) -> frozenset[str]:
    return frozenset({*value, "administrator"})


class PasswordPolicy(Spec):
    """What a password of the portals has to be."""

    min_length: Annotated[int, Code("SYS-02")] = Field(6, ge=6, le=32, description="Least number of characters.")
    max_length: Annotated[int, Code("SYS-02")] = Field(
        32, ge=32, le=32, description="Greatest number of characters; a fixed limit of the system."
    )
    require_letters: bool = Field(True, description="Whether a password holds a letter.")
    require_digits: bool = Field(True, description="Whether a password holds a digit.")
    require_lower: bool = Field(False, description="Whether a password holds a letter in lower case.")
    require_upper: bool = Field(False, description="Whether a password holds a letter in upper case.")
    require_special: bool = Field(False, description="Whether a password holds a character of another sort.")
    expiry_days: int = Field(30, ge=0, le=365, description="Days after which a password expires; 0 means never.")


class CaAccess(Spec):
    """Limits of the access that a holder grants to a certificate."""

    max_days: Annotated[int, Code("CA-02")] = Field(60, ge=1, le=60, description="Longest access, in days.")
    max_signatures: Annotated[int, Code("CA-02")] = Field(
        1_000_000_000, ge=1, le=1_000_000_000, description="Most signatures in one access."
    )
    warn_days: int = Field(7, ge=1, le=30, description="Days before the end from which a renewal is asked for.")
    warn_usage_percent: int = Field(
        90, ge=50, le=99, description="Used share of the signatures, in percent, from which a renewal is asked for."
    )


class Helpdesk(Spec):
    """Settings of the helpdesk."""

    mail_providers: Annotated[list[Provider], Once(), Unordered()] = Field(
        default_factory=_microsoft, description="Providers of mailboxes from which tickets may come."
    )


class Features(Spec):
    """Switches of the platform."""

    ipv6_trusted_ips: bool = Field(False, description="Whether trusted addresses may be IPv6.")


class Policy(Spec):
    """Decisions about who may edit what."""

    smtp_editors: Annotated[
        list[Editor], Once(), AfterValidator(_with_administrator), Unordered(), Canonical(_editors)
    ] = Field(
        default_factory=_administrator,
        description="Who may edit the mail server of a client service; administrators always may.",
    )


class Legal(Spec):
    """Dates set by law."""

    qualified_signature_mandatory_from: DateText = Field(
        "2027-01-01", description="First day on which every document needs a qualified signature."
    )


class SystemConfigurationSpec(Spec):
    """The fields of the SystemConfiguration."""

    platform_name: str = Field(min_length=1, max_length=80, description="Name of the platform, as people read it.")
    environment: Annotated[Literal["staging", "production"], Immutable("SYS-01")] = Field(
        description="Whether this platform signs for real; it never changes."
    )
    languages: Annotated[list[Language], Once(), Unordered()] = Field(
        default_factory=lambda: ["pt-PT", "en"], min_length=1, max_length=20, description="Installed languages."
    )
    default_language: Language = Field("pt-PT", description="Language of whoever has chosen none.")
    default_time_zone: TimeZone = Field("Europe/Lisbon", description="Time zone of whoever has chosen none.")
    password_policy: PasswordPolicy = Field(default_factory=PasswordPolicy, description="Demands on passwords.")
    custody_years: int = Field(10, ge=1, le=30, description="Years for which signed documents are kept.")
    ca_access: CaAccess = Field(default_factory=CaAccess, description="Limits of the access to certificates.")
    helpdesk: Helpdesk = Field(default_factory=Helpdesk, description="Settings of the helpdesk.")
    features: Features = Field(default_factory=Features, description="Switches of the platform.")
    policy: Policy = Field(default_factory=Policy, description="Who may edit what.")
    legal: Legal = Field(default_factory=Legal, description="Dates set by law.")


@schema("SYS-01", "SystemConfiguration is named platform, so there is one. Its environment never changes.")
def named_platform(resource: Resource[SystemConfigurationSpec]) -> Findings:
    """SYS-01, the part about the name; the mark of ``environment`` holds the other one."""
    if resource.address.name != SINGLETON:
        yield Finding(
            f"there is one SystemConfiguration, and its name is {SINGLETON}", at=NAME, hint="name it platform"
        )


@schema("SUP-01", "The mail provider google is recognised but not supported yet.")
def supported_providers(resource: Resource[SystemConfigurationSpec]) -> Findings:
    """SUP-01, for the list of providers."""
    for place, word in enumerate(resource.spec.helpdesk.mail_providers):
        if word == "google":
            yield Finding(
                "provider google is recognised but not supported yet; only microsoft can be configured today",
                at=f"helpdesk.mailProviders[{place}]",
                hint="take google out of the list",
            )


@schema("CFG-03", "The law asks for records to be kept for ten years.", Severity.WARNING)
def kept_for_ten_years(resource: Resource[SystemConfigurationSpec]) -> Findings:
    """CFG-03, for ``custodyYears``."""
    if resource.spec.custody_years < 10:
        yield Finding(
            f"documents would be kept for {resource.spec.custody_years} years; the law asks for ten",
            at="custodyYears",
            hint="set custodyYears to 10 or more",
        )


@everything(
    "SYS-03",
    "defaultLanguage and every language of any resource is one of the installed languages.",
    seeks=in_its_tenant,
)
def installed_languages(view: View) -> Findings:
    """SYS-03.

    Judges what manifests give. What they leave as it is, a live resource without a manifest or a language that its
    manifest does not give, ignores, or only watches or creates, is judged only when this very set takes away the
    language; the finding then stands at ``languages``. A tombstone speaks no language.
    """
    installed = view.setting("SystemConfiguration", "languages") or []
    known = {tag.casefold() for tag in installed}
    speaking = {name: fields for name, kind in view.catalog.items() if (fields := _speaking(kind))}
    for name, fields in speaking.items():
        for one in fields:
            word = None if one.inherit is None else one.inherit.word
            for address, tag in view.wanted(name, one.path):
                if isinstance(tag, str) and tag != word and tag.casefold() not in known:
                    entity = view.at(address)
                    if entity is not None and entity.buried:
                        continue  # nobody is spoken to any more
                    yield Finding(
                        f"the language {tag} is not installed",
                        at=one.path,
                        hint="installed are " + ", ".join(installed),
                        address=address,
                    )
    yield from _orphans(view, known, speaking)


def _speaking(kind: Kind) -> list[SpecField]:
    return [one for one in kind.fields if one.path.rpartition(".")[2] in ("language", "defaultLanguage")]


def _orphans(view: View, known: set[str], speaking: dict[str, list[SpecField]]) -> Findings:
    system = view.find("SystemConfiguration", "", SINGLETON)
    if system is None or not system.declared or not system.exists:
        return
    gone = {tag.casefold() for tag in system.live("languages") or ()} - known
    if not gone:
        return
    for name, fields in speaking.items():
        for entity in view.all(name):
            if entity.buried:
                continue
            tag = _first_of(entity, [one for one in fields if _stays(entity, one)], gone)
            if tag is not None:
                yield Finding(
                    f"the language {tag} cannot go while {entity.address} uses it",
                    at="languages",
                    address=system.address,
                )


def _stays(entity: Entity, one: SpecField) -> bool:
    """Whether a live language stays: without a manifest, with one that leaves it alone, or does not give it."""
    resource = entity.resource
    return resource is None or entity.left_alone(one.path) or (one.inherit is not None and not resource.given(one.path))


def _first_of(entity: Entity, fields: list[SpecField], gone: set[str]) -> str | None:
    for one in fields:
        tag = entity.live(one.path)
        if isinstance(tag, str) and tag.casefold() in gone:
            return tag
    return None


SINGLETON = "platform"

EXAMPLE = """\
apiVersion: reconciler/v1
kind: SystemConfiguration
metadata:
  name: platform
spec:
  platformName: Atlantic Sign
  environment: staging
  languages: [pt-PT, en, es-ES]
  defaultLanguage: pt-PT
  defaultTimeZone: Europe/Lisbon
  passwordPolicy: {minLength: 10, expiryDays: 90}
  caAccess: {maxDays: 45, warnDays: 10}
"""

KIND = Kind(
    name="SystemConfiguration",
    table="system_configurations",
    group=Group.PLATFORM,
    order=10,
    level=Level.PLATFORM,
    spec=SystemConfigurationSpec,
    description="The one resource with the settings of the whole platform; its name is always platform.",
    singleton=SINGLETON,
    deletion=Deletion.NEVER,
    rules=(named_platform, supported_providers, kept_for_ten_years, installed_languages),
    texts=(
        RuleText(
            "SYS-02",
            Severity.ERROR,
            Phase.SCHEMA,
            "passwordPolicy.minLength is 6 to 32 and passwordPolicy.maxLength is 32.",
        ),
        RuleText(
            "CA-02",
            Severity.ERROR,
            Phase.SCHEMA,
            "caAccess.maxDays is at most 60 and caAccess.maxSignatures at most 1000000000.",
        ),
        RuleText(
            "SC-05",
            Severity.ERROR,
            Phase.SCHEMA,
            "Every timeZone and defaultTimeZone is an IANA zone name of the form Area/Place, or UTC.",
        ),
    ),
    example=EXAMPLE,
    denials={"SYS-01": "the platform has one configuration, and its environment never changes"},
    sensitive=("policy", "legal"),
    allow=(
        rights("read", A=may("all")),
        rights("create", A=may("all"), U=no("OPR-06")),
        rights(
            "update",
            "platformName",
            "languages",
            "defaultLanguage",
            "defaultTimeZone",
            "passwordPolicy",
            "custodyYears",
            "caAccess",
            "helpdesk",
            "features",
            "policy",
            "legal",
            A=may("all"),
            U=no("OPR-06"),
        ),
        nobody("SYS-01", "update", "environment"),
        nobody("SYS-01", "delete"),
    ),
)
