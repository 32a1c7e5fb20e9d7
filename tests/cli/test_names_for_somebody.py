"""What the journal and the database know by name is told to nobody who may not read it."""

from __future__ import annotations

import pytest

from reconciler.engine.lens import ANYBODY
from tests.cli.tree import INES, ROOT, Tree

DESK = "tenants/farol/desk.yaml"
BASIC = """\
apiVersion: reconciler/v1
kind: ServiceType
metadata: {name: basic, tenant: dunas}
spec: {displayName: Basic, sortOrder: 3}
"""
PROBE = """\
apiVersion: reconciler/v1
kind: Category
metadata: {{name: probe, tenant: dunas}}
spec: {{displayName: Probe, serviceTypes: [{guess}]}}
"""


@pytest.mark.parametrize("form", ["text", "json", "csv", "html"])
def test_drift_names_its_writer_to_those_alone_who_may_read_who_that_is(form: str, tree: Tree) -> None:
    tree.apply()
    by_root(tree)
    seen, whole = (tree.run("drift", "--format", form, "--as", who) for who in (INES, ROOT))
    assert (seen.code, ROOT in seen.out, ANYBODY in seen.out) == (0, False, True)
    assert ROOT in whole.out


def test_a_rollback_names_who_stands_against_it_to_those_alone_who_may_read_who_that_is(tree: Tree) -> None:
    tree.apply()
    tree.edit(DESK, "sortOrder: 10\n---", "sortOrder: 11\n---")
    assert tree.run("apply", "--mine", "--auto-approve", "--as", INES).code == 0
    (run,) = tree.sql("SELECT id FROM reconciler_runs ORDER BY rowid DESC LIMIT 1")[0]
    by_root(tree)
    seen, whole = (" ".join(tree.run("rollback", run, "--as", who).err.split()) for who in (INES, ROOT))
    assert f"was changed since by {ANYBODY}" in seen
    assert ROOT not in seen
    assert f"was changed since by {ROOT}" in whole


def test_no_hint_tells_in_which_other_tenant_a_name_is(tree: Tree) -> None:
    farol = (tree.folder / "tenants/farol/partner.yaml").read_text(encoding="utf-8")
    dunas = farol.replace("farol", "dunas").replace("599900016", "599900032").replace("FAR-", "DUN-")
    places = [tree.write("tenants/dunas/partner.yaml", dunas.replace("ines", "xico"))]
    tree.apply()
    tree.edit(DESK, "serviceTypes: [incident]", "serviceTypes: [basic]")
    absent = tree.run("plan", "--mine", "--as", INES)
    places.append(tree.write("tenants/dunas/basic.yaml", BASIC))
    done = tree.run("apply", "--auto-approve", "--as", "xico@dunas.example.com", "--target", "ServiceType/dunas/*")
    for place in places:
        place.unlink()
    there = tree.run("plan", "--mine", "--as", INES)
    assert absent.code == there.code == 1
    assert (done.code, there.err) == (0, absent.err)


def by_root(tree: Tree) -> None:
    """Somebody changes a row by hand, and says to be the administrator."""
    tree.sql("UPDATE service_types SET sort_order = 90 WHERE name = 'incident'")
    newest = "(SELECT max(seq) FROM reconciler_journal)"
    tree.sql(f"UPDATE reconciler_journal SET actor = '{ROOT}' WHERE seq = {newest}")


def test_accept_tells_nothing_of_what_lies_outside_of_the_reach(tree: Tree) -> None:
    """A manifest of another tenant that names a guess: whether the guess is right shows nowhere."""
    farol = (tree.folder / "tenants/farol/partner.yaml").read_text(encoding="utf-8")
    dunas = farol.replace("farol", "dunas").replace("599900016", "599900032").replace("FAR-", "DUN-")
    tree.write("tenants/dunas/partner.yaml", dunas.replace("ines", "xico"))
    tree.apply()
    tree.write("tenants/dunas/basic.yaml", BASIC)
    done = tree.run("apply", "--auto-approve", "--as", "xico@dunas.example.com", "--target", "ServiceType/dunas/*")
    assert done.code == 0, done.err
    tree.sql("UPDATE service_types SET sort_order = 90 WHERE name = 'incident'")
    (tree.folder / "tenants/dunas/basic.yaml").unlink()
    said = set()
    for guess in ("basic", "ghost"):
        tree.write("tenants/dunas/probe.yaml", PROBE.format(guess=guess))
        call = tree.run("accept", "ServiceType/farol/incident.sortOrder", "--diff", "--as", INES)
        said.add((call.code, call.out, call.err))
    assert len(said) == 1
    assert {code for code, _, _ in said} == {0}


def test_a_look_that_records_tells_no_more_than_one_that_does_not(tree: Tree) -> None:
    farol = (tree.folder / "tenants/farol/partner.yaml").read_text(encoding="utf-8")
    dunas = farol.replace("farol", "dunas").replace("599900016", "599900032").replace("FAR-", "DUN-")
    tree.write("tenants/dunas/partner.yaml", dunas.replace("ines", "xico"))
    tree.apply()
    tree.sql("UPDATE service_types SET sort_order = 90 WHERE name = 'incident'")
    tree.write("tenants/dunas/probe.yaml", PROBE.format(guess="ghost"))
    look = tree.run("drift", "--format", "json", "--as", INES).json
    done = tree.run("drift", "--format", "json", "--record", "--as", INES)
    assert (done.code, done.json["diagnostics"], done.json["findings"]) == (0, look["diagnostics"], look["findings"])
    assert tree.sql("SELECT count(*) FROM reconciler_findings") == [(1,)]
