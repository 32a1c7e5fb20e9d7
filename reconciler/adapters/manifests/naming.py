"""Naming: which files are manifests by their names, and which ones a pattern means. Needs nothing else of this room."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

CONFIGURATION = frozenset({"reconciler.yaml", "reconciler.yml"})
"""Names of files that hold configuration and no manifests."""


def is_manifest(name: str) -> bool:
    """Whether a file of this name holds manifests: YAML, not hidden, not the configuration."""
    return name.endswith((".yaml", ".yml")) and not name.startswith(".") and name not in CONFIGURATION


def selected(path: str, patterns: Sequence[str]) -> bool:
    """Whether a path is one of those that a pattern means: ``*`` within a step, ``**`` for any number of folders."""
    return bool(patterns) and _any_of(tuple(patterns)).fullmatch(path) is not None


@lru_cache(maxsize=128)
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{_expression(one)})" for one in patterns))


def _expression(pattern: str) -> str:
    steps = pattern.split("/")
    words = ["(?:[^/]+/)*" if step == "**" else f"{_step(step)}/" for step in steps[:-1]]
    return "".join([*words, _step(steps[-1])])


def _step(step: str) -> str:
    """One step of a pattern; a ``*`` does not reach over a slash."""
    parts = re.split(r"(\*+|\?)", step)
    return "".join("[^/]*" if part[:1] == "*" else "[^/]" if part == "?" else re.escape(part) for part in parts)
