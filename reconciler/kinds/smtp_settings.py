"""SmtpSettings: the mail server of the whole system or of one client service.

A service without its own uses that of the system. ``useSystem: true`` says so openly: then nothing else is given or
managed. Two switches rule encryption: ``tlsEnable`` means STARTTLS when the server offers it, with ``tlsRequired``
STARTTLS or no mail; ``tlsRequired`` alone means TLS from the first byte.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from reconciler.model.access import RoleWord, may, no, nobody, rights
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.effect import Planned
from reconciler.model.formats import Email, HostOrIp, Name, fail, ip_of, is_email
from reconciler.model.kind import Group, Kind, Level, Status, Unique
from reconciler.model.marks import Code, Derived, Guards, Immutable, Key, Ref, Secret
from reconciler.model.principal import Question
from reconciler.model.resource import Resource
from reconciler.model.rule import NAME, Finding, Findings, RuleText, plan, schema
from reconciler.model.secret import SecretValue
from reconciler.model.secret_shape import length_problem
from reconciler.model.shared_rules import target_fits_scope
from reconciler.model.spec import SecretSource, Spec
from reconciler.model.view import View

_OWN = ("scope", "clientService", "useSystem")
"""Fields that a manifest with ``useSystem: true`` still has."""
_NUMBER_LIKE = re.compile(r"(?:.*\.)?0x[0-9a-f]*", re.IGNORECASE)


def _outside(value: Any) -> Any:
    """Refuse a host that leads back inside (SMTP-07): the test mail would probe the inner network."""
    if not isinstance(value, str):
        return value
    name = value.strip().rstrip(".").casefold()
    inner = name in ("localhost", "localhost.localdomain") or name.endswith(".localhost")
    try:
        address = ip_of(name) if "%" not in name else ipaddress.ip_address(name)
    except ValueError:
        address = None
    if address is None:
        # Old resolvers read 0x7f.1 as an address; no domain ends like that.
        inner = inner or _NUMBER_LIKE.fullmatch(name) is not None
    else:
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        for one in (address, mapped):
            inner = inner or (one is not None and (one.is_loopback or one.is_link_local or one.is_unspecified))
    if inner:
        raise fail(
            "SMTP-07",
            "a mail server is not localhost, and not a loopback, link-local or unspecified address",
            hint="name the mail server as the outside sees it",
        )
    return value


def _port(spec: SmtpSettingsSpec) -> int:
    return 465 if spec.tls_required and not spec.tls_enable else 25


class SmtpSettingsSpec(Spec):
    """The fields of a SmtpSettings."""

    scope: Annotated[Literal["system", "clientService"], Key(), Immutable()] = Field(
        description="Whether these are the settings of the system or of one client service."
    )
    client_service: Annotated[Name | None, Ref("ClientService", part="owner"), Key(), Immutable()] = Field(
        None, description="The client service; there exactly for scope clientService."
    )
    use_system: bool = Field(default=False, description="Whether the service uses the mail server of the system.")
    description: str = Field("", max_length=200, description="Notes about the mail server.")
    host: Annotated[HostOrIp | None, BeforeValidator(_outside), Guards("password")] = Field(
        None, description="Host name or IP address of the mail server; needed unless useSystem is true."
    )
    port: Annotated[
        int | None,
        Derived("465 when tlsRequired without tlsEnable, otherwise 25", _port),
        Code("SMTP-07"),
        Guards("password"),
    ] = Field(None, ge=1, le=65535, description="Port of the mail server.")
    from_: Annotated[Email | None, Derived("username", lambda spec: spec.username)] = Field(
        None, alias="from", description="Sender of the mails."
    )
    username: str | None = Field(
        None, min_length=1, max_length=255, description="Name to log in with; needed when authenticated."
    )
    password: Annotated[SecretSource | None, Secret("encrypted")] = Field(
        None, description="Where the password comes from, 1 to 1024 characters; needed when authenticated."
    )
    timeout_ms: Annotated[int, Code("SMTP-07")] = Field(
        10000, ge=1, le=600000, description="How long to wait for an answer, in milliseconds."
    )
    connection_timeout_ms: Annotated[int, Code("SMTP-07")] = Field(
        10000, ge=1, le=600000, description="How long to wait for the connection, in milliseconds."
    )
    write_timeout_ms: Annotated[int, Code("SMTP-07")] = Field(
        20000, ge=1, le=600000, description="How long writing may take, in milliseconds."
    )
    authenticated: bool = Field(default=True, description="Whether to log in at the mail server.")
    tls_enable: Annotated[bool, Guards("password")] = Field(
        default=True, description="Whether to ask for STARTTLS when the server offers it."
    )
    tls_required: Annotated[bool, Guards("password")] = Field(
        default=False,
        description="Whether TLS must be there: with tlsEnable by STARTTLS, without it from the first byte.",
    )


@schema("SMTP-01", "With useSystem: true nothing else is given, and at system scope it is refused.")
def nothing_beside_use_system(resource: Resource[SmtpSettingsSpec]) -> Findings:
    """SMTP-01. The place is the first field that is too much."""
    spec = resource.spec
    if not spec.use_system:
        return
    if spec.scope == "system":
        yield Finding(
            "the settings of the system cannot use the settings of the system",
            at="useSystem",
            hint="remove useSystem and describe the mail server",
        )
        return
    written = resource.document.tree["spec"]
    extra = [key for key in written if key in KIND.by_path and key not in _OWN and resource.given(key)]
    if extra:
        yield Finding(
            f"useSystem is true, so nothing else is given: {', '.join(extra)}",
            at=extra[0],
            hint="remove these fields, or write useSystem: false",
        )


@schema("SMTP-03", "Without from, username is an e-mail address, because it becomes the sender.")
def username_can_send(resource: Resource[SmtpSettingsSpec]) -> Findings:
    """SMTP-03."""
    spec = resource.spec
    if spec.use_system or spec.from_ is not None or spec.username is None or is_email(spec.username):
        return
    yield Finding(
        "without from the username becomes the sender, and it is no e-mail address",
        at="username",
        hint="add from, with the address of the sender",
    )


@schema(
    "SMTP-04", "A mail server has a host; logging in needs username and password, and only then is there a password."
)
def complete_login(resource: Resource[SmtpSettingsSpec]) -> Findings:
    """SMTP-04. A field with an error of its own does not lack."""
    spec = resource.spec
    if spec.use_system:
        return
    needed = ["host"]
    if spec.authenticated:
        needed += ["username", "password"]
    elif getattr(spec, "password", None) is not None:
        yield Finding(
            "authenticated is false, so there is no password",
            at="password",
            hint="remove the password, or write authenticated: true",
        )
    missing = [path for path in needed if not resource.given(path)]
    if missing:
        yield Finding(f"these settings lack {', '.join(missing)}", at="spec", hint=f"add {', '.join(missing)}")


@schema("SMTP-05", "Without strict TLS the credentials may travel in clear text.", Severity.WARNING)
def credentials_in_clear(resource: Resource[SmtpSettingsSpec]) -> Findings:
    """SMTP-05."""
    spec = resource.spec
    if not spec.use_system and spec.authenticated and not spec.tls_required:
        yield Finding(
            "without tlsRequired the credentials may travel in clear text",
            at="tlsRequired",
            hint="set tlsRequired to true",
        )


@schema("SMTP-06", "Port 465 speaks TLS from the first byte and not STARTTLS.", Severity.WARNING)
def port_fits_tls(resource: Resource[SmtpSettingsSpec]) -> Findings:
    """SMTP-06."""
    spec = resource.spec
    if not spec.use_system and spec.port == 465 and spec.tls_enable:
        yield Finding(
            "port 465 speaks TLS from the first byte, and tlsEnable means STARTTLS",
            at="port",
            hint="write tlsEnable: false and tlsRequired: true, or port 587",
        )


@plan("SMTP-08", "Changed settings are untested until the explicit test has run.", Severity.WARNING)
def untested(planned: Planned, _view: View) -> Findings:
    """SMTP-08."""
    if _edited(planned) and not planned.entity.value("useSystem"):
        yield Finding("the mail server is untested after this change", at=NAME, hint="send a test mail after the apply")


def secret_check(path: str, value: SecretValue, _view: View) -> Findings:
    """The bounds of a resolved ``password``: 1 to 1024 characters (GEN-14)."""
    if path == "password":
        yield from length_problem(path, value, 1, 1024)


def managed(spec: Any, path: str) -> bool:
    """With ``useSystem: true`` no field but the key and the switch is compared, not even by its default."""
    return not spec.use_system or path in _OWN or path.startswith(("metadata.", "lifecycle."))


def at_creation(resource: Resource[SmtpSettingsSpec], _view: View) -> Iterator[tuple[str, Any]]:
    """New settings are untested, or those of the system."""
    yield "test_state", _test_state(use_system=resource.spec.use_system)


def on_change(planned: Planned, _view: View) -> Iterator[tuple[str, Any]]:
    """Every edit makes the settings untested again."""
    if not planned.creates and _edited(planned):
        yield "test_state", _test_state(use_system=bool(planned.entity.value("useSystem")))


def _edited(planned: Planned) -> bool:
    """Whether the settings themselves change, beyond labels and the like."""
    if planned.deletes:
        return False
    return planned.creates or any(not path.startswith(("metadata.", "lifecycle.")) for path in planned.changed)


def _test_state(*, use_system: bool) -> str:
    return "system-default" if use_system else "custom-untested"


def _level(spec: Any) -> Level | None:
    return Level.PLATFORM if getattr(spec, "scope", None) == "system" else None


EXAMPLE = """\
apiVersion: reconciler/v1
kind: SmtpSettings
metadata:
  name: smtp-cedro-invoices
  tenant: farol-services
