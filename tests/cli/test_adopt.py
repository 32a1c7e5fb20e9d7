"""adopt: live rows come under management; no row changes, and nothing is half done."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from reconciler.adapters.database.store import Database
from reconciler.model.errors import WorldError
from tests.cli.tree import Tree

ROOT = ("--as", "root@example.com", "--auto-approve")
COLUMNS = "tenant, name, rev, labels, annotations, protect, display_name, description, sort_order, state"


@pytest.fixture
def live(tree: Tree) -> Tree:
    """A database with everything of the tree in it, and two rows that another program made."""
    call = tree.run("apply", "--bootstrap", "--auto-approve", "--as", "root@example.com")
    assert call.code == 0, call.err
    for name in ("question", "wish"):
        tree.sql(
            f"INSERT INTO service_types ({COLUMNS}) "
            f"VALUES ('farol', '{name}', 1, '{{}}', '{{}}', 0, 'A: {name}', 'x', 7, 'disabled')"
        )
    return tree


def _rows(tree: Tree) -> list[object]:
    return tree.sql("SELECT * FROM service_types ORDER BY name")


def _ledger(tree: Tree) -> list[object]:
    return tree.sql("SELECT name FROM reconciler_resources WHERE kind = 'ServiceType' ORDER BY name")


FILE = "tenants/farol/service-type/question.yaml"


def test_one_row(live: Tree) -> None:
    before = _rows(live)
    call = live.run("adopt", "ServiceType/farol/question", *ROOT)
    assert call.code == 0, call.err
    assert call.out.endswith(f"{FILE}\nAdopted 1 resource. No changes.\n")
    assert _rows(live) == before
    assert 'displayName: "A: question"' in (live.folder / FILE).read_text(encoding="utf-8")
    assert live.run("fmt", "--check").code == 0
    plan = live.run("plan")
    assert "No changes." in plan.out
    assert "wish" not in plan.out
    assert "Nothing to adopt." in live.run("adopt", "ServiceType/farol/question", *ROOT).err


def test_all_of_them(live: Tree) -> None:
    call = live.run("adopt", "--all", "--tenant", "farol", *ROOT)
    assert call.code == 0, call.err
    assert "Adopted 2 resources. No changes." in call.out
    assert "No changes." in live.run("plan").out
    assert "Nothing to adopt." in live.run("adopt", "--all", *ROOT).err


def test_nobody_is_asked_without_a_terminal(live: Tree) -> None:
    call = live.run("adopt", "--all", "--as", "root@example.com")
    assert call.code == 1
    assert "APL-02" in call.err
    assert not (live.folder / FILE).exists()
    assert live.run("adopt", "--all", "--auto-approve").code == 4  # nobody asks


def test_wrong_words(live: Tree) -> None:
    for words in ((), ("--all", "ServiceType/farol/question"), ("--tenant", "farol", "Role/x"), ("ServiceType",)):
        assert live.run("adopt", *words, *ROOT).code == 1, words


def test_absent_and_foreign_rows_are_the_same(live: Tree) -> None:
    live.write(
        "tenants/farol/operators.yaml",
        "apiVersion: reconciler/v1\nkind: Operator\nmetadata: {name: pia, tenant: farol}\n"
        "spec: {email: pia@farol.example.com, displayName: Pia, role: partner}\n",
    )
    live.apply()
    live.sql("UPDATE operators SET state = 'active'")
    live.sql("UPDATE partners SET state = 'active'")
    live.sql(
        f"INSERT INTO service_types ({COLUMNS}) "
        "VALUES ('dunas', 'question', 1, '{}', '{}', 0, 'A', 'x', 7, 'active')"
    )
    words = ("adopt", "--as", "pia@farol.example.com", "--auto-approve")
    foreign, absent = live.run(*words, "ServiceType/dunas/question"), live.run(*words, "ServiceType/dunas/none")
    assert foreign.code == absent.code == 4
    assert foreign.err.replace("question", "none") == absent.err
    mine = live.run(*words, "ServiceType/farol/question")
    assert mine.code == 0, mine.err
    live.write(
        "platform/bundle.yaml",
        "apiVersion: reconciler/v1\nkind: Bundle\nmetadata: {name: small}\n"
        "spec: {displayName: Small, includedSignatures: 10}\n",
    )
    live.apply()
    live.sql("DELETE FROM reconciler_resources WHERE kind IN ('Bundle', 'Operator')")
    rest = live.run(*words, "--all")
    assert rest.code == 0, rest.err
    assert "Left out, since you have no right to write them: 1, such as Bundle/small." in rest.err
    assert "dunas" not in rest.out + rest.err
    assert "Operator/root" not in rest.out + rest.err


def test_a_row_that_no_manifest_can_say_is_refused(live: Tree) -> None:
    live.sql("UPDATE service_types SET display_name = '' WHERE name = 'wish'")
    call = live.run("adopt", "ServiceType/farol/wish", "ServiceType/farol/question", *ROOT)
    assert call.code == 1
    assert "ADP-02" in call.err
    assert not (live.folder / FILE).exists()
    rest = live.run("adopt", "--all", *ROOT)
    assert rest.code == 0, rest.err
    assert "Adopted 1 resource." in rest.out
    assert "ServiceType/farol/wish" in rest.err


def test_a_row_that_breaks_a_rule_beside_another_stays_out(live: Tree) -> None:
    """Another program closed a customer and left one below it: nobody else has to wait for that (CUS-06)."""
    columns = [str(one[1]) for one in live.sql("PRAGMA table_info(customers)") if one[1] != "id"]
    chosen = ", ".join({"name": "'norte'", "parent": "'lumen'"}.get(one, one) for one in columns)
    live.sql(f"INSERT INTO customers ({', '.join(columns)}) SELECT {chosen} FROM customers WHERE name = 'lumen'")
    live.sql("UPDATE customers SET state = 'closed' WHERE name = 'lumen'")
    made = live.run("export", "out", *ROOT[:2])
    assert (made.code, "CUS-06" in made.err) == (1, True), made.err
    shutil.rmtree(live.folder / "out")
    one = live.run("adopt", "Customer/farol/norte", *ROOT)
    assert (one.code, "ADP-02" in one.err, "CUS-06" in one.err) == (1, True, True), one.err
    rest = live.run("adopt", "--all", *ROOT)
    assert rest.code == 0, rest.err
    assert "Adopted 2 resources." in rest.out
    assert "CUS-06" in rest.err


def test_a_file_in_the_way(live: Tree) -> None:
    live.write(FILE, "# mine\n")
    call = live.run("adopt", "ServiceType/farol/question", *ROOT)
    assert call.code == 1
    assert "EXP-01" in call.err
    assert [name for (name,) in _ledger(live)] == ["incident"]


def test_a_folder_beside_the_manifests_is_refused(live: Tree) -> None:
    live.write("reconciler.yaml", "apiVersion: reconciler/v1\nkind: Project\nmanifests: [platform, tenants]\n")
    call = live.run("adopt", "--all", "--into", "elsewhere", *ROOT)
    assert call.code == 1
    assert "ADP-03" in call.err
    assert not (live.folder / "elsewhere").exists()


def test_a_transaction_that_fails_takes_the_files_back(live: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise WorldError("the database went away")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "apply", fails)
        assert live.run("adopt", "--all", *ROOT).code == 1
    assert not (live.folder / "tenants/farol/service-type").exists()
    assert [name for (name,) in _ledger(live)] == ["incident"]
    assert live.run("adopt", "--all", *ROOT).code == 0


@pytest.mark.parametrize("point", ["os.link", "commit"])
def test_killed_in_between_the_same_call_ends_it(live: Tree, point: str) -> None:
    """Killed amid the files, or between the files and the commit."""
    program = (
        "import os, itertools\n"
        "from reconciler.cli.main import main\n"
        "from reconciler.model import failpoint\n"
        "count = itertools.count()\n"
        "real = os.link\n"
        "def link(*a, **k):\n"
        "    os._exit(9) if next(count) == 1 else real(*a, **k)\n"
        f"if {point!r} == 'os.link':\n"
        "    os.link = link\n"
        "    main(['adopt', '--all', '--as', 'root@example.com', '--auto-approve'])\n"
        "with failpoint.armed(lambda name: os._exit(9) if name == 'before-commit' else None):\n"
        "    main(['adopt', '--all', '--as', 'root@example.com', '--auto-approve'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=live.folder, env=os.environ, check=False)
    assert done.returncode == 9
    assert [name for (name,) in _ledger(live)] == ["incident"]
    assert "0 to add, 0 to change, 0 to destroy" in live.run("plan").out
    call = live.run("adopt", "--all", *ROOT)
    assert call.code == 0, call.err
    assert "Adopted 2 resources. No changes." in call.out
    assert "No changes." in live.run("plan").out


def test_two_at_once(live: Tree) -> None:
    words = [sys.executable, "-m", "reconciler", "adopt", "--all", *ROOT]
    runs = [subprocess.Popen(words, cwd=live.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    told = [run.communicate()[1].decode() for run in runs]
    codes = [run.returncode for run in runs]
    assert 0 in codes, told
    assert set(codes) <= {0, 6}, told
    assert [name for (name,) in _ledger(live)] == ["incident", "question", "wish"]
    assert "No changes." in live.run("plan").out
