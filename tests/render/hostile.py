"""A report in which one text stands in every place that data can reach, and a large one."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.access import RoleWord
from reconciler.model.address import Address
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.effect import Cascade, Notice
from reconciler.model.entitlement import Entitlement, Shift
from reconciler.model.lifecycle import Risk
from reconciler.model.plan import Summary
from reconciler.model.principal import Principal
from reconciler.model.report import EdgeLine, FieldLine, Report, ResourceLine
from reconciler.model.source import Snippet, Source

KINDS = ("Category", "Customer", "CustomerUser", "Domain", "SmtpSettings", "ClientService", "Operator")


def hostile(text: str) -> Report:
    """``text`` as every value, name, place and word of a report."""
    place = Source(text, 1, 1, 1, 2)
    address = Address("Domain", text, text)

    def field(before: object, after: object, cause: str = "conflict") -> FieldLine:
        return FieldLine(path=text, before=before, after=after, base=text, cause=cause, note=text, source=place)

    edge = EdgeLine(before=text, after=text, effect=text, risks=(Risk.SENDS_MAIL,), cause="intent", source=place)
    fields = (
        field(text, text + text),
        field([text], [text, "x" + text]),
        field([{"a": text}], [{"a": text + "1"}]),
        field(f"a\n{text}\nb\n", f"a\n{text}{text}\nb\n"),
        field({text: text}, None, "drift"),
        FieldLine(path=text, before="1", after="2", cause="intent", sensitive=True, note=text),
    )

    def line(action: str, **more: object) -> ResourceLine:
        return ResourceLine(address=address, type="domain", actions=(action,), reasons=(text,), source=place, **more)  # type: ignore[arg-type]

    def finding(severity: Severity) -> Diagnostic:
        return Diagnostic(
            code="GEN-05", severity=severity, phase=Phase.PLAN, summary=text, detail=text, hint=text, address=address,
            path=text, source=place, snippet=Snippet(text, 0, 1),
        )  # fmt: skip

    denial = Denial(
        who=text, verb=text, address=address, what=text, reason=text, code="OPR-02", who_can=(text,), path=text,
        source=place,
    )  # fmt: skip
    who = Principal(address=Address("Operator", text, text), known_as=text, role=RoleWord.PARTNER)
    right = Entitlement(kind="Domain", verb="update", what=text, reach=text, condition=text)
    return Report(
        summary=Summary(add=1, change=2, destroy=1, held=1, manual=1, drift=1),
        empty=False,
        changes=(
            line("create", fields=(*fields[:1], field(None, text, "default"))),
            line("update", fields=fields, denied=(denial,)),
            line("update", fields=tuple(replace(one, verdict="denied") for one in fields[4:])),
            line("transition", edges=(edge,), risks=(Risk.LOCKS_OUT,)),
            line("delete"),
            line("adopt"),
            line("held"),
            line("manual", manual=(edge,)),
            line("denied"),
        ),
        observed=(line("update", fields=fields),),
        cascades=(Cascade(address, text, text),),
        notices=(Notice(text, address, text, text),),
        diagnostics=(finding(Severity.ERROR), finding(Severity.WARNING)),
        guarded=(finding(Severity.ERROR),),
        denials=(denial, replace(denial, address=None)),
        carriers=(text,) * 4,
        shifts=(Shift(who=who, gains=True, right=right),),
        digest=text,
        identity=text,
        environment=text,
        manifests=text,
        commit=text,
    )


def large(count: int, *, tenants: int = 40) -> Report:
    """``count`` changes, every fiftieth of them risky, the same on every call."""
    changes = tuple(_change(number, tenants) for number in range(count))
    risky = sum(bool(one.risks) for one in changes)
    deletes = sum("delete" in one.actions for one in changes)
    creates = sum("create" in one.actions for one in changes)
    return Report(
        summary=Summary(
            add=creates, change=count - creates - deletes, destroy=deletes, transitions=risky - deletes, unchanged=812
        ),
        empty=not count,
        changes=changes,
        cascades=tuple(
            Cascade(one.address._replace(kind="ClientService"), "suspended", "its domain goes")
            for one in changes
            if "delete" in one.actions
        ),
        digest="sha256:" + "ab12" * 16,
        environment="production",
        commit="c0ffee" * 6 + "c0ff",
    )


def _change(number: int, tenants: int) -> ResourceLine:
    tenant = f"tenant-{number % tenants:02}"
    kind = KINDS[number % len(KINDS)]
    file = f"tenants/{tenant}/{kind.lower()}s.yaml"
    line = 10 + number // tenants * 12
    place = Source(file, line, 1, line, 9)
    address = Address(kind, tenant, f"{kind.lower()}-{number:04}")
    if number % 100 == 7:
        return ResourceLine(
            address=address, type=kind.lower(), actions=("delete",), reasons=("its manifest is gone",),
            risks=(Risk.IRREVERSIBLE,),
        )  # fmt: skip
    if number % 100 == 57:
        edge = EdgeLine(
            before="active", after="suspended", cause="intent", source=place, effect="signing stops",
            risks=(Risk.STOPS_SIGNING,),
        )  # fmt: skip
        return ResourceLine(
            address=address, type=kind.lower(), actions=("transition",), edges=(edge,), risks=edge.risks, source=place
        )
    fields = tuple(_field(number, index, place) for index in range(2 + number % 6))
    if number % 3 == 0:
        fields = tuple(replace(one, before=None, base=None, cause="intent") for one in fields)
    action = "create" if number % 3 == 0 else "update"
    return ResourceLine(address=address, type=kind.lower(), actions=(action,), fields=fields, source=place)


def _field(number: int, index: int, place: Source) -> FieldLine:
    cause = "drift" if number % 9 == 4 and index == 0 else "intent"
    path, before, after = (
        ("displayName", f"Invoices {number}", f"Invoices of {2000 + number}"),
        ("port", 25, 587),
        ("trustedIps", ["192.0.2.1"], ["192.0.2.1", "198.51.100.7"]),
        ("language", "pt-PT", "es-ES"),
        (
            "description",
            "Questions about seals\nand certificates\nof all kinds\n",
            "Questions about seals\nand orders\n",
        ),
        ("enabled", False, True),
        ("retentionDays", 30, 365),
        ("sender", "no-reply@example.com", "billing@example.com"),
    )[index]
    source = Source(place.file, place.line + index + 3, 3, place.line + index + 3, 9)
    return FieldLine(path=path, before=before, after=after, base=before, cause=cause, source=source)
