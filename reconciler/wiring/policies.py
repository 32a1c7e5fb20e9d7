"""Opening the policies of the users' own: which files count, and what their expressions see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reconciler import __version__
from reconciler.adapters.manifests import read_policy_files
from reconciler.engine.describe import describe
from reconciler.model.catalog import Catalog
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.manifest import Document
from reconciler.model.plan import Plan
from reconciler.model.policy import NO_FILE, OTHERS_HERE
from reconciler.model.settings import Settings
from reconciler.render.plan_json import plan_json
from reconciler.wiring.ruling import Ruling


def read_policies(
    folder: Path, settings: Settings, *, ruling: Ruling | None
) -> tuple[Sequence[Document], list[Diagnostic]]:
    """The policies that count, of a commit where a ``ruling`` names one, and what is wrong with them."""
    here = read_policy_files(folder, settings.policies)
    if ruling is None:
        return here.documents, [*here.problems, *_unmatched(settings, here.unmatched)]
    there = read_policy_files(folder, ruling.settings.policies, rev=ruling.commit)
    others = [] if there.digest == here.digest else [_others(ruling.commit)]
    return there.documents, [*there.problems, *_unmatched(ruling.settings, there.unmatched), *others]


def policy_document(catalog: Catalog, plan: Plan, guarded: Sequence[Diagnostic]) -> Mapping[str, Any]:
    """A plan as the expressions of policies see it."""
    return plan_json(describe(catalog, plan, guarded=tuple(guarded)), version=__version__)


def _unmatched(settings: Settings, patterns: Sequence[str]) -> list[Diagnostic]:
    """A pattern that somebody wrote and that selects nothing: perhaps a rule is not judged that should be."""
    if "policies" not in settings.model_fields_set:
        return []
    summary = "no file is selected by the pattern {} of policies"
    return [
        Diagnostic(code=NO_FILE.code, severity=NO_FILE.severity, phase=NO_FILE.phase, summary=summary.format(one))
        for one in patterns
    ]


def _others(commit: str) -> Diagnostic:
    return Diagnostic(
        code=OTHERS_HERE.code,
        severity=OTHERS_HERE.severity,
        phase=OTHERS_HERE.phase,
        summary=f"the policies of the working folder are not those of {commit}, by which this is judged",
        hint="a change of policies is reviewed by itself, before what it allows",
    )
