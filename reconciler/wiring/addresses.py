"""Addresses: where the database of an environment is, by the configuration and the variables of the run."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.model.errors import UsageError
from reconciler.model.settings import CONFIGURATION, DATABASE_VARIABLE, DEFAULT_DATABASE, DatabaseSource, Settings


def address_of(settings: Settings, environment: str, variables: Mapping[str, str]) -> str:
    """That of the chosen environment, else the variable, else that of the file, else the embedded one.

    Raises:
        UsageError: the variable that should hold it is not set (CFGF-05).
    """
    chosen = settings.environments.get(environment)
    if chosen is not None and chosen.database is not None:
        return _named(chosen.database, variables)
    given = variables.get(DATABASE_VARIABLE, "")
    if given:
        return given
    return DEFAULT_DATABASE if settings.database is None else _named(settings.database, variables)


def _named(source: DatabaseSource, variables: Mapping[str, str]) -> str:
    if source.url is not None:
        return source.url
    name = source.from_env or ""
    found = variables.get(name, "")
    if found:
        return found
    raise UsageError(
        f"the variable {name} that should hold the address of the database is not set",
        code="CFGF-05",
        hint=f"set {name}, or mend database in {CONFIGURATION}",
    )
