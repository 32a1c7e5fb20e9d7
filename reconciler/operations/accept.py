"""accept: live values go into the manifests in which their fields stand. Writes no database, and no file itself.

read manifests and database, see what differs, write the live values into the trees, rewrite the files, read them again,
and see that nothing of what was accepted differs any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from reconciler.engine.accept import Unacceptable, accepted
from reconciler.engine.compose import Unspreadable, spread
from reconciler.engine.diff import diff
from reconciler.engine.lens import Lens
from reconciler.model.address import Address
from reconciler.model.change import Cause
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.difference import Difference, Standing
from reconciler.model.errors import InvalidManifests, ReconcilerError, UsageError
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.view import Entity, View
from reconciler.operations.moving import fit_moved
from reconciler.operations.outside import set_aside
from reconciler.operations.people import summon
from reconciler.operations.plan import seen_by
from reconciler.operations.request import Doors, Request
from reconciler.operations.tidy import Rewritten
from reconciler.operations.validate import Judged, judge
from reconciler.ports import FileSource, ManifestWriter

MOVED = frozenset({Cause.DRIFT, Cause.CONFLICT})
"""Causes for which a field is accepted that nobody named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Files that say what is live now, and which fields that took.

    ``same`` were so already, and ``left`` are secrets that the world moved: they are never written.
    """

    files: tuple[Rewritten, ...]
    fields: tuple[tuple[Address, str], ...]
    same: tuple[str, ...] = ()
    left: tuple[tuple[Address, str], ...] = ()


def accept(
    doors: Doors, request: Request, files: FileSource, writer: ManifestWriter, *, names: Sequence[str]
) -> Accepted:
    """Accept the live values of ``names``: addresses, or addresses with a dot and a field or an object of fields.

    Of an address alone, the fields are accepted that the world has moved; secrets among them are left.

    Raises:
        UsageError: a name is none, or names nothing that is declared, live and readable (ACC-01).
        ReconcilerError: a value is none for a manifest (ACC-02), a secret (ACC-03), or the file cannot be changed
            (ACC-04).
        InvalidManifests: the manifests hold errors, before or afterwards.
    """
    live = doors.store.read()
    view = _fitted(doors, request, judge(doors.catalog, doors.reader, layout=request.layout), live)
    rights = Rights(doors.catalog, live, doors.now, planned=view)
    carriers = summon(rights, request.people, live)
    lens = Lens(rights, carriers.people, view) if carriers is not None and carriers.people else None
    differences = _differences(view)
    wanted: dict[Address, list[str]] = {}
    same: list[str] = []
    left: list[tuple[Address, str]] = []
    for name in names:
        entity, asked = _named(view, lens, name)
        paths, kept = _paths(entity, asked, differences.get(entity.address), lens)
        left += [(entity.address, path) for path in kept if (entity.address, path) not in left]
        if not paths and not kept:
            same.append(name)
        for path in paths:
            if path not in wanted.setdefault(entity.address, []):
                wanted[entity.address].append(path)
    wanted = {address: paths for address, paths in wanted.items() if paths}
    rewritten = _rewritten(view, files, writer, wanted)
    _prove(doors, request, writer, live, rewritten, wanted)
    fields = tuple((address, path) for address, paths in sorted(wanted.items()) for path in paths)
    return Accepted(files=rewritten, fields=fields, same=tuple(same), left=tuple(left))


def _fitted(doors: Doors, request: Request, judged: Judged, live: Live) -> View:
    """The manifests within the reach of those who ask beside the database; the others take no part in it."""
    found = list(judged.diagnostics)
    if judged.valid:
        inside = set_aside(doors, replace(request, mine=True), judged, live, selects=lambda _: True)
        view, _, found = fit_moved(doors.catalog, inside, live, now=doors.now, request=Request())
        if not any(one.severity is Severity.ERROR and one.phase is not Phase.TIME for one in found):
            return view
        found = list(seen_by(doors, request, live, found=found, view=view))
    wrong = tuple(one for one in found if one.severity is Severity.ERROR)
    raise InvalidManifests("the manifests hold errors; nothing was accepted", diagnostics=wrong)


def _differences(view: View) -> dict[Address, Difference]:
    """What differs, by address. Secrets are not read: whatever is said of them here, they are never accepted."""
    return {
        one.entity.address: one
        for one in diff(view, {}).items
        if one.standing in (Standing.CHANGED, Standing.UNOWNED, Standing.OBSERVED)
    }


def _named(view: View, lens: Lens | None, name: str) -> tuple[Entity, str]:
    """The resource and the field of a name. Names of resources hold dots too: the longest that is one counts."""
    try:
        whole = Address.parse(name)
    except ValueError as error:
        raise UsageError(str(error), code="ACC-01", hint="write Kind/tenant/name or Kind/tenant/name.field") from None
    cuts = [len(whole.name), *(place for place, one in reversed(list(enumerate(whole.name))) if one == ".")]
    for cut in cuts:
        address = whole._replace(name=whole.name[:cut])
        entity = view.at(address)
        if entity is None or not (entity.declared and entity.exists) or not (lens is None or lens.sees(address)):
            continue
        path = whole.name[cut + 1 :]
        if path and not _fields(entity, path):
            raise UsageError(f"{entity.address} has no field {path}", code="ACC-01", hint=f"see explain {address.kind}")
        return entity, path
    raise UsageError(
        f"{name} is no resource that has a manifest, is live, and may be read by you",
        code="ACC-01",
        hint="what is gone, and what was never declared, is no value to accept",
    )


def _fields(entity: Entity, path: str) -> list[str]:
    return [one.path for one in entity.kind.fields if (one.path == path or one.path.startswith(f"{path}."))]


def _paths(entity: Entity, asked: str, found: Difference | None, lens: Lens | None) -> tuple[list[str], list[str]]:
    """The fields to accept, and the secrets that stay. One that is named is accepted: it is refused with a reason."""
    if asked:
        secret = entity.kind.by_path.get(asked)
        if secret is not None and secret.secret is not None:
            return [asked], []
    if found is None:
        return [], []
    below = {one.path for one in entity.kind.fields} if not asked else set(_fields(entity, asked))
    changes = [*found.fields, *([] if found.state is None else [found.state])]
    chosen = [one.path for one in changes if one.path in below and (asked or one.cause in MOVED)]
    kept = [one.path for one in found.secrets if one.path in below and one.cause in MOVED]
    readable = None if lens is None else lens.readable(entity.address)
    seen = [path for path in chosen if readable is None or path in readable]
    return seen, [path for path in kept if readable is None or path in readable]


def _rewritten(
    view: View, files: FileSource, writer: ManifestWriter, wanted: dict[Address, list[str]]
) -> tuple[Rewritten, ...]:
    if not wanted:
        return ()
    contents, _ = files.contents()
    trees: dict[str, dict[int, tuple[object, object]]] = {}
    for address, paths in wanted.items():
        entity = view.at(address)
        if entity is None or entity.resource is None:
            continue
        document = entity.resource.document
        try:
            after = accepted(entity, paths)
        except Unacceptable as reason:
            field = entity.kind.by_path[reason.path]
            code = "ACC-03" if field.secret is not None else "ACC-02"
            where = document.places.nearest(("spec", *reason.path.split("."))).short
            raise ReconcilerError(
                f"{address}: {reason}; nothing was accepted", code=code, hint=f"{where}: {reason.hint}"
            ) from None
        try:
            spreads = spread(document, after)
        except Unspreadable as reason:
            at = document.places.first.short
            raise ReconcilerError(f"{address}: {reason}", code="ACC-04", hint=f"{at}: change it by hand") from None
        for part, tree in zip(document.written, spreads, strict=True):
            trees.setdefault(part.file, {})[part.index] = (part.tree, tree)
    made = []
    for file, documents in sorted(trees.items()):
        before = contents.get(file, b"")
        made.append(Rewritten(file=file, before=before, after=writer.rewrite(file, before, documents)))
    return tuple(one for one in made if one.before != one.after)


def _prove(
    doors: Doors,
    request: Request,
    writer: ManifestWriter,
    live: Live,
    rewritten: Iterable[Rewritten],
    wanted: dict[Address, list[str]],
) -> None:
    """Nothing of what was accepted differs any more, and the manifests are still valid."""
    reader = writer.reader({one.file: one.after for one in rewritten}, doors.reader)
    view = _fitted(doors, request, judge(doors.catalog, reader, layout=request.layout), live)
    left = _differences(view)
    for address, paths in wanted.items():
        found = left.get(address)
        if found is None:
            continue
        still = [one.path for one in (*found.fields, *([] if found.state is None else [found.state]))]
        if stays := sorted(set(paths) & set(still)):
            raise ReconcilerError(
                f"{address}: {stays[0]} would still differ; nothing was accepted",
                code="ACC-02",
                hint="leave it to the world with lifecycle.ignoreChanges",
            )
