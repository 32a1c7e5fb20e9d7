"""Denial: one part of a plan that nobody who carries the plan has the right to."""

from __future__ import annotations

from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """A part of a plan that nobody who carries it has the right to.

    ``who`` names the applicant with the role, ``verb`` what is denied, ``what`` the field or the edge (empty for a
    create and a delete). ``reason`` is the middle of a sentence, ``code`` the rule. ``who_can`` are the words of the
    roles that have the right on this resource, the highest first; none means that nobody has it. ``address`` is None
    when the person is denied, and not a part of the plan. ``hidden`` says that nothing but the address may be told.
    """

    who: str
    verb: str
    address: Address | None
    what: str = ""
    reason: str
    code: str
    who_can: tuple[str, ...] = ()
    path: str = ""
    source: Source | None = None
    hidden: bool = False

    @property
    def line(self) -> str:
        """The denial as people read it, on one line."""
        can = ", ".join(self.who_can) or "nobody"
        return f"{self.message} [{self.code}]; who can: {can}"

    @property
    def message(self) -> str:
        """The line without its code and without who could do it."""
        target = f" {self.address}" if self.address is not None else ""
        what = f" ({self.what})" if self.what else ""
        return f"{self.who} may not {self.verb}{target}{what}: {self.reason}"

    def diagnostic(self) -> Diagnostic:
        """The denial as a finding of phase policy."""
        return Diagnostic(
            code=self.code,
            severity=Severity.ERROR,
            phase=Phase.POLICY,
            summary=self.message,
            hint=f"who can: {', '.join(self.who_can) or 'nobody'}" if self.address is not None or self.who_can else "",
            address=self.address,
            path=self.path,
            source=self.source,
        )
