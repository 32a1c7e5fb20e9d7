"""SupportMail: the mailbox whose mail becomes tickets.

The company hosts an application at its mail provider and grants it rights on the mailbox. ``tenantId`` is the directory
of the mail provider and has nothing to do with ``metadata.tenant``. The connection is proved by the next fetch.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from reconciler.model.access import may, no, nobody, rights
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.formats import DateText, Email, Shape, fail, is_guid, is_host
from reconciler.model.kind import Group, Kind, Level, Unique
from reconciler.model.lifecycle import Edge, Lifecycle
from reconciler.model.marks import Derived, Folded, Guards, Pii, Secret, State
from reconciler.model.portal import own_audience
from reconciler.model.resource import Resource
from reconciler.model.rule import NAME, Finding, Findings, RuleText, schema, time
from reconciler.model.secret import SecretValue
from reconciler.model.secret_shape import has_guid_form
from reconciler.model.spec import SecretSource, Spec
from reconciler.model.view import View

_SHARED_DIRECTORIES = ("common", "organizations", "consumers")
_SOON = dt.timedelta(days=30)
_LONGEST_MONTHS = 24
_GUID = r"^(?![0-]+$)[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_DOMAIN = r"^[a-z0-9-]+(?:\.[a-z0-9-]+)+$"


def _application(value: str) -> str:
    if not is_guid(value):
        raise fail("SUP-02", "this is no GUID: 8-4-4-4-12 hexadecimal digits")
    if set(value) <= {"0", "-"}:
        raise fail("SUP-02", "the nil GUID stands for no application")
    return value.lower()


def _directory(value: str) -> str:
    if is_guid(value):
        if set(value) <= {"0", "-"}:
            raise fail("SUP-02", "the nil GUID stands for no directory")
        return value.lower()
    if value.casefold() in _SHARED_DIRECTORIES:
        raise fail(
            "SUP-02",
            f"{value} stands for no directory of its own, and access without a signed-in user needs one",
            hint="write the GUID of the directory",
        )
    if not is_host(value):
        lower = value.lower().rstrip(".")
        raise fail(
            "SUP-02",
            "this is neither a GUID nor a domain name in lower case",
            hint=f"did you mean {lower}" if is_host(lower) else "write the GUID of the directory",
        )
    return value


class Consent(Spec):
    """What the directory's administrator has granted to the application."""

    read: bool = Field(default=False, description="Whether the application may read mail.")
    write: bool = Field(default=False, description="Whether the application may write mail.")
    modify: bool = Field(default=False, description="Whether the application may move and mark mail.")


class SupportMailSpec(Spec):
    """The fields of a SupportMail."""

    provider: Literal["microsoft", "google"] = Field("microsoft", description="Who runs the mailbox.")
    address: Annotated[Email, Pii()] = Field(description="Address of the mailbox; unique over the platform.")
    display_name: Annotated[str | None, Derived("address", lambda spec: spec.address)] = Field(
        None, min_length=1, max_length=120, description="Name under which mail is answered."
    )
    tenant_id: Annotated[
        str,
        AfterValidator(_directory),
        Shape(lambda: {"x-says": "a GUID or a domain name", "anyOf": [{"pattern": _GUID}, {"pattern": _DOMAIN}]}),
        Folded(),
        Guards("clientSecret"),
    ] = Field(description="Directory of the mail provider, as a GUID or a verified domain name.")
    client_id: Annotated[
        str,
        AfterValidator(_application),
        Shape(lambda: {"x-says": "a GUID", "pattern": _GUID}),
        Folded(),
        Guards("clientSecret"),
    ] = Field(description="Identifier of the application, a GUID.")
    client_secret: Annotated[SecretSource, Secret("encrypted")] = Field(
        description="Where the secret of the application comes from; its value, not its identifier."
    )
    client_secret_expires_at: DateText | None = Field(
        None, description="The day on which the secret ends, as a quoted date."
    )
    consent: Consent = Field(default_factory=Consent, description="What has been granted to the application.")
    mailbox_scoped: bool = Field(
        default=False, description="Whether the provider limits the application to this mailbox."
    )
    state: Annotated[Literal["draft", "active", "disabled", "error"] | None, State()] = Field(
        None, description="The wanted state."
    )


