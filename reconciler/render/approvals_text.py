"""Approvals for people: what a plan needs and has, what became of an approval, and who could give one."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.approval import Approvals, Owners, PartOwners, PlanClass
from reconciler.render.resource_text import Style
from reconciler.render.terminal import safe, wrap
from reconciler.render.values import plural

_LISTED = 10


def approvals_words(found: Approvals, *, listed: int | None = None) -> list[str]:
    """The class of a plan, why it has it, who agrees, and what is missing: sentences, not escaped for any sink.

    At most ``listed`` addresses stand in one of them; None for all.
    """
    count = f"{found.needed} {plural(found.needed, 'approval')} needed, {len(found.given)} given"
    lines = [f"Approvals: this plan is {found.weight.value}; {count}."]
    whats: dict[str, list[str]] = {}
    for one in found.reasons:
        whats.setdefault(one.what, []).append(str(one.address))
    lines += [f"{what}: {_some(addresses, listed)}" for what, addresses in whats.items()]
    lines += [f"and {found.hidden} more that you may not read"] if found.hidden else []
    for given in found.given:
        until = f", until {given.valid_until}" if given.valid_until else ", by this call"
        lines.append(f"approved by {given.known_as}{until}")
    lines += [f"! the approval of {void.known_as} does not count: {void.why}" for void in found.void]
    if found.authors == "none" and found.needed:
        lines.append("the manifests are those of no commit: who wrote them is not known")
    if found.missing and found.authors == "unknown":
        lines.append("! git does not tell who made the commits: its history is not here as a whole")
    elif found.missing:
        lines.append(f"! {found.missing} missing: reconciler approve PLANFILE")
    return lines


def approvals_lines(found: Approvals, style: Style) -> list[str]:
    """The same for a terminal."""
    colour = "yellow" if found.missing else "green"
    head, *words = approvals_words(found, listed=None if style.verbose else _LISTED)
    lines = [style.palette.paint(head, "bold", colour)]
    for line in words:
        lines += wrap(safe(line), indent="  ", hanging="      ")
    return lines


def shown(found: Approvals | None, *, verbose: bool) -> bool:
    """Whether approvals are worth a word in a plan."""
    if found is None:
        return False
    return bool(found.needed or found.given or found.void or (verbose and found.weight is not PlanClass.ORDINARY))


def approved_text(who: str, *, until: str, before: bool, found: Approvals | None, style: Style) -> str:
    """What became of an approval that was asked for."""
    word = "Already approved" if before else "Approved"
    lines = [style.palette.paint(f"{word} by {safe(who)}, valid until {until}.", "bold", "green")]
    if found is not None:
        lines += ["", *approvals_lines(found, style)]
    return "\n".join(lines) + "\n"


def withdrawn_text(who: str, *, before: bool, style: Style) -> str:
    """What became of an approval that was taken back."""
    what = "There is no approval" if before else "Taken back: the approval"
    line = f"{what} by {safe(who)}."
    return style.palette.paint(line, "bold", "green") + "\n"


def owners_text(found: Owners, style: Style) -> str:
    """Who could approve a plan, and who could carry what is denied."""
    names = ", ".join(map(safe, found.approvers)) or "administrators who are not its authors"
    lines = [*approvals_lines(found.approvals, style), ""]
    lines += wrap(f"Who could approve it: {names}.", hanging="    ")
    if not found.planner:
        lines += ["", *wrap("It was made for nobody, so nothing of it is denied: plan with --as EMAIL.")]
    elif not found.parts:
        lines += ["", *wrap(f"Nothing of it is denied to {safe(found.planner)}.")]
    else:
        count = len(found.parts)
        line = f"Denied to {safe(found.planner)}: {count} {plural(count, 'part')}."
        lines += ["", style.palette.paint(line, "bold", "red"), *_parts(found.parts)]
    return "\n".join(lines) + "\n"


def _parts(parts: Iterable[PartOwners]) -> Iterable[str]:
    for one in parts:
        what = f" ({one.what})" if one.what else ""
        yield from wrap(
            safe(f"! {one.verb} {one.address}{what}: {one.reason} [{one.code}]"), indent="  ", hanging="      "
        )
        who = ", ".join(one.roles) or "nobody"
        names = f": {', '.join(one.operators)}" if one.operators else ""
        yield from wrap(safe(f"who could carry it: {who}{names}"), indent="      ", hanging="          ")


def _some(addresses: list[str], listed: int | None) -> str:
    shown_ones = addresses if listed is None else addresses[:listed]
    rest = len(addresses) - len(shown_ones)
    return ", ".join(shown_ones) + (f" and {rest} more" if rest else "")
