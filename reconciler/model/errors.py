"""The exception tree. Each exception knows the exit code of the command that it ends.

::

    ReconcilerError                1   known not applied
    ├── InvalidManifests           1   carries diagnostics
    ├── UsageError                 1   the words of the call are off
    ├── WorldError                 1   a file, a repository or a database did not answer
    │   └── RowRefused             1   a constraint of the database refuses a row
    ├── Denied                     4   role rules, policy, or a missing approval
    │   └── Unidentified           4   nobody has proven who asks
    ├── Stale                      5   the plan no longer fits the manifests, the database or the rules
    ├── LockTimeout                6   somebody else holds the lock
    │   └── Collision              6   two programs stood in each other's way; the whole may be tried again
    ├── Held                       7   a guard holds the plan: budget, protection, invariant
    └── OutcomeUnknown             8   the connection was lost around commit

Messages never hold the value of a secret, nor the text of a database's own exception.
"""

from __future__ import annotations

from typing import ClassVar

from reconciler.model.address import Address
from reconciler.model.diagnostic import Diagnostic


class ReconcilerError(Exception):
    """Root of the tree.

    ``code`` is stable and may be searched for; ``hint`` says what to do next; ``diagnostics`` holds the findings
    behind the error, when there are any.
    """

    exit_code: ClassVar[int] = 1
    default_code: ClassVar[str] = "ERR-01"

    def __init__(
        self, message: str, *, code: str = "", hint: str = "", diagnostics: tuple[Diagnostic, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.hint = hint
        self.diagnostics = diagnostics


class InvalidManifests(ReconcilerError):
    """The manifests hold errors; ``diagnostics`` lists them all."""

    default_code = "ERR-02"


class UsageError(ReconcilerError):
    """The words of the call, or the configuration file, are off."""

    default_code = "ERR-03"


class WorldError(ReconcilerError):
    """A file, a repository or a database did not answer as it should."""

    default_code = "ERR-04"


class RowRefused(WorldError):
    """A constraint of the database refuses a row; ``address`` says which, where that was found out."""

    default_code = "DB-06"

    def __init__(self, message: str, *, code: str = "", hint: str = "", address: Address | None = None) -> None:
        super().__init__(message, code=code, hint=hint)
        self.address = address


class Denied(ReconcilerError):
    """Role rules, a policy or a missing approval refuse the plan."""

    exit_code = 4
    default_code = "ERR-05"


class Unidentified(Denied):
    """The token of a run does not prove who asks; the codes IDT-01 to IDT-11 say why. No message holds the token."""

    default_code = "IDT-02"


class Stale(ReconcilerError):
    """The plan no longer fits the manifests, the database or the rules."""

    exit_code = 5
    default_code = "ERR-06"


class LockTimeout(ReconcilerError):
    """The lock was not obtained in time."""

    exit_code = 6
    default_code = "ERR-07"


class Collision(LockTimeout):
    """The database rolled the transaction back to let another one go on: trying the whole again is safe."""


class Held(ReconcilerError):
    """A guard holds the plan: deletion budget, protection, invariant."""

    exit_code = 7
    default_code = "ERR-08"


class OutcomeUnknown(ReconcilerError):
    """The connection was lost around commit; nobody knows yet whether the plan was applied."""

    exit_code = 8
    default_code = "ERR-09"
