"""move: a resource gets another name in the manifests, and a manifest that says so. Writes no database, and no file.

read and judge the manifests, rename in their trees, rewrite the files, read and plan them again, and see that the new
plan is the old one and the move, and nothing else.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import count

from reconciler.engine.rename import moved_tree, renamed
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.change import COUNTED, Action
from reconciler.model.columns import snake
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Severity
from reconciler.model.errors import InvalidManifests, ReconcilerError, UsageError
from reconciler.model.manifest import Document
from reconciler.model.plan import Plan
from reconciler.model.waiver import Waiver
from reconciler.operations.plan import plan
from reconciler.operations.proposal import Proposal
from reconciler.operations.request import Doors, Request
from reconciler.operations.tidy import Rewritten
from reconciler.operations.validate import Judged, judge
from reconciler.ports import FileSource, ManifestReader, ManifestWriter

_LONGEST = 63
_OF_MOVES = frozenset({Action.MOVE, Action.ROTATE_SECRET})
_HINT = "write Kind/tenant/name, or Kind/name at platform level; the new one may be a name alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedFiles:
    """Files that say the new name, the new file with the move, and what a plan of them comes to.

    ``pending`` is false when the database does not hold the resource: then there is nothing to move in it. ``waivers``
    are the names of waivers that speak of the old address and not of the new one.
    """

    before: Address
    after: Address
    files: tuple[Rewritten, ...]
    added: Mapping[str, bytes]
    proposal: Proposal
    pending: bool
    waivers: tuple[str, ...] = ()


def move(
    doors: Doors,
    request: Request,
    files: FileSource,
    writer: ManifestWriter,
    *,
    source: str,
    target: str,
    everywhere: ManifestReader | None = None,
) -> MovedFiles:
    """Give the resource at ``source`` the name of ``target``, an address or a name.

    ``everywhere`` reads the manifests of all environments, whose ``files`` change with those of this one.

    Raises:
        UsageError: one of them is no address, nothing stands at the first, or something at the second (MOV-14).
        ReconcilerError: a file cannot be changed in place (ACC-04), or more than the move would change (MOV-15).
        InvalidManifests: the manifests hold errors, before or afterwards.
    """
    standing = plan(doors, request)
    judged = standing.judged
    before = _address(doors.catalog, source)
    after = _address(doors.catalog, target) if "/" in target else before._replace(name=target)
    _fits(judged, before, after)
    trees: dict[str, dict[int, tuple[object, object]]] = {}
    left = next((one for one in judged.moves if one.previous == after and one.document is not None), None)
    folder = next(one.document.written[0].folder for one in judged.resources if one.address == before)
    for document, tree in renamed(doors.catalog, _documents(judged, everywhere), before, after):
        trees.setdefault(document.file, {})[document.index] = (document.tree, tree)
    contents, _ = files.contents()
    added: dict[str, bytes] = {}
    if left is None or left.document is None:
        added = _added(judged, contents, writer, folder, before, after)
    else:  # the move away from the name becomes the way back to it: both at once would be a loop
        wanted = moved_tree(_free(judged, after, but=left.name), before, after)
        trees.setdefault(left.document.file, {})[left.document.index] = (left.document.tree, wanted)
    rewritten = tuple(_rewritten(writer, contents, file, wanted) for file, wanted in sorted(trees.items()))
    mine = {one.file: one.after for one in rewritten if one.file in judged.manifests.files}
    reader = writer.reader({**mine, **added}, doors.reader)
    _valid(judge(doors.catalog, reader, layout=request.layout, folders=doors.waivers))
    made = plan(replace(doors, reader=reader), request)
    pending = _proved(standing, made, before, after)
    return MovedFiles(
        before=before,
        after=after,
        files=rewritten,
        added=added,
        proposal=made,
        pending=pending,
        waivers=tuple(one.name for one in judged.waivers.active if _speaks(one, before) and not _speaks(one, after)),
    )


def _documents(judged: Judged, everywhere: ManifestReader | None) -> tuple[Document, ...]:
    """Everything that may name it: the manifests and overlays of this environment, and of all others."""
    if everywhere is None:
        return tuple(part for one in judged.manifests.documents for part in one.written)
    manifests, found = everywhere.read()
    wrong = tuple(one for one in found if one.severity is Severity.ERROR)
    if wrong:
        raise InvalidManifests("manifests of an environment hold errors; nothing was moved", diagnostics=wrong)
    return manifests.documents


def _address(catalog: Catalog, text: str) -> Address:
    try:
        address = Address.parse(text)
    except ValueError as problem:
        raise UsageError(str(problem), code="MOV-14", hint=_HINT) from None
    if address.kind not in catalog:
        raise UsageError(f"{text}: there is no kind {address.kind}", code="MOV-14", hint=_HINT)
    return address


def _fits(judged: Judged, before: Address, after: Address) -> None:
    declared = {one.address for one in judged.resources}
    if before not in declared:
        raise UsageError(
            f"no manifest declares {before}",
            code="MOV-14",
            hint="a resource that was renamed by hand already needs the manifest of a move only",
        )
    if after in declared:
        raise UsageError(f"a manifest declares {after} already", code="MOV-14", hint="choose a name that is free")


def _added(
    judged: Judged,
    contents: Mapping[str, bytes],
    writer: ManifestWriter,
    folder: str,
    before: Address,
    after: Address,
) -> dict[str, bytes]:
    """The file with the move, beside the manifest that it is about."""
    there = {posixpath.basename(path) for path in contents if posixpath.dirname(path) == folder}
    files = {one.removeprefix("moved-").removesuffix(".yaml") for one in there}
    name = _free(judged, after, besides=files)
    return {posixpath.join(folder, f"moved-{name}.yaml"): writer.text([moved_tree(name, before, after)])}


def _free(judged: Judged, after: Address, *, but: str = "", besides: Collection[str] = ()) -> str:
    """A name for a move that no other one has."""
    taken = {one.name for one in judged.moves if one.name != but}.union(besides)
    stem = f"{snake(after.kind).replace('_', '-')}-{after.name}"[: _LONGEST - 4].rstrip(".-")
    names = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    return next(one for one in names if one not in taken)


def _rewritten(
    writer: ManifestWriter, contents: Mapping[str, bytes], file: str, wanted: Mapping[int, tuple[object, object]]
) -> Rewritten:
    before = contents.get(file, b"")
    return Rewritten(file=file, before=before, after=writer.rewrite(file, before, wanted))


def _speaks(waiver: Waiver, address: Address) -> bool:
    return any(fnmatchcase(str(address), glob) for glob in waiver.addresses)


def _valid(judged: Judged) -> None:
    if not judged.valid:
        raise InvalidManifests("the manifests would hold errors; nothing was moved", diagnostics=judged.diagnostics)


def _proved(standing: Proposal, made: Proposal, before: Address, after: Address) -> bool:
    """Whether the move is pending in the database; everything else that the plan does, it did before.

    Raises:
        InvalidManifests: the plan holds an error that it did not hold.
        ReconcilerError: it does something else as well (MOV-15).
    """
    known = Counter((one.code, one.path) for one in standing.errors)
    wrong = tuple(one for one in made.errors if not known[(one.code, one.path)])
    if wrong:
        raise InvalidManifests("the plan would hold errors; nothing was moved", diagnostics=wrong)
    old, new = _lines(standing.seen, before, after), _lines(made.seen, before, after)
    moves = [one for one in made.plan.changes if one.action is Action.MOVE and one.address == after]
    others = [f"{address}: {action}" for address, action, _ in (new - old) + (old - new)]
    if others:
        raise ReconcilerError(
            f"the move would change more than the name ({', '.join(sorted(others)[:3])}); nothing was moved",
            code="MOV-15",
            hint="apply what is pending first, and try again",
        )
    return bool(moves)


def _lines(plan: Plan, before: Address, after: Address) -> Counter[tuple[str, str, tuple[str, ...]]]:
    """What a plan does but for the move, under the new address.

    A password or a token without a version is written again with the new name, which is part of the move.
    """
    return Counter(
        (str(after if one.address == before else one.address), str(one.action), tuple(line.path for line in one.fields))
        for one in plan.changes
        if one.action in COUNTED and not (one.action in _OF_MOVES and one.address in (before, after))
    )


def paths_of(found: MovedFiles) -> list[str]:
    """The files that change, in order."""
    return sorted({*(one.file for one in found.files), *found.added})
