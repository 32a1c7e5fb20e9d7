"""accept: drifted live values go into the manifests; comments, quotes and order stay."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable

import pytest

from tests.adapters.manifests.test_git import git
from tests.cli.tree import SECRET, Tree

DESK = "tenants/farol/desk.yaml"
DOMAIN = """\
apiVersion: reconciler/v1
kind: Domain
metadata: {name: w.example.com, tenant: farol}
spec:
  customer: lumen
  host: w.example.com
  scheme: http
  origins: [{address: 198.51.100.20}]
  whiteList:
    - 192.0.2.10 # the head office
    - 203.0.113.0/255.255.255.128
    - 2001:DB8::1
"""


@pytest.fixture
def live(tree: Tree) -> Tree:
    """A database with everything of the tree in it, and comments in the tree."""
    tree.edit(DESK, "description: Questions about seals\n", "description: Questions about seals # what it is for\n")
    tree.edit(DESK, "  audience: customers\n", "  # Agents see everything anyway.\n  audience: customers\n")
    call = tree.run("apply", "--bootstrap", "--auto-approve", "--as", "root@example.com")
    assert call.code == 0, call.err
    return tree


def _text(tree: Tree, file: str = DESK) -> str:
    return (tree.folder / file).read_text(encoding="utf-8")


def _drift(tree: Tree) -> None:
    tree.sql("UPDATE categories SET description = 'Seals, and more', sort_order = 20, rev = rev + 1")


def test_what_the_world_moved_is_accepted(live: Tree) -> None:
    before = _text(live)
    _drift(live)
    call = live.run("accept", "Category/farol/signing")
    assert call.code == 0, call.err
    assert call.out == "Category/farol/signing.description\nCategory/farol/signing.sortOrder\n"
    expected = before.replace("Questions about seals #", '"Seals, and more" #')
    head, _, tail = expected.rpartition("sortOrder: 10")
    assert _text(live) == f"{head}sortOrder: 20{tail}"
    assert "No changes." in live.run("plan").out
    again = live.run("accept", "Category/farol/signing")
    assert (again.code, again.out) == (0, "")


def test_one_field_alone(live: Tree) -> None:
    _drift(live)
    assert live.run("accept", "Category/farol/signing.sortOrder").out == "Category/farol/signing.sortOrder\n"
    plan = live.run("plan")
    assert "description" in plan.out
    assert "sortOrder" not in plan.out


def test_a_default_takes_its_key_away_and_comments_stay(live: Tree) -> None:
    before = _text(live)
    live.sql("UPDATE categories SET description = ''")
    assert live.run("accept", "Category/farol/signing.description").code == 0
    assert _text(live) == before.replace("  description: Questions about seals # what it is for\n", "")
    assert "No changes." in live.run("plan").out


def test_a_new_key_comes_where_it_belongs(live: Tree) -> None:
    before = _text(live)
    live.sql("UPDATE service_types SET description = 'Something is broken'")
    assert live.run("accept", "ServiceType/farol/incident").code == 0
    assert _text(live) == before.replace(
        "  displayName: Incident\n", "  displayName: Incident\n  description: Something is broken\n"
    )
    assert live.run("fmt", "--check", DESK).code == 0


def test_inside_brackets_and_labels(live: Tree) -> None:
    live.sql("UPDATE customers SET address_city = 'Porto', labels = '{\"team\":\"north\"}'")
    assert live.run("accept", "Customer/farol/lumen").code == 0
    text = _text(live, "tenants/farol/customers.yaml")
    assert "address: {line1: Avenida 1, city: Porto, postalCode: 1250-096, country: PRT}" in text
    assert "  labels:\n    team: north\n" in text or "labels: {team: north}" in text
    assert "No changes." in live.run("plan").out


def test_a_patch_changes_nothing(live: Tree) -> None:
    before = _text(live)
    _drift(live)
    call = live.run("accept", "Category/farol/signing", "--diff", "--no-color")
    assert call.code == 0
    assert "-  description: Questions about seals # what it is for\n" in call.out
    assert '+  description: "Seals, and more" # what it is for\n' in call.out
    assert _text(live) == before
    live.write("accepted.patch", call.out)
    subprocess.run(["git", "apply", "accepted.patch"], cwd=live.folder, check=True)
    assert "No changes." in live.run("plan").out


def test_a_patch_of_lines_that_end_as_on_windows_applies(live: Tree) -> None:
    path = live.folder / DESK
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    before = path.read_bytes()
    _drift(live)
    patch = live.run("accept", "Category/farol/signing", "--diff")
    assert live.run("accept", "Category/farol/signing").code == 0
    accepted = path.read_bytes()
    path.write_bytes(before)
    (live.folder / "live.patch").write_bytes(patch.out.encode())
    git(live.folder, "init", "-q")
    git(live.folder, "apply", "live.patch")
    assert path.read_bytes() == accepted != before


def test_a_secret_is_never_written(live: Tree) -> None:
    live.sql("UPDATE customer_users SET password_version = '7'")
    call = live.run("accept", "CustomerUser/farol/ana.password")
    assert call.code == 1
    assert "ACC-03" in call.err
    assert 'version: "7"' in call.err
    assert "tenants/farol/customers.yaml:" in call.err
    assert SECRET not in call.err


def test_a_secret_that_moved_is_told_and_left(live: Tree) -> None:
    live.sql("UPDATE customer_users SET password_version = '7'")
    for name in ("CustomerUser/farol/ana", "CustomerUser/farol/ana.password"):
        told = live.run("accept", name).err
        assert "nothing to accept" not in told
        assert "no secret is ever written" in told.replace("\n    ", " ")
    live.sql("UPDATE customer_users SET display_name = 'Ana'")
    call = live.run("accept", "CustomerUser/farol/ana", "--as", "ines@farol.example.com")
    assert (call.code, call.out) == (0, "CustomerUser/farol/ana.displayName\n")
    assert "CustomerUser/farol/ana.password stays as it is" in call.err
    assert SECRET not in call.err


def test_entries_of_a_list_keep_the_words_of_their_author(live: Tree) -> None:
    file = "tenants/farol/domains.yaml"
    live.write(file, DOMAIN)
    live.apply()
    live.sql("UPDATE domains SET white_list = ?", '["192.0.2.10","198.51.100.1","2001:db8::1","203.0.113.0/25"]')
    live.run("accept", "Domain/farol/w.example.com")
    assert _text(live, file) == DOMAIN + '    - "198.51.100.1"\n'
    live.sql("UPDATE domains SET white_list = ?", '["192.0.2.10","203.0.113.0/25"]')
    live.run("accept", "Domain/farol/w.example.com")
    assert _text(live, file) == DOMAIN.replace("    - 2001:DB8::1\n", "")
    assert "No changes." in live.run("plan").out


def test_what_cannot_be_accepted(live: Tree) -> None:
    live.sql("UPDATE categories SET audience = 'all'")
    before = _text(live)
    for name, code in (
        ("Category/farol/none", "ACC-01"),
        ("Category/farol/signing.colour", "ACC-01"),
        ("Category", "ACC-01"),
        ("Nothing/farol/signing", "ACC-01"),
        ("CustomerUser/farol/ana.password", "ACC-03"),
    ):
        call = live.run("accept", name, "Category/farol/signing.audience")
        assert call.code == 1, name
        assert code in call.err
        assert _text(live) == before
    assert live.run("accept").code == 1
    assert live.run("accept", "Category/farol/signing", "--diff", "--branch", "x").code == 1


def test_a_text_that_cannot_be_seen_is_refused_for_that(live: Tree) -> None:
    live.sql("UPDATE categories SET description = 'a' || char(8203) || 'b'")
    call = live.run("accept", "Category/farol/signing")
    assert call.code == 1
    assert "ACC-02" in call.err
    assert "characters that cannot" in call.err


def test_a_long_line_in_brackets_stays_one(live: Tree) -> None:
    long = f"description: Questions about seals # what it is for\n  # {'x' * 100}\n"
    live.edit(DESK, "description: Questions about seals # what it is for\n", long)
    head = "metadata:\n  name: signing\n  tenant: farol\n"
    notes = f"note: {'n' * 90}"
    live.edit(DESK, head, f"metadata: {{name: signing, tenant: farol, annotations: {{{notes}}}, labels: null}}\n")
    assert live.run("apply", "--auto-approve", "--as", "root@example.com").code == 0
    live.sql("""UPDATE categories SET labels = '{"team":"blue"}'""")
    call = live.run("accept", "Category/farol/signing")
    assert call.code == 0, call.err
    assert "labels: {team: blue}}\n" in _text(live)


def test_a_live_value_that_breaks_a_rule_is_refused(live: Tree) -> None:
    live.sql("UPDATE categories SET service_types = '[\"nothing\"]'")
    call = live.run("accept", "Category/farol/signing.serviceTypes")
    assert call.code == 1
    assert "serviceTypes" in call.err
    assert "nothing" not in _text(live)


def test_an_invalid_tree_accepts_nothing(live: Tree) -> None:
    _drift(live)
    live.edit(DESK, "audience: customers", "audience: everybody")
    call = live.run("accept", "Category/farol/signing.sortOrder")
    assert call.code == 1
    assert "ERR-02" in call.err


def test_foreign_and_absent_are_the_same(live: Tree) -> None:
    live.write(
        "tenants/farol/operators.yaml",
        "apiVersion: reconciler/v1\nkind: Operator\nmetadata: {name: pia, tenant: farol}\n"
        "spec: {email: pia@farol.example.com, displayName: Pia, role: partner}\n",
    )
    live.apply()
    live.sql("UPDATE operators SET state = 'active'")
    live.sql("UPDATE partners SET state = 'active'")
    live.sql("UPDATE operators SET display_name = 'Rita' WHERE name = 'root'")
    words = ("accept", "--as", "pia@farol.example.com")
    foreign, absent = live.run(*words, "Operator/root"), live.run(*words, "Operator/none")
    assert foreign.code == absent.code == 1
    assert foreign.err.replace("root", "none") == absent.err
    _drift(live)
    assert live.run(*words, "Category/farol/signing").code == 0


# --- branches --------------------------------------------------------------------------------------------------------


def _git(tree: Tree, *words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=T", "-c", "user.email=t@example.com", *words],
        cwd=tree.folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


@pytest.fixture
def repository(live: Tree, monkeypatch: pytest.MonkeyPatch) -> Tree:
    _git(live, "init", "-q", "-b", "main")
    live.write(".gitignore", ".reconciler/\n")
    _git(live, "add", "-A")
    _git(live, "commit", "-qm", "first")
    for name in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"):
        monkeypatch.setenv(name, "Tester")
    for name in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "tester@example.com")
    return live


def test_a_branch_beside_the_working_tree(repository: Tree) -> None:
    _drift(repository)
    repository.edit(DESK, "displayName: Incident", "displayName: Not committed yet")
    before = _text(repository)
    status = _git(repository, "status", "--porcelain")
    call = repository.run("accept", "Category/farol/signing", "--branch", "drift/signing")
    assert call.code == 0, call.err
    assert _text(repository) == before
    assert _git(repository, "status", "--porcelain") == status
    assert _git(repository, "rev-list", "--count", "main..drift/signing").strip() == "1"
    changed = _git(repository, "diff", "--stat", "main", "drift/signing")
    assert "1 file changed, 2 insertions(+), 2 deletions(-)" in changed
    assert "Category/farol/signing.sortOrder" in _git(repository, "log", "-1", "--format=%B", "drift/signing")
    assert "No changes." in repository.run("plan", "--rev", "drift/signing").out
    again = repository.run("accept", "Category/farol/signing", "--branch", "drift/signing")
    assert again.code == 1
    assert "ACC-05" in again.err


@pytest.mark.parametrize("name", ["-x", "--help", "a b", "a..b", "", "x.lock", "/a", "@{-1}", "HEAD", "@"])
def test_names_that_are_none_for_a_branch(repository: Tree, name: str) -> None:
    _drift(repository)
    call = repository.run("accept", "Category/farol/signing", f"--branch={name}")
    assert call.code == 1
    assert _git(repository, "for-each-ref", "--format=%(refname)").split() == ["refs/heads/main"]


def test_two_at_once(live: Tree) -> None:
    """Neither loses what the other has written, or one of them says that the file has changed."""
    _drift(live)
    results: list[int] = []

    def work(name: str) -> Callable[[], None]:
        def go() -> None:
            from reconciler.cli.main import main

            results.append(main(["accept", name]))

        return go

    names = ("Category/farol/signing.description", "Category/farol/signing.sortOrder")
    threads = [threading.Thread(target=work(name)) for name in names]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    text = _text(live)
    assert results.count(0) >= 1
    assert ('"Seals, and more"' in text) + ("sortOrder: 20" in text) == results.count(0)
