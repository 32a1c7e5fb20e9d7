"""letting go: the plan that takes resources out of the ledger and leaves their rows, judged like any other.

It is made from the names that somebody gives, and from no manifests. No row is written.
"""

from __future__ import annotations

from reconciler.engine.lens import Lens
from reconciler.engine.plan.letting import let_go
from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.errors import Denied, UsageError
from reconciler.model.manifest import Document, Manifests
from reconciler.model.plan import Plan
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.view import View
from reconciler.operations.people import summon
from reconciler.operations.plan import proposed
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import Doors, Request
from reconciler.operations.secrets import Sealed
from reconciler.operations.validate import Judged
from reconciler.ports import FileRefused


@dataclass(frozen=True, slots=True)
class LettingGo:
    """Proposes the plan that forgets some resources; see :class:`reconciler.operations.plan.Proposer`.

    ``reviewed`` says that a plan file names them: what is not managed any more makes that plan another one then, and is
    no slip of whoever asks.
    """

    addresses: tuple[Address, ...]
    reviewed: bool = False

    def read(self, doors: Doors, request: Request) -> Judged:  # noqa: ARG002  # there are no manifests
        """Nothing.

        Raises:
            UsageError: no resource is named.
        """
        if not self.addresses:
            raise UsageError("nothing is named that should be forgotten", hint="name addresses: Kind/tenant/name")
        return Judged(manifests=Manifests((), (), ""), resources=(), diagnostics=(), read_file=_no_file)

    def propose(self, doors: Doors, request: Request, judged: Judged, live: Live) -> Proposal:
        """The plan that lets go.

        Raises:
            Denied: whoever asks is nobody (OPR-09), an address is not managed or may not be read (STA-01).
        """
        rights = Rights(doors.catalog, live, doors.now)
        carriers = summon(rights, request.people, live)
        lens = None if carriers is None or not carriers.people else Lens(rights, carriers.people)
        wanted = [one for one in self.addresses if not self.reviewed or one in live.ledger]
        for address in wanted:
            known = address in live.ledger and address.kind in doors.catalog
            if not known or (lens is not None and not lens.sees(address)):
                raise Denied(
                    f"{address} is not managed, or you may not read it; nothing was forgotten",
                    code="STA-01",
                    hint="see reconciler state list, or ask an administrator",
                )
        view = View(doors.catalog, {}, live)
        made = let_go(view, wanted, environment=request.environment)
        return proposed(doors, request, judged=judged, live=live, view=view, made=made, marks={}, found=())

    def propose_again(self, doors: Doors, request: Request, before: Proposal, live: Live) -> Proposal:
        """The same against the database of now."""
        return self.propose(doors, request, before.judged, live)

    def rests(self, doors: Doors, plan: Plan) -> Sealed:  # noqa: ARG002  # no row is written
        """None."""
        return {}


def _no_file(document: Document, path: str) -> bytes:  # noqa: ARG001  # there is none
    raise FileRefused(f"{path} does not exist")
