"""Overrule: what a branch's configuration says about who may do what, where the commit that judges it says otherwise.

Nobody changes, in one and the same pull request, the rules that the pull request is judged by. So what decides is taken
from the configuration of that commit; what says where things are, from the branch.

========= ==============================================================================
code      finding
========= ==============================================================================
CFGF-04   an environment that the commit does not name
CFGF-12   the branch changes what decides; what the commit says holds until the merge
========= ==============================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.manifest import Document, PathKey
from reconciler.model.placing import path_text
from reconciler.model.settings import EnvironmentSettings, Settings
from reconciler.model.spec import Spec

DECISIVE = ("identity", "guards", "approvals", "secrets", "snapshots", "database")
"""Parts that say whom the program believes, what holds a plan, who must agree, which secrets are read, and which data
say who may do what. Of environments that is their database. Policies have files of their own, and a finding (POL-08).
"""

_CODE = "CFGF-12"


def overruled(ours: Settings, theirs: Settings) -> Settings:
    """The settings of a branch with everything that decides as ``theirs`` have it."""
    parts: dict[str, Any] = {name: getattr(theirs, name) for name in DECISIVE}
    parts["environments"] = {
        name: one.model_copy(update={"database": theirs.environments.get(name, EnvironmentSettings()).database})
        for name, one in ours.environments.items()
    }
    return ours.model_copy(update=parts)


def overrules(
    ours: Settings, theirs: Settings, document: Document | None, *, commit: str, environment: str
) -> list[Diagnostic]:
    """What differs, each at its place in the branch's configuration, which is ``document``.

    An ``environment`` that is new is an error: nobody but the branch says which database it has.
    """
    found = [_differs(document, path, commit) for path in _paths(ours, theirs)]
    if environment and environment not in theirs.environments:
        found.append(
            Diagnostic(
                code="CFGF-04",
                severity=Severity.ERROR,
                phase=Phase.SCHEMA,
                summary=f"there is no environment {environment} in {commit}, by which this is judged",
                hint="an environment that is new can be planned for after the merge",
                source=None if document is None else document.places.nearest(("environments", environment)),
            )
        )
    return found


def _differs(document: Document | None, path: PathKey, commit: str) -> Diagnostic:
    return Diagnostic(
        code=_CODE,
        severity=Severity.WARNING,
        phase=Phase.SCHEMA,
        summary=f"{path_text(path)} is not what it is in {commit}, by which this is judged",
        hint="it takes effect after the merge; a change of what decides is reviewed by itself",
        path=path_text(path),
        source=None if document is None else document.places.nearest(path),
    )


def _paths(ours: Settings, theirs: Settings) -> Iterator[PathKey]:
    """The paths of what differs and decides."""
    for name in DECISIVE:
        yield from _unlike((name,), getattr(ours, name), getattr(theirs, name))
    for name, one in ours.environments.items():  # one that only the commit has decides nothing: nobody can choose it
        former = theirs.environments.get(name, EnvironmentSettings())
        yield from _unlike(("environments", name, "database"), one.database, former.database)


def _unlike(path: PathKey, here: object, there: object) -> Iterator[PathKey]:
    """Where two values differ: in mappings key by key, anything else as a whole."""
    if isinstance(here, Spec) and isinstance(there, Spec):
        for name, info in type(here).model_fields.items():
            yield from _unlike((*path, info.alias or name), getattr(here, name), getattr(there, name))
    elif isinstance(here, Mapping) and isinstance(there, Mapping):
        for key in sorted({*here, *there}):
            yield from _unlike((*path, key), here.get(key), there.get(key))
    elif here != there:
        yield path
