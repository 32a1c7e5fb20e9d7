"""Worker: evaluates the expressions of policies in a process of its own, which has bounds and may die.

A program, started by its path, that reads one JSON document from standard input and writes JSON lines. It imports
nothing of this package, so that it starts quickly. The library for CEL has no bounds of its own: an expression of a
hundred characters can walk a list a billion times or fill the memory, and a long one overflows its stack.

Before it begins something it says so (``begin``): who reads the lines of a worker that died knows where it died.
"""

from __future__ import annotations

import gc
import json
import re
import signal
import sys
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_LISTED = 20
"""Strikes and breaches of one rule that are told one by one."""
_SHOWN = 200
"""Characters of one value in a message."""
_LONGEST = 1000
"""Characters of a message."""
_PLACE = re.compile(r"ERROR: <input>:([0-9]+):([0-9]+): (.*)")
_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_][A-Za-z0-9_]*)\s*,")
_FUNCTIONS = frozenset(
    "size contains startsWith endsWith matches int uint double string bytes bool type dyn timestamp duration max min "
    "getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds "
    "getMilliseconds".split()
)
_TYPES = frozenset("int uint double string bytes bool list map type null_type".split())


def main() -> None:
    """Read the work, do it, write what came of it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    gc.disable()  # everything stays until the end
    work = json.load(sys.stdin.buffer)
    _bound(work["seconds"], work["memory"])
    cel = _library()
    programs = [_compiled(cel, number, one) for number, one in enumerate(work["programs"])]
    _say(begin=None)
    if all(programs):
        for number, case in enumerate(work["cases"]):
            _Case(cel, programs, work["judges"], number, case).run()
    _say(done=True)


def _library() -> Any:
    """The compiled part of the library alone: its package loads a command line, which takes a third of a second."""
    found = find_spec("cel")
    if found is None or found.submodule_search_locations is None:
        raise ImportError("cel")
    package = ModuleType("cel")
    package.__path__ = list(found.submodule_search_locations)
    sys.modules["cel"] = package
    import cel.cel  # type: ignore[import-not-found,unused-ignore]  # found only through the line above

    return cel.cel


def _bound(seconds: int, memory: int) -> None:
    """Bounds that hold whatever an expression does. Where a system knows one of them not, the caller's clock stays."""
    try:
        import resource  # not on every system
    except ImportError:
        return
    for what, most in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        try:
            _, hard = resource.getrlimit(what)
            limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (limit, limit))
        except (OSError, ValueError):
            continue


def _compiled(cel: Any, number: int, one: dict[str, Any]) -> Any:
    _say(begin={"program": number})
    try:
        program = cel.compile(one["source"])
        names = set(program.variables()) - set(one["names"]) - _TYPES - set(_BOUND.findall(one["source"]))
        calls = {call for call in program.functions() if call[0].isalpha()} - _FUNCTIONS
    except BaseException as error:  # noqa: BLE001  # a panic of the library is no Exception
        text, line, column = str(error), 0, 0
        found = _PLACE.search(text)
        if found:
            line, column, text = int(found[1]), int(found[2]), found[3]
        _breach("POL-02", number, text, line=line, column=column)
        return None
    if names or calls:
        known = ", ".join(one["names"])
        unknown = f"nothing is called {min(names)} here; there is {known}" if names else ""
        _breach("POL-02", number, unknown or f"there is no function {min(calls)}")
        return None
    return program, frozenset(program.variables())


