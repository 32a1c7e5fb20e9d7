"""A toy catalogue of two kinds, for tests of the engine: nothing in it is a real kind.

``Partner`` stands at platform level and is a tenant: it has a life cycle with a tombstone and is never pruned out of a
living state. ``Gadget`` stands in a tenant and has one field of every sort. ``document`` and ``resource`` make values
without a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.kind import Deletion, Group, Kind, Level, Status, Unique
from reconciler.model.lifecycle import Edge, Lifecycle, Risk
from reconciler.model.manifest import Document, Places
from reconciler.model.marks import (
    Code,
    Derived,
    Folded,
    Guards,
    Immutable,
    Inherit,
    Key,
    Pii,
    Ref,
    Secret,
    State,
    Transient,
    Unordered,
)
from reconciler.model.resource import Resource
from reconciler.model.rule import Finding, Findings, RuleText, everything, plan, reference, schema, time
from reconciler.model.source import Source
from reconciler.model.spec import FileSource, SecretSource, Spec

NAME = r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$"
Name = Annotated[str, Field(pattern=NAME)]


def _even(value: int) -> int:
    if value % 2:
        raise PydanticCustomError("TOY-01", "{reason}", {"reason": "a lucky number is even", "hint": "add one"})
    return value


def _once(values: list[str]) -> list[str]:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise PydanticCustomError(
                "GEN-14", "{reason}", {"reason": f"{value} is there twice", "hint": "each entry once", "entry": index}
            )
    return values


def _lower(value: str) -> str:
    return value.lower()


class PartnerSpec(Spec):
    """Spec of the toy tenant."""

    title: str = Field(min_length=1, max_length=80, description="What people call it.")
    country: Annotated[Literal["PRT", "ESP"], Key(), Code("TOY-02")] = Field(description="Where it sits.")
    state: Annotated[Literal["active", "suspended", "deleted"] | None, State()] = Field(
        None, description="The wanted state."
    )


class Contact(Spec):
    """A nested object."""

    email: Annotated[str, Folded(), Pii()] = Field(description="Where to write to.")
    phone: str | None = Field(None, description="A number to call.")


class Limits(Spec):
    """A nested object that is always there, with defaults."""

    daily: int = Field(10, ge=1, le=100, description="Signatures a day.")
    strict: bool = Field(False, description="Whether the limit is hard.")


class Part(Spec):
    """An entry of a list of objects."""

    label: str = Field(min_length=1, max_length=20, description="What it is called.")
    weight: int = Field(1, ge=0, description="Its weight in grams.")
    pin: str | None = Field(None, description="An optional word.")


class GadgetSpec(Spec):
    """Spec of the toy with one field of every sort."""

    title: str = Field(min_length=1, max_length=40, description="Its title.")
    serial: Annotated[str, Key()] = Field(description="Its number; never changes.")
    colour: Literal["red", "green", "blue"] = Field("red", description="Its colour.")
    size: int = Field(1, ge=1, le=99, description="Its size.")
    mode: Annotated[Literal["fast", "slow"], Immutable()] = Field("fast", description="Chosen once.")
    enabled: bool = Field(True, description="Whether it is in use.")
    lucky: Annotated[int | None, AfterValidator(_even)] = Field(None, description="An even number.")
    guid: Annotated[str | None, AfterValidator(lambda value: value if value is None else _lower(value))] = Field(
        None, description="Stored in lower case."
    )
    tags: Annotated[list[str], AfterValidator(_once), Unordered()] = Field(
        default_factory=list, max_length=5, description="Words without an order."
    )
    steps: list[str] = Field(default_factory=list, description="Words in an order.")
    colours: Annotated[list[Literal["red", "green", "blue"]], Unordered()] = Field(
        default_factory=lambda: ["red"], min_length=1, description="Further colours."
    )
    parts: Annotated[list[Part], Unordered(by="label")] = Field(default_factory=list, description="What is in it.")
    contact: Contact | None = Field(None, description="Who looks after it.")
    limits: Limits = Field(default_factory=Limits, description="How much it may do.")
    host: Annotated[str | None, Guards("password")] = Field(None, description="Where the password is sent to.")
    password: Annotated[SecretSource | None, Secret("encrypted")] = Field(None, description="Its secret.")
    confirm_password: Annotated[SecretSource | None, Secret("encrypted"), Transient()] = Field(
        None, description="The same source once more."
    )
    maker: Annotated[Name | None, Ref("Partner")] = Field(None, description="Who made it.")
    keeper: Annotated[Name | None, Ref("Gadget", "structure")] = Field(None, description="The gadget above.")
    friends: Annotated[list[Name], AfterValidator(_once), Unordered(), Ref("Gadget")] = Field(
        default_factory=list, description="Other gadgets."
    )
    language: Annotated[str | None, Inherit("the partner", "inherit")] = Field(None, description="Its language.")
    short_title: Annotated[str | None, Derived("the title", lambda spec: spec.title[:8])] = Field(
        None, description="A short form of the title."
    )
    note: str | FileSource | None = Field(None, description="A text, or a file with one.")
    logo: FileSource | None = Field(None, description="A picture.")
    valid_until: str | None = Field(None, description="A day, as YYYY-MM-DD.")
    code_word: str | None = Field(None, description="A real field whose name begins like a server-owned one.")
    state: Annotated[Literal["active", "stopped", "gone"] | None, State()] = Field(
        None, description="The wanted state."
    )


@schema("TOY-03", "A fast gadget is not blue.")
def not_fast_and_blue(resource: Resource[GadgetSpec]) -> Findings:
    """A rule over two fields."""
    if resource.spec.mode == "fast" and resource.spec.colour == "blue":
        yield Finding("a fast gadget is not blue", at=("colour", "mode"), hint="choose another colour")


@schema("TOY-04", "A title does not shout.", Severity.WARNING)
def no_shouting(resource: Resource[GadgetSpec]) -> Findings:
    """A warning."""
    if resource.spec.title.isupper():
        yield Finding("the title shouts", at="title")


@reference("TOY-05", "A gadget is not its own keeper.")
def not_its_own_keeper(resource: Resource[GadgetSpec], _view: Any) -> Findings:
    """A rule of phase reference."""
    if resource.spec.keeper == resource.address.name:
        yield Finding("a gadget is not its own keeper", at="keeper")


@everything("TOY-06", "There is no gadget named poison.")
def no_poison(view: Any) -> Findings:
    """A rule over the whole set."""
    for entity in view.all("Gadget"):
        if entity.address.name == "poison":
            yield Finding("there is no gadget named poison", at="metadata.name", address=entity.address)


@plan("TOY-07", "Size only grows.")
def grows(planned: Any, _view: Any) -> Findings:
    """A rule over a change."""
    before, after = planned.entity.live("size"), planned.entity.value("size")
    if planned.entity.exists and not planned.deletes and before is not None and after < before:
        yield Finding("size only grows", at="size")


@time("TOY-08", "The last day lies ahead.", Severity.WARNING)
def not_over(resource: Resource[GadgetSpec], _view: Any, now: Any) -> Findings:
    """A rule that looks at the clock."""
    if resource.spec.valid_until is not None and resource.spec.valid_until < now.date().isoformat():
        yield Finding("the last day has passed", at="validUntil")


def _named(planned: Any, _view: Any) -> Iterator[tuple[str, Any]]:
    if planned.changes("title"):
        yield "renamed_to", planned.entity.value("title")


PARTNER = Kind(
    name="Partner",
    table="partners",
    group=Group.ORGANISATIONS,
    order=1,
    level=Level.PLATFORM,
    spec=PartnerSpec,
    description="A toy tenant.",
    allow=(),
    lifecycle=Lifecycle(
        states=("active", "suspended", "deleted"),
        entry="active",
        edges=(
            Edge("active", "suspended", risks=(Risk.STOPS_SIGNING,)),
            Edge("suspended", "active"),
            Edge("suspended", "deleted", risks=(Risk.IRREVERSIBLE,)),
        ),
        tombstone="deleted",
        stopped=("suspended",),
    ),
    deletion=Deletion.RETAINED,
    status=(
        Status(path="code", column="code", type="string", description="Given by the server."),
        Status(path="createdAt", column="created_at", type="time", description="When it was made.", stored=False),
    ),
    unique=(Unique(code="TOY-09", paths=("country", "title"), at="title", fold=True, unless_state=("deleted",)),),
    at_creation=lambda _resource, _view: iter([("code", "P-1")]),
    example="""\
