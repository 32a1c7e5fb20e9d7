"""Authorization: a plan that may be applied, and by whom; or the denials of one that may not.

Apply takes an :class:`Authorization` and nothing else, so that leaving the step out does not type-check. Only the
engine's ``authorize`` makes one for a plan that is going to last.
"""

from __future__ import annotations

from reconciler.model.dataclass import dataclass
from reconciler.model.denial import Denial
from reconciler.model.plan import Plan
from reconciler.model.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Carriers:
    """Who stands behind a plan: those who ask, the applicant first, and the operators who approved its digest.

    ``people`` ask, and what they may read is what they see. ``approvers`` have approved it before: they carry what they
    have a right to, and nobody sees more by that. ``installer`` is the name of a person who acts as installer on an
    empty database; then nobody else carries.
    """

    people: tuple[Principal, ...] = ()
    approvers: tuple[Principal, ...] = ()
    installer: str = ""

    @property
    def applicant(self) -> Principal | None:
        """The one who asks."""
        return self.people[0] if self.people else None

    @property
    def everybody(self) -> tuple[Principal, ...]:
        """All who carry it, the applicant first, each once."""
        return tuple({one.address: one for one in (*self.people, *self.approvers)}.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorization:
    """A plan that those who carry it may apply.

    ``plan`` is the one that was judged, with what only the carriers decide filled in (``status.stoppedBy``); its digest
    is that of the judged one.
    """

    plan: Plan
    carriers: Carriers


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What became of a plan before its carriers: denials, or an authorization."""

    denials: tuple[Denial, ...] = ()
    authorization: Authorization | None = None
