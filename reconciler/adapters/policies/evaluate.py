"""Evaluate: start the worker, hand it its work, and read what came of it, whatever became of the worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reconciler.model.dataclass import dataclass
from reconciler.model.errors import WorldError
from reconciler.model.policy import UNFINISHED, Answers, Breach, Strike, Work

_WORKER = Path(__file__).with_name("worker.py")
_LIBRARIES = "LD_LIBRARY_PATH"
"""Without this variable some interpreters do not find their own libraries."""
_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What evaluating may cost.

    ``seconds`` of the processor's time, and one more for each ``questions_a_second`` and for each ``bytes_a_second`` of
    the plan as JSON; ``patience`` times as long by the clock. ``memory`` in bytes, and ``share`` bytes more for each
    byte of the plan.
    """

    seconds: int = 2
    questions_a_second: int = 2_000
    bytes_a_second: int = _MEBIBYTE
    patience: int = 5
    memory: int = 256 * _MEBIBYTE
    share: int = 64


def evaluate(work: Work, *, bounds: Bounds | None = None) -> Answers:
    """What the expressions give.

    Raises:
        WorldError: the worker cannot be started, or it has no library for CEL.
    """
    limits = bounds or Bounds()
    body = json.dumps(_plain(work), ensure_ascii=True).encode()
    questions = sum(max(1, len(ask.changes)) for case in work.cases for ask in case.asks)
    seconds = limits.seconds + questions // limits.questions_a_second + len(body) // limits.bytes_a_second
    memory = limits.memory + limits.share * len(body)
    head = json.dumps({"seconds": seconds, "memory": memory}).encode()
    given = head[:-1] + b", " + body[1:]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own file
            [sys.executable, "-I", str(_WORKER)],
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={_LIBRARIES: os.environ[_LIBRARIES]} if _LIBRARIES in os.environ else {},
            cwd="/",
            timeout=float(seconds * limits.patience),
            check=False,
        )
        output = done.stdout
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
    except OSError as error:
        raise WorldError(f"policies cannot be judged: {error.strerror}", hint="nothing was done") from None
    return _answers(work, list(_lines(output)), seconds=seconds, memory=memory)


def _plain(work: Work) -> dict[str, Any]:
    # A name that stands in no expression is not asked for: what only it leads to need not be handed over.
    text = " ".join(one.source for one in work.programs)
    used = tuple(name for name in ("before", "after") if name in text)
    fields = any(one.scope == "field" for one in work.judges)

    def cut(change: Mapping[str, Any]) -> Mapping[str, Any]:
        if "change" in text:
            return change
        values = change.get("change")
        found: dict[str, Any] = {}
        if isinstance(values, Mapping):
            found["change"] = {name: values[name] for name in used if name in values}
        if fields:
            found["reconciler"] = change.get("reconciler")
        return found

    return {
        "programs": [{"source": one.source, "names": one.names} for one in work.programs],
        "judges": [
            {"scope": one.scope, "when": one.when, "strike": one.strike, "message": one.message} for one in work.judges
        ],
        "cases": [
            {
                "plan": one.plan,
                "head": one.head,
                "changes": {number: cut(change) for number, change in one.changes.items()},
                "asks": [{"judge": ask.judge, "changes": ask.changes} for ask in one.asks],
            }
            for one in work.cases
        ],
    }


def _lines(output: bytes) -> Iterator[dict[str, Any]]:
    """The lines of the worker; the last one of a worker that died may be cut off."""
    for line in output.split(b"\n"):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict):
            yield found


def _answers(work: Work, lines: list[dict[str, Any]], *, seconds: int, memory: int) -> Answers:
    strikes: list[Strike] = []
    breaches: list[Breach] = []
    counts: Counter[tuple[int, int]] = Counter()
    begun: dict[str, Any] | None = None
    done = False
    for line in lines:
        match line:
            case {"strike": dict(one)}:
                strikes.append(Strike(**one))
                counts[one["case"], one["judge"]] += 1
            case {"more": dict(one)}:
                counts[one["case"], one["judge"]] += 1
            case {"breach": dict(one)}:
                breaches.append(Breach(**one))
            case {"begin": one}:
                begun = one
            case {"done": True}:
                done = True
    if not done:
        if begun is None and not lines:
            raise WorldError(
                "policies cannot be judged: the evaluator did not start",
                hint="install the package common-expression-language",
            )
        at = begun or {"program": len(work.programs) - 1}
        text = f"it did not end within {seconds} seconds of processor time and {memory // _MEBIBYTE} MiB of memory"
        breaches.append(
            Breach(code=UNFINISHED.code, text=text, program=at["program"], case=at.get("case"), judge=at.get("judge"))
        )
    return Answers(strikes=tuple(strikes), breaches=tuple(breaches), counts=dict(counts))
