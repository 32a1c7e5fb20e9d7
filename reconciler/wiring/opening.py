"""Opening a house: its configuration is read and judged, here and in the commit that decides, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.engine.configure import configure, for_environment
from reconciler.engine.overrule import overruled, overrules
from reconciler.model.diagnostic import Diagnostic, errors_in, in_order
from reconciler.model.errors import UsageError
from reconciler.model.settings import CONFIGURATION, Settings
from reconciler.wiring.configuration import read_configuration, rule_time
from reconciler.wiring.house import House
from reconciler.wiring.ruling import ruling_of


def open_house(
    variables: Mapping[str, str],
    *,
    config: str = "",
    environment: str = "",
    folder: Path | None = None,
    refresh: str = "",
    policy_rev: str | None = None,
    base: str | None = None,
) -> House:
    """Read the configuration of ``folder``, by default the working folder.

    ``variables`` are the environment variables; ``config``, ``environment`` and ``refresh`` are what ``--config``,
    ``--env`` and ``--refresh`` say, ``policy_rev`` and ``base`` what ``--policy-rev`` and ``--base`` do. Of the commit
    that one of those names is everything that decides; see :mod:`reconciler.wiring.ruling`.

    Raises:
        UsageError: the configuration, or a variable, is off; the diagnostics say where (CFGF-01 to CFGF-12).
        WorldError: there is no repository with such a commit.
    """
    where = folder or Path.cwd()
    path = Path(config or CONFIGURATION)
    document, found = None, list[Diagnostic]()
    if config or (where / path).exists():
        document, found = read_configuration(where, path)
    settings = Settings()
    if document is not None:
        settings, problems = configure(document)
        found += problems
    chosen = environment or variables.get("RECONCILER_ENV", "")
    if not errors_in(found):
        found += for_environment(settings, chosen, document)
    now = rule_time(variables, found)
    _refuse(found)
    ruling, told = ruling_of(variables, where, path, settings, policy_rev=policy_rev, base=base), list[Diagnostic]()
    if ruling is not None:
        told = overrules(settings, ruling.settings, document, commit=ruling.commit, environment=chosen)
        _refuse(told)
        settings = overruled(settings, ruling.settings)
    return House(
        folder=where,
        variables=variables,
        settings=settings,
        environment=chosen,
        now=now,
        config=path,
        warnings=tuple(in_order(found)),
        refresh=refresh,
        ruling=ruling,
        overrules=tuple(in_order(told)),
    )


def _refuse(found: list[Diagnostic]) -> None:
    if errors_in(found):
        raise UsageError("the configuration holds errors", code="CFGF-00", diagnostics=tuple(in_order(found)))
