"""What a tenant depends on outside of itself is found, or everything is read."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks import corpus
from reconciler.operations import focused
from tests.cli.tree import Tree
from tests.targets.both import Both, both
from tests.targets.changes import manifest

AS = ("--as", corpus.ADMINISTRATOR)
FIRST = ("--target", "*/tenant-00001/*")
SERVICE = "tenants/tenant-00001/clientservice-cs-tenant-00001-issuer-00-0.yaml"
WORD = "  displayName: New\n  sortOrder: 4\n"
SCHEDULE = "  dayOfMonth: 9\n  recipients: [finance@example.com]\n"


def sql(tree: Tree, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(tree.folder / "live.db")) as connection, connection:
        connection.execute(statement, values)


def distributor(tree: Tree, above: str, child: str) -> None:
    """Make one tenant the child of another, in the manifests and in the database, ledger and all."""
    for name, line in ((above, "  tier: distributor\n"), (child, f"  parent: {above}\n")):
        path = tree.folder / f"tenants/{name}/partner-{name}.yaml"
        path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")
    done = tree.run("apply", "--auto-approve", *AS)
    assert done.code == 0, done.err


def operator(tree: Tree, tenant: str) -> tuple[str, str]:
    """Somebody who works for a tenant; the options with which that person asks."""
    sql(
        tree,
        "INSERT INTO operators (tenant, name, email, display_name, role, language, state) "
        "VALUES (?, 'ines', ?, 'Inês Prado', 'partner', 'pt-PT', 'active')",
        tenant,
        f"Ines@{tenant}.example.com",
    )
    sql(tree, "UPDATE partners SET state = 'active'")
    return ("--as", f"ines@{tenant}.example.com")


def checked(found: Both, *, narrow: bool) -> Both:
    found.same()
    assert found.narrow is narrow
    return found


def test_a_natural_key_of_another_tenant_in_the_database(grove: Tree) -> None:
    grove.edit(SERVICE, "alias: cs-tenant-00001-issuer-00-0", "alias: cs-tenant-00002-issuer-00-0")
    found = checked(both(grove, *FIRST, *AS), narrow=False)
    assert found.short.code == 1
    assert "CS-03" in found.short.err


def test_a_natural_key_that_another_tenant_gives_up_at_the_same_time(grove: Tree) -> None:
    """Its manifest says so, so that its folder is read as well. Only its partner has the right: the plan is denied."""
    mine, other = (f"tenants/{one}/supportmail-helpdesk.yaml" for one in ("tenant-00001", "tenant-00002"))
    grove.edit(mine, "address: helpdesk@tenant-00001", "address: Helpdesk@tenant-00002")
    grove.edit(other, "address: helpdesk@tenant-00002", "address: elsewhere@tenant-00002")
    found = checked(both(grove, *FIRST, *AS), narrow=True)
    assert found.short.code == 4, found.short.out
    assert "1 other tenant was not read" in found.short.err


def test_a_host_below_that_of_another_tenant(grove: Tree) -> None:
    host = "tenants/tenant-00001/domain-www0.tenant-00001.example.com.yaml"
    text = (grove.folder / host).read_text(encoding="utf-8")
    text = text.replace("name: www0.tenant-00001.example.com", "name: shop", 1)
    below = re.sub(r"(?m)^  host: .*$", "  host: shop.www0.tenant-00002.example.com", text)
    grove.write("tenants/tenant-00001/shop.yaml", below)
    found = checked(both(grove, *FIRST, *AS), narrow=True)
    assert "DOM-10" in found.short.out
    assert "1 other tenant was not read" in found.short.err


def test_an_issuer_that_is_the_partner_of_another_tenant(grove: Tree) -> None:
    number = re.search(
        r'(?m)^  vatNumber: "(.*)"$',
        (grove.folder / "tenants/tenant-00001/issuer-tenant-00001-issuer-03.yaml").read_text(encoding="utf-8"),
    )
    assert number is not None
    partner = grove.folder / "tenants/tenant-00002/partner-tenant-00002.yaml"
    sql(grove, "UPDATE partners SET vat_number = ? WHERE name = 'tenant-00002'", number[1])
    text = partner.read_text(encoding="utf-8")
    partner.write_text(re.sub(r'(?m)^  vatNumber: ".*"$', f'  vatNumber: "{number[1]}"', text), encoding="utf-8")
    assert "ISS-07" in checked(both(grove, *FIRST, *AS), narrow=True).short.out


def test_the_company_above_is_read_with_its_manifest(grove: Tree) -> None:
    """What its manifest says of it counts, though no apply has brought it about: it is no distributor any more."""
    distributor(grove, "tenant-00003", "tenant-00001")
    assert "1 other tenant was not read" in checked(both(grove, *FIRST, *AS), narrow=True).short.err
    grove.edit("tenants/tenant-00003/partner-tenant-00003.yaml", "  tier: distributor\n", "")
    found = checked(both(grove, *FIRST, *AS), narrow=False)
    assert found.short.code == 1
    assert "is no distributor" in found.short.err


def test_rights_through_the_company_above(grove: Tree) -> None:
    distributor(grove, "tenant-00003", "tenant-00001")
    asks = (*operator(grove, "tenant-00003"), "--mine")
    grove.edit("tenants/tenant-00001/category-category-1.yaml", "displayName: ", "displayName: New ")
    allowed = checked(both(grove, *FIRST, *asks), narrow=True)
    assert allowed.short.code == 2, allowed.short.out
    sql(grove, "UPDATE partners SET parent = NULL WHERE name = 'tenant-00001'")
    assert both(grove, *FIRST, *asks).same().short.code != 2


def test_somebody_of_another_tenant_has_no_right(grove: Tree) -> None:
    asks = operator(grove, "tenant-00002")
    grove.edit("tenants/tenant-00001/category-category-1.yaml", "displayName: ", "displayName: New ")
    found = both(grove, *FIRST, *asks).same()
    assert found.short.code == 4


def test_two_people_of_one_mail_are_nobody(grove: Tree) -> None:
    """The second of them stands in a tenant that has nothing to do with the targets."""
    asks = (*operator(grove, "tenant-00002"), "--mine")
    assert both(grove, *FIRST, *asks).same().short.code == 0
    sql(grove, "DROP INDEX uq_operators_email")
    operator(grove, "tenant-00003")
    sql(grove, "UPDATE operators SET email = 'INES@tenant-00002.example.com' WHERE tenant = 'tenant-00003'")
    found = checked(both(grove, *FIRST, *asks), narrow=False)
    assert found.short.code == 4, found.short
    assert "OPR-09" in found.short.err


def test_an_auditor_of_the_platform_needs_no_other_tenant(grove: Tree) -> None:
    spec = (
        "  email: audit@example.com\n  displayName: Audit\n  role: auditor\n  language: pt-PT\n"
        "  auditScope: [tenant-00002/tenant-00002-issuer-00]\n"
    )
    grove.write("platform/auditor.yaml", manifest("Operator", "audit", "", spec))
    checked(both(grove, *FIRST, *AS), narrow=False)  # it waits to be applied
    done = grove.run("apply", "--auto-approve", *AS)
    assert done.code == 0, done.err
    assert "2 other tenants were not read" in checked(both(grove, *FIRST, *AS), narrow=True).short.err
    checked(both(grove, *FIRST, "--as", "audit@example.com"), narrow=True)
    checked(both(grove, "--target", "*/tenant-00002/*", "--as", "audit@example.com"), narrow=True)


def test_a_delete_is_counted_among_everything(grove: Tree) -> None:
    """Three of 26 domains are a larger share than is allowed of all, and the budget is of all."""
    for place in (1, 2, 3, 4, 5):
        (grove.folder / f"tenants/tenant-00001/domain-www{place}.tenant-00001.example.com.yaml").unlink()
    held = checked(both(grove, *FIRST, *AS), narrow=False)
    assert "held" in held.short.out
    found = checked(both(grove, *FIRST, "--prune", *AS), narrow=False)
    assert found.short.code == 7


def test_a_policy_sees_the_same_plan(grove: Tree) -> None:
    grove.write(
        "policies/quiet.yaml",
        """\
