"""Named places of an apply at which a test may let something go wrong: a signal, an error, a lost link.

The product has no switch for them, neither an option nor a variable, so nothing stray can turn one on: only a test that
calls :func:`armed` inside of the process does. Without it, reaching a place costs one look at an empty list. What a
test does there is its own business; see ``tests/faults``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

POINTS: Mapping[str, str] = MappingProxyType(
    {
        "agreed": "the plan is agreed, no secret is resolved",
        "secrets-resolved": "every secret is resolved, nothing is connected",
        "before-begin": "connected, no transaction",
        "begun": "the transaction is begun; on an embedded database it holds the lock",
        "schema-made": "an embedded database got its tables, uncommitted",
        "tenants-locked": "a server holds the locks of tenants",
        "locked": "every lock is held",
        "not-repeated": "the ledger does not hold the run yet",
        "planned-again": "the plan under the locks is the reviewed one",
        "announced": "the triggers know the run, no row is written",
        "amid-rows": "some rows are written",
        "rows-written": "every row is written",
        "generations-stepped": "the generations of tenants are stepped",
        "outbox-written": "the notices are in the outbox",
        "read-back": "every row was read back",
        "ledger-written": "the ledger entries are written",
        "chain-locked": "the end of the audit is read",
        "changes-written": "the audit rows are written, the run is not",
        "run-written": "the run is written",
        "written": "the whole plan is written",
        "before-commit": "interrupts are no longer heard",
        "marked": "a server's transaction is noted, the commit not sent",
        "committed": "the commit was confirmed",
        "session-closed": "the connection is closed",
        "before-report": "nothing but telling is left",
    }
)
"""Every place by name, with how far an apply has come there."""

_armed: list[Callable[[str], None]] = []


def reach(name: str) -> None:
    """Say that an apply has come to a place."""
    for act in _armed:
        act(name)


@contextmanager
def armed(act: Callable[[str], None]) -> Iterator[None]:
    """Call ``act`` with the name of every place that is reached inside; for tests."""
    _armed.append(act)
    try:
        yield
    finally:
        _armed.remove(act)
