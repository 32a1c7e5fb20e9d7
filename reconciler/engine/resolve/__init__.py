"""Resolve: the resources of a set stand beside each other and beside the database, and must fit.

Every reference finds its target (GEN-02), no two resources share an address or a natural key (GEN-03 and the rules
that replace it), the files that manifests name are read (GEN-23), and the kinds' rules of phase reference are judged.
The stage reads files through the function that it is given and touches nothing else of the world.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from reconciler.engine.resolve.keys import judge_keys
from reconciler.engine.resolve.references import judge_references
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.columns import Field
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, in_order
from reconciler.model.encode import media_type_of, value_getter
from reconciler.model.judging import judge, judge_declared
from reconciler.model.kind import Kind
from reconciler.model.manifest import Document
from reconciler.model.notes import Notes
from reconciler.model.noting import NotingView
from reconciler.model.partview import view_of
from reconciler.model.placing import diagnose, path_key
from reconciler.model.resource import FileContent, FileRefused, Live, Resource
from reconciler.model.rule import NAME, Finding, RuleText
from reconciler.model.spec import FileSource
from reconciler.model.view import View

Fetch = Callable[[Resource[Any]], Any]
"""Gives the declared value of one field."""

ADDRESS = RuleText("GEN-03", Severity.ERROR, Phase.REFERENCE, "No two manifests have the same address.")
FILE = RuleText("GEN-23", Severity.ERROR, Phase.REFERENCE, "A file reference names a file below the manifest's folder.")


def resolve(
    catalog: Catalog,
    resources: Iterable[Resource[Any]],
    live: Live | None,
    read_file: Callable[[Document, str], bytes],
    *,
    blind: frozenset[tuple[Address, str, str]] = frozenset(),
    notes: Notes | None = None,
) -> tuple[View, list[Diagnostic]]:
    """The view of a set and everything that is wrong between its resources.

    ``blind`` are references to what whoever asks may not read: they name nothing. ``notes`` learn what rules look at.

    ``live`` is None in a run without a database. ``read_file(document, path)`` gives the content of a file beside a
    manifest and raises :class:`~reconciler.model.resource.FileRefused`. The content is kept in each resource's
    ``files``.
    """
    declared, found = _by_address(catalog, resources)
    view = view_of(catalog, declared, live) if notes is None else NotingView(catalog, declared, live, notes)
    view.blind = blind
    return view, in_order([*found, *judge_together(view, read_file)])


def judge_together(view: View, read_file: Callable[[Document, str], bytes]) -> list[Diagnostic]:
    """Everything that is wrong between the resources of a view; see :func:`resolve`."""
    found = [*judge_references(view), *judge_keys(view)]
    unread: set[Address] = set()
    with_files = {
        name: [(one, value_getter(one)) for one in fields]
        for name, kind in view.catalog.items()
        if (fields := _file_fields(kind))
    }
    for address, resource in view.compared.items():
        if address.kind in with_files:
            refused = list(_files(view.catalog[address.kind], resource, with_files[address.kind], read_file))
            if refused:
                unread.add(address)
                found.extend(refused)
    found.extend(_rules(view, unread))
    return in_order(found)


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
        resource.files = {**resource.files, field.path: content}
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
    single = {
        name: [one for one in kind.rules if one.phase is Phase.REFERENCE and one.scope == "resource"]
        for name, kind in view.catalog.items()
    }
    yield from judge_declared(view, single, without=unread)
    for kind in view.catalog.values():
        for rule in kind.rules:
            if rule.phase is Phase.REFERENCE and rule.scope == "set" and not view.spares(rule.code):
                yield from judge(rule, view, None, view)
