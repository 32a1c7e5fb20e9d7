"""Resolve: the resources of a set stand beside each other and beside the database, and must fit.

Every reference finds its target (GEN-02), no two resources share an address or a natural key (GEN-03 and the rules
that replace it), the files that manifests name are read (GEN-23), and the kinds' rules of phase reference are judged.
The stage reads files through the function that it is given and touches nothing else of the world.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.model.address import PLATFORM, Address
from reconciler.model.catalog import Catalog
from reconciler.model.columns import Field
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, in_order
from reconciler.model.encode import media_type_of, value_getter
from reconciler.model.formats import folded, nearest
from reconciler.model.judging import judge, placed
from reconciler.model.kind import Kind, Unique
from reconciler.model.manifest import Document
from reconciler.model.partview import view_of
from reconciler.model.placing import diagnose, path_key
from reconciler.model.resource import FileContent, FileRefused, Live, Resource
from reconciler.model.rule import NAME, TENANT, Finding, RuleText
from reconciler.model.spec import FileSource
from reconciler.model.view import Entity, View

Fetch = Callable[[Resource[Any]], Any]
"""Gives the declared value of one field."""

REFERENCE = RuleText("GEN-02", Severity.ERROR, Phase.REFERENCE, "Every reference and every tenant names a resource.")
ADDRESS = RuleText("GEN-03", Severity.ERROR, Phase.REFERENCE, "No two manifests have the same address.")
FILE = RuleText("GEN-23", Severity.ERROR, Phase.REFERENCE, "A file reference names a file below the manifest's folder.")


def resolve(
    catalog: Catalog,
    resources: Iterable[Resource[Any]],
    live: Live | None,
    read_file: Callable[[Document, str], bytes],
) -> tuple[View, list[Diagnostic]]:
    """The view of a set and everything that is wrong between its resources.

    ``live`` is None in a run without a database. ``read_file(document, path)`` gives the content of a file beside a
    manifest and raises :class:`~reconciler.model.resource.FileRefused`. The content is kept in each resource's
    ``files``.
    """
    declared, found = _by_address(catalog, resources)
    view = view_of(catalog, declared, live)
    found.extend(_references(view))
    found.extend(_natural_keys(view))
    unread: set[Address] = set()
    with_files = {
        name: [(one, value_getter(one)) for one in fields]
        for name, kind in catalog.items()
        if (fields := _file_fields(kind))
    }
    for resource in declared.values():
        if resource.address.kind in with_files:
            refused = list(
                _files(catalog[resource.address.kind], resource, with_files[resource.address.kind], read_file)
            )
            if refused:
                unread.add(resource.address)
                found.extend(refused)
    found.extend(_rules(view, unread))
    return view, in_order(found)


def assume(catalog: Catalog, resources: Iterable[Resource[Any]], live: Live) -> View:
    """The view of a set that is known to fit: nothing is judged, and no file is read."""
    return view_of(catalog, _by_address(catalog, resources)[0], live)


# --- addresses -------------------------------------------------------------------------------------------------------


def _by_address(
    catalog: Catalog, resources: Iterable[Resource[Any]]
) -> tuple[dict[Address, Resource[Any]], list[Diagnostic]]:
    """One resource an address: the first by file and line; the others are reported (GEN-03)."""
    declared: dict[Address, Resource[Any]] = {}
    twice: dict[Address, list[Resource[Any]]] = {}
    for resource in resources:
        first = declared.setdefault(resource.address, resource)
        if first is not resource:
            twice.setdefault(resource.address, [first]).append(resource)
    found: list[Diagnostic] = []
    for address, same in twice.items():
        same.sort(key=lambda one: (one.document.file, one.document.index))
        declared[address] = same[0]
        for resource in same[1:]:
            where = same[0].document.places.nearest(("metadata", "name")).short
            finding = Finding(
                f"{address} is declared twice; the first time at {where}",
                at=NAME,
                hint="remove one of the two manifests, or give one another name",
            )
            found.append(diagnose(ADDRESS, finding, kind=catalog.get(address.kind), resource=resource))
    return declared, found


# --- references ------------------------------------------------------------------------------------------------------


def _references(view: View) -> Iterator[Diagnostic]:
    tenants = next((kind.name for kind in view.catalog.values() if kind.is_tenant), None)
    by_kind = {name: [(field, value_getter(field)) for field in kind.references] for name, kind in view.catalog.items()}
    # Without a database the rows that every database begins with count as there.
    given = set() if view.connected else {Address(name, PLATFORM, one["name"]) for name, one in _seeds(view.catalog)}
    sound: dict[str, bool] = {}
    for resource in view.judged.values():
        address = resource.address
        homeless = False
        if address.tenant and tenants is not None:
            if address.tenant not in sound:
                home = Address(tenants, PLATFORM, address.tenant)
                sound[address.tenant] = view.at(home) is not None or view.doubtful(home)
            homeless = not sound[address.tenant]
            if homeless:
                yield placed(REFERENCE, _no_tenant(view, tenants, address), view=view, subject=address)
        for field, fetch in by_kind[address.kind]:
            for at, name in _entries(field, fetch(resource)):
                goal = view.target_address(field, address, name)
                # In a tenant that does not exist nothing can be found: that is one error, and it is reported already.
                if homeless and goal.tenant == address.tenant:
                    continue
                target = view.at(goal)
                if target is None and (goal in given or view.doubtful(goal)):
                    continue
                if target is None:
                    yield placed(REFERENCE, _no_target(view, field, address, at, goal), view=view, subject=address)
                elif target.buried and _is_new(view, resource, field, name):
                    yield placed(REFERENCE, _buried(address, at, target), view=view, subject=address)


def _seeds(catalog: Catalog) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, kind in catalog.items():
        for seed in kind.seeds:
            yield name, seed


def _entries(field: Field, value: Any) -> Sequence[tuple[str, str]]:
    """The names that the value of a reference holds, each with the path to point at."""
    if not value or (field.inherit is not None and value == field.inherit.word):
        return ()
    if isinstance(value, str):
        return ((field.path, value),)
    return [(f"{field.path}[{place}]", name) for place, name in enumerate(value)]


def _is_new(view: View, resource: Resource[Any], field: Field, name: str) -> bool:
    """Whether this run would write the reference: it is new, or it named something else until now."""
    entity = view.entity(resource)
    if not entity.exists:
        return view.connected and resource.management != "observe"
    if resource.management != "full":
        return False
    if any(field.path == path or field.path.startswith(f"{path}.") for path in resource.ignore_changes):
        return False
    before = entity.live(field.path)
    return name not in before if isinstance(before, list) else name != before


def _no_tenant(view: View, kind: str, address: Address) -> Finding:
    close = nearest(address.tenant, [one.address.name for one in view.all(kind)])
    wanted = Address(kind, PLATFORM, address.tenant)
    return Finding(
        f"{address} stands in a tenant that does not exist: there is no {wanted}",
        at=TENANT,
        hint=f"did you mean {close}?" if close else f"declare {wanted}, or correct the name",
    )


def _no_target(view: View, field: Field, address: Address, at: str, goal: Address) -> Finding:
    others = view.all(goal.kind)
    if field.ref is not None and field.ref.anywhere:
        written = f"{goal.tenant}/{goal.name}" if goal.tenant else goal.name
        known = [f"{one.address.tenant}/{one.address.name}".lstrip("/") for one in others]
        close = nearest(written, known)
        detail = ""
    else:
        close = nearest(goal.name, [one.address.name for one in others if one.address.tenant == goal.tenant])
        detail = _elsewhere([one.address for one in others if one.address.name == goal.name])
    hint = f"did you mean {close}?" if close else f"declare {goal}, or name another {goal.kind}"
    if detail:
        hint = "name a resource of the own tenant"
    return Finding(
        f"{at} of {address} names {goal}, which does not exist" + (f"; {detail}" if detail else ""), at=at, hint=hint
    )


def _elsewhere(twins: list[Address]) -> str:
    if not twins:
        return ""
    where = ", ".join(f"tenant {one.tenant}" if one.tenant else "the platform level" for one in twins[:3])
    return f"the name exists in {where}, and references do not cross tenants"


def _buried(address: Address, at: str, target: Entity) -> Finding:
    return Finding(
        f"{at} of {address} names {target.address}, which is {target.state}",
        at=at,
        hint="a tombstone is kept as a record; a new reference needs a living resource",
    )


# --- natural keys ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Claim:
    """One entity that claims a natural key."""

    entity: Entity
    unique: Unique


def _natural_keys(view: View) -> Iterator[Diagnostic]:
    claims: dict[tuple[Any, ...], list[_Claim]] = {}
    for name, kind in view.catalog.items():
        if not kind.unique:
            continue
        keys = [
            (unique, unique.space or (name, place), _parts(kind, unique)) for place, unique in enumerate(kind.unique)
        ]
        for entity in view.all(name):
            for unique, space, parts in keys:
                key = _key(unique, space, parts, entity, view)
                if key is not None:
                    claims.setdefault(key, []).append(_Claim(entity, unique))
    for same in claims.values():
        if len(same) > 1:
            yield from _clashes(view, same)


def _parts(kind: Kind, unique: Unique) -> list[tuple[str, Field | None, Fetch | None]]:
    """The paths of a key with their fields, and how to get a declared value where no manifest can leave it out."""
    found: list[tuple[str, Field | None, Fetch | None]] = []
    for path in unique.paths:
        field = kind.by_path.get(path)
        plain = field is not None and field.inherit is None and not field.state
        found.append((path, field, value_getter(field) if field is not None and plain else None))
    return found


def _key(
    unique: Unique, space: Any, parts: list[tuple[str, Field | None, Fetch | None]], entity: Entity, view: View
) -> tuple[Any, ...] | None:
    """The key under which two entities clash; None when this entity takes no part."""
    if unique.unless_state and entity.state in unique.unless_state:
        return None
    for path, wanted in unique.when:
        if entity.value(path) != wanted:
            return None
    resource = entity.resource
    # A new row takes the declared value as it is; an existing one may be left to the world in part.
    direct = resource is not None and (
        entity.row is None or (resource.management == "full" and not resource.ignore_changes)
    )
    values: list[Any] = []
    for path, field, fetch in parts:
        if field is None:
            values.append(entity.address.tenant)
            continue
        value = fetch(resource) if direct and fetch is not None and resource is not None else entity.value(path)
        if field.ref is not None and isinstance(value, str):
            value = view.target_address(field, entity.address, value)
        elif isinstance(value, str) and (unique.fold or field.folded):
            value = folded(value)
        values.append(tuple(value) if isinstance(value, list) else value)
    if all(value is None for value in values):
        return None
    return (space, entity.address.tenant if unique.within == "tenant" else PLATFORM, *values)


def _clashes(view: View, same: list[_Claim]) -> Iterator[Diagnostic]:
    """Reports every claim but the first: who holds the key in the database, then who exists, then order of address."""

    def rank(claim: _Claim) -> tuple[bool, bool, Address]:
        entity = claim.entity
        before = Entity(entity.address, entity.kind, None, entity.row)
        parts = _parts(entity.kind, claim.unique)
        holds = entity.exists and _key(claim.unique, "", parts, before, view) == _key(
            claim.unique, "", parts, entity, view
        )
        return (not holds, not entity.exists, entity.address)

    same.sort(key=rank)
    first, others = same[0], [one for one in same[1:] if one.entity.declared]
    if not others and first.entity.declared:
        first, others = same[1], [first]
    for second in others:
        unique = second.unique
        if unique.unless is not None and unique.unless(second.entity, first.entity, view):
            continue
        words = " and ".join(unique.paths)
        rule = RuleText(unique.code, Severity.ERROR, Phase.REFERENCE, f"{words} is unique.")
        finding = Finding(
            f"{second.entity.address} has the same {words} as {first.entity.address}",
            at=unique.at,
            hint=_way_out(view, second.entity, first.entity, words),
        )
        yield placed(rule, finding, view=view, subject=second.entity.address)


def _way_out(view: View, second: Entity, first: Entity, words: str) -> str:
    """What to do about a key that is taken: perhaps the two are one, and it was renamed."""
    if first.declared:
        return f"give it another {words}"
    live = view.live
    alike = (second.address.kind, second.address.tenant) == (first.address.kind, first.address.tenant)
    if alike and not second.exists and live is not None and first.address in live.ledger:
        return f"it looks like a rename: write it as one with reconciler move {first.address} {second.address}"
    return f"give it another {words}; the other one is in the database"


# --- files -----------------------------------------------------------------------------------------------------------


def _file_fields(kind: Kind) -> list[Field]:
    return [one for one in kind.fields if one.type in ("file", "textOrFile")]


def _files(
    kind: Kind,
    resource: Resource[Any],
    fields: list[tuple[Field, Fetch]],
    read_file: Callable[[Document, str], bytes],
) -> Iterator[Diagnostic]:
    for field, fetch in fields:
        source = fetch(resource)
        if not isinstance(source, FileSource):
            continue
        try:
            holder = resource.document.holder((*path_key(field.path), "fromFile"))
            data = read_file(holder, source.from_file)
        except FileRefused as refusal:
            finding = Finding(str(refusal), at=field.path, hint="name a regular file below the folder of the manifest")
            yield diagnose(FILE, finding, kind=kind, resource=resource)
            continue
        content = FileContent(source.from_file, data, source.media_type or media_type_of(source.from_file))
        resource.files[field.path] = content
        rule = RuleText(field.code or "GEN-14", Severity.ERROR, Phase.REFERENCE, "A file fits its field.")
        for finding in _content(field, content):
            yield diagnose(rule, finding, kind=kind, resource=resource)


def _content(field: Field, content: FileContent) -> Iterator[Finding]:
    limits = field.max_bytes
    if limits is not None and len(content.data) > limits.limit:
        yield Finding(
            f"{content.path} has {len(content.data)} bytes; {field.path} takes at most {limits.limit}", at=field.path
        )
        return
    if limits is not None and limits.media and content.media_type not in limits.media:
        found = f"is {content.media_type}" if content.media_type else "has no known media type"
        yield Finding(
            f"{content.path} {found}; {field.path} takes {', '.join(limits.media)}",
            at=field.path,
            hint="name another file, or write its mediaType",
        )
        return
    if field.type == "textOrFile" or content.media_type.startswith("text/"):
        try:
            content.data.decode()
        except UnicodeDecodeError:
            yield Finding(f"{content.path} is no text in UTF-8", at=field.path)


# --- rules -----------------------------------------------------------------------------------------------------------


def _rules(view: View, unread: set[Address]) -> Iterator[Diagnostic]:
    single: Mapping[str, list[Any]] = {
        name: [one for one in kind.rules if one.phase is Phase.REFERENCE and one.scope == "resource"]
        for name, kind in view.catalog.items()
    }
    for address, resource in view.judged.items():
        if address in unread:
            continue
        for rule in single[address.kind]:
            yield from judge(rule, view, address, resource, view)
    for kind in view.catalog.values():
        for rule in kind.rules:
            if rule.phase is Phase.REFERENCE and rule.scope == "set":
                yield from judge(rule, view, None, view)
