"""Unwritten: whether nothing was written to a database since it was read, told without reading its rows again.

By the pulse of that reading, as the next reading would be told; see :mod:`.pulse` for a file, :mod:`.postgres.since`
for a server. Needs neither a declaration nor a model.
"""

from __future__ import annotations

from reconciler.adapters.database.digests import OPEN_FINDINGS
from reconciler.adapters.database.urls import Server, SqliteFile


def unwritten(place: SqliteFile | Server, pulse: str, *, settled: bool) -> bool:
    """Whether that is known for sure; an empty pulse says nothing.

    ``settled`` asks whether no open finding of drift is written down either: a server's journal tells nothing of these.

    Raises:
        ReconcilerError: the server cannot be reached or read.
    """
    if not pulse:
        return False
    if isinstance(place, SqliteFile):
        from reconciler.adapters.database.pulse import still

        return still(place.path, pulse)
    from reconciler.adapters.database.postgres.connecting import asking, reading
    from reconciler.adapters.database.postgres.since import still as journal_still

    with reading(place) as connection:
        ask = asking(connection)
        return journal_still(ask, pulse) and not (settled and ask(OPEN_FINDINGS, ()))