@schema("SUP-01", "provider google is a known word that is not supported yet.")
def provider_supported(resource: Resource[SupportMailSpec]) -> Findings:
    """SUP-01."""
    if resource.spec.provider == "google":
        yield Finding(
            f"{resource.address}: provider google is recognised but not supported yet; "
            "only microsoft can be configured today",
            at="provider",
        )


@schema("SUP-05", "An active mailbox needs all three consents.")
def consents_when_active(resource: Resource[SupportMailSpec]) -> Findings:
    """SUP-05."""
    consent = resource.spec.consent
    missing = [
        f"consent.{word}"
        for word, given in (("read", consent.read), ("write", consent.write), ("modify", consent.modify))
        if not given
    ]
    if resource.spec.state == "active" and missing:
        yield Finding(
            f"an active mailbox needs {', '.join(missing)} to be true",
            at="state",
            hint="grant the consent in the directory, then say so here",
        )


@schema("SUP-07", "Until the provider limits it, the application can read every mailbox.", Severity.WARNING)
def limited_to_mailbox(resource: Resource[SupportMailSpec]) -> Findings:
    """SUP-07."""
    if not resource.spec.mailbox_scoped:
        yield Finding(
            "the application can read every mailbox of its directory",
            at=NAME,
            hint="limit it to this mailbox at the provider, then set mailboxScoped to true",
        )


@schema("SUP-10", "A domain name as tenantId works, but the GUID survives a change of the domain.", Severity.WARNING)
def directory_by_guid(resource: Resource[SupportMailSpec]) -> Findings:
    """SUP-10."""
    if not is_guid(resource.spec.tenant_id):
        yield Finding(
            "tenantId is a domain name, which may change", at="tenantId", hint="write the GUID of the directory"
        )


@time("SUP-04", "clientSecretExpiresAt is near, or further ahead than any provider grants.", Severity.WARNING)
def secret_ends_soon(resource: Resource[SupportMailSpec], _view: View, now: dt.datetime) -> Findings:
    """SUP-04. A day that has passed is SUP-09."""
    if resource.spec.client_secret_expires_at is None:
        return
    end, today = dt.date.fromisoformat(resource.spec.client_secret_expires_at), now.date()
    if today <= end <= today + _SOON:
        left = (end - today).days
        yield Finding(
            f"the secret of the application ends in {left} {'day' if left == 1 else 'days'}",
            at="clientSecretExpiresAt",
            hint="make a new secret at the provider and give it a new version here",
        )
    elif end > _months_ahead(today, _LONGEST_MONTHS):
        yield Finding(
            f"the secret of the application ends more than {_LONGEST_MONTHS} months ahead, which no provider grants",
            at="clientSecretExpiresAt",
            hint="look the day up at the provider",
        )


@time("SUP-09", "An active mailbox has a secret that has not ended.")
def secret_not_ended(resource: Resource[SupportMailSpec], _view: View, now: dt.datetime) -> Findings:
    """SUP-09."""
    end = resource.spec.client_secret_expires_at
    if resource.spec.state == "active" and end is not None and end < now.date().isoformat():
        yield Finding(
            f"the secret of the application ended on {end}, so the mailbox cannot be active",
            at="clientSecretExpiresAt",
            hint="make a new secret at the provider and write its version and its day here",
        )


def secret_check(path: str, value: SecretValue, _view: View) -> Findings:
    """SUP-03: a client secret in the form of a GUID is the identifier of the secret and not its value."""
    if path == "clientSecret" and has_guid_form(value):
        yield Finding(
            "the resolved clientSecret has the form of a GUID: it looks like the identifier of the secret",
            at=path,
            hint="store the value of the secret, which the provider shows once",
            code="SUP-03",
        )


def _months_ahead(day: dt.date, months: int) -> dt.date:
    """The same day ``months`` later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = dt.date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(dt.date(year, month + 1, 1) + dt.timedelta(days=day.day - 1), following - dt.timedelta(days=1))


LIFECYCLE = Lifecycle(
    states=("draft", "active", "disabled", "error"),
    entry="draft",
    edges=(
        Edge("draft", "active", "mail is fetched"),
        Edge("active", "disabled", "mail is no longer fetched"),
        Edge("disabled", "active", "mail is fetched again"),
        Edge("active", "error", "walked by the system when secret or consent are gone", walker="system"),
        Edge("error", "active", "mail is fetched again"),
        Edge("error", "disabled", "the mailbox is given up"),
    ),
)

EXAMPLE = """\
apiVersion: reconciler/v1
kind: SupportMail
metadata:
  name: helpdesk
  tenant: farol-services
