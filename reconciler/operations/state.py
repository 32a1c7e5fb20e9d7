"""state: what the ledger tells, as those who ask may read it; and taking resources out of it.

forget: find the resources; plan; judge; ask; lock; plan again, which must give the same digest; write ledger and audit;
commit. No row is written.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Protocol

from pydantic_core import from_json

from reconciler.engine.authorize import authorize
from reconciler.engine.lens import Lens
from reconciler.engine.plan.letting import let_go
from reconciler.model.address import Address
from reconciler.model.authorization import Authorization
from reconciler.model.catalog import Catalog
from reconciler.model.encode import decode
from reconciler.model.errors import Denied, ReconcilerError, Stale, UsageError
from reconciler.model.plan import Plan
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.run import Event, Outcome, Run
from reconciler.model.state import Managed
from reconciler.model.view import View
from reconciler.operations.apply import truthful_after_commit, until_clear
from reconciler.operations.people import may_write, nobody, summon
from reconciler.operations.request import People
from reconciler.ports import Listener, LiveStore


class StateStore(Protocol):
    """What is asked of the live database."""

    def read(self) -> Live:
        """Everything that is managed or may be referred to."""

    def managed(self) -> Sequence[Managed]:
        """The ledger, in order of address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetOrders:
    """What to forget.

    ``agree`` shows the plan and says whether to go on; ``clock`` tells when the run began and ended.
    """

    addresses: tuple[Address, ...]
    agree: Callable[[Plan], bool]
    environment: str = ""
    lock_timeout: float = 30.0
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))


def managed(
    catalog: Catalog, store: StateStore, people: People, now: datetime, *, selects: Callable[[Address], bool]
) -> list[tuple[Managed, dict[str, Any]]]:
    """The managed resources that may be read, in order, each with the last applied values that may be read, by path.

    Of a secret it is the version, where it has one.

    Raises:
        Denied: whoever asks is nobody (OPR-09).
    """
    live = store.read()
    rights = Rights(catalog, live, now)
    carriers = summon(rights, people, live)
    lens = None if carriers is None or not carriers.people else Lens(rights, carriers.people)
    return [
        (one, _values(catalog, one, lens))
        for one in store.managed()
        if selects(one.address) and (lens is None or lens.sees(one.address))
    ]


def forget(
    catalog: Catalog, store: LiveStore, people: People, now: datetime, orders: ForgetOrders, listener: Listener
) -> tuple[Run, Plan]:
    """Take resources out of the ledger; whoever may delete them may do it.

    Raises:
        UsageError: nothing is named.
        Denied: an address is not managed or may not be read (STA-01), or nobody who asks may delete it (GEN-07).
        Stale: the world moved between the plan and its locks.
        LockTimeout: somebody else holds the lock.
        OutcomeUnknown: the connection was lost around commit.
    """
    if not orders.addresses:
        raise UsageError("nothing is named that should be forgotten", hint="name addresses: Kind/tenant/name")
    started = orders.clock()
    shown = _judged(catalog, people, now, orders, store.read())
    if not orders.agree(shown.plan):
        raise ReconcilerError("not confirmed; nothing was forgotten", code="APL-01", hint="only the word yes forgets")
    whole = partial(_transaction, catalog, store, people, now, orders, listener, shown=shown, started=started)
    return until_clear(whole, listener), shown.plan


def _transaction(
    catalog: Catalog,
    store: LiveStore,
    people: People,
    now: datetime,
    orders: ForgetOrders,
    listener: Listener,
    *,
    shown: Authorization,
    started: datetime,
) -> Run:
    run_id = str(uuid.uuid4())
    plan = shown.plan
    listener(Event("apply_progress", "waiting for the locks", {"step": "lock"}))
    asking = [one.address for one in shown.carriers.everybody]
    rows = tuple(sorted({*asking, *(one.address for one in plan.changes if one.rev is not None)}))
    tenants = tuple(sorted({one.address.tenant for one in plan.changes}))
    locks = store.apply(tenants, lock_timeout=orders.lock_timeout, run=run_id, rows=rows)
    with truthful_after_commit(run_id) as done, locks as session:
        again = _judged(catalog, people, now, orders, session.live())
        if again.plan.digest != plan.digest:
            raise Stale("rows have moved since the plan was made", code="DB-09", hint="try again")
        actor, *approvers = (one.known_as for one in again.carriers.everybody)
        run = Run(
            id=run_id,
            digest=plan.digest,
            actor=actor,
            approvers=tuple(approvers),
            started_at=_text(started),
            finished_at=_text(orders.clock()),
            outcome=Outcome.APPLIED,
            added=0,
            changed=0,
            destroyed=0,
            commit=None,
        )
        session.write(again, run=run, sealed={})
        session.commit()
        done.set()
    return run


def _judged(catalog: Catalog, people: People, now: datetime, orders: ForgetOrders, live: Live) -> Authorization:
    rights = Rights(catalog, live, now)
    carriers = summon(rights, people, live)
    if carriers is None or not carriers.people:
        raise nobody("nobody who may act asks for this", "say who you are with --as EMAIL or RECONCILER_ACTOR")
    may_write(carriers)
    lens = Lens(rights, carriers.people)
    for address in orders.addresses:
        if address not in live.ledger or address.kind not in catalog or not lens.sees(address):
            raise Denied(
                f"{address} is not managed, or you may not read it; nothing was forgotten",
                code="STA-01",
                hint="see reconciler state list, or ask an administrator",
            )
    view = View(catalog, {}, live)
    judgement = authorize(rights, let_go(view, orders.addresses, environment=orders.environment), view, carriers)
    if judgement.authorization is None:
        wrong = tuple(one.diagnostic() for one in judgement.denials)
        raise Denied("the plan is denied; nothing was forgotten", code="GEN-07", diagnostics=wrong)
    return judgement.authorization


def selected(patterns: Iterable[str]) -> Callable[[Address], bool]:
    """Whether an address fits one of some patterns; without patterns every address does."""
    globs = tuple(patterns)
    return lambda address: not globs or any(fnmatchcase(str(address), one) for one in globs)


def _values(catalog: Catalog, one: Managed, lens: Lens | None) -> dict[str, Any]:
    kind = catalog.get(one.address.kind)
    try:
        kept = from_json(one.applied)
    except ValueError:
        kept = {}
    if kind is None or not isinstance(kept, dict):
        return {}
    readable = None if lens is None else lens.readable(one.address)
    found: dict[str, Any] = {}
    for line in kind.fields:
        column = None if line.transient else next((each for each in line.columns if each.name in kept), None)
        if column is None or (readable is not None and line.path not in readable):
            continue
        value = decode(line, kept[column.name])
        if value is not None:
            found[line.path] = f"(secret) version {value}" if line.type == "secret" else value
    return found


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
