"""Reading the configuration of a working folder, and what the environment adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from reconciler.adapters.manifests import read_file
from reconciler.model.diagnostic import Diagnostic, Phase, Severity
from reconciler.model.manifest import Document

_YEARS = range(1900, 9900)
"""Years from which a rule can look years back and ahead."""


def read_configuration(folder: Path, path: Path) -> tuple[Document | None, list[Diagnostic]]:
    """The configuration in ``path`` as it was written, and what is wrong with it as YAML (CFGF-01, CFGF-07)."""
    documents, found = read_file(folder, path)
    if found:
        return None, [_recoded(one) for one in found]
    if len(documents) != 1:
        finding = Diagnostic(
            code="CFGF-01",
            severity=Severity.ERROR,
            phase=Phase.SCHEMA,
            summary=f"{path} holds {len(documents)} documents; it is one mapping",
            hint="keep one document",
        )
        return None, [finding]
    return documents[0], []


def rule_time(variables: Mapping[str, str], found: list[Diagnostic]) -> datetime:
    """The time that rules see: that of ``RECONCILER_CLOCK``, else now. What is wrong joins ``found`` (CFGF-08)."""
    text = variables.get("RECONCILER_CLOCK", "")
    if not text:
        return datetime.now(UTC)
    there = None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None and "T" in text.upper():
            there = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # told below
    if there is None or there.year not in _YEARS:
        found.append(
            Diagnostic(
                code="CFGF-08",
                severity=Severity.ERROR,
                phase=Phase.SCHEMA,
                summary="RECONCILER_CLOCK is no time of RFC 3339 that rules can look back and ahead from",
                hint="write it as 2026-03-31T12:00:00Z",
            )
        )
        return datetime.now(UTC)
    return there


def _recoded(one: Diagnostic) -> Diagnostic:
    """A finding of the loader about the configuration, under the code of the configuration."""
    code = "CFGF-07" if one.code == "LOD-05" else "CFGF-01"
    return Diagnostic(
        code=code,
        severity=one.severity,
        phase=one.phase,
        summary=one.summary,
        detail=one.detail,
        hint=one.hint,
        source=one.source,
        snippet=one.snippet,
    )
