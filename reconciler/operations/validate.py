"""validate: everything that can be said about manifests without a database, all of it at once.

:func:`judge` and :func:`fit` are the first two steps of every verb that reads manifests. A phase runs only when the
phases before it found no error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.engine.clock import judge_time
from reconciler.engine.layout import judge_layout
from reconciler.engine.resolve import resolve
from reconciler.engine.validate import validate as judge_schema
from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Diagnostic, errors_in, in_order
from reconciler.model.manifest import Document, Manifests
from reconciler.model.report import Findings
from reconciler.model.resource import Live, Resource
from reconciler.model.view import View
from reconciler.operations.policies import check_policies
from reconciler.operations.request import PolicyDoors
from reconciler.ports import ManifestReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Manifests that were read and judged one by one. ``read_file`` reads what stands beside them."""

    manifests: Manifests
    resources: tuple[Resource[Any], ...]
    diagnostics: tuple[Diagnostic, ...]
    read_file: Callable[[Document, str], bytes]

    @property
    def valid(self) -> bool:
        """Whether no error was found."""
        return not errors_in(list(self.diagnostics))


def judge(catalog: Catalog, reader: ManifestReader, *, layout: str = "") -> Judged:
    """Read all manifests and judge each by itself: phase schema."""
    manifests, found = reader.read()
    resources, problems = judge_schema(catalog, manifests.documents)
    found = [*found, *problems, *judge_layout(catalog, manifests.documents, layout)]
    return Judged(
        manifests=manifests,
        resources=tuple(resources),
        diagnostics=tuple(in_order(found)),
        read_file=reader.file,
    )


def fit(catalog: Catalog, judged: Judged, live: Live | None, *, now: datetime) -> tuple[View, list[Diagnostic]]:
    """Put valid manifests beside each other and beside the database: phases reference, then time."""
    view, found = resolve(catalog, judged.resources, live, judged.read_file)
    if not errors_in(found):
        found = [*found, *judge_time(view, now)]
    return view, in_order(found)


def validate(
    catalog: Catalog,
    reader: ManifestReader,
    *,
    now: datetime,
    layout: str = "",
    policies: PolicyDoors | None = None,
) -> Findings:
    """Phases schema, reference and time, offline, and the policies with their tests."""
    judged = judge(catalog, reader, layout=layout)
    found = list(judged.diagnostics)
    if judged.valid:
        found += fit(catalog, judged, None, now=now)[1]
    found += check_policies(catalog, policies)
    return Findings(
        diagnostics=tuple(in_order(found)),
        resources=len(judged.resources),
        files=len(judged.manifests.files),
    )