spec:
  provider: microsoft
  address: helpdesk@farol.example.com
  displayName: Farol Helpdesk
  tenantId: 6f1d9a52-3c47-4b8e-9a10-5d2e7c84b301
  clientId: 0b7c2e94-8d15-4f6a-b3c9-1e5a7d9f2046
  clientSecret: {fromEnv: FAROL_MAIL_SECRET, version: "1"}
  clientSecretExpiresAt: "2027-03-31"
  consent: {read: true, write: true, modify: true}
  mailboxScoped: true
  state: active
"""

KIND = Kind(
    name="SupportMail",
    table="support_mails",
    group=Group.HELPDESK,
    order=30,
    level=Level.TENANT,
    spec=SupportMailSpec,
    description="The mailbox whose mail becomes tickets.",
    lifecycle=LIFECYCLE,
    unique=(Unique(code="SUP-06", paths=("address",), at="address", fold=True),),
    rules=(
        provider_supported,
        consents_when_active,
        limited_to_mailbox,
        directory_by_guid,
        secret_ends_soon,
        secret_not_ended,
    ),
    texts=(
        RuleText(
            "SUP-02",
            Severity.ERROR,
            Phase.SCHEMA,
            "clientId is a GUID; tenantId is a GUID or a domain name, and not common, organizations or consumers.",
        ),
        RuleText(
            "SUP-03",
            Severity.ERROR,
            Phase.PLAN,
            "A resolved clientSecret that has the form of a GUID looks like the identifier of the secret.",
        ),
        RuleText(
            "SUP-06",
            Severity.ERROR,
            Phase.REFERENCE,
            "address is unique over all SupportMail of the platform, compared case-folded.",
        ),
        RuleText(
            "SUP-08",
            Severity.ERROR,
            Phase.POLICY,
            "The helpdesk is written by operators of the owning company or of the distributor above it.",
        ),
    ),
    secret_check=secret_check,
    example=EXAMPLE,
    denials={"SUP-08": "the help desk is configured by the owning company or the distributor above it"},
    conditions={"own audience": own_audience},
    allow=(
        rights(
            "read",
            "address",
            "displayName",
            A=may("all"),
            D=may("tree"),
            P=may("own"),
            C=may("own", "own audience", code="PRM-04"),
        ),
        rights("read", A=may("all"), D=may("tree"), P=may("own")),
        nobody("GEN-04", "read", "clientSecret"),
        rights(
            "create",
            A=no("SUP-08"),
            D=may("tree"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
        rights(
            "update",
            "provider",
            "address",
            "displayName",
            "tenantId",
            "clientId",
            "clientSecretExpiresAt",
            "consent",
            "mailboxScoped",
            A=no("SUP-08"),
            D=may("tree"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
        rights(
            "update",
            "clientSecret",
            A=no("SUP-08"),
            D=may("own"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
        rights(
            "delete",
            A=no("SUP-08"),
            D=may("tree"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
        rights(
            "transition",
            "state",
            edge="draft->active",
            A=no("SUP-08"),
            D=may("tree"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
        rights(
            "transition",
            "state",
            edge="active->disabled",
            A=no("SUP-08"),
            D=may("tree"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
        rights(
            "transition",
            "state",
            edge="disabled->active",
            A=no("SUP-08"),
            D=may("tree"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
        nobody("LIF-05", "transition", "state", edge="active->error"),
        rights(
            "transition",
            "state",
            edge="error->active",
            A=no("SUP-08"),
            D=may("tree"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
        rights(
            "transition",
            "state",
            edge="error->disabled",
            A=no("SUP-08"),
            D=may("tree"),
            P=may("own"),
            I=no("SUP-08"),
            U=no("OPR-06"),
            C=no("SUP-08"),
            N=no("SUP-08"),
        ),
    ),
)
