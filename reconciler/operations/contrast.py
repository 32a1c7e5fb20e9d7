"""diff: what differs between two environments as their manifests say. No database, no lens: files are read by readers.

promote: what one environment says is written where the other says it, tokens only. A run proves what it writes.
"""

from __future__ import annotations

import copy
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reconciler.engine.compose import Unspreadable, laid_over, spread
from reconciler.engine.contrast import contrast
from reconciler.model.address import Address
from reconciler.model.columns import Field
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Phase, Severity
from reconciler.model.errors import InvalidManifests, ReconcilerError, UsageError
from reconciler.model.layers import Layers, is_below, layer_of
from reconciler.model.manifest import Document, Places
from reconciler.model.placing import path_key
from reconciler.model.provenance import Comparison, Contrast, FieldContrast
from reconciler.model.resource import Resource
from reconciler.model.source import Source
from reconciler.operations.composing import Composed, Composer, Project
from reconciler.operations.tidy import Rewritten
from reconciler.ports import FileSource, ManifestWriter

_ROOTS = ("metadata", "spec")
"""Objects of a manifest that stay when nothing is in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promoted:
    """Files after which one environment says what another says, and the fields that this took.

    ``same`` were so already, ``left`` are secrets and files that nobody promotes; ``others`` are environments that the
    change reaches as well, with what changes in them.
    """

    files: tuple[Rewritten, ...]
    fields: tuple[tuple[Address, str], ...]
    same: tuple[str, ...] = ()
    left: tuple[tuple[Address, str], ...] = ()
    others: tuple[tuple[str, Address, str], ...] = ()


def compare(project: Project, before: str, after: str) -> Comparison:
    """What differs from the environment ``before`` to ``after``.

    Raises:
        InvalidManifests: the manifests of one of them hold errors.
    """
    composer = Composer(project)
    return _compared(project, _sound(composer, before), _sound(composer, after), (before, after))


def promote(
    project: Project, files: FileSource, writer: ManifestWriter, *, before: str, after: str, names: Sequence[str]
) -> Promoted:
    """What makes the environment ``after`` say what ``before`` says of ``names``: addresses, perhaps with a field.

    Where ``after`` has a folder of overlays that ``before`` does not use, nothing else is written; otherwise the field
    changes where it stands. Of an address alone, secrets and files are left.

    Raises:
        UsageError: a name names nothing that both declare (PMT-01).
        ReconcilerError: a field is a secret (PMT-02) or a file (PMT-03), or cannot be written so that it proves true
            (PMT-04).
        InvalidManifests: the manifests hold errors, before or afterwards.
    """
    composer = Composer(project)
    source, target = _sound(composer, before), _sound(composer, after)
    held = {name: composer.compose(name) for name in ("", *project.environments)}
    held = {name: one for name, one in held.items() if not _errors(composer, one)}
    found = {one.address: one for one in _compared(project, source, target, (before, after)).contrasts}
    wanted: dict[Address, list[str]] = {}
    same: list[str] = []
    left: list[tuple[Address, str]] = []
    for name in names:
        address, asked = _named(project, source, target, name, (before, after))
        paths, kept = _paths(project, found.get(address), asked, (before, after))
        left += [(address, path) for path in kept]
        if not paths and not kept:
            same.append(name)
        for path in paths:
            if path not in wanted.setdefault(address, []):
                wanted[address].append(path)
    wanted = {address: paths for address, paths in wanted.items() if paths}
    writing = _Writing(project, (before, after))
    for address, paths in wanted.items():
        writing.take(source.declared[address], target.declared[address], paths)
    made = writing.rewritten(files.contents()[0], writer)
    others = _proved(project, held, writer, made, (before, after), wanted) if made else ()
    fields = tuple((address, path) for address, paths in sorted(wanted.items()) for path in paths)
    return Promoted(files=made, fields=fields, same=tuple(same), left=tuple(left), others=others)


# --- two environments ------------------------------------------------------------------------------------------------


def _sound(composer: Composer, name: str) -> Composed:
    if not name:
        raise UsageError("an environment has a name", code="CFGF-04", hint="name one of the configuration")
    composed = composer.compose(name)
    wrong = _errors(composer, composed)
    if wrong:
        raise InvalidManifests(f"the manifests of the environment {name} hold errors", diagnostics=wrong)
    return composed


def _errors(composer: Composer, composed: Composed) -> tuple[Any, ...]:
    found = (*composer.diagnostics, *composed.diagnostics)
    return tuple(one for one in found if one.severity is Severity.ERROR and one.phase is not Phase.TIME)


def _compared(project: Project, left: Composed, right: Composed, names: tuple[str, str]) -> Comparison:
    return contrast(project.catalog, left.declared, right.declared, names=names)


def _named(
    project: Project, source: Composed, target: Composed, name: str, names: tuple[str, str]
) -> tuple[Address, str]:
    """The resource and the field of a name. Names of resources hold dots too: the longest that is one counts."""
    try:
        whole = Address.parse(name)
    except ValueError as error:
        raise UsageError(str(error), code="PMT-01", hint="write Kind/tenant/name or Kind/tenant/name.field") from None
    cuts = [len(whole.name), *(place for place, one in reversed(list(enumerate(whole.name))) if one == ".")]
    for cut in cuts:
        address, path = whole._replace(name=whole.name[:cut]), whole.name[cut + 1 :]
        lacking = [one for one, held in zip(names, (source, target), strict=True) if address not in held.declared]
        if len(lacking) == 2:
            continue
        if lacking:
            raise UsageError(
                f"{address} is not declared in the environment {lacking[0]}",
                code="PMT-01",
                hint="a whole manifest goes into a folder that both read, by hand",
            )
        known = [one.path for one in project.catalog[address.kind].fields]
        known += ["lifecycle.management", "lifecycle.ignoreChanges"]
        if path and not any(one == path or one.startswith(f"{path}.") for one in known):
            raise UsageError(f"{address} has no field {path}", code="PMT-01", hint=f"see explain {address.kind}")
        return address, path
    raise UsageError(f"{name} is declared in neither environment", code="PMT-01", hint="see reconciler diff")


def _paths(project: Project, found: Contrast | None, asked: str, names: tuple[str, str]) -> tuple[list[str], list[str]]:
    """The fields to promote, and those that are left because nobody promotes them."""
    if found is None:
        return [], []
    kind = project.catalog[found.address.kind]
    chosen = [one for one in found.fields if not asked or one.path == asked or one.path.startswith(f"{asked}.")]
    paths, left = [], []
    for one in chosen:
        field = kind.by_path.get(one.path)
        if field is None or not _stays(field, one):
            paths.append(one.path)
        elif one.path == asked:
            raise _unpromotable(found.address, field, names[1])
        else:
            left.append(one.path)
    return paths, left


def _stays(field: Field, one: FieldContrast) -> bool:
    if field.secret is not None or field.transient or field.type == "file":
        return True
    texts = (one.before.value, one.after.value)
    return field.type == "textOrFile" and any(isinstance(text, str) and _is_content(text) for text in texts)


def _is_content(text: str) -> bool:
    return text.startswith("content of ")


def _unpromotable(address: Address, field: Field, target: str) -> ReconcilerError:
    if field.type in ("file", "textOrFile"):
        return ReconcilerError(
            f"{address}: {field.path} is the content of a file; nothing was promoted",
            code="PMT-03",
            hint="copy the file beside the manifest or overlay that names it",
        )
    return ReconcilerError(
        f"{address}: {field.path} is a secret, and no environment gives its secrets to another; nothing was promoted",
        code="PMT-02",
        hint=f"put a secret of its own where {target} reads it, and raise its version there",
    )


# --- writing ---------------------------------------------------------------------------------------------------------


class _Writing:
    """Collects what the documents of the target become, file by file."""

    def __init__(self, project: Project, names: tuple[str, str]) -> None:
        source, target = (project.environments.get(name, Layers()) for name in names)
        self._overlays = target.overlays
        self._from = source.overlays
        own = [one for one in target.overlays if one not in source.overlays]
        self._own = own[-1] if own else ""
        self._changed: dict[str, dict[int, tuple[Any, Any]]] = {}
        self._new: dict[str, list[Any]] = {}

    def take(self, source: Resource[Any], target: Resource[Any], paths: Sequence[str]) -> None:
        """What ``target`` has to say, so that it says of ``paths`` what ``source`` says."""
        wanted = copy.deepcopy(target.document.tree)
        for path in paths:
            _copy(source.document.tree, wanted, path_key(path))
        document, only = self._writable(source.document, target.document)
        try:
            spreads = spread(document, wanted, only=only)
        except Unspreadable as reason:
            raise ReconcilerError(f"{target.address}: {reason}", code="PMT-04", hint="change it by hand") from None
        for part, tree in zip(document.written, spreads, strict=True):
            if part.index < 0:
                self._new.setdefault(part.file, []).append(tree)
            elif tree != part.tree:
                self._changed.setdefault(part.file, {})[part.index] = (part.tree, tree)

    def rewritten(self, contents: Mapping[str, bytes], writer: ManifestWriter) -> tuple[Rewritten, ...]:
        """The files as they become; one that is not there yet has nothing before."""
        made = []
        for file in sorted({*self._changed, *self._new}):
            before = contents.get(file, b"")
            after = writer.rewrite(file, before, self._changed[file]) if file in self._changed else before
            if file in self._new:
                new = writer.text(self._new[file])
                ended = after if not after or after.endswith(b"\n") else after + b"\n"
                after = ended + b"---\n" + new if after.strip() else new
            made.append(Rewritten(file=file, before=before, after=after))
        return tuple(one for one in made if one.before != one.after)

    def _writable(self, source: Document, target: Document) -> tuple[Document, int | None]:
        """The target, with an overlay in its own folder, and the number of the only document that may change."""
        if not self._own:
            return target, None
        layers = [-1, *(layer_of(one.file, self._overlays) or 0 for one in target.written[1:])]
        own = self._overlays.index(self._own)
        if own in layers:
            return target, layers.index(own)
        base, *overlays = target.written
        place = sum(one < own for one in layers) - 1
        overlays.insert(place, self._begun(source, base))
        return laid_over(base, overlays), place + 1

    def _begun(self, source: Document, base: Document) -> Document:
        """A new overlay that says nothing yet, in the file of the target that the source has one in."""
        file = next((one.file for one in source.written[1:]), base.file)
        below = file
        for folder in (*self._overlays, *self._from):
            if is_below(file, folder):
                below = posixpath.relpath(file, folder)
        below = posixpath.basename(below) if below.startswith(("../", "/")) else below
        path = posixpath.join(self._own, below)
        metadata = {key: value for key, value in base.tree["metadata"].items() if key in ("name", "tenant")}
        tree = {"apiVersion": base.tree["apiVersion"], "kind": base.tree["kind"], "metadata": metadata}
        nowhere = Places({}, {}, Source(path, 1, 1, 1, 2))
        return Document(path, -1, tree, lambda: nowhere, lambda _line: "", posixpath.dirname(path))


def _copy(source: Any, target: Any, path: tuple[str | int, ...]) -> None:
    """Make ``target`` say at ``path`` what ``source`` says there, nothing included."""
    for step in path:
        source = source.get(step) if isinstance(source, dict) else None
    if source is None:
        _take_out(target, path)
        return
    for step in path[:-1]:
        inner = target.get(step)
        if not isinstance(inner, dict):
            inner = target[step] = {}
        target = inner
    target[path[-1]] = copy.deepcopy(source)


def _take_out(target: Any, path: tuple[str | int, ...]) -> None:
    """Take a key out, and every object above it that holds nothing any more."""
    above = [target]
    for step in path[:-1]:
        inner = above[-1].get(step)
        if not isinstance(inner, dict):
            return
        above.append(inner)
    for depth in range(len(path) - 1, -1, -1):
        if depth == 0 and len(path) > 1 and path[0] in _ROOTS:
            return
        above[depth].pop(path[depth], None)
        if above[depth]:
            return


# --- proof -----------------------------------------------------------------------------------------------------------


def _proved(
    project: Project,
    held: Mapping[str, Composed],
    writer: ManifestWriter,
    made: Sequence[Rewritten],
    names: tuple[str, str],
    wanted: Mapping[Address, Sequence[str]],
) -> tuple[tuple[str, Address, str], ...]:
    """That the target now says what was wanted and nothing else, and the source what it said; what else changes."""
    reader = writer.reader({one.file: one.after for one in made}, project.reader)
    composer = Composer(replace(project, reader=reader))
    before, after = names
    target = _sound(composer, after)
    still = _compared(project, _sound(composer, before), target, names).contrasts
    moved = {(one.address, field.path) for one in still for field in one.fields}
    asked = {(address, path) for address, paths in wanted.items() for path in paths}
    changed: dict[str, set[tuple[Address, str]]] = {}
    for name, known in held.items():
        now = composer.compose(name)
        found = () if _errors(composer, now) else _compared(project, known, now, ("", "")).contrasts
        changed[name] = {(one.address, field.path) for one in found for field in one.fields}
    if moved & asked or changed[after] - asked or changed[before]:
        raise ReconcilerError(
            f"the environment {after} would not say just what {before} says; nothing was promoted",
            code="PMT-04",
            hint="change it by hand",
        )
    return tuple((name, *one) for name in sorted(changed) if name and name != after for one in sorted(changed[name]))
