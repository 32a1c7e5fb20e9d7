"""Reads: what a run of a house reads, as plain data, for who asks later whether all of it is still the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reconciler.adapters.database.digests import digest_read, tables_of
from reconciler.adapters.database.revisions import head
from reconciler.adapters.database.store import Database
from reconciler.adapters.database.urls import database_at
from reconciler.adapters.secrets.keys import VARIABLE as KEY_VARIABLE
from reconciler.model.errors import UsageError
from reconciler.model.resource import Live
from reconciler.model.settings import DATABASE_VARIABLE
from reconciler.wiring.house import House

PLAN_VARIABLE = "RECONCILER_PLAN_DATABASE_URL"


def reads_of(house: House, paths: Sequence[str]) -> dict[str, Any] | None:
    """What a plan or a report of drift over ``paths`` reads; None where that cannot be said as plain data.

    That is so for kinds of other packages, for tokens, and for an address of a server that stands in no variable.
    """
    settings, layers = house.settings, house.layers
    ours = all(one.spec.__module__.startswith("reconciler.kinds.") for one in house.catalog.values())
    if not settings.cache or not ours or settings.identity.trust != "local":
        return None
    database, key = _database(house), house.database.key_file
    # Without a key the live database is asked for its runs, and it is another one than that of the plan.
    apart = house.variables.get(PLAN_VARIABLE, "") and key is not None
    if database is None or apart:
        return None
    return {
        "folder": str(house.folder.absolute()),
        "roots": [*(paths or [*settings.manifests, *layers.manifests]), *layers.overlays],
        "beside": list(settings.policies),
        "without": [one for one in settings.own_folders if one not in layers.manifests],
        "waivers": list(settings.waivers),
        "policies": list(settings.policies),
        "database": database,
        "key": "" if key is None or house.variables.get(KEY_VARIABLE) else str(key.absolute()),
        "tables": tables_of(house.catalog),
    }


def digest_of(house: House, live: Live) -> str | None:
    """The digest of a database that was read."""
    return digest_read(live, tables_of(house.catalog), revision=head())


def _database(house: House) -> dict[str, str] | None:
    """Where the database of plans is: a file, or the variable that holds the address, for that may hold a password."""
    place = house.planning_database
    if isinstance(place, Database):
        return {"file": str(place.file.path.absolute())}
    sources = [one.database for one in house.settings.environments.values()]
    named = [one.from_env for one in (*sources, house.settings.database) if one is not None and one.from_env]
    for name in (PLAN_VARIABLE, DATABASE_VARIABLE, *named):
        try:
            if house.variables.get(name) and database_at(house.variables[name], folder=house.folder) == place.server:
                return {"variable": name}
        except UsageError:
            continue
    return None
