"""Where a database is: its address, read once, without anything that needs a driver."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from urllib.parse import unquote

from reconciler.model.dataclass import dataclass
from reconciler.model.errors import UsageError, WorldError

_NETWORK = ("nfs", "cifs", "smb", "9p", "afs", "ceph", "glusterfs", "lustre", "fuse.sshfs", "ncpfs")
_SERVERS = ("postgresql+psycopg", "postgresql", "postgres")
_WRITE = "write sqlite:///path/of/the/file.db or postgresql+psycopg://user@host:5432/database"
_MOUNTS = Path("/proc/self/mounts")


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """An embedded database. ``path`` may not exist yet."""

    path: Path

    @property
    def exists(self) -> bool:
        """Whether it holds anything: a file of no bytes is what a rolled-back creation leaves behind."""
        try:
            return self.path.stat().st_size > 0
        except OSError:
            return False

    @property
    def shown(self) -> str:
        """Its path for people, from the working folder where it lies below that."""
        where = self.path.absolute()
        try:
            return where.relative_to(Path.cwd()).as_posix()
        except ValueError:
            return where.as_posix()

    def uri(self, mode: str) -> str:
        """The address for the driver; ``mode`` is ``ro``, ``rw`` or ``rwc``."""
        return f"{self.path.absolute().as_uri()}?mode={mode}"


@dataclass(frozen=True, slots=True)
class Server:
    """A database of a PostgreSQL server. ``address`` may hold a password, so nothing ever shows it."""

    address: str = field(repr=False)


def database_at(url: str, *, folder: Path | None = None) -> SqliteFile | Server:
    """Read the address of a database.

    Raises:
        UsageError: it is none, or names no supported database (DB-05). The address is not repeated: it may hold a
            password.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme in _SERVERS:
        return Server(f"postgresql://{rest}")
    return sqlite_file(url, folder=folder)


def sqlite_file(url: str, *, folder: Path | None = None) -> SqliteFile:
    """Read the address of an embedded database; a relative path counts from ``folder``, or the working folder.

    Raises:
        UsageError: the address is none, or not of a file (DB-05). The address is not repeated: it may hold a password.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise UsageError("the database address is no URL", code="DB-05", hint=_WRITE)
    if scheme.partition("+")[0] != "sqlite" or not rest.startswith("/"):
        raise UsageError("the database address names no supported database", code="DB-05", hint=_WRITE)
    path = unquote(rest[1:].partition("?")[0])
    if not path or path == ":memory:":
        raise UsageError(
            "the database must be a file: one in memory would be gone after the command",
            code="DB-05",
            hint="use sqlite:///path/of/the/file.db",
        )
    return SqliteFile((folder or Path()) / path)


def refuse_network(file: SqliteFile, *, mounts: Path = _MOUNTS) -> None:
    """Refuse an embedded database on a network file system, whose locks cannot be relied on.

    Best effort: where the list of mounts cannot be read, nothing is refused.

    Raises:
        WorldError: the file lies on one (DB-05).
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
        where = file.path.absolute().resolve()
    except (OSError, RuntimeError):  # the latter: links that lead in a circle, which opening the file will tell
        return
    nearest, kind = -1, ""
    for line in lines:
        words = line.split(" ")
        if len(words) < 3:
            continue
        point = Path(words[1].replace("\\040", " "))
        if where.is_relative_to(point) and len(point.parts) >= nearest:
            nearest, kind = len(point.parts), words[2]
    if kind.startswith(_NETWORK):
        raise WorldError(
            f"the database lies on a network file system ({kind}), whose locks are not safe",
            code="DB-05",
            hint="move the file to a local disk",
        )
