"""Answers: whether a call may be answered by what the last one said, and what this one says for the next.

Only what reads, says it in text or JSON, and writes nothing but its two streams.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Container, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

import click
from click.core import ParameterSource

from reconciler.cli import output
from reconciler.cli.options import Globals
from reconciler.cli.output import write

if TYPE_CHECKING:
    from reconciler.answering import Answering
    from reconciler.cli.session import Session
    from reconciler.model.baseline import Baselines
    from reconciler.model.filed import Files
    from reconciler.model.manifest import Manifests
    from reconciler.model.moment import Until
    from reconciler.model.resource import Live
    from reconciler.operations.request import Doors
    from reconciler.ports import ManifestReader

_SAFE = frozenset({"paths", "mine", "prune", "only_drift", "allowances", "detailed_exitcode", "form"})
"""Options that change what is said, and nothing else. With any other one a call takes the ordinary way."""
_RESTING = _SAFE | {"out", "as_json", "json_into", "markdown_into", "profile", "max_bytes"}
"""Options with which a plan is made and not answered, and may rest on what was in step before."""
_RESTING_GLOBALS = frozenset({"verbose", "streams"})
_SAFE_GLOBALS = frozenset({"chdir", "config", "env", "people", "color", "quiet", "log_format"})
"""The same among those of every verb."""
_FORMS = {"plan": ("text", "json"), "drift": ("text",)}
"""By verb, the forms that tell no time and write no other file."""
_MOST = 1 << 20


class Known:
    """A call that may be answered, and what is said meanwhile. Without ``answers`` it may only rest on a run before."""

    def __init__(self, session: Session, answering: Answering, *, answers: bool = True) -> None:
        self._session = session
        self._answers = answers
        self._answering = answering
        self._reads: dict[str, Any] | None = None
        self._said: list[tuple[bool, str]] = []
        self._size = 0
        self._until: Until | None = None
        self._learnt: dict[str, Any] | None = None
        self._commit = ""

    def recalled(self) -> int | None:
        """Say what was said the last time, if nothing has changed; its exit code."""
        answer = self._answering.recall() if self._answers else None
        if answer is None:
            return None
        for result, text in answer["said"]:
            write(sys.stdout if result else sys.stderr, text)
        code: int = answer["code"]
        return code

    def hear(self, stream: TextIO | None, text: str) -> None:
        """Something is said."""
        self._size += len(text)
        if self._size < _MOST:
            self._said.append((stream is sys.stdout, text))

    def watch(self, doors: Doors, paths: Sequence[str]) -> Doors:
        """The doors of the run, before anything is read; their time notes until when what is made of it holds."""
        from reconciler.answering import LONGEST
        from reconciler.model.moment import Until
        from reconciler.wiring.reads import reads_of

        house = self._session.house
        self._reads = reads_of(house, paths)
        if self._reads is None:
            return doors
        try:
            if self._answers:
                self._answering.begin(self._reads)
        except (OSError, ValueError):
            self._reads = None
            return doors
        self._until = Until(doors.now, longest=LONGEST)
        moment = self._until.moment()
        waivers = doors.waivers if doors.waivers is None else replace(doors.waivers, now=moment)
        since = None if doors.since is None else partial(self._since, doors.since)
        return replace(doors, now=moment, waivers=waivers, since=since, baselines=self._baselines(self._until))

    def _since(self, since: Callable[..., ManifestReader | None], known: Files) -> ManifestReader | None:
        return since(known, self._answering.look(self._reads or {}))

    def _baselines(self, until: Until) -> Baselines:
        """Where it is kept what is in step, for the next call of whatever words."""
        from reconciler.adapters.manifests.baselines import KeptBaselines

        def hear(at: float) -> None:
            until.note(datetime.fromtimestamp(at, UTC))

        def span() -> tuple[float, float] | None:
            return until.begin.timestamp(), until.at.timestamp()

        return KeptBaselines(
            self._answering.place,
            self._answering.ground(self._reads or {}),
            now=until.begin.timestamp(),
            until=hear,
            span=span,
        )

    def learn(self, live: Live, manifests: Manifests, *, settled: bool = False) -> None:
        """What the run rests on: this database and these files.

        ``settled`` says that it found no open finding of drift written down, and rests on that as well.
        """
        if self._reads is None or self._until is None or not self._answers:
            return
        from reconciler.wiring.reads import digest_of

        database = digest_of(self._session.house, live)
        since, until = self._until.begin.timestamp(), self._until.at.timestamp()
        if database is not None and since < until:
            self._learnt = {"since": since, "until": until, "files": manifests.digest, "database": database}
            self._learnt |= {"settled": settled, "pulse": live.pulse}
            self._commit = manifests.commit or ""

    def keep(self, *, code: int) -> None:
        """Keep what was said, where something was learnt, for the next call."""
        if self._learnt is not None and self._reads is not None and self._size < _MOST:
            learnt = {**self._learnt, "said": self._said, "code": code}
            self._answering.keep(self._reads, learnt, commit=self._commit)


def known(context: click.Context, session: Session) -> Known | None:
    """What is known of a call; None for one that takes the ordinary way."""
    verb = str(context.info_name)
    options = asdict(session.options)
    usual = asdict(Globals())
    unusual = {name for name in usual if name not in _SAFE_GLOBALS and options[name] != usual[name]}
    answers = not unusual and _plain(context, verb)
    if not answers and not (verb == "plan" and unusual <= _RESTING_GLOBALS and _only(context, _RESTING | {"form"})):
        return None
    from reconciler.answering import Answering, wanted

    if not wanted(os.environ):
        return None
    call = {
        "verb": verb,
        "words": context.params,
        "options": options,
        "streams": [_stream(sys.stdout), _stream(sys.stderr)],
        "size": shutil.get_terminal_size() if _shown(sys.stdout) or _shown(sys.stderr) else None,
    }
    try:
        answering = Answering(call, config=session.options.config, variables=os.environ)
    except (OSError, ValueError, TypeError):
        return None
    found = Known(session, answering, answers=answers)
    if not answers:
        return found
    output.COPIES.append(found.hear)
    context.call_on_close(lambda: output.COPIES.remove(found.hear))
    return found


def _plain(context: click.Context, verb: str) -> bool:
    return _only(context, _SAFE) and context.params["form"] in _FORMS[verb]


def _only(context: click.Context, names: Container[str]) -> bool:
    """Whether no other option is given."""
    others = (name for name in context.params if name not in names)
    return all(context.get_parameter_source(name) is ParameterSource.DEFAULT for name in others)


def _shown(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _stream(stream: TextIO | None) -> list[Any]:
    return [] if stream is None else [stream.isatty(), stream.encoding, stream.errors]