spec:
  scope: clientService
  clientService: cs-cedro-invoices
  description: Mail server of the shops
  host: smtp.cedro.example.com
  port: 587
  from: invoices@cedro.example.com
  username: invoices
  password: {fromEnv: CEDRO_SMTP_PASSWORD, version: "1"}
  tlsEnable: true
  tlsRequired: true
"""


def _is_editor(question: Question) -> bool:
    """Whether the platform lets this role edit mail servers, as its live configuration says."""
    word = "partner" if question.who.role is RoleWord.DISTRIBUTOR else question.who.role.value
    return word in (question.live.setting("SystemConfiguration", "policy.smtpEditors") or ())


KIND = Kind(
    name="SmtpSettings",
    table="smtp_settings",
    group=Group.SIGNING,
    order=30,
    level=Level.BOTH,
    level_of=_level,
    spec=SmtpSettingsSpec,
    description="The mail server of the whole system or of one client service.",
    status=(
        Status(
            path="testState",
            column="test_state",
            type="enum",
            words=("system-default", "custom-untested", "custom-ok", "custom-failed"),
            description="Whether the settings have been tested since their last change, and how it went.",
        ),
        Status(path="lastTest.at", column="last_test_at", type="time", description="When the last test ran."),
        Status(
            path="lastTest.result",
            column="last_test_result",
            type="enum",
            words=("ok", "failed"),
            description="How the last test went.",
        ),
        Status(
            path="lastTest.message",
            column="last_test_message",
            type="string",
            description="What the mail server said at the last test.",
        ),
    ),
    unique=(Unique(code="SMTP-02", paths=("scope", "clientService"), at=NAME, within="tenant"),),
    rules=(
        target_fits_scope("clientService", "client_service", "clientService"),
        nothing_beside_use_system,
        username_can_send,
        complete_login,
        credentials_in_clear,
        port_fits_tls,
        untested,
    ),
    texts=(
        RuleText(
            "SMTP-02",
            Severity.ERROR,
            Phase.REFERENCE,
            "There is at most one SmtpSettings per ClientService and at most one at system scope.",
        ),
        RuleText(
            "SMTP-07",
            Severity.ERROR,
            Phase.SCHEMA,
            "port is 1 to 65535, each time-out 1 to 600000, and host does not lead back into the inner network.",
        ),
    ),
    secret_check=secret_check,
    managed=managed,
    at_creation=at_creation,
    on_change=on_change,
    example=EXAMPLE,
    conditions={"policy smtpEditors": _is_editor},
    allow=(
        rights("read", A=may("all"), D=may("tree"), P=may("own"), I=may("own")),
        nobody("GEN-04", "read", "password"),
        rights(
            "create",
            A=may("all"),
            D=may("own", "policy smtpEditors", code="PRM-04"),
            P=may("own", "policy smtpEditors", code="PRM-04"),
            I=may("own", "policy smtpEditors", code="PRM-04"),
            U=no("OPR-06"),
        ),
        rights(
            "update",
            "useSystem",
            "description",
            "host",
            "port",
            "from",
            "username",
            "password",
            "timeoutMs",
            "connectionTimeoutMs",
            "writeTimeoutMs",
            "authenticated",
            "tlsEnable",
            "tlsRequired",
            A=may("all"),
            D=may("own", "policy smtpEditors", code="PRM-04"),
            P=may("own", "policy smtpEditors", code="PRM-04"),
            I=may("own", "policy smtpEditors", code="PRM-04"),
            U=no("OPR-06"),
        ),
        nobody("GEN-05", "update", "scope", "clientService"),
        rights(
            "delete",
            A=may("all"),
            D=may("own", "policy smtpEditors", code="PRM-04"),
            P=may("own", "policy smtpEditors", code="PRM-04"),
            I=may("own", "policy smtpEditors", code="PRM-04"),
            U=no("OPR-06"),
        ),
        rights("test-configuration", A=may("all"), D=may("own"), P=may("own"), I=may("own"), U=no("OPR-06")),
    ),
)
