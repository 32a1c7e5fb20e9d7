"""Ruling: by which commit a run is judged, and what its configuration says.

Who may change the working folder in a pull request must not change there what the pull request is judged by: whom the
program believes, what holds a plan, which secrets are read, and the policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.adapters.manifests import committed_configuration
from reconciler.engine.configure import configure
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import errors_in, in_order
from reconciler.model.errors import UsageError
from reconciler.model.settings import Settings

POLICY_VARIABLE = "RECONCILER_POLICY_REV"
"""Names the commit by which a run is judged, where no option does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A commit by which a run is judged, as it was named, and its settings."""

    commit: str
    settings: Settings


def ruling_of(
    variables: Mapping[str, str],
    folder: Path,
    config: Path,
    settings: Settings,
    *,
    policy_rev: str | None,
    base: str | None,
) -> Ruling | None:
    """What a run is judged by: the commit of ``--policy-rev``, else of the variable, else of ``--base``; None for none.

    A configuration that git does not hold, beside ``settings``, is nobody's pull request, and counts as it is.

    Raises:
        UsageError: the commit is empty, or its configuration is off (CFGF-00).
        WorldError: there is no repository, no such commit, or no git program.
    """
    commit = variables.get(POLICY_VARIABLE) if policy_rev is None else policy_rev
    if commit == "":
        raise UsageError(
            f"--policy-rev, or {POLICY_VARIABLE}, names no commit",
            hint="leave it out to judge by the rules of the working folder",
        )
    commit = base if commit is None else commit
    if commit is None:
        return None
    there = committed_configuration(folder, config, commit)
    if not there.held:
        return Ruling(commit=commit, settings=settings)
    theirs, problems = Settings(), [*there.problems]
    if there.document is not None:
        theirs, found = configure(there.document)
        problems += found
    if errors_in(problems):
        told = tuple(in_order(problems))
        raise UsageError(f"the configuration in {commit} holds errors", code="CFGF-00", diagnostics=told)
    return Ruling(commit=commit, settings=theirs)
