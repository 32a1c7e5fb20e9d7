"""graph: the resources that manifests declare and the references between them. Reads manifests, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from reconciler.engine.graph import draw
from reconciler.model.catalog import Catalog
from reconciler.model.errors import InvalidManifests, UsageError
from reconciler.model.graph import Graph
from reconciler.model.selection import selecting
from reconciler.operations.request import WaiverFolders
from reconciler.operations.validate import fit, judge
from reconciler.ports import ManifestReader


def graph(
    catalog: Catalog,
    reader: ManifestReader,
    *,
    now: datetime,
    layout: str = "",
    folders: WaiverFolders | None = None,
    targets: Sequence[str] = (),
) -> Graph:
    """The graph of what ``targets`` choose, of everything without them.

    Manifests that are each valid make a graph also where they do not fit together, for that shows what is missing:
    then its ``diagnostics`` hold errors.

    Raises:
        InvalidManifests: a manifest is not valid by itself.
        UsageError: the targets match nothing.
    """
    judged = judge(catalog, reader, layout=layout, folders=folders)
    if not judged.valid:
        raise InvalidManifests("the manifests hold errors; there is no graph of them", diagnostics=judged.diagnostics)
    view, found = fit(catalog, judged, None, now=now)
    drawn = draw(view, selecting(catalog, targets=targets), [*judged.diagnostics, *found])
    if targets and not drawn.nodes:
        raise UsageError(
            "the targets match no declared resource",
            hint="addresses read Kind/tenant/name, or Kind/name; * matches all",
        )
    return drawn
