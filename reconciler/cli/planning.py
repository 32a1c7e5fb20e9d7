"""What the commands that plan share: from words of the call to a request, and the plan file that remembers them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.model.dataclass import dataclass
from reconciler.model.errors import UsageError, WorldError

if TYPE_CHECKING:  # what stands behind these names is heavy, and help must not load it
    from reconciler.model.plan import Plan
    from reconciler.operations.plan import Proposer

_ASKED = "asked"
_ALLOWANCE = re.compile(r"([A-Za-z]+):([0-9]{1,6})")
_SPAN = re.compile(r"([0-9]{1,6})(ms|s|m|)")
_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0}
_MANIFEST = (".yaml", ".yml")
_LARGEST = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a plan was asked for; a plan file carries it, so that applying it plans the same again."""

    paths: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    prune: bool = False
    only_drift: bool = False
    mine: bool = False
    allowances: tuple[str, ...] = ()
    rev: str | None = None
    base: str | None = None

    @property
    def selection(self) -> dict[str, Any]:
        """What a request says of it.

        Raises:
            UsageError: an allowance is malformed.
        """
        return {
            "targets": self.targets,
            "excludes": self.excludes,
            "mine": self.mine,
            "prune": self.prune,
            "only_drift": self.only_drift,
            "allow_delete": self.allow_delete,
        }

    @property
    def allow_delete(self) -> dict[str, int]:
        """``KIND:N`` as a mapping.

        Raises:
            UsageError: one is malformed.
        """
        found: dict[str, int] = {}
        for text in self.allowances:
            parts = _ALLOWANCE.fullmatch(text)
            if parts is None:
                raise UsageError(f"--allow-delete {text}: write KIND:N, as in Domain:3")
            found[parts[1]] = found.get(parts[1], 0) + int(parts[2])
        return found

    @property
    def narrowed(self) -> bool:
        """Whether anything but paths was asked for."""
        return bool(
            self.targets
            or self.excludes
            or self.prune
            or self.only_drift
            or self.mine
            or self.allowances
            or self.rev is not None
        )

    def as_facts(self) -> dict[str, str]:
        """For the plan file."""
        return {_ASKED: json.dumps(asdict(self), sort_keys=True)}

    @classmethod
    def from_facts(cls, facts: Mapping[str, str]) -> Asked:
        """From the plan file.

        Raises:
            UsageError: the file does not say (PLN-01).
        """
        try:
            found: dict[str, Any] = json.loads(facts[_ASKED])
            lists = {key: tuple(map(str, found[key])) for key in ("paths", "targets", "excludes", "allowances")}
            drift, mine = (bool(found.get(key, False)) for key in ("only_drift", "mine"))  # older files do not say
            rev, base = (None if found.get(key) is None else str(found[key]) for key in ("rev", "base"))
            return cls(**lists, prune=bool(found["prune"]), only_drift=drift, mine=mine, rev=rev, base=base)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UsageError("this plan does not say what it was asked for", code="PLN-01") from error


def not_read(tenants: int) -> str:
    """What is told of tenants that were not read."""
    who = "1 other tenant was" if tenants == 1 else f"{tenants} other tenants were"
    return f"{who} not read: validate and apply judge everything."


def seconds(text: str) -> float:
    """``30s``, ``500ms``, ``2m`` or ``30`` as seconds.

    Raises:
        UsageError: it is none of these.
    """
    parts = _SPAN.fullmatch(text)
    if parts is None:
        raise UsageError(f"--lock-timeout {text}: write a number of seconds, as in 30s")
    return int(parts[1]) * _SECONDS[parts[2]]


def proposer_of(plan: Plan | None) -> Proposer:
    """What makes the plan of a file again: the manifests, the run that it undoes, or the names that it forgets."""
    from reconciler.operations.plan import FROM_MANIFESTS

    if plan is not None and plan.rollback:
        return undoing(plan.rollback)
    if plan is not None and plan.lets_go:
        from reconciler.operations.letting import LettingGo

        return LettingGo(tuple(one.address for one in plan.changes), reviewed=True)
    return FROM_MANIFESTS


def undoing(run: str) -> Proposer:
    """What makes the plan that undoes a run."""
    from reconciler.operations.rollback import RollbackOf

    return RollbackOf(run)


def plan_file_among(paths: Sequence[str]) -> Path | None:
    """The plan file that a call names first, if it does: a file that is named like no manifest."""
    if not paths:
        return None
    first = Path(paths[0])
    return first if first.is_file() and first.suffix not in _MANIFEST else None


def read_plan_file(path: Path) -> bytes:
    """The bytes of a plan file.

    Raises:
        WorldError: it cannot be read.
        UsageError: it is far too large for one (PLN-01).
    """
    try:
        if not path.is_file():
            raise UsageError(f"{path} is no file", code="PLN-01", hint="make one with reconciler plan --out FILE")
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"{path} is too large for a plan", code="PLN-01")
        return path.read_bytes()
    except OSError as error:
        raise WorldError(f"{path} cannot be read: {error.strerror}") from error
