"""Undoing: random changes of the example tree, of every kind, are applied and rolled back, and nothing is left of them.

Run with ``python -m tests.campaigns.undoing SEEDS [FIRST]``: each seed moves, edits, removes and adds manifests,
applies, and rolls back; then the database must be what it was, or the rollback must have been refused with reasons and
have written nothing.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.adapters.secrets.keys import parse_key
from reconciler.adapters.secrets.sealer import KeySealer
from reconciler.cli.main import main as reconciler
from reconciler.kinds import discover
from reconciler.model.address import Address
from reconciler.model.columns import column_name
from tests.examples.test_tenants import TREE, secrets

KEY = "c2VjcmV0LWtleS1mb3ItdGVzdHMtb25seS0zMmJ5dGU="
ADMINISTRATOR = "tomas.vidal@sign.example.net"
_CLOCKS = frozenset({"id", "rev", "updated_at"})
_OURS = ("reconciler_", "sqlite_", "alembic_", "notifications")
_LEDGER = ("kind", "tenant", "name", "applied", "source", "commit_id", "management")

Ask = Callable[[str], list[dict[str, Any]]]
"""Runs a statement and gives its rows by column."""

Opens = Callable[[str, Mapping[str, Any], str], Any]
"""Gives the value of a column of a row of a table, a sealed secret as what it opens to there."""


class Said(NamedTuple):
    """What a call of the program came to."""

    code: int
    out: str
    err: str


class Tried(NamedTuple):
    """What a trial came to: ``undone``, ``refused`` or ``nothing``, and what was wrong."""

    outcome: str
    wrong: str = ""
    touched: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


def called(*words: str) -> Said:
    """Call the program in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = reconciler(list(words))
    return Said(code, out.getvalue(), err.getvalue())


def everybody(ask: Ask) -> list[str]:
    """An administrator, and everybody who can approve."""
    rows = ask("SELECT email FROM operators WHERE state = 'active' AND role IN ('administrator', 'partner') ORDER BY 1")
    found = dict.fromkeys([ADMINISTRATOR, *(row["email"] for row in rows)])
    return [word for one in found for word in ("--as", one)]


def documents(text: str) -> list[str]:
    """The documents of a file."""
    return re.split(r"^---\n", text, flags=re.MULTILINE)


