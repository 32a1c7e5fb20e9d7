"""VisualTemplate: the look of the portal, the text of a mail, or the text inside a visible signature.

One a type, event and language, for the system or for one client service. Deleting that of a client service is the reset
to the template of the system. Templates are shown to strangers under the name of the platform, so they run and load
nothing.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from reconciler.model.access import may, no, nobody, rights
from reconciler.model.formats import Language, Name, Shape, fail, nearest, placeholders
from reconciler.model.kind import Group, Kind, Level, Unique
from reconciler.model.marks import Code, Immutable, Inherit, Key, MaxBytes, Ref
from reconciler.model.markup import css_problems, markup_problems
from reconciler.model.resource import Resource
from reconciler.model.rule import NAME, Finding, Findings, reference, schema
from reconciler.model.shared_rules import target_fits_scope
from reconciler.model.spec import FileSource, Spec
from reconciler.model.view import View

NEEDED = {
    "portal-layout": ("css",),
    "email-communication": ("event", "subject", "body"),
    "digital-signature": ("text",),
}
"""The fields that a type must have; ``logo`` may be there for the portal, all others are too much."""
ALLOWED = {**NEEDED, "portal-layout": ("css", "logo")}
CONTENT = ("event", "css", "logo", "subject", "body", "text")

EVERY_MAIL = ("platform.name", "company.name", "portal.link")
"""Placeholders of every mail event."""
EVENTS = {
    "documents-available": ("document.number", "document.date", "document.link", "issuer.name"),
    "company-registered": ("company.vatNumber",),
    "company-activated": ("company.vatNumber",),
    "operator-created": ("operator.name", "password.link"),
    "individual-created": ("individual.login", "password.link"),
    "password-reset": ("operator.name", "password.link"),
    "ca-access-expiring": ("certificate.alias", "certificate.accessExpiresAt"),
}
"""Further placeholders of each mail event."""
SIGNATURE = ("company.name", "company.vatNumber", "signed.at", "certificate.subject")
"""Placeholders of the text inside a visible signature."""

_TEXT_LIMIT = 262144
_LOGO_LIMIT = 524288
_SHOWN = 3


def _one_line(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise fail("TPL-02", "the text must be one line")
    return value


class VisualTemplateSpec(Spec):
    """The fields of a VisualTemplate."""

    scope: Annotated[Literal["system", "clientService"], Key(), Immutable()] = Field(
        description="Whether this is the template of the system or of one client service."
    )
    client_service: Annotated[Name | None, Ref("ClientService", part="owner"), Key(), Immutable()] = Field(
        None, description="The client service; there exactly for scope clientService."
    )
    type: Annotated[Literal["portal-layout", "email-communication", "digital-signature"], Key(), Immutable()] = Field(
        description="What the template shapes."
    )
    event: Annotated[
        Literal[
            "documents-available",
            "company-registered",
            "company-activated",
            "operator-created",
            "individual-created",
            "ca-access-expiring",
            "password-reset",
        ]
        | None,
        Key(),
        Immutable(),
    ] = Field(None, description="The event that a mail tells of; for type email-communication.")
    language: Annotated[Language, Key(), Immutable()] = Field(description="The language of the template.")
    css: Annotated[FileSource | None, MaxBytes(_TEXT_LIMIT, ("text/css",)), Code("TPL-02")] = Field(
        None, description="Style sheet of the portal, at most 262144 bytes; for type portal-layout."
    )
    logo: Annotated[
        FileSource | None,
        MaxBytes(_LOGO_LIMIT, ("image/png", "image/jpeg", "image/svg+xml")),
        Code("TPL-02"),
        Inherit("the logo of the system"),
    ] = Field(None, description="Logo of the portal, at most 524288 bytes; png, jpeg or svg.")
    subject: (
        Annotated[str, AfterValidator(_one_line), Shape(lambda: {"x-says": "one line", "pattern": r"^[^\r\n]*$"})]
        | None
    ) = Field(None, min_length=1, max_length=200, description="Subject of the mail, one line.")
    body: Annotated[str | FileSource | None, MaxBytes(_TEXT_LIMIT, ("text/html",)), Code("TPL-02")] = Field(
        None, description="HTML of the mail, as text or as a file, at most 262144 bytes."
    )
    text: str | None = Field(
        None, min_length=1, max_length=500, description="Text inside the visible signature; for type digital-signature."
    )


@schema("TPL-01", "The fields fit the type.")
def fields_fit_type(resource: Resource[VisualTemplateSpec]) -> Findings:
    """TPL-01. Only what is written counts: a field with an error of its own is there all the same."""
    sort = resource.spec.type
    for path in CONTENT:
        if path not in ALLOWED[sort] and resource.given(path):
            yield Finding(f"{path} is too much for type {sort}", at=path, hint=f"type {sort} has {_words(sort)}")
    missing = [path for path in NEEDED[sort] if not resource.given(path)]
    if missing:
        yield Finding(f"type {sort} needs {', '.join(missing)}", at="spec", hint=f"add {', '.join(missing)}")


@schema("TPL-02", "Texts hold only placeholders of their event; HTML runs nothing and loads nothing from elsewhere.")
def texts_are_harmless(resource: Resource[VisualTemplateSpec]) -> Findings:
    """TPL-02, the part about what stands in the manifest itself. A text with an error of its own is passed over."""
    spec = resource.spec
    for path in ("subject", "text"):
        yield from _placeholders(spec, path, getattr(spec, path, None))
    body = getattr(spec, "body", None)
    if not isinstance(body, str):
        return
    if len(body.encode()) > _TEXT_LIMIT:
        yield Finding(f"body has more than {_TEXT_LIMIT} bytes", at="body", hint="make it shorter")
        return
    yield from _body(spec, body)


@reference("TPL-02", "Files hold no script, no import and no remote source, and only placeholders of their event.")
def files_are_harmless(resource: Resource[VisualTemplateSpec], _view: View) -> Findings:
    """TPL-02, the part about files. That they are not too large is checked where they are read."""
    for path, content in resource.files.items():
        if content.media_type not in ("text/css", "text/html", "image/svg+xml"):
            continue
        try:
            text = content.data.decode("utf-8-sig")
        except UnicodeDecodeError:
            yield Finding(f"{content.path} is no text in UTF-8", at=path, hint="save it as UTF-8")
            continue
        if path == "body":
            yield from _body(resource.spec, text)
        else:
            yield from _harmless(path, css_problems(text) if path == "css" else markup_problems(text))


def _words(sort: str) -> str:
    return ", ".join(ALLOWED[sort])


def _body(spec: VisualTemplateSpec, text: str) -> Findings:
    """One finding at most, because one place gives one error."""
    problems = list(_harmless("body", markup_problems(text))) or list(_placeholders(spec, "body", text))
    yield from problems


def _harmless(path: str, problems: list[str]) -> Findings:
    if problems:
        more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        yield Finding(
            f"{path} holds {'; '.join(problems[:_SHOWN])}{more}",
            at=path,
            hint="a template runs nothing and loads nothing from another host; embed images as data",
        )


def _placeholders(spec: VisualTemplateSpec, path: str, text: str | None) -> Findings:
    """What stands between double braces and is no placeholder here. Fields that do not fit the type are TPL-01's."""
    sort, event = getattr(spec, "type", None), getattr(spec, "event", None)
    if text is None or sort is None or path not in ALLOWED[sort]:
        return
    known: tuple[str, ...]
    if sort == "digital-signature":
        known = SIGNATURE
    elif event is not None:
        known = (*EVERY_MAIL, *EVENTS[event])
    else:
        return
    unknown = [one for one in placeholders(text) if one not in known]
    if unknown:
        near = nearest(unknown[0], known)
        where = f"event {event}" if sort != "digital-signature" else f"type {sort}"
        yield Finding(
            f"{path} holds {', '.join(f'{{{{{one}}}}}' for one in unknown[:_SHOWN])}, which {where} does not have",
            at=path,
            hint=f"did you mean {{{{{near}}}}}" if near else f"placeholders: {', '.join(known)}",
        )


