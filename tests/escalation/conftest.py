"""An estate for each test; it is seeded once, by the program itself."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from reconciler.cli.main import main
from tests.engine.toy import tree
from tests.escalation.estate import CLOCK, Estate, copied, specs
from tests.oracle.world import SECRET_VALUE


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("estate")
    documents = [json.dumps(tree(key[0], key[2], spec, tenant=key[1])) for key, spec in specs().items()]
    (folder / "manifests").mkdir()
    (folder / "manifests" / "all.yaml").write_text("\n---\n".join(documents), encoding="utf-8")
    here = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("RECONCILER_")]:
            patch.delenv(name)
        patch.setenv("SECRET", SECRET_VALUE)
        patch.setenv("RECONCILER_CLOCK", CLOCK)
        os.chdir(folder)
        try:
            assert main(("apply", "manifests", "--bootstrap", "--as", "setup", "--auto-approve")) == 0
        finally:
            os.chdir(here)
    return folder


@pytest.fixture
def estate(seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Estate:
    copied(seeded, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SECRET", SECRET_VALUE)
    monkeypatch.setenv("RECONCILER_CLOCK", CLOCK)
    made = Estate(tmp_path, capsys)
    made.settle()
    return made