apiVersion: reconciler/v1
kind: Policy
metadata:
  name: quiet
spec:
  description: A plan of one tenant leaves nothing of the others to count.
  rules:
    - expression: plan.summary.unchanged > 90 && plan.summary.unchanged < 120 && size(plan.diagnostics) < 3
      message: counted too much
""",
    )
    call = grove.run("validate")
    assert call.code in (0, 1)
    both(grove, *FIRST, *AS).same()


def test_something_of_the_platform_waits(grove: Tree) -> None:
    grove.edit("platform/systemconfiguration-platform.yaml", "[en, es-ES, pt-PT]", "[en, pt-PT]")
    checked(both(grove, *FIRST, *AS), narrow=False)


def test_a_resource_in_a_file_of_no_tenant(grove: Tree) -> None:
    grove.write("platform/reports.yaml", manifest("ReportSchedule", "late", "tenant-00002", SCHEDULE))
    assert "1 other tenant was not read" in checked(both(grove, *FIRST, *AS), narrow=True).short.err
    assert "1 to add" in checked(both(grove, "--target", "*/tenant-00002/*", *AS), narrow=True).short.out


def test_a_manifest_that_stood_in_the_folder_of_another_tenant(grove: Tree) -> None:
    """Such a file may be cut off, and nothing of it is deleted then; nobody knows who has not looked."""
    file = "tenants/tenant-00001/reportschedule-monthly.yaml"
    (grove.folder / file).unlink()
    sql(
        grove,
        "UPDATE reconciler_resources SET source = 'tenants/tenant-00002/x.yaml:4' "
        "WHERE kind = 'ReportSchedule' AND tenant = 'tenant-00001'",
    )
    grove.write("tenants/tenant-00002/x.yaml", "---\n")
    found = checked(both(grove, *FIRST, "--prune", *AS), narrow=False)
    assert "may have been cut off" in found.short.out


@pytest.mark.parametrize("folder", ["tenant-00001", "tenant-00002"])
def test_a_move_that_is_said_in_any_folder(grove: Tree, folder: str) -> None:
    file = "tenants/tenant-00001/reportschedule-monthly.yaml"
    grove.edit(file, "name: monthly", "name: at-the-end")
    move = "  from: ReportSchedule/tenant-00001/monthly\n  to: ReportSchedule/tenant-00001/at-the-end\n"
    text = f"apiVersion: reconciler/v1\nkind: Moved\nmetadata:\n  name: monthly\nspec:\n{move}"
    grove.write(f"tenants/{folder}/moved.yaml", text)
    found = checked(both(grove, *FIRST, *AS), narrow=False)
    assert "1 to move" in found.short.out, found.short


@pytest.mark.parametrize("glob", ["*/tenant-0000[12]/*", "*/*/category-1", "Category*", "Partner/*", "Role/*", "*"])
def test_targets_of_which_nobody_can_tell_the_tenants(grove: Tree, glob: str) -> None:
    checked(both(grove, "--target", glob, *AS), narrow=False)


@pytest.mark.parametrize("glob", ["*/tenant-00001/*", "*/tenant-?0001/*", "Partner/tenant-00001", "*/*-00001/cat*"])
def test_targets_that_name_tenants(grove: Tree, glob: str) -> None:
    assert "2 other tenants" in checked(both(grove, "--target", glob, *AS), narrow=True).short.err


def test_a_secret_without_a_version_is_read_for_the_targets_alone(grove: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    smtp = "tenants/tenant-00002/smtpsettings-smtp-cs-tenant-00002-issuer-00-0.yaml"
    grove.edit(smtp, 'fromEnv: BENCH_SECRET\n    version: "1"', "fromEnv: NOT_HERE")
    monkeypatch.delenv("NOT_HERE", raising=False)
    assert both(grove, *FIRST, *AS).short.code == 0


def test_the_program_may_run_twice_in_one_process(grove: Tree) -> None:
    first = both(grove, *FIRST, *AS).same()
    assert both(grove, *FIRST, *AS).same().short == first.short


def test_the_commit_stands_for_the_files_of_the_targets(grove: Tree) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@example.com", *words], check=True)

    (grove.folder / ".gitignore").write_text("live.db*\nmade.plan\n", encoding="utf-8")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "All")):
        git(*words)

    def commit(*words: str) -> object:
        checked(both(grove, *FIRST, *AS, *words), narrow=True)
        return grove.run("plan", *FIRST, *words, "--format", "json").json["reconciler"]["manifests"]["commit"]

    head = commit()
    assert head
    grove.write("tenants/tenant-00002/more.yaml", manifest("ReportSchedule", "late", "tenant-00002", SCHEDULE))
    assert commit() == head
    grove.write("tenants/tenant-00001/more.yaml", manifest("ReportSchedule", "late", "tenant-00001", SCHEDULE))
    assert commit() is None
    assert commit("--rev", "HEAD") == head
    git("rm", "-q", "tenants/tenant-00001/reportschedule-monthly.yaml")
    assert commit("--rev", "HEAD") == head


def test_nobody_who_writes_waits_for_a_plan(grove: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    """The read has ended when rules are judged: an apply may commit meanwhile."""
    real = focused.propose
    written = []

    def slow(*words: Any) -> Any:
        with closing(sqlite3.connect(grove.folder / "live.db", timeout=0.1)) as other, other:
            other.execute("UPDATE categories SET sort_order = 77 WHERE tenant = 'tenant-00002'")
        written.append(True)
        return real(*words)

    monkeypatch.setattr(focused, "propose", slow)
    assert grove.run("plan", *FIRST, *AS).code == 0
    assert written


def test_an_overlay_and_a_folder_of_one_environment(grove: Tree) -> None:
    with (grove.folder / "reconciler.yaml").open("a", encoding="utf-8") as file:
        file.write("environments:\n  staging: {overlays: [overlays/staging], manifests: [only/staging]}\n")
    for tenant in ("tenant-00001", "tenant-00002"):
        spec = f"  additionalInfo: Staging of {tenant}\n"
        text = manifest("ClientService", f"cs-{tenant}-issuer-00-0", tenant, spec)
        grove.write(f"overlays/staging/tenants/{tenant}/service.yaml", text)
        grove.write(f"only/staging/tenants/{tenant}/late.yaml", manifest("ReportSchedule", "late", tenant, SCHEDULE))
    found = checked(both(grove, "--env", "staging", *FIRST, *AS), narrow=True)
    assert "1 to add, 1 to change" in found.short.out
    assert "Staging of tenant-00001" in found.short.out
    assert "2 other tenants were not read" in found.short.err


def test_a_link_in_the_place_of_another_tenant_is_not_followed(grove: Tree, tmp_path: Path) -> None:
    (grove.folder / "tenants/tenant-00009").symlink_to(tmp_path)
    assert "3 other tenants were not read" in both(grove, *FIRST, *AS).short.err
    (grove.folder / "tenants/tenant-00009").rename(grove.folder / "tenants/tenant-00001/away")
    assert both(grove, *FIRST, *AS).same().short.code == 1


def test_who_gains_and_loses_rights_is_told_from_everything(grove: Tree) -> None:
    grove.edit("tenants/tenant-00001/issuer-tenant-00001-issuer-01.yaml", "legalName: ", "legalName: New ")
    checked(both(grove, *FIRST, *AS), narrow=False)
    found = checked(both(grove, *FIRST), narrow=True)
    assert "1 to change" in found.short.out


def test_a_recipient_of_a_notice_who_may_not_be_read(grove: Tree) -> None:
    """Whether a mail is told depends on whose it is, in whatever tenant that person stands."""
    asks = operator(grove, "tenant-00001")
    grove.write("tenants/tenant-00001/category.yaml", manifest("ServiceType", "new", "tenant-00001", WORD))
    both(grove, *FIRST, *asks).same()
    text = (grove.folder / "tenants/tenant-00001/certificate-seal-tenant-00001-issuer-00.yaml").read_text(
        encoding="utf-8"
    )
    text = text.replace("name: seal-", "name: second-").replace("alias: tenant", "alias: second-tenant")
    grove.write("tenants/tenant-00001/second.yaml", text)
    both(grove, *FIRST, *asks).same()
    both(grove, *FIRST, *AS).same()
