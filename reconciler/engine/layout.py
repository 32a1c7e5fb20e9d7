"""Layout: whether every manifest stands in the folder of its tenant (LAY-01), where the configuration asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any

from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.focus import tenant_of
from reconciler.model.manifest import Document
from reconciler.model.placing import place, visible_in
from reconciler.model.resource import Resource


def judge_layout(
    catalog: Catalog,
    documents: Iterable[Document],
    layout: str,
    *,
    within: Sequence[str] = (),
    resources: Iterable[Resource[Any]] = (),
) -> list[Diagnostic]:
    """A file below ``tenants/x`` holds resources of tenant x only, and the Partner x itself.

    ``layout`` is a path with the folder ``{tenant}`` in it, relative to the working folder; empty judges nothing. It
    holds in each of the folders ``within`` as well: below ``overlays/staging/tenants/x``.

    ``resources`` are what came of some of the documents: where the tenant of one is right, its tree is not asked for.
    """
    if not layout:
        return []
    shapes = [PurePosixPath(one, layout).parts for one in ("", *within)]
    tenants = {id(one.document): one.address.tenant for one in resources}
    return [
        one
        for document in documents
        for shape in shapes
        for one in _judge(catalog, document, shape, tenants.get(id(document)))
    ]


def _judge(catalog: Catalog, document: Document, shape: tuple[str, ...], tenant: str | None) -> Iterable[Diagnostic]:
    folder = tenant_of(document.file, shape)
    if folder == tenant:
        return  # neither has one, or it is the same
    metadata = document.tree.get("metadata")
    if folder is None or not isinstance(metadata, dict):
        return
    word = document.tree.get("kind")
    kind = catalog.get(word) if isinstance(word, str) else None
    found = metadata.get("tenant")
    is_the_tenant = found is None and metadata.get("name") == folder and kind is not None and kind.is_tenant
    if found == folder or is_the_tenant:
        return
    said = f"tenant {found}" if isinstance(found, str) else "no tenant"
    at = ("metadata.tenant", "metadata")
    source, line = place(document, at, visible_in(kind))
    yield Diagnostic(
        code="LAY-01",
        severity=Severity.ERROR,
        phase=Phase.SCHEMA,
        summary=f"this folder holds tenant {folder}, and the manifest says {said}",
        hint="move the file, or mend metadata.tenant",
        path="metadata.tenant",
        source=source,
        snippet=line,
    )