def _level(spec: Any) -> Level | None:
    return Level.PLATFORM if getattr(spec, "scope", None) == "system" else None


EXAMPLE = """\
apiVersion: reconciler/v1
kind: VisualTemplate
metadata:
  name: cedro-documents-pt
  tenant: farol-services
spec:
  scope: clientService
  clientService: cs-cedro-invoices
  type: email-communication
  event: documents-available
  language: pt-PT
  subject: "Documento {{document.number}} de {{issuer.name}}"
  body: |
    <p>O documento {{document.number}} de {{document.date}} está disponível.</p>
    <p><a href="{{document.link}}">Abrir o documento</a></p>
"""

KIND = Kind(
    name="VisualTemplate",
    table="visual_templates",
    group=Group.SIGNING,
    order=50,
    level=Level.BOTH,
    level_of=_level,
    spec=VisualTemplateSpec,
    description="The look of the portal, the text of a mail, or the text inside a visible signature.",
    unique=(
        Unique(
            code="GEN-03",
            paths=("scope", "clientService", "type", "event", "language"),
            at=NAME,
            within="tenant",
            fold=True,
        ),
    ),
    rules=(
        target_fits_scope("clientService", "client_service", "clientService"),
        fields_fit_type,
        texts_are_harmless,
        files_are_harmless,
    ),
    example=EXAMPLE,
    allow=(
        rights("read", A=may("all"), D=may("tree"), P=may("own"), I=may("own"), U=may("scope")),
        rights("create", A=may("all"), D=may("own"), P=may("own"), I=may("own"), U=no("OPR-06")),
        rights(
            "update",
            "css",
            "logo",
            "subject",
            "body",
            "text",
            A=may("all"),
            D=may("own"),
            P=may("own"),
            I=may("own"),
            U=no("OPR-06"),
        ),
        nobody("GEN-05", "update", "scope", "clientService", "type", "event", "language"),
        rights("delete", A=may("all"), D=may("own"), P=may("own"), I=may("own"), U=no("OPR-06")),
    ),
)
