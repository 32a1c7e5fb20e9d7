"""States of the world that differ in nothing but one foreign resource, made of one estate.

Each state is a folder with a database. In one the resource is as its manifest says, in others it differs, was changed
by an apply, is not managed, was let go of, has another name, is closed, drifts and is written down, has a neighbour or
other people's approvals about it, or is not there. Whoever may not read the resource lives in the same world in all.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from tests.escalation.estate import CATALOG, Estate, known
from tests.oracle.oracle import Key

ROOT, SECOND = known("", "root"), known("", "root-two")
RENAMED = "renamed"


class Foreign(NamedTuple):
    """A resource that somebody may not read.

    ``columns`` is another live value, ``spec`` another one in a manifest and ``path`` their field; ``closed`` the state
    at the end of its life; ``owners`` may change it.
    """

    key: Key
    path: str
    columns: Mapping[str, Any]
    spec: Mapping[str, Any]
    closed: str = ""
    owners: tuple[str, ...] = (ROOT,)

    @property
    def address(self) -> str:
        return "/".join(filter(None, self.key))


class Case(NamedTuple):
    """Who asks, what of it is theirs, and what is not. ``own`` are manifests of theirs, changed.

    ``readable`` says that it is a field alone that may not be read, ``guessable`` that the digest of the own plan
    speaks of it too: the decision about what is outside says where that is so.
    """

    name: str
    people: tuple[str, ...]
    foreign: Foreign
    own: Mapping[Key, Mapping[str, Any]]
    readable: bool = False
    guessable: bool = False


State = Callable[[Estate, Foreign], None]


def build(
    seeded: Path, home: Path, foreign: Foreign, make: Callable[[Path], Estate], *, names: Collection[str]
) -> dict[str, Path]:
    """A folder with a database for each state that is named."""
    found = {}
    for name, state in STATES.items():
        if name not in names or (name == "closed" and not foreign.closed):
            continue
        folder = home / name
        shutil.copytree(seeded / ".reconciler", folder / ".reconciler")
        (folder / "manifests").mkdir()
        estate = make(folder)
        state(estate, foreign)
        for path in folder.iterdir():
            if path.name != ".reconciler":
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        found[name] = folder
    return found


def _differs(estate: Estate, foreign: Foreign) -> None:
    estate.put(foreign.key, **foreign.columns)


def _applied(estate: Estate, foreign: Foreign) -> None:
    estate.settings()
    estate.write(foreign.key, foreign.spec)
    told = estate.apply(*foreign.owners)
    assert told.code == 0, told.out + told.err


def _unmanaged(estate: Estate, foreign: Foreign) -> None:
    estate.sql(
        "DELETE FROM reconciler_resources WHERE kind = ? AND coalesce(tenant, '') = ? AND name = ?", *foreign.key
    )


def _forgotten(estate: Estate, foreign: Foreign) -> None:
    estate.settings()
    people = [word for one in foreign.owners for word in ("--as", one)]
    told = estate.run("state", "forget", foreign.address, "--auto-approve", *people)
    if told.code:  # nobody may delete one of this kind: there is no such history
        _unmanaged(estate, foreign)


def _renamed(estate: Estate, foreign: Foreign) -> None:
    for table, more in (
        (CATALOG[foreign.key[0]].table, ""),
        ("reconciler_resources", f" AND kind = '{foreign.key[0]}'"),
    ):
        estate.sql(
            f"UPDATE {table} SET name = ? WHERE coalesce(tenant, '') = ? AND name = ?{more}", RENAMED, *foreign.key[1:]
        )


def _closed(estate: Estate, foreign: Foreign) -> None:
    estate.put(foreign.key, state=foreign.closed)


def _recorded(estate: Estate, foreign: Foreign) -> None:
    _differs(estate, foreign)
    estate.settings()
    told = estate.run("drift", "--record", "--as", ROOT)
    assert told.code == 0, told.err


def _crowded(estate: Estate, foreign: Foreign) -> None:
    """With neighbours of the same kind, as many as a share of all of them takes to be another one."""
    kind, tenant, name = foreign.key
    table = CATALOG[kind].table
    columns = [row[1] for row in estate.sql(f"PRAGMA table_xinfo({table})") if row[1] != "id" and not row[6]]
    for number in range(NEIGHBOURS):
        values = ", ".join(f"\"{one}\" || '{number}'" if one in UNIQUE else f'"{one}"' for one in columns)
        names = ", ".join(f'"{one}"' for one in columns)
        estate.sql(
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE coalesce(tenant, '') = ? AND name = ?",
            tenant,
            name,
        )
        estate.sql(
            "INSERT INTO reconciler_resources SELECT kind, tenant, name || ?, 10000 + ?, applied, source, commit_id,"
            " management, applied_at, run FROM reconciler_resources WHERE kind = ? AND tenant = ? AND name = ?",
            str(number),
            number,
            *foreign.key,
        )


NEIGHBOURS = 3
UNIQUE = frozenset(
    {"name", "alias", "email", "vat_number", "login", "code", "subscription_link", "host", "display_name"}
)


def _absent(estate: Estate, foreign: Foreign) -> None:
    kind, tenant, name = foreign.key
    estate.sql(f"DELETE FROM {CATALOG[kind].table} WHERE coalesce(tenant, '') = ? AND name = ?", tenant, name)
    for table in ("reconciler_resources", "reconciler_changes"):
        with suppress(Exception):
            estate.sql(f"DELETE FROM {table} WHERE kind = ? AND coalesce(tenant, '') = ? AND name = ?", *foreign.key)


STATES: dict[str, State] = {
    "equal": lambda _estate, _foreign: None,
    "different": _differs,
    "applied": _applied,
    "unmanaged": _unmanaged,
    "forgotten": _forgotten,
    "renamed": _renamed,
    "closed": _closed,
    "recorded": _recorded,
    "crowded": _crowded,
    "absent": _absent,
}
OF_FIELDS = frozenset({"equal", "different", "applied", "recorded"})
"""States that differ in one field."""
