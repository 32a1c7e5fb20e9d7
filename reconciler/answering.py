"""Answering: a run that would say what the last one said, because nothing has changed, says it without being made.

The room beside ``wiring`` that opens adapters, a few light ones: nothing that knows a kind, a model, YAML or SQLAlchemy
is loaded here. It believes no time of a file, and looks at everything that the run would look at: the program, the
call, the environment and the configuration, which make up the question by which an answer is found; then the time, the
files and git, and at last the database: whether anything was written to it, and if that cannot be told, all of its rows
through the same doors. Whatever is unusual leaves it to the ordinary way.

An answer is learnt from what a run has really read, by digests that its own reading made; the few files of which it
makes none, as policies and waivers, are looked at before and after.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from reconciler import __version__
from reconciler.adapters.manifests.answers import Answers
from reconciler.adapters.manifests.fingerprint import fingerprint
from reconciler.adapters.manifests.standing import Seen, Standing, Unusual, algorithm_of
from reconciler.model.errors import ReconcilerError

CONFIGURATION = "reconciler.yaml"
CACHE_VARIABLE = "RECONCILER_CACHE"
LONGEST = timedelta(hours=24)
"""How long an answer holds at most, whatever the rules say."""

CLOCK_VARIABLE = "RECONCILER_CLOCK"

_ELSEWHERE = frozenset({"RECONCILER_ID_TOKEN", "RECONCILER_POLICY_REV"})
"""Variables by which a run rests on something that nothing here looks at: an issuer, or another commit."""
_UNLIKE = frozenset({"_", "OLDPWD", "SHLVL", CLOCK_VARIABLE})
"""Variables that shells set for each call, and that nobody reads; and the one that is looked at as the time it is."""
_CLOCK = re.compile(r"(?:19|[2-8]\d)\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_PROGRAM = Path(__file__).parent


class Answering:
    """One call and its answer.

    ``call`` is everything that was asked for, as plain data; ``streams`` how results are written; ``config`` is the
    path of the configuration, if one was named.
    """

    def __init__(self, call: Mapping[str, Any], *, config: str, variables: Mapping[str, str]) -> None:
        self._call = call
        self._config = config
        self._variables = variables
        self.place = variables.get(CACHE_VARIABLE, "")
        """The folder of all caches; empty for that of the user."""
        self._answers = Answers(self.place)
        self.seen: Seen | None = None
        """What was seen of each manifest, where all of them were looked at."""
        self._times: list[int] = []
        self._question = self._asked(self._times)
        self._before: tuple[Any, ...] = ()

    def recall(self) -> dict[str, Any] | None:
        """What was said the last time, if nothing has changed: ``said``, ``code``."""
        with suppress(Unusual, ReconcilerError, OSError, ValueError, KeyError, TypeError):
            answer = self._answers.find(self._question)
            if answer is None or not answer["since"] <= now(self._variables).timestamp() < answer["until"]:
                return None
            reads = answer["reads"]
            found = facts(reads, [])
            if found != answer["facts"] or self._files(reads, found["head"]) != answer["files"]:
                return None
            place = self._place(reads)
            from reconciler.adapters.database.unwritten import unwritten

            if unwritten(place, answer["pulse"], settled=answer["settled"]):
                return answer
            from reconciler.adapters.database.digests import digest_now

            if digest_now(place, reads["tables"], settled=answer["settled"]) == answer["database"]:
                return answer
        return None

    def _files(self, reads: Mapping[str, Any], head: str) -> str:
        """The digest of all manifests. What is seen of each is kept, for a run that has to be made after all.

        Raises:
            Unusual: something is there that a reader would refuse.
        """
        there = Standing(
            reads["folder"],
            reads["roots"],
            beside=reads["beside"],
            without=reads["without"],
            objects=algorithm_of(head) if head else "",
        )
        digest = there.digest()
        self.seen = there.seen
        return digest

    def look(self, reads: Mapping[str, Any]) -> Seen | None:
        """What is seen of each manifest; None where something is there that is not looked at so."""
        if self.seen is None:
            with suppress(Unusual, ReconcilerError, OSError, ValueError):
                self._files(reads, _head(Path(reads["folder"])))
        return self.seen

    def begin(self, reads: Mapping[str, Any]) -> None:
        """Look at what is read without a digest, before it is read.

        Raises:
            Unusual: something is there that is not looked at so.
        """
        self._before = (facts(reads, self._times), self._times)

    def keep(self, reads: Mapping[str, Any], learnt: Mapping[str, Any], *, commit: str) -> None:
        """Keep what was said, where nothing has changed meanwhile. Fails at nothing.

        ``commit`` is the one that the manifests are of. In a repository that is the one at which git stands: of files
        that are none of it, git might say something else without that anything here has changed.
        """
        with suppress(Unusual, OSError, ValueError):
            times: list[int] = []
            if self._asked(times) != self._question:
                return
            found = facts(reads, times)
            if self._before == (found, times) and found["head"] in ("", commit):
                self._answers.keep(self._question, {**learnt, "reads": dict(reads), "facts": found})

    def ground(self, reads: Mapping[str, Any]) -> bytes:
        """What judging rests on beside manifests, rows and the time, as bytes."""
        rest = {name: value for name, value in sorted(self._variables.items()) if name.startswith("RECONCILER_")}
        rest.pop(CLOCK_VARIABLE, None)
        asked = json.loads(self._question)
        kept = {name: asked[name] for name in ("program", "python", "folder", "user", "configuration")}
        named = asked["call"]["options"]["env"]
        return json.dumps({**kept, "reads": dict(reads), "variables": rest, "environment": named}).encode()

    def _asked(self, times: list[int]) -> bytes:
        """The question, as bytes."""
        asked = {
            "program": fingerprint(__version__, [_PROGRAM]).hex(),
            "python": [sys.flags.__repr__(), sys.path, sys.warnoptions, sys.executable],
            "call": self._call,
            "folder": os.getcwd(),  # noqa: PTH109  # the text as it is
            "user": [os.getuid(), os.geteuid(), _login()],
            "environment": {name: value for name, value in sorted(self._variables.items()) if name not in _UNLIKE},
            "configuration": one_file(self._config or CONFIGURATION, times),
        }
        return json.dumps(asked).encode()

    def _place(self, reads: Mapping[str, Any]) -> Any:
        from reconciler.adapters.database.urls import SqliteFile, database_at

        source = reads["database"]
        if "variable" in source:
            return database_at(self._variables[source["variable"]])
        place = SqliteFile(Path(source["file"]))
        if not place.exists:
            raise Unusual
        return place


def wanted(variables: Mapping[str, str]) -> bool:
    """Whether answers may be kept and found at all under these variables."""
    place = variables.get(CACHE_VARIABLE, "")
    if place and not Path(place).is_absolute():
        return False
    clock = variables.get(CLOCK_VARIABLE, "")
    return _ELSEWHERE.isdisjoint(variables) and (not clock or _CLOCK.fullmatch(clock) is not None)


def now(variables: Mapping[str, str]) -> datetime:
    """The time that rules see.

    Raises:
        ValueError: the variable that sets it holds none.
    """
    clock = variables.get(CLOCK_VARIABLE, "")
    return datetime.fromisoformat(clock).astimezone(UTC) if clock else datetime.now(UTC)


def facts(reads: Mapping[str, Any], times: list[int]) -> dict[str, Any]:
    """What is read beside manifests and database: waivers, policies, the commit of git, the state of the key's file.

    Raises:
        Unusual: something is there that is not looked at so.
    """
    folder = reads["folder"]
    waivers = [_folder(folder, one, times) for one in reads["waivers"]]
    chosen = {
        file.relative_to(folder).as_posix() for pattern in reads["policies"] for file in Path(folder).glob(pattern)
    }
    policies = Standing(folder, sorted(chosen), times=times).digest()
    return {
        "waivers": waivers,
        "policies": [sorted(chosen), policies],
        "head": _head(Path(folder)),
        "key": _state(reads["key"]),
    }


def one_file(path: str, times: list[int]) -> str:
    """The digest of one file; nothing when it does not exist.

    Raises:
        Unusual: it is no regular file.
    """
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return ""
    name = os.path.basename(path)  # noqa: PTH119  # the text as it is
    above = os.path.dirname(path) or "."  # noqa: PTH120  # as above
    times.append(found.st_ctime_ns)
    return Standing(above, [name], times=times).digest()


def _folder(folder: str, root: str, times: list[int]) -> str:
    path = Path(folder) / root
    if not path.is_symlink() and not path.exists():
        return ""
    return Standing(folder, [root], times=times).digest()


def _head(folder: Path) -> str:
    """The commit at which git stands; nothing outside of any repository."""
    if not any((one / name).exists() for one in (folder, *folder.parents) for name in (".git", "HEAD")):
        return ""
    from reconciler.adapters.manifests.program import run_git

    found = run_git(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}", check=False)
    return "" if found is None else found.decode().strip()


def _state(path: str) -> list[int]:
    """Who may read a file, and when it was changed: its content is a secret."""
    if not path:
        return []
    try:
        found = os.stat(path)  # noqa: PTH116  # as it is opened
    except FileNotFoundError:
        return [0]
    return [found.st_mode, found.st_uid, found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns]


def _login() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return ""