apiVersion: reconciler/v1
kind: Partner
metadata: {name: farol}
spec:
  title: Farol
  country: PRT
""",
)

GADGET = Kind(
    name="Gadget",
    table="gadgets",
    group=Group.SIGNING,
    order=1,
    level=Level.TENANT,
    spec=GadgetSpec,
    description="A toy with one field of every sort.",
    allow=(),
    lifecycle=Lifecycle(
        states=("active", "stopped", "gone", "lost"),
        entry="active",
        edges=(
            Edge("active", "stopped"),
            Edge("stopped", "active"),
            Edge("stopped", "gone", risks=(Risk.IRREVERSIBLE,)),
            Edge("active", "lost", walker="system"),
        ),
        stopped=("stopped",),
    ),
    delete_from=("stopped", "gone"),
    status=(
        Status(path="code", column="code", type="string", description="Given by the server."),
        Status(path="renamedTo", column="renamed_to", type="string", description="The last title."),
        Status(path="ssl.expiresAt", column="ssl_expires_at", type="time", description="When it ends."),
    ),
    unique=(Unique(code="GEN-03", paths=("serial",), at="serial", within="tenant"),),
    rules=(not_fast_and_blue, no_shouting, not_its_own_keeper, no_poison, grows, not_over),
    texts=(RuleText("TOY-01", Severity.ERROR, Phase.SCHEMA, "A lucky number is even."),),
    refused={"weightClass": ("TOY-10", "a gadget has no weight class; it follows from parts")},
    missing={"serial": "TOY-11"},
    on_change=_named,
    example="""\