class _Case:
    """One plan, with what was made of it for the expressions: conversion costs more than evaluation."""

    def __init__(self, cel: Any, programs: list[Any], judges: list[Any], number: int, case: dict[str, Any]) -> None:
        self._cel = cel
        self._programs = programs
        self._judges = judges
        self._number = number
        self._case = case
        self._contexts: dict[Any, Any] = {}

    def run(self) -> None:
        for ask in self._case["asks"]:
            number = ask["judge"]
            judge = self._judges[number]
            _say(begin={"case": self._number, "judge": number, "program": judge["strike"]})
            rule = _Rule(self._number, number, judge)
            if judge["scope"] == "plan":
                self._judge(rule, None, None, "")
                continue
            for at in ask["changes"]:
                if judge["scope"] == "change":
                    self._judge(rule, at, None, "")
                    continue
                for index, line in enumerate(self._fields(rule, at)):
                    self._judge(rule, at, index, str(line.get("path", "")) if isinstance(line, dict) else "")
        self._contexts.clear()

    def _fields(self, rule: _Rule, at: int) -> list[Any]:
        facts = self._case["changes"][str(at)].get("reconciler")
        fields = facts.get("fields") if isinstance(facts, dict) else None
        if isinstance(fields, list):
            return fields
        rule.breach("POL-03", rule.judge["strike"], "the change has no list reconciler.fields", at)
        return []

    def _judge(self, rule: _Rule, at: int | None, field: int | None, path: str) -> None:
        for part in ("when", "strike"):
            program = rule.judge[part]
            if program is None:
                continue
            answer = self._answer(rule, program, at, field)
            if answer is None:
                return
            if type(answer[0]) is not bool:
                found = type(answer[0]).__name__
                rule.breach("POL-04", program, f"it gives {_TYPE_WORDS.get(found, found)}, not true or false", at)
                return
            if not answer[0]:
                return
        parts = rule.judge["message"]
        values = [part if type(part) is str else self._answer(rule, part, at, field) for part in parts]
        shown = [one if type(one) is str else "?" if one is None else _shown(one[0]) for one in values]
        rule.strike(at, path, "".join(shown))

    def _answer(self, rule: _Rule, program: int, at: int | None, field: int | None) -> tuple[Any] | None:
        """What an expression gives, as a tuple; None when it failed, which has been told then."""
        compiled, names = self._programs[program]
        try:
            return (compiled.execute(self._context(names, rule.judge["scope"], at, field)),)
        except BaseException as error:  # noqa: BLE001  # a panic of the library is no Exception
            rule.breach("POL-03", program, _words(error), at)
            return None

    def _context(self, names: frozenset[str], scope: str, at: int | None, field: int | None) -> Any:
        """The values of the names that an expression uses; a big value is converted once and only if it is used."""
        used = names & _ROOTS
        key = (used, scope == "plan", at, field)
        if key in self._contexts:
            return self._contexts[key]
        context = self._cel.Context()
        for name in used:
            context.add_variable(name, self._value(name, scope, at, field))
        self._contexts[key] = context
        return context

    def _value(self, name: str, scope: str, at: int | None, field: int | None) -> Any:
        if name == "plan":
            return self._case["plan" if scope == "plan" else "head"]
        change = self._case["changes"][str(at)]
        if name == "change":
            return change
        if name == "field":
            return change["reconciler"]["fields"][field]
        return change["change"][name]


_ROOTS = frozenset(("plan", "change", "before", "after", "field"))
_TYPE_WORDS = {"NoneType": "null", "str": "a string", "int": "a number", "float": "a number", "list": "a list"}
_TYPE_WORDS |= {"dict": "a map", "bytes": "bytes", "datetime": "a time", "timedelta": "a duration"}


class _Rule:
    """What is told about one rule: the first strikes and breaches, and how many there were."""

    def __init__(self, case: int, number: int, judge: dict[str, Any]) -> None:
        self.judge = judge
        self._case = case
        self._number = number
        self._strikes = 0
        self._breaches = 0

    def strike(self, at: int | None, path: str, message: str) -> None:
        self._strikes += 1
        if self._strikes <= _LISTED:
            cut = message if len(message) <= _LONGEST else message[: _LONGEST - 1] + "…"
            _say(strike={"case": self._case, "judge": self._number, "change": at, "path": path, "message": cut})
        else:
            _say(more={"case": self._case, "judge": self._number})

    def breach(self, code: str, program: int, text: str, at: int | None) -> None:
        self._breaches += 1
        if self._breaches <= _LISTED:
            _breach(code, program, text, case=self._case, judge=self._number, change=at)


def _words(error: BaseException) -> str:
    """What went wrong, as the end of a sentence."""
    text = str(error)
    match type(error).__name__:
        case "KeyError":
            return "there is no " + text.strip("'\"")
        case "MemoryError":
            return "it needs too much memory"
    return text.partition(". ")[0][:_SHOWN]


def _shown(value: Any) -> str:
    text = value if type(value) is str else json.dumps(value, ensure_ascii=False, default=str, sort_keys=True)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _breach(code: str, program: int, text: str, **where: Any) -> None:
    _say(breach={"code": code, "program": program, "text": text[:_LONGEST], **where})


def _say(**line: Any) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