def embedded(folder: Path) -> Ask:
    """Asks the embedded database of a folder."""

    def ask(statement: str) -> list[dict[str, Any]]:
        with closing(sqlite3.connect(folder / ".reconciler/live.db")) as opened:
            cursor = opened.execute(statement)
            names = [one[0] for one in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    return ask


def state(ask: Ask, tables: Sequence[str], opens: Opens | None = None) -> dict[str, list[str]]:
    """Every row of every kind and the ledger, without what clocks and counters alone move.

    With ``opens`` a sealed secret is what it opens to: it is sealed anew whenever its place changes.
    """
    found = {}
    for table in tables:
        rows = [
            {key: value for key, value in row.items() if key not in _CLOCKS} for row in ask(f'SELECT * FROM "{table}"')
        ]
        if opens is not None:
            rows = [{key: opens(table, row, key) for key in row} for row in rows]
        found[table] = sorted(map(repr, rows))
    found["ledger"] = sorted(map(repr, ask(f"SELECT {', '.join(_LEDGER)} FROM reconciler_resources")))
    return found


def opening(key: str) -> Opens:
    """Opens sealed secrets with the key of an installation, each at its own place and nowhere else."""
    sealer = KeySealer(parse_key(key, origin="test"))
    kinds = {kind.table: kind for kind in discover().values()}

    def opens(table: str, row: Mapping[str, Any], column: str) -> Any:
        value, kind = row[column], kinds[table]
        path = next((one.path for one in kind.fields if one.type == "secret" and column_name(one.path) == column), None)
        if path is None or not isinstance(value, str) or not value.startswith("v1:"):
            return value
        return sealer.unseal(Address(kind.name, row["tenant"] or "", row["name"]), path, value).reveal()

    return opens


def tables_of(ask: Ask, *, embedded: bool) -> list[str]:
    """The tables of the kinds."""
    asked = "SELECT name FROM sqlite_master WHERE type = 'table'"
    if not embedded:
        asked = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
    return sorted(row["name"] for row in ask(asked) if not row["name"].startswith(_OURS))


# --- one trial -------------------------------------------------------------------------------------------------------


def tried(folder: Path, ask: Ask, *, seed: int, key: str, embedded: bool = True) -> Tried:
    """Apply random changes below ``folder``, whose database holds the example tree, and roll them back.

    ``key`` is that of the installation.
    """
    chance = random.Random(seed)  # noqa: S311 - a seeded generator is the point
    carriers = everybody(ask)
    tables = tables_of(ask, embedded=embedded)
    opens = opening(key)
    before = state(ask, tables, opens)
    edits = Edits(folder, chance)
    for _ in range(chance.randint(0, 3)):
        edits.move(carriers)
    edits.make(chance.randint(2, 8))
    done = applied(edits, carriers)
    if done is None:
        return Tried("nothing")
    touched = tuple(sorted({f"{one['action']} {one['address'].partition('/')[0]}" for one in done["changes"]}))
    run = done["run"]["id"]
    middle = state(ask, tables, opens)
    allowed = [word for kind in ("ServiceType", "Category", "Bundle") for word in ("--allow-delete", f"{kind}:99")]
    back = called("rollback", run, "--auto-approve", *allowed, *everybody(ask))
    after = state(ask, tables, opens)
    if back.code == 0:
        wrong = unlike(before, after)
        if not wrong and "row stays" not in back.out and chance.random() < 0.3:
            again = called("rollback", newest(), "--auto-approve", *allowed, *everybody(ask))
            wrong = unlike(middle, state(ask, tables, opens)) if again.code == 0 else ""
        if "row stays" in back.out:
            return Tried("tombstone", "", touched)
        return Tried("undone", wrong, touched)
    codes = tuple(sorted(set(re.findall(r"\b([A-Z]{2,4}-\d{2})\b", back.err))))
    wrong = unlike(middle, after) or ("" if codes and back.code in (4, 5, 7) else f"exit {back.code}: {back.err}")
    return Tried("refused", wrong, touched, codes)


def unlike(one: Mapping[str, list[str]], other: Mapping[str, list[str]]) -> str:
    """How two states differ; empty when they do not."""
    found = []
    for table in one:
        gone, come = sorted({*one[table]} - {*other[table]}), sorted({*other[table]} - {*one[table]})
        if gone or come or len(one[table]) != len(other[table]):
            found.append(f"{table}: - {gone[:1]} + {come[:1]}")
    return "; ".join(found)


def applied(edits: Edits, carriers: list[str]) -> dict[str, Any] | None:
    """The changes of a plan that is applied; edits that rules refuse are taken back, the newest first."""
    while edits.made:
        call = called("apply", "--auto-approve", "--prune", "--secrets-out", "made.txt", *carriers)
        with contextlib.suppress(FileNotFoundError):
            Path("made.txt").unlink()
        if call.code == 0:
            if "Apply complete!" not in call.out:
                return None
            found: dict[str, Any] = json.loads(called("history", "show", newest(), "--format", "json").out)
            return found
        edits.take_back()
    return None


def newest() -> str:
    """The id of the newest run."""
    return str(json.loads(called("history", "--limit", "1", "--format", "json").out)["runs"][0]["id"])


class Edits:
    """Random edits of the manifests below a folder, each of which can be taken back."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self._files = sorted((folder / "platform").rglob("*.yaml")) + sorted((folder / "tenants").rglob("*.yaml"))
        self._chance = chance
        self._folder = folder
        self.made: list[dict[Path, str | None]] = []

    def make(self, number: int) -> None:
        """Make so many edits."""
        ways = (
            self._words,
            self._words,
            self._number,
            self._version,
            self._label,
            self._remove,
            self._twin,
            self._state,
        )
        for _ in range(number * 4):
            if len(self.made) >= number:
                return
            file = self._chance.choice(self._files)
            before = file.read_text(encoding="utf-8")
            parts = documents(before)
            place = self._chance.randrange(len(parts))
            new = self._chance.choice(ways)(parts[place])
            if new is None or new == parts[place]:
                continue
            parts[place : place + 1] = new if isinstance(new, list) else [new]
            file.write_text("---\n".join(parts), encoding="utf-8")
            self.made.append({file: before})

    def move(self, carriers: Sequence[str]) -> None:
        """Give something another name, in all files that name it."""
        before = self._texts()
        found = [
            (one["kind"], one["tenant"], one["name"])
            for text in before.values()
            for one in map(_named, documents(text))
            if one is not None and one["kind"] in _MOVABLE
        ]
        kind, tenant, name = self._chance.choice(found)
        address = "/".join(word for word in (kind, tenant, name) if word)
        called("move", address, f"{name}-{self._chance.randint(2, 99)}", *carriers)
        changed = {file: before.get(file) for file, text in self._texts().items() if before.get(file) != text}
        if changed:
            self.made.append(changed)
        self._files = sorted({*self._files, *(file for file in changed if "moved-" not in file.name)})

    def _texts(self) -> dict[Path, str]:
        roots = (self._folder / "platform", self._folder / "tenants")
        return {file: file.read_text(encoding="utf-8") for root in roots for file in sorted(root.rglob("*.yaml"))}

    def take_back(self) -> None:
        """Take the newest edit back."""
        for file, before in self.made.pop().items():
            if before is None:
                file.unlink()
            else:
                file.write_text(before, encoding="utf-8")

    def _words(self, text: str) -> str | None:
        found = re.findall(
            r"^(  (?:displayName|description|companyName|line1|city|account): )(.+)$", text, re.MULTILINE
        )
        if not found:
            return None
        head, value = self._chance.choice(found)
        return text.replace(f"{head}{value}", f"{head}Novo texto — nº {self._chance.randint(1, 99)}", 1)

    def _number(self, text: str) -> str | None:
        found = re.findall(r"^(  (?:sortOrder|includedSignatures|minLength|port): )(\d+)$", text, re.MULTILINE)
        if not found:
            return None
        head, value = self._chance.choice(found)
        return text.replace(f"{head}{value}", f"{head}{int(value) + self._chance.randint(1, 3)}", 1)

    def _version(self, text: str) -> str | None:
        found = re.findall(r'version: "(\d+)"', text)
        return text.replace(f'version: "{found[0]}"', f'version: "{int(found[0]) + 1}"', 1) if found else None

    def _label(self, text: str) -> str | None:
        if "labels:" in text or not re.search(r"^metadata:$", text, re.MULTILINE):
            return None
        return re.sub(
            r"^metadata:$",
            f"metadata:\n  labels: {{team: t{self._chance.randint(1, 9)}}}",
            text,
            count=1,
            flags=re.MULTILINE,
        )

    def _remove(self, text: str) -> list[str] | None:
        return [] if "kind: " in text and self._chance.random() < 0.7 else None

    def _twin(self, text: str) -> list[str] | None:
        name = re.search(r"^  name: (\S+)$", text, re.MULTILINE)
        if name is None or not re.search(
            r"kind: (ServiceType|Category|Bundle|Role|ReportSchedule|VisualTemplate)\n", text
        ):
            return None
        twin = text.replace(f"name: {name[1]}", f"name: {name[1]}-{self._chance.randint(2, 9)}", 1)
        twin = re.sub(
            r"^  displayName: .+$", f"  displayName: Outro {self._chance.randint(1, 999)}", twin, flags=re.MULTILINE
        )
        return [text if text.endswith("\n") else f"{text}\n", twin]

    def _state(self, text: str) -> str | None:
        if "state: active" in text:
            return text.replace(
                "state: active", f"state: {self._chance.choice(['suspended', 'blocked', 'inactive'])}", 1
            )
        if "state: suspended" in text:
            return text.replace("state: suspended", "state: active", 1)
        return None


_MOVABLE = (
    "Bundle",
    "Category",
    "Certificate",
    "CertificateAuthority",
    "ClientService",
    "Customer",
    "CustomerUser",
    "Domain",
    "GeneralConfiguration",
    "Individual",
    "Issuer",
    "MailToTicket",
    "Operator",
    "ReportSchedule",
    "Role",
    "SelfCare",
    "ServiceType",
    "SmtpSettings",
    "SupportMail",
    "VisualTemplate",
)


def _named(text: str) -> dict[str, str] | None:
    """Kind, tenant and name of a document."""
    kind = re.search(r"^kind: (\w+)$", text, re.MULTILINE)
    name = re.search(r"^  name: ([a-z0-9.-]+)$", text, re.MULTILINE)
    tenant = re.search(r"^  tenant: ([a-z0-9.-]+)$", text, re.MULTILINE)
    if kind is None or name is None:
        return None
    return {"kind": kind[1], "name": name[1], "tenant": "" if tenant is None else tenant[1]}


# --- many ------------------------------------------------------------------------------------------------------------


def trials(seeds: Sequence[int]) -> Iterator[tuple[int, Tried]]:
    """Trials on embedded databases, each in a folder of its own beside the same beginning."""
    given = {**secrets(), "RECONCILER_CLOCK": "2026-06-15T12:00:00Z", "RECONCILER_SECRET_KEY": KEY}
    os.environ.update(given)
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as room:
        first = Path(room) / "first"
        shutil.copytree(TREE, first)
        os.chdir(first)
        made = called("apply", "--auto-approve", "--quiet", "--bootstrap")
        assert made.code == 0, made.err
        for seed in seeds:
            work = Path(room) / f"work-{seed}"
            shutil.copytree(first, work)
            os.chdir(work)
            yield seed, tried(work, embedded(work), seed=seed, key=KEY)
            os.chdir(here)
            shutil.rmtree(work)


def main() -> int:
    """Run trials and tell what they came to."""
    count = int(sys.argv[1])
    start = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    outcomes: Counter[str] = Counter()
    touched: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    bad = 0
    for seed, one in trials(range(start, start + count)):
        outcomes[one.outcome] += 1
        touched.update(one.touched)
        codes.update(one.codes)
        if one.wrong:
            bad += 1
            sys.stdout.write(f"{seed}: {one.outcome}: {one.wrong[:1500]} ({', '.join(one.touched)})\n")
            sys.stdout.flush()
    sys.stdout.write(f"{dict(outcomes)}\n{dict(touched)}\n{dict(codes)}\n{bad} wrong\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
