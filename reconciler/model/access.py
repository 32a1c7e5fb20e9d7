"""Rights as declarations: who may do what with which field, over which resources."""

from __future__ import annotations

from enum import StrEnum

from reconciler.model.dataclass import dataclass


class RoleWord(StrEnum):
    """The seven roles of the matrix, in its order."""

    ADMINISTRATOR = "administrator"
    DISTRIBUTOR = "distributor"
    PARTNER = "partner"
    ISSUER = "issuer"
    AUDITOR = "auditor"
    CUSTOMER = "customer"
    INDIVIDUAL = "individual"


class Reach(StrEnum):
    """The set of resources over which a role has a right."""

    NONE = "none"
    SELF = "self"
    OWN = "own"
    TREE = "tree"
    SCOPE = "scope"
    ALL = "all"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Grant:
    """One cell of the matrix. ``code`` is what a denial reports; ``condition`` may be several joined by ``; ``."""

    reach: Reach
    code: str = ""
    condition: str = ""


def may(reach: str, condition: str = "", code: str = "") -> Grant:
    """A right over ``reach``. Without a condition, outside the reach means PRM-02."""
    where = Reach(reach)
    if not code and where is not Reach.ALL:
        code = "PRM-02"
    return Grant(where, code, condition)


def no(code: str = "PRM-01") -> Grant:
    """No right, reported with ``code``."""
    return Grant(Reach.NONE, code)


def never(code: str) -> Grant:
    """Nobody may, whatever the role, reported with ``code``."""
    return Grant(Reach.NEVER, code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allow:
    """One row group of the matrix: a verb on fields or on an edge, with a cell for each role.

    ``fields`` are field paths (an object covers those below it) or ``*`` for every field without a row of its own.
    ``edge`` is ``from->to`` for the verb ``transition``. What no row allows is denied with PRM-01.
    """

    verb: str
    fields: tuple[str, ...] = ("*",)
    edge: str = ""
    administrator: Grant
    distributor: Grant
    partner: Grant
    issuer: Grant
    auditor: Grant
    customer: Grant
    individual: Grant

    def grant(self, role: RoleWord) -> Grant:
        """The cell of a role."""
        cell: Grant = getattr(self, role.value)
        return cell


_DENIED = no()


def rights(
    verb: str,
    *fields: str,
    edge: str = "",
    A: Grant = _DENIED,  # noqa: N803 - the letters are those of the matrix
    D: Grant = _DENIED,  # noqa: N803
    P: Grant = _DENIED,  # noqa: N803
    I: Grant = _DENIED,  # noqa: E741, N803
    U: Grant = _DENIED,  # noqa: N803
    C: Grant = _DENIED,  # noqa: N803
    N: Grant = _DENIED,  # noqa: N803
) -> Allow:
    """A row group by the letters of the roles; a letter left out has no right (PRM-01). No field means ``*``."""
    return Allow(
        verb=verb,
        fields=fields or ("*",),
        edge=edge,
        administrator=A,
        distributor=D,
        partner=P,
        issuer=I,
        auditor=U,
        customer=C,
        individual=N,
    )


def nobody(code: str, verb: str, *fields: str, edge: str = "") -> Allow:
    """A row group that denies all seven roles with the same code, because nobody may do this."""
    cell = never(code)
    return rights(verb, *fields, edge=edge, A=cell, D=cell, P=cell, I=cell, U=cell, C=cell, N=cell)
