"""People: from the names of those who ask to principals of the live database. An unknown or barred one is nobody."""

from __future__ import annotations

from reconciler.engine.approve import guardians
from reconciler.model.access import RoleWord
from reconciler.model.authorization import Carriers
from reconciler.model.denial import Denial
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.errors import Denied
from reconciler.model.principal import Principal
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.operations.request import People


def summon(rights: Rights, people: People, live: Live) -> Carriers | None:
    """Those who carry a plan; None when nobody asked, so that nothing is judged and nothing can be applied.

    While no active administrator exists nobody can be anybody: then a plan under local trust is judged for nobody.

    Raises:
        Denied: a name is that of no operator who may act (OPR-09).
    """
    if people.installer:
        return Carriers(installer=people.installer)
    if not people.names:
        return None
    if people.local and not any(True for _ in guardians(rights.catalog, live)):
        return None
    return Carriers(people=tuple(actor(rights, name) for name in people.names))


def actor(rights: Rights, name: str) -> Principal:
    """The operator behind a name.

    Raises:
        Denied: there is none, or it may not act (OPR-09).
    """
    found = rights.find(name)
    if found is None:
        raise nobody(f"{name} is no operator of this database")
    if found.barred:
        raise nobody(f"{found.title} may not act: {found.barred}")
    return found


def may_write(carriers: Carriers | None) -> None:
    """An auditor writes nothing and approves nothing (OPR-06), whatever the verb, and whoever asks beside.

    Raises:
        Denied: one of those who ask is an auditor.
    """
    people = () if carriers is None else carriers.people
    auditor = next((one for one in people if one.role is RoleWord.AUDITOR), None)
    if auditor is None:
        return
    denial = Denial(who=auditor.title, verb="write", address=None, reason="an auditor writes nothing", code="OPR-06")
    raise Denied(
        "an auditor writes nothing, not even a run without changes",
        code="OPR-06",
        diagnostics=(denial.diagnostic(),),
    )


def may_record(carriers: Carriers | None) -> None:
    """Findings are written down by those who may write at all, and not by operators of a suspended company.

    Raises:
        Denied: the one who asks is an auditor (OPR-06), or left with reading and the way back (OPR-09).
    """
    may_write(carriers)
    applicant = None if carriers is None else carriers.applicant
    if applicant is not None and applicant.only is not None:
        raise nobody(f"{applicant.title} may not write: its company is suspended")


def nobody(summary: str, hint: str = "an administrator can see to it") -> Denied:
    """The refusal of somebody who is nobody (OPR-09)."""
    finding = Diagnostic(code="OPR-09", severity=Severity.ERROR, phase=Phase.POLICY, summary=summary, hint=hint)
    return Denied("whoever asks is no actor; nothing was done", code="OPR-09", diagnostics=(finding,))
