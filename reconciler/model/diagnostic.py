"""Diagnostic: everything that is wrong or worth knowing, as a value with a code and a place."""

from __future__ import annotations

from enum import StrEnum

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.source import Snippet, Source


class Severity(StrEnum):
    """How much a finding weighs. An error stops the plan, a manual action asks a person to act."""

    ERROR = "error"
    WARNING = "warning"
    MANUAL = "manual"


class Phase(StrEnum):
    """When a rule is judged; a phase runs only when those before it found no error."""

    SCHEMA = "schema"
    REFERENCE = "reference"
    POLICY = "policy"
    PLAN = "plan"
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding.

    ``summary`` is one sentence that stands alone; ``detail`` may say why; ``hint`` says what to do.
    None of them ever holds the value of a secret field.
    """

    code: str
    severity: Severity
    phase: Phase
    summary: str
    detail: str = ""
    hint: str = ""
    address: Address | None = None
    path: str = ""
    source: Source | None = None
    snippet: Snippet | None = None

    @property
    def sort_key(self) -> tuple[str, int, int, str, str, str]:
        """Order of a report: file, line, column, code; findings without a place come last."""
        where = self.source
        address = "" if self.address is None else str(self.address)
        if where is None:
            return ("\uffff", 0, 0, self.code, address, self.summary)
        return (where.file, where.line, where.column, self.code, address, self.summary)


def in_order(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """The findings in the order in which every output lists them."""
    return sorted(diagnostics, key=lambda one: one.sort_key)


def errors_in(diagnostics: list[Diagnostic]) -> bool:
    """Whether any finding is an error."""
    return any(one.severity is Severity.ERROR for one in diagnostics)
