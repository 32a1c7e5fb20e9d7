"""GeneralConfiguration: one general setting, the default of the whole system or the override of one client service.

The list of keys is closed, and each key has fields of its own below ``value``. The fields of other keys are unknown to
it and stay empty. The mail server is no general configuration: it is written as SmtpSettings.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.model.access import may, no, nobody, rights
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.formats import Email, Name, Once, nearest
from reconciler.model.kind import Group, Kind, Level, Unique
from reconciler.model.marks import Derived, Immutable, Inherit, Key, Pii, Ref, Unordered
from reconciler.model.resource import Resource
from reconciler.model.rule import Finding, Findings, RuleText, schema
from reconciler.model.shared_rules import target_fits_scope
from reconciler.model.spec import Spec

FIELDS = {
    "custody": ("enabled", "years"),
    "notifications": ("enabled", "recipients"),
    "visual-signature": ("enabled", "page", "position"),
    "timestamp": ("enabled",),
    "portal": ("enabled", "publicLinkDays"),
}
"""The fields below ``value`` by key."""
_OF_OTHERS = {
    key: tuple(sorted({one for fields in FIELDS.values() for one in fields} - set(known)))
    for key, known in FIELDS.items()
}
"""The fields that a key does not have."""
_LEGAL_YEARS = 10


def _only_for(key: str, default: Any) -> Derived:
    """The default of a field that only ``key`` has; for other keys, and without a value, the field is empty."""

    def compute(spec: Any) -> Any:
        return default if spec.key == key and spec.value is not None else None

    shown = "an empty list" if default == [] else default
    return Derived(f"{shown} for key {key}", compute)


class Value(Spec):
    """What a configuration is set to; its fields depend on the key."""

    enabled: bool = Field(default=True, description="Whether the function is switched on.")
    years: Annotated[int | None, Inherit("the platform")] = Field(
        None, ge=1, le=30, description="Key custody: how many years documents are kept."
    )
    recipients: Annotated[Annotated[list[Email], Once()] | None, Unordered(), Pii(), _only_for("notifications", [])] = (
        Field(None, max_length=20, description="Key notifications: who is told.")
    )
    page: Annotated[Literal["first", "last"] | None, _only_for("visual-signature", "last")] = Field(
        None, description="Key visual-signature: the page that shows the signature."
    )
    position: Annotated[
        Literal["top-left", "top-right", "bottom-left", "bottom-right"] | None,
        _only_for("visual-signature", "bottom-right"),
    ] = Field(None, description="Key visual-signature: the corner of the page.")
    public_link_days: Annotated[int | None, _only_for("portal", 30)] = Field(
        None, ge=1, le=365, description="Key portal: how many days a public link works."
    )


class GeneralConfigurationSpec(Spec):
    """The fields of a GeneralConfiguration."""

    scope: Annotated[Literal["system", "clientService"], Key(), Immutable()] = Field(
        description="Whether this is the default of the system or the override of one client service."
    )
    client_service: Annotated[Name | None, Ref("ClientService", part="owner"), Key(), Immutable()] = Field(
        None, description="The client service; there exactly for scope clientService."
    )
    key: Annotated[
        Literal["smtp", "custody", "notifications", "visual-signature", "timestamp", "portal"], Key(), Immutable()
    ] = Field(description="Which setting it is.")
    mode: Literal["inherit", "override"] = Field(
        "inherit", description="Whether the setting of the system holds, or the value given here."
    )
    value: Value | None = Field(None, description="The setting; there exactly for mode override.")


@schema("GEN-01", "A field of value that belongs to another key is unknown.")
def fields_of_key(resource: Resource[GeneralConfigurationSpec]) -> Findings:
    """GEN-01, the part about the fields of another key. For key smtp CFG-04 says it all."""
    known = FIELDS.get(resource.spec.key)
    if known is None or resource.spec.value is None:
        return
    for field in _OF_OTHERS[resource.spec.key]:
        if not resource.given(f"value.{field}"):
            continue
        near = nearest(field, known)
        yield Finding(
            f"value.{field} is unknown for key {resource.spec.key}",
            at=f"value.{field}",
            hint=f"did you mean {near}" if near else f"this key has {', '.join(known)}",
        )


@schema("CFG-02", "mode inherit has no value, mode override has one; at system scope mode is override.")
def value_fits_mode(resource: Resource[GeneralConfigurationSpec]) -> Findings:
    """CFG-02, the part about one configuration."""
    spec = resource.spec
    if spec.scope == "system" and spec.mode == "inherit":
        yield Finding(
            "at system scope there is nothing above to inherit from",
            at="value",
            hint="write mode: override and a value",
        )
    elif spec.mode == "inherit" and spec.value is not None:
        yield Finding("mode inherit has no value", at="value", hint="remove value, or write mode: override")
    elif spec.mode == "override" and spec.value is None:
        yield Finding("mode override needs a value", at="value", hint="add value, or write mode: inherit")


@schema("CFG-03", "Custody below the ten years for which the law asks records to be kept.", Severity.WARNING)
def custody_long_enough(resource: Resource[GeneralConfigurationSpec]) -> Findings:
    """CFG-03, for the key custody."""
    spec = resource.spec
    years = None if spec.value is None else spec.value.years
    if spec.key == "custody" and years is not None and years < _LEGAL_YEARS:
        yield Finding(
            f"documents are kept for {years} years only; the law asks for {_LEGAL_YEARS}",
            at="value.years",
            hint=f"write {_LEGAL_YEARS} or more",
        )


@schema("CFG-04", "The mail server is written as SmtpSettings.")
def no_mail_server(resource: Resource[GeneralConfigurationSpec]) -> Findings:
    """CFG-04."""
    if resource.spec.key == "smtp":
        yield Finding(
            "the mail server is no general configuration",
            at="key",
            hint="write a manifest of kind SmtpSettings instead",
        )


def _level(spec: Any) -> Level | None:
    return Level.PLATFORM if getattr(spec, "scope", None) == "system" else None


EXAMPLE = """\
apiVersion: reconciler/v1
kind: GeneralConfiguration
metadata:
  name: cedro-visual-signature
  tenant: farol-services
