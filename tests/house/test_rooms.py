"""The rooms of the house hold, and each contract turns red when it is broken once on purpose."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.places import PACKAGE, ROOT

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
KINDS = sorted(path.stem for path in (PACKAGE / "kinds").glob("[a-z]*.py"))

# Contract, file that breaks it, line that breaks it.
BREAKS = [
    ("layers", "model/address.py", "import reconciler.engine.validate"),
    ("layers", "ports.py", "import reconciler.wiring"),
    ("layers", "operations/validate.py", "import reconciler.adapters.manifests"),
    ("layers", "engine/validate.py", f"import reconciler.kinds.{KINDS[0]}"),
    ("layers", "attic.py", "import reconciler.model.address"),
    ("kinds", f"kinds/{KINDS[0]}.py", f"import reconciler.kinds.{KINDS[-1]}"),
    ("stages", "engine/explain.py", "import reconciler.engine.schema"),
    ("adapters", "adapters/manifests/__init__.py", "import reconciler.adapters.secrets"),
    ("adapters", "adapters/identity/local.py", "import reconciler.adapters.secrets"),
    ("layers", "adapters/identity/subjects.py", "import reconciler.operations.validate"),
    ("ground", "model/address.py", "import yaml"),
    ("database", "operations/validate.py", "import sqlalchemy"),
    ("database", "adapters/identity/local.py", "import sqlalchemy"),
    ("terminal", "render/author.py", "import click"),
    ("yaml", "engine/explain.py", "import ruamel.yaml"),
    ("yaml", "adapters/identity/subjects.py", "import yaml"),
    ("processes", "adapters/identity/fetch.py", "import subprocess"),
    ("tokens", "operations/plan.py", "import jwt"),
    ("tokens", "wiring/configuration.py", "import jwt"),
    ("processes", "operations/validate.py", "import subprocess"),
    ("expressions", "engine/explain.py", "import cel"),
    ("watching", "operations/drift.py", "import tenacity"),
    ("watching", "cli/watching.py", "import prometheus_client"),
    ("processes", "adapters/watching/webhook.py", "import subprocess"),
    ("pure", "engine/explain.py", "import os"),
]


def lint(root: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the package below ``root``."""
    words = [part for one in contracts for part in ("--contract", one)]
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--config", root / "pyproject.toml", "--no-cache", *words],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_contract_is_kept() -> None:
    found = lint(ROOT)
    assert found.returncode == 0, found.stdout[-3000:]
    assert f"{len(CONTRACTS)} kept, 0 broken" in found.stdout


def test_every_contract_is_broken_below() -> None:
    assert {one["id"] for one in CONTRACTS} == {contract for contract, _, _ in BREAKS}


@pytest.mark.parametrize(("contract", "file", "line"), BREAKS, ids=lambda value: str(value).replace("/", "."))
def test_a_broken_contract_turns_red(tmp_path: Path, contract: str, file: str, line: str) -> None:
    shutil.copytree(PACKAGE, tmp_path / "reconciler", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    target = tmp_path / "reconciler" / file
    old = target.read_text(encoding="utf-8") if target.exists() else '"""A room that no contract knows."""\n'
    target.write_text(f"{old}\n{line}\n", encoding="utf-8")
    found = lint(tmp_path, contract)
    assert found.returncode == 1, found.stdout[-2000:]
    module = "reconciler." + file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    assert module in found.stdout
