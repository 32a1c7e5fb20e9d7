"""Rules: pure functions that look at values and yield findings, each with its code, severity and phase.

A kind declares its rules beside its spec. What a rule receives depends on its phase:

========== ======================================== =========================================================
decorator  signature                                judged
========== ======================================== =========================================================
schema     ``(resource) -> Findings``               one manifest alone, always
reference  ``(resource, view) -> Findings``         each declared resource against the set and, when connected, live
everything ``(view) -> Findings``                   once per run at phase reference, for rules about the whole set
plan       ``(planned, view) -> Findings``          each resource with a planned change
time       ``(resource, view, now) -> Findings``    each declared resource against the clock
standing   ``(resource, view) -> Findings``         each declared resource with live data, changed or not (phase plan)
dated      ``(resource, view, now) -> Findings``    as standing, and against the clock (phase plan)
========== ======================================== =========================================================

A rule that reads a field with an error of its own is not judged: reading it raises :class:`Unjudged`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, NamedTuple

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Phase, Severity

NAME = "metadata.name"
TENANT = "metadata.tenant"
SPEC = "spec"


class Unjudged(AttributeError):
    """A rule asked for a field that already has an error; the rule is not judged for this resource."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found.

    ``at`` is a path such as ``port``, ``origins[2].address`` (below ``spec``), ``metadata.name``, ``metadata.tenant``
    or ``spec``. Of several paths the first that was written is taken; when none was, the nearest mapping above the
    last. An empty ``at`` is a finding without a place. ``address`` names another resource than the judged one;
    ``code`` replaces the rule's own code where a sibling rule is reported instead.
    """

    summary: str
    at: str | tuple[str, ...] = ""
    hint: str = ""
    detail: str = ""
    address: Address | None = None
    code: str = ""


Findings = Iterator[Finding]


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule's code, severity, phase and text, for people. Rules enforced by the shape of a field have only this."""

    code: str
    severity: Severity
    phase: Phase
    text: str


class Seek(NamedTuple):
    """What is looked for among all tenants: resources of ``kind`` whose natural key over ``paths`` is ``values``."""

    kind: str
    paths: tuple[str, ...]
    values: tuple[Any, ...]


Seeks = Callable[..., Iterable[Seek]]
"""``(entity, view)``: what a rule about the whole set looks for on behalf of one resource."""


def in_its_tenant(_entity: Any, _view: Any) -> Iterator[Seek]:
    """For a rule that looks at resources of one tenant together, and at those of no tenant: nothing is looked for."""
    return iter(())


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its function."""

    code: str
    severity: Severity
    phase: Phase
    text: str
    check: Callable[..., Findings]
    scope: Literal["resource", "set", "change", "moment"]
    seeks: Seeks | None = None
    """Of a rule about the whole set: by what it finds resources of other tenants. None says that nobody knows."""

    @property
    def words(self) -> RuleText:
        """The rule without its function."""
        return RuleText(self.code, self.severity, self.phase, self.text)


def _rule(
    code: str, text: str, severity: Severity, phase: Phase, scope: Literal["resource", "set", "change", "moment"]
) -> Callable[[Callable[..., Findings]], Rule]:
    def wrap(check: Callable[..., Findings]) -> Rule:
        return Rule(code, severity, phase, text, check, scope)

    return wrap


def schema(code: str, text: str, severity: Severity = Severity.ERROR) -> Callable[[Callable[..., Findings]], Rule]:
    """Declare a rule over one manifest."""
    return _rule(code, text, severity, Phase.SCHEMA, "resource")


def reference(code: str, text: str, severity: Severity = Severity.ERROR) -> Callable[[Callable[..., Findings]], Rule]:
    """Declare a rule over a resource and those around it."""
    return _rule(code, text, severity, Phase.REFERENCE, "resource")


def everything(
    code: str, text: str, severity: Severity = Severity.ERROR, *, seeks: Seeks | None = None
) -> Callable[[Callable[..., Findings]], Rule]:
    """Declare a rule over the whole set, judged once at phase reference. Its findings carry an address.

    ``seeks`` tells by what it finds other resources on behalf of one. Where it is not given, a plan of a few tenants
    has to read them all.
    """

    def wrap(check: Callable[..., Findings]) -> Rule:
        return Rule(code, severity, Phase.REFERENCE, text, check, "set", seeks)

    return wrap


def plan(code: str, text: str, severity: Severity = Severity.ERROR) -> Callable[[Callable[..., Findings]], Rule]:
    """Declare a rule over a planned change."""
    return _rule(code, text, severity, Phase.PLAN, "change")


def time(code: str, text: str, severity: Severity = Severity.ERROR) -> Callable[[Callable[..., Findings]], Rule]:
    """Declare a rule that looks at the clock."""
    return _rule(code, text, severity, Phase.TIME, "resource")


def standing(code: str, text: str, severity: Severity = Severity.ERROR) -> Callable[[Callable[..., Findings]], Rule]:
    """Declare a rule of phase plan over each declared resource with live data, changed or not: ``(resource, view)``."""
    return _rule(code, text, severity, Phase.PLAN, "resource")


def dated(code: str, text: str, severity: Severity = Severity.ERROR) -> Callable[[Callable[..., Findings]], Rule]:
    """Declare a rule of phase plan that needs the clock as well as live data: ``(resource, view, now)``.

    It is judged together with the rules of phase time, and only with live data.
    """
    return _rule(code, text, severity, Phase.PLAN, "moment")
