"""Which revisions of the schema this version of the program knows. Needs no Alembic: every plan asks."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from reconciler.model.errors import WorldError

FOLDER = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"
_UPGRADE = "run reconciler db upgrade"


@cache
def known() -> tuple[str, ...]:
    """The revisions in order; a file ``0001_initial.py`` holds revision ``0001``."""
    return tuple(sorted(one.name[:4] for one in (FOLDER / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")))


def head() -> str:
    """The newest revision."""
    return known()[-1]


def require(revision: str | None) -> None:
    """See that a database stands at the newest revision.

    Raises:
        WorldError: it has none or an older one (DB-02), or one that this version does not know (DB-03).
    """
    if revision is None:
        raise WorldError("the database has no schema of reconciler", code="DB-02", hint=_UPGRADE)
    refuse_newer(revision)
    if revision != head():
        raise WorldError(f"the schema of the database is older ({revision}) than {head()}", code="DB-02", hint=_UPGRADE)


def refuse_newer(revision: str | None) -> None:
    """Refuse a revision that this version does not know.

    Raises:
        WorldError: DB-03.
    """
    if revision is not None and revision not in known():
        raise WorldError(
            f"the schema of the database ({revision}) is newer than this version knows ({head()})",
            code="DB-03",
            hint="install a newer reconciler",
        )
