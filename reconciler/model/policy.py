"""Policy: rules of the users' own about plans, as files say them and as the stages hand them on.

The expressions are in CEL. What they see is the plan as ``show --format json`` prints it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.manifest import Document, PathKey
from reconciler.model.rule import RuleText
from reconciler.model.spec import Spec

KIND = "Policy"
LONGEST = 2_000
"""Characters of one expression."""
DEEPEST = 24
"""Brackets of an expression inside each other."""
Name = Annotated[str, Field(pattern="^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$")]
Expression = Annotated[str, Field(min_length=1, max_length=LONGEST)]
Scope = Literal["plan", "change", "field"]
ActionWord = Literal[
    "create",
    "adopt",
    "update",
    "rotate-secret",
    "transition",
    "delete",
    "forget",
    "held",
    "manual",
    "denied",
    "blocked-by",
    "refresh",
]


def _text(code: str, text: str, severity: Severity = Severity.ERROR, phase: Phase = Phase.SCHEMA) -> RuleText:
    return RuleText(code, severity, phase, text)


MALFORMED = _text("POL-01", "A file of policies holds policies as their schema says; names of policies are unique.")
UNREADABLE = _text("POL-02", "An expression of a policy is CEL, names only what is there, and stays in its bounds.")
FAILED = _text("POL-03", "An expression of a policy that fails, as at a missing key, is no pass.", phase=Phase.PLAN)
NO_ANSWER = _text("POL-04", "A condition of a policy gives true or false.", phase=Phase.PLAN)
UNFINISHED = _text("POL-05", "Policies are judged within their bounds of time and memory.", phase=Phase.PLAN)
NO_FILE = _text("POL-06", "A pattern of policies finds a file.", Severity.WARNING)
TEST_FAILED = _text("POL-07", "The tests of a policy pass.")
OTHERS_HERE = _text(
    "POL-08", "Who is judged by the policies of a commit knows when others stand here.", Severity.WARNING
)
DENIED = _text("POL-10", "A policy forbids it.", phase=Phase.PLAN)
WARNED = _text("POL-11", "A policy warns about it.", Severity.WARNING, Phase.PLAN)
RULES = (
    MALFORMED,
    UNREADABLE,
    FAILED,
    NO_ANSWER,
    UNFINISHED,
    NO_FILE,
    TEST_FAILED,
    OTHERS_HERE,
    DENIED,
    WARNED,
)
"""What is said about policies and by them."""


class Match(Spec):
    """Which changes a rule is about, before any expression is asked."""

    kinds: list[str] = Field(default_factory=list, max_length=100, description="Kinds, as Issuer; none means all.")
    actions: list[ActionWord] = Field(
        default_factory=list, max_length=20, description="Words of the plan; a change with one of them. None means all."
    )


class PolicyRule(Spec):
    """One rule: what it looks at, when it strikes, and what it says then."""

    name: Name = Field(description="Name of the rule; unique in its policy.")
    scope: Scope = Field(
        alias="for", description="What the expressions see: the whole plan, each change, or each field of each change."
    )
    on: Match = Field(default_factory=Match, description="Which changes; not for: plan.")
    when: Expression | None = Field(None, description="CEL; the rule is judged only where this is true.")
    deny: Expression | None = Field(None, description="CEL; true means that the plan must not be applied.")
    warn: Expression | None = Field(None, description="CEL; true means that the plan says the message.")
    message: Annotated[str, Field(min_length=1, max_length=2 * LONGEST)] = Field(
        description="What people read; {{ CEL }} in it shows a value."
    )

    @property
    def strike(self) -> str:
        """The expression that strikes."""
        return self.deny or self.warn or ""

    @property
    def word(self) -> Literal["deny", "warn"]:
        """What it does."""
        return "deny" if self.deny is not None else "warn"

    @model_validator(mode="after")
    def _one(self) -> PolicyRule:
        if (self.deny is None) == (self.warn is None):
            raise PydanticCustomError("POL-01", "must hold exactly one of deny and warn")
        if self.scope == "plan" and (self.on.kinds or self.on.actions):
            raise PydanticCustomError("POL-01", "holds on, which chooses changes, and sees the whole plan")
        return self


class Given(Spec):
    """What a test shows to the rules: one of the two, and only what the rules look at."""

    plan: dict[str, Any] | None = Field(None, description="A plan, as show --format json prints it.")
    change: dict[str, Any] | None = Field(
        None, description="One entry of resource_changes; rules for: plan are left out."
    )

    @model_validator(mode="after")
    def _one(self) -> Given:
        if (self.plan is None) == (self.change is None):
            raise PydanticCustomError("POL-01", "must hold exactly one of plan and change")
        return self


class Expected(Spec):
    """The rules that strike, by name."""

    deny: list[Name] = Field(default_factory=list, description="Rules that deny.")
    warn: list[Name] = Field(default_factory=list, description="Rules that warn.")


class PolicyTest(Spec):
    """A test of a policy: exactly the expected rules strike."""

    name: Annotated[str, Field(min_length=1, max_length=200)] = Field(description="What the test shows.")
    given: Given = Field(description="What the rules see.")
    expect: Expected = Field(description="Which rules strike; no other may.")


class PolicySpec(Spec):
    """What a policy says."""

    description: Annotated[str, Field(max_length=2000)] = Field("", description="Why the policy is there.")
    rules: Annotated[list[PolicyRule], Field(min_length=1, max_length=100)] = Field(description="The rules.")
    tests: Annotated[list[PolicyTest], Field(max_length=200)] = Field(
        default_factory=list, description="Tests, which validate runs."
    )


class PolicyMetadata(Spec):
    """What a policy is called."""

    name: Name = Field(description="Name of the policy; unique among all of them.")


class PolicyFile(Spec):
    """One document of a file of policies."""

    api_version: Literal["reconciler/v1"] = Field(description="Version of the format.")
    kind: Literal["Policy"] = Field(description="A policy.")
    metadata: PolicyMetadata = Field(description="What the policy is called.")
    spec: PolicySpec = Field(description="What the policy says.")


# --- what the stages hand on -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy that was read, and the document that it was read from."""

    name: str
    spec: PolicySpec
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One expression, the names that it may use, and where it was written. ``what`` is it, as ``deny of rule custody``.

    ``whole``: it is the whole value at ``path``, not a placeholder in a message.
    """

    source: str
    names: tuple[str, ...]
    what: str
    policy: Policy
    path: PathKey
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """One rule as numbers of programs. ``message`` holds texts and programs."""

    scope: Scope
    when: int | None
    strike: int
    message: tuple[str | int, ...]
    policy: Policy
    rule: PolicyRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One rule, and the numbers of the changes that it is asked about; a rule about a plan has no changes."""

    judge: int
    changes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One plan that rules are asked about.

    ``plan`` is what rules for: plan see and ``head`` what the others see of it; ``changes`` are those that are asked
    about, by number.
    """

    plan: Mapping[str, Any] | None
    head: Mapping[str, Any]
    changes: Mapping[int, Mapping[str, Any]]
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Everything that is evaluated in one go."""

    programs: tuple[Program, ...]
    judges: tuple[Judge, ...]
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """A rule struck. ``change`` is the number of the change and ``path`` that of the field, where it is about one."""

    case: int
    judge: int
    change: int | None = None
    path: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """An expression gave no answer. ``code`` is POL-02 to POL-05; ``line`` and ``column`` count from 1 inside of it."""

    code: str
    program: int
    text: str
    case: int | None = None
    judge: int | None = None
    change: int | None = None
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What came of it. ``strikes`` and ``breaches`` list the first of each rule; the counts say how many there were."""

    strikes: tuple[Strike, ...] = ()
    breaches: tuple[Breach, ...] = ()
    counts: Mapping[tuple[int, int], int] = field(default_factory=dict)
    """Strikes by case and judge."""


Evaluate = Callable[[Work], Answers]
"""Evaluates expressions within bounds; nothing that an expression does reaches the caller but an answer."""

ReadPolicies = Callable[[], tuple[Sequence[Document], list[Diagnostic]]]
"""The documents of the policies, and what is wrong with the files."""
