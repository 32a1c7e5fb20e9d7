"""Principal: somebody who asks, as rights see them. Made by the kinds whose resources are people.

Who may do what is judged on live data, before the plan: no part of a plan can authorise another part of it.
"""

from __future__ import annotations

from collections.abc import Callable

from reconciler.model.access import RoleWord
from reconciler.model.address import Address
from reconciler.model.dataclass import dataclass
from reconciler.model.view import Entity, View

ACTORS = frozenset({RoleWord.ADMINISTRATOR, RoleWord.DISTRIBUTOR, RoleWord.PARTNER, RoleWord.ISSUER, RoleWord.AUDITOR})
"""The roles of the command line; the others belong to people of the portals."""

LEVELS = (RoleWord.ADMINISTRATOR, RoleWord.DISTRIBUTOR, RoleWord.PARTNER, RoleWord.ISSUER)
"""The levels, the highest first; an auditor stands outside of them (LIF-03, OPR-03)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """One person.

    ``known_as`` is the address of mail or the login. ``company`` is what the person works for or belongs to: a
    Partner, an Issuer or a Customer. ``selves`` are the own records (reach ``self``). ``scope`` are the issuers of an
    auditor. ``reads`` are further resources, and ``annex`` further kinds of a tenant, that count as in the reach of
    the role when reading. ``barred`` says why the person is nobody (OPR-09), and is empty for one who may act.
    ``only`` is all that may be applied: an edge of a resource, or None when nothing is narrowed. ``permissions``
    (permission path and access), ``allowed_roles`` and ``own_role`` are of people of the portals.
    """

    address: Address
    known_as: str
    role: RoleWord
    company: Address | None = None
    selves: frozenset[Address] = frozenset()
    scope: frozenset[Address] = frozenset()
    reads: frozenset[Address] = frozenset()
    annex: frozenset[tuple[str, str]] = frozenset()
    barred: str = ""
    only: tuple[Address, str] | None = None
    permissions: tuple[tuple[str, str], ...] = ()
    allowed_roles: frozenset[str] = frozenset()
    own_role: str = ""

    @property
    def title(self) -> str:
        """As denials name the person: ``partner operator ines@farol.example.com``."""
        return f"{self.role.value} operator {self.known_as}" if self.role in ACTORS else f"{self.role.value} {self}"

    def __str__(self) -> str:
        return self.known_as


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a condition is asked: may ``who`` do this to ``entity``?

    ``live`` is the view of the database without any manifest. ``entity`` is the resource, with its manifest when the
    question is about a plan: ``entity.live`` is before the plan, ``entity.value`` behind it. ``path`` is the field of
    an update, ``edge`` the step of a transition, as ``from->to``.
    """

    who: Principal
    verb: str
    entity: Entity
    live: View
    path: str = ""
    edge: str = ""


Condition = Callable[[Question], bool]
"""Whether a condition of the matrix holds."""