apiVersion: reconciler/v1
kind: Gadget
metadata: {name: lamp, tenant: farol}
spec:
  title: Lamp
  serial: "1"
""",
)


def catalog() -> Catalog:
    """The two kinds as a fresh catalogue."""
    return Catalog([GADGET, PARTNER])


def document(tree: dict[str, Any], *, file: str = "toy.yaml", index: int = 0) -> Document:
    """A document that was never written down: every place is its first line."""
    first = Source(file, 1, 1, 1, 2)
    return Document(file, index, tree, lambda: Places({}, {}, first), lambda _line: "")


def tree(kind: str, name: str, spec: dict[str, Any], *, tenant: str = "", **envelope: Any) -> dict[str, Any]:
    """A document's tree; ``labels`` and ``annotations`` go into metadata, ``lifecycle`` beside it."""
    metadata: dict[str, Any] = {"name": name}
    if tenant:
        metadata["tenant"] = tenant
    for word in ("labels", "annotations"):
        if word in envelope:
            metadata[word] = envelope.pop(word)
    return {"apiVersion": "reconciler/v1", "kind": kind, "metadata": metadata, **envelope, "spec": spec}


def partner(
    name: str = "farol", *, file: str = "toy.yaml", lifecycle: dict[str, Any] | None = None, **spec: Any
) -> Resource[Any]:
    """A valid Partner; keyword arguments are spec fields by their manifest names."""
    given = {"title": name.title(), "country": "PRT", **spec}
    return _resource(PARTNER, name, "", given, file=file, lifecycle=lifecycle or {})


def gadget(
    name: str = "lamp",
    tenant: str = "farol",
    *,
    file: str = "toy.yaml",
    lifecycle: dict[str, Any] | None = None,
    **spec: Any,
) -> Resource[Any]:
    """A valid Gadget; keyword arguments are spec fields by their manifest names."""
    given = {"title": name.title(), "serial": f"no-{name}", **spec}
    return _resource(GADGET, name, tenant, given, file=file, lifecycle=lifecycle or {})


def _resource(
    kind: Kind, name: str, tenant: str, spec: dict[str, Any], *, file: str, lifecycle: dict[str, Any]
) -> Resource[Any]:
    written = tree(kind.name, name, spec, tenant=tenant, **({"lifecycle": lifecycle} if lifecycle else {}))
    return Resource(
        address=Address(kind.name, tenant, name),
        spec=kind.spec.model_validate({key: value for key, value in spec.items() if value is not None}),
        document=document(written, file=file),
        labels={},
        annotations={},
        protect=bool(lifecycle.get("protect", False)),
        ignore_changes=tuple(lifecycle.get("ignoreChanges", ())),
        management=str(lifecycle.get("management", "full")),
    )
