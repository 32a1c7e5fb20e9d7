"""Rules that several kinds declare in the same words, made to measure for each of them.

Nothing here knows the name of a kind: a rule that needs one gets it as an argument. Each function returns a rule, or a
check, that the kind lists among its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from reconciler.model.address import Address
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.effect import Planned
from reconciler.model.formats import network, split_addresses
from reconciler.model.password import failing_parts
from reconciler.model.resource import Resource
from reconciler.model.rule import Finding, Findings, Rule, plan, reference, schema
from reconciler.model.secret import SecretValue
from reconciler.model.view import View


def roles_of_type(wanted: str, *paths: str) -> Rule:
    """SC-07 for the references at ``paths``, lists included: each named role has the type ``wanted``."""

    @reference("SC-07", f"Every role of a person of the portals is a Role of type {wanted}.")
    def rule(resource: Resource[Any], view: View) -> Findings:
        """SC-07."""
        entity = view.entity(resource)
        for path in paths:
            value = entity.value(path) if resource.given(path) else None
            named = list(enumerate(value)) if isinstance(value, list) else [(-1, value)]
            for place, name in named:
                if not isinstance(name, str):
                    continue
                found = type_of_role(view, view.target_address(entity.kind.by_path[path], resource.address, name))
                if found is not None and found != wanted:
                    yield Finding(
                        f"{name} is no role of type {wanted}, as it has to be here",
                        at=path if place < 0 else f"{path}[{place}]",
                    )

    return rule


def whoever_asks(rule: Rule) -> Rule:
    """A rule over a planned change as one of phase policy: it binds everybody, so no role has to be known."""
    return replace(rule, phase=Phase.POLICY)


def type_of_role(view: View, address: Address) -> str | None:
    """The type of the role at an address; None when there is no role.

    Without live data the roles that every database begins with count as there.
    """
    role = view.at(address)
    if role is not None:
        return str(role.value("type"))
    seeds = () if view.connected else view.catalog[address.kind].seeds
    return next((str(one["type"]) for one in seeds if one["name"] == address.name), None)


def password_policy(settings: str, prefix: str = "passwordPolicy") -> Callable[[str, SecretValue, View], Findings]:
    """USR-03 as the check of a resolved ``password``: it satisfies the policy that the kind ``settings`` holds."""

    def check(path: str, value: SecretValue, view: View) -> Findings:
        if path != "password":
            return
        start = f"{prefix}."
        policy = {
            one.path.removeprefix(start): view.setting(settings, one.path)
            for one in view.catalog[settings].fields
            if one.path.startswith(start)
        }
        failing = failing_parts(policy, value)
        if failing:
            yield Finding(
                f"the password does not satisfy the password policy: {'; '.join(failing)}",
                at=path,
                hint="choose another password and give it a new version",
                code="USR-03",
            )

    return check


def trusted_entries(resource: Resource[Any], path: str) -> list[tuple[str, str]]:
    """The trusted addresses as written, trimmed and without empty ones, each with the path to point at."""
    written = resource.document.tree["spec"].get(path) or []
    if isinstance(written, str):
        return [(path, entry) for entry in split_addresses(written)]
    return [(f"{path}[{place}]", entry.strip()) for place, entry in enumerate(written) if entry.strip()]


def ipv6_with_feature(path: str, attribute: str, settings: str, feature: str) -> Rule:
    """SC-01, the part about IPv6: such entries are valid only while ``feature`` of the kind ``settings`` is true."""

    @reference("SC-01", f"IPv6 among trusted addresses is valid only with {feature}.")
    def rule(resource: Resource[Any], view: View) -> Findings:
        """SC-01, the part about IPv6."""
        if not any(":" in entry for entry in getattr(resource.spec, attribute)) or view.setting(settings, feature):
            return
        for at, entry in trusted_entries(resource, path):
            if ":" in entry:
                yield Finding(f"{entry}: IPv6 is refused unless {feature} is true", at=at)

    return rule


def meaningful_networks(path: str, attribute: str) -> Rule:
    """SC-03 for the trusted addresses at ``path``; ``attribute`` is their name in the spec."""

    @schema(
        "SC-03",
        "A prefix shorter than /8 defeats the restriction; an entry inside another is superfluous.",
        Severity.WARNING,
    )
    def rule(resource: Resource[Any]) -> Findings:
        """SC-03."""
        if not getattr(resource.spec, attribute):
            return
        entries = trusted_entries(resource, path)
        networks = [network(entry) for _, entry in entries]
        for (at, entry), one in zip(entries, networks, strict=True):
            if one.prefixlen < 8:
                yield Finding(f"{entry} covers so much that it restricts nothing", at=at)
        # In this order whatever encloses an entry stands before it, and the last one still open is the nearest.
        order = sorted(
            range(len(entries)),
            key=lambda place: (
                networks[place].version,
                int(networks[place].network_address),
                networks[place].prefixlen,
                place,
            ),
        )
        enclosing: list[int] = []
        for place in order:
            one = networks[place]
            while enclosing and (
                networks[enclosing[-1]].version != one.version
                or int(networks[enclosing[-1]].broadcast_address) < int(one.network_address)
            ):
                enclosing.pop()
            if enclosing:
                at, entry = entries[place]
                yield Finding(f"{entry} lies inside {entries[enclosing[-1]][1]} and is superfluous", at=at)
            enclosing.append(place)

    return rule


def target_fits_scope(path: str, attribute: str, word: str) -> Rule:
    """GEN-24 for a reference that is there exactly while ``scope`` is ``word``."""

    @schema("GEN-24", f"{path} is there exactly for scope {word}.")
    def rule(resource: Resource[Any]) -> Findings:
        """GEN-24."""
        wanted, there = resource.spec.scope == word, getattr(resource.spec, attribute) is not None
        if there and not wanted:
            yield Finding(f"{path} is only there for scope {word}", at=path, hint=f"remove it, or write scope: {word}")
        elif wanted and not there:
            yield Finding(f"scope {word} needs {path}", at=path, hint=f"name the target in {path}")

    return rule


def not_deleted_while_used(*uses: tuple[str, str]) -> Rule:
    """CAT-02 for the references in ``uses``, pairs of kind and path: their target is not deleted while one names it."""

    @plan("CAT-02", "It is not deleted while something refers to it.")
    def rule(planned: Planned, view: View) -> Findings:
        """CAT-02."""
        if not planned.deletes:
            return
        for kind, path in uses:
            for user in view.referrers(planned.address, kind, path):
                value = user.value(path)
                at = f"{path}[{value.index(planned.address.name)}]" if isinstance(value, list) else path
                yield Finding(
                    f"{planned.address} cannot be deleted: {user.address} refers to it in {path}",
                    at=at if user.declared else "",
                    address=user.address if user.declared else planned.address,
                    hint="archive it instead: state disabled, then archived",
                )

    return rule