spec:
  scope: clientService
  clientService: cs-cedro-invoices
  key: visual-signature
  mode: override
  value:
    enabled: true
    page: first
    position: top-right
"""

KIND = Kind(
    name="GeneralConfiguration",
    table="general_configurations",
    group=Group.SIGNING,
    order=40,
    level=Level.BOTH,
    level_of=_level,
    spec=GeneralConfigurationSpec,
    description="One general setting, as the default of the whole system or as the override of one client service.",
    unique=(Unique(code="CFG-02", paths=("scope", "clientService", "key"), at="key", within="tenant"),),
    rules=(
        target_fits_scope("clientService", "client_service", "clientService"),
        fields_of_key,
        value_fits_mode,
        custody_long_enough,
        no_mail_server,
    ),
    texts=(
        RuleText("CFG-01", Severity.ERROR, Phase.POLICY, "A GeneralConfiguration is written by administrators only."),
    ),
    example=EXAMPLE,
    denials={"CFG-01": "general configurations are changed by administrators only"},
    sensitive=("*",),
    allow=(
        rights("read", A=may("all"), D=may("tree"), P=may("own"), I=may("own"), U=may("scope")),
        rights(
            "create",
            A=may("all"),
            D=no("CFG-01"),
            P=no("CFG-01"),
            I=no("CFG-01"),
            U=no("OPR-06"),
            C=no("CFG-01"),
            N=no("CFG-01"),
        ),
        rights(
            "update",
            "mode",
            "value",
            A=may("all"),
            D=no("CFG-01"),
            P=no("CFG-01"),
            I=no("CFG-01"),
            U=no("OPR-06"),
            C=no("CFG-01"),
            N=no("CFG-01"),
        ),
        nobody("GEN-05", "update", "scope", "clientService", "key"),
        rights(
            "delete",
            A=may("all"),
            D=no("CFG-01"),
            P=no("CFG-01"),
            I=no("CFG-01"),
            U=no("OPR-06"),
            C=no("CFG-01"),
            N=no("CFG-01"),
        ),
    ),
)
