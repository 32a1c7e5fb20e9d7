"""A new kind is one new file: everything else takes it from there."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

KIND = '''\
"""Kiosk: a screen in the lobby of a partner."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from reconciler.model.access import may, no, rights
from reconciler.model.formats import Name
from reconciler.model.kind import Group, Kind, Level, Unique
from reconciler.model.lifecycle import Edge, Lifecycle
from reconciler.model.marks import Immutable, Key, Ref, Secret, State
from reconciler.model.spec import SecretSource, Spec


class KioskSpec(Spec):
    label: Annotated[str, Key(), Immutable()] = Field(min_length=1, max_length=40, description="Words on the screen.")
    category: Annotated[Name | None, Ref("Category")] = Field(None, description="Category of what is asked there.")
    brightness: int = Field(50, ge=0, le=100, description="Percent of full brightness.")
    pin: Annotated[SecretSource | None, Secret()] = Field(None, description="Where the PIN comes from.")
    state: Annotated[Literal["off", "on"] | None, State()] = Field(None, description="The wanted state.")


KIND = Kind(
    name="Kiosk",
    table="kiosks",
    group=Group.HELPDESK,
    order=90,
    level=Level.TENANT,
    spec=KioskSpec,
    description="A screen in the lobby of a partner.",
    lifecycle=Lifecycle(states=("off", "on"), entry="off", edges=(Edge("off", "on", "it shines"), Edge("on", "off"))),
    unique=(Unique(code="GEN-03", paths=("label",), at="label", within="tenant", fold=True),),
    allow=(
        rights("read", A=may("all"), P=may("own")),
        rights("create", A=may("all")),
        rights("update", "brightness", P=may("own"), A=no("KIO-01")),
    ),
    denials={"KIO-01": "the screen is in the lobby of the partner"},
    example="""\\
apiVersion: reconciler/v1
kind: Kiosk
metadata: {name: lobby, tenant: farol}
spec: {label: Lobby}
""",
)
'''

MANIFESTS = """\
apiVersion: reconciler/v1
kind: Operator
metadata: {name: root}
spec: {email: root@example.com, displayName: Rita Fonseca, role: administrator, language: pt-PT}
---
apiVersion: reconciler/v1
kind: Partner
metadata: {name: farol}
spec:
  legalName: Farol Services, Lda.
  vatNumber: "599900016"
  type: integrator
  contact: {email: office@farol.example.com}
  address: {line1: Rua do Farol 1, city: Porto, postalCode: 4150-001, country: PRT}
---
apiVersion: reconciler/v1
kind: Category
metadata: {name: lobby, tenant: farol}
spec: {displayName: Lobby}
---
apiVersion: reconciler/v1
kind: Kiosk
metadata: {name: lobby, tenant: farol}
spec:
  label: Lobby
  category: lobby
  pin: {fromEnv: LOBBY_PIN}
  state: "on"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A working folder beside a package that is one file, announced by its entry point."""
    package = tmp_path / "plugin"
    (package / "kiosk-1.0.dist-info").mkdir(parents=True)
    (package / "kiosk.py").write_text(KIND, encoding="utf-8")
    (package / "kiosk-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: kiosk\nVersion: 1.0\n")
    (package / "kiosk-1.0.dist-info" / "entry_points.txt").write_text("[reconciler.kinds]\nkiosk = kiosk\n")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "all.yaml").write_text(MANIFESTS, encoding="utf-8")
    return tmp_path / "home"


def run(home: Path, *words: str) -> tuple[int, str, str]:
    """Call the program as a shell would."""
    root = Path(__file__).parents[2]
    variables = {**os.environ, "PYTHONPATH": f"{home.parent / 'plugin'}{os.pathsep}{root}", "LOBBY_PIN": "4711-4711"}
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", *words],
        cwd=home,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout, done.stderr


def test_one_file_gives_validation_schema_tables_plan_apply_and_help(home: Path) -> None:
    assert run(home, "validate")[0] == 0
    code, out, err = run(home, "apply", "--auto-approve", "--bootstrap")
    assert (code, "Apply complete! 4 added" in out) == (0, True), err
    assert "> state off -> on" in out
    assert "4711-4711" not in out + err
    assert "No changes." in run(home, "plan", "--detailed-exitcode")[1]

    database = sqlite3.connect(home / ".reconciler" / "live.db")
    with database:
        assert database.execute("select label, category, brightness, state from kiosks").fetchall() == [
            ("Lobby", "lobby", 50, "on")
        ]
        database.execute("update kiosks set brightness = 10")
    with pytest.raises(sqlite3.IntegrityError):
        database.execute("update kiosks set brightness = 101")
    (journaled,) = database.execute("select columns from reconciler_journal order by seq desc limit 1").fetchone()
    assert json.loads(journaled) == ["brightness"]
    database.close()

    code, out, _ = run(home, "plan", "--detailed-exitcode")
    assert code == 2
    assert "~ brightness: 10 -> 50" in out
    assert "drift" in out
    # Its rights are judged, with its own words, without another file knowing of it.
    code, _, err = run(home, "apply", "--auto-approve", "--as", "root@example.com")
    told = " ".join(err.split())
    assert code == 4
    assert "administrator operator root@example.com may not update Kiosk/farol/lobby (field brightness)" in told
    assert "the screen is in the lobby of the partner" in told
    assert "who can: partner" in told

    assert "Percent of full brightness." in run(home, "explain", "Kiosk.brightness")[1]
    assert "kind: Kiosk" in run(home, "scaffold", "Kiosk")[1]
    assert run(home, "schema", "--out", "schemas")[0] == 0
    schema = json.loads((home / "schemas" / "kiosk.schema.json").read_text(encoding="utf-8"))
    assert "brightness" in json.dumps(schema)


def test_its_rules_are_judged_like_any_other(home: Path) -> None:
    wrong = MANIFESTS.replace("category: lobby", "category: loby")
    wrong = wrong.replace("label: Lobby\n", "label: Lobby\n  brihtness: 4\n")
    (home / "all.yaml").write_text(wrong, encoding="utf-8")
    code, out, err = run(home, "validate")
    assert code == 1
    assert "GEN-01" in out + err
    assert "brightness" in out + err
