"""validate in every environment: what all share by itself, then as each environment composes it.

Nobody should first see at a deployment that an overlay does not fit. A finding that says the same in several
environments is told once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reconciler.model.diagnostic import Diagnostic, in_order
from reconciler.model.layers import Layers
from reconciler.model.report import Findings
from reconciler.operations.composing import Composer, Project
from reconciler.operations.policies import check_policies
from reconciler.operations.request import PolicyDoors


def validate_all(project: Project, *, policies: PolicyDoors | None = None) -> Findings:
    """As :func:`~reconciler.operations.validate.validate`, without an environment and in each of the project.

    A finding of environments alone names them.
    """
    composer = Composer(project)
    shared = composer.compose("")
    found = dict.fromkeys([*composer.diagnostics, *shared.diagnostics])
    inside: dict[Diagnostic, list[str]] = {}
    for name, layers in project.environments.items():
        if layers == Layers():
            continue  # it says what all share
        for one in composer.compose(name).diagnostics:
            if one not in found:
                inside.setdefault(one, []).append(name)
    found |= dict.fromkeys(composer.diagnostics)
    told = [*found, *(replace(one, summary=f"{one.summary} ({_names(names)})") for one, names in inside.items())]
    return Findings(
        diagnostics=tuple(in_order([*told, *check_policies(project.catalog, policies)])),
        resources=len(shared.declared),
        files=len(composer.manifests.files),
        names=composer.manifests.files,
    )


def _names(names: Sequence[str]) -> str:
    return f"in the {'environment' if len(names) == 1 else 'environments'} {', '.join(names)}"
