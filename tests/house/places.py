"""Where things stand in the repository, for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "reconciler"
SKIPPED = {".git", ".venv", ".demo", "__pycache__", ".hypothesis", "bench-results", "dist", "build", ".reconciler"}


def modules() -> list[Path]:
    """Every Python file of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def committed_files() -> list[Path]:
    """Every file that belongs into the repository, without asking git: a test may run in an unpacked archive."""
    return sorted(
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not SKIPPED.intersection(path.relative_to(ROOT).parts)
        and not any(part.endswith(("_cache", ".egg-info")) for part in path.relative_to(ROOT).parts)
    )
