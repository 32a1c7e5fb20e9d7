"""export: live state as manifests that plan to nothing, and domains as CSV."""

from __future__ import annotations

import csv
import errno
import io
import os
import shutil
import subprocess
import sys

import pytest

from tests.cli.tree import SECRET, SIGNING, Tree


@pytest.fixture
def live(tree: Tree) -> Tree:
    """A database with everything of the tree in it."""
    call = tree.run("apply", "--bootstrap", "--auto-approve", "--as", "root@example.com")
    assert call.code == 0, call.err
    return tree


def test_what_is_exported_plans_to_nothing_and_is_tidy(live: Tree) -> None:
    for layout in ("resource", "tenant"):
        call = live.run("export", layout, "--layout", layout)
        assert call.code == 0, call.err
        assert live.run("fmt", "--check", layout).code == 0
        plan = live.run("plan", layout, "--detailed-exitcode")
        assert plan.code == 0
        assert "No changes." in plan.out


def test_an_export_is_the_same_whatever_the_time(live: Tree) -> None:
    assert live.run("export", "-").out == live.run("export", "-").out


def test_defaults_states_status_and_secrets_stay_out(live: Tree) -> None:
    call = live.run("export", "-")
    assert call.code == 0
    assert call.out.count("state:") == 1  # that of the partner, which its manifest manages
    assert "status:" not in call.out
    assert "audience" not in call.out  # the default
    assert "sortOrder: 10" in call.out
    assert SECRET not in call.out
    assert 'password: {fromEnv: FAROL_CUSTOMER_USER_ANA_PASSWORD, version: "1"}' in call.out
    assert live.run("export", "-", "--states").out.count("state: active") > 1


def test_rows_of_others_become_adoptions_and_then_no_changes(live: Tree) -> None:
    live.sql(
        "INSERT INTO service_types (tenant, name, rev, labels, annotations, protect, display_name, description, "
        "sort_order, state) VALUES ('farol', 'question', 1, '{}', '{}', 0, 'A: question', '', 7, 'disabled')"
    )
    assert live.run("export", "out").code == 0
    plan = live.run("plan", "out")
    assert "Plan: 0 to add, 0 to change, 0 to destroy." in plan.out
    assert "adopt ServiceType/farol/question" in plan.out
    applied = live.run("apply", "out", "--auto-approve", "--as", "root@example.com")
    assert applied.code == 0, applied.err
    assert "No changes." in live.run("plan", "out").out


def test_files_that_differ_stand_in_the_way(live: Tree) -> None:
    assert live.run("export", "out").code == 0
    again = live.run("export", "out")
    assert (again.code, again.out) == (0, "")  # the same files once more write nothing
    file = live.folder / "out/tenants/farol/customer/lumen.yaml"
    file.write_text("# mine\n", encoding="utf-8")
    (live.folder / "out/tenants/farol/category/signing.yaml").unlink()
    call = live.run("export", "out")
    assert call.code == 1
    assert "EXP-01" in call.err
    assert "tenants/farol/customer/lumen.yaml" in call.err
    assert file.read_text(encoding="utf-8") == "# mine\n"
    assert not (live.folder / "out/tenants/farol/category/signing.yaml").exists()


def test_a_folder_has_many_spellings(live: Tree) -> None:
    for words in ("out", "./out/", "tenants/../out", str(live.folder / "out")):
        call = live.run("export", words)
        assert call.code == 0, (words, call.err)
    assert (live.folder / "out/tenants/farol/customer/lumen.yaml").exists()


def test_resources_that_have_manifests_are_not_written_twice(live: Tree) -> None:
    call = live.run("export")
    assert call.code == 1
    assert "EXP-02" in call.err
    assert "tenants/farol/partner.yaml:1" in call.err
    assert not (live.folder / "tenants/farol/customer").exists()


def test_a_folder_that_cannot_be_written_to(live: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def closed(path: str, flags: int, *more: int, **how: int) -> int:
        if flags & os.O_EXCL:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, flags, *more, **how)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", closed)
        call = live.run("export", "out")
    assert call.code == 1
    assert "OUT-01" in call.err
    assert not (live.folder / "out").exists()


def test_a_file_in_the_place_of_a_folder(live: Tree) -> None:
    live.write("out/tenants", "no folder")
    call = live.run("export", "out")
    assert call.code == 1
    assert "OUT-01" in call.err
    assert sorted(path.name for path in (live.folder / "out").rglob("*")) == ["tenants"]


def test_a_link_is_not_followed(live: Tree, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (live.folder / "out").mkdir()
    (live.folder / "out/tenants").symlink_to(elsewhere)
    call = live.run("export", "out")
    assert call.code == 1
    assert not list(elsewhere.iterdir())


def test_killed_in_between_a_second_run_ends_it(live: Tree) -> None:
    program = (
        "import os, itertools\n"
        "from reconciler.cli.main import main\n"
        "real, count = os.link, itertools.count()\n"
        "os.link = lambda *a, **k: os._exit(9) if next(count) == 3 else real(*a, **k)\n"
        "main(['export', 'out'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=live.folder, check=False)
    assert done.returncode == 9
    assert len(list((live.folder / "out").rglob("[!.]*.yaml"))) == 3
    assert live.run("export", "out").code == 0
    assert "No changes." in live.run("plan", "out").out


def test_only_what_is_chosen(live: Tree) -> None:
    call = live.run("export", "-", "--target", "Category/*")
    assert call.code == 0
    assert call.out.count("kind:") == 1
    assert live.run("export", "-", "--tenant", "farol").out.count("kind:") == 6
    assert live.run("export", "-", "--tenant", "nobody").code == 1


def test_wrong_words(live: Tree) -> None:
    for words in (
        ("a", "b"),
        ("--customer", "farol/lumen"),
        ("--format", "csv"),
        ("--format", "csv", "domains"),
        ("--format", "csv", "users", "--customer", "farol/lumen"),
        ("--layout", "file"),
    ):
        assert live.run("export", *words).code == 1, words


def test_hostile_values_come_back_as_they_are(live: Tree) -> None:
    values = ("NO", "- a", "{x: 1}", "a: b # c", "'", '"\\', "tab\tand \u00e9", "1e3", "=1+1", "~", " lead", "trail ")
    for number, value in enumerate(values):
        live.sql(
            "INSERT INTO service_types (tenant, name, rev, labels, annotations, protect, display_name, description, "
            "sort_order, state) VALUES ('farol', ?, 1, '{}', '{}', 0, ?, ?, 0, 'active')",
            f"odd-{number}",
            f"Odd {number}",
            value + "\nsecond line\n" if number % 2 else value,
        )
    call = live.run("export", "out")
    assert "fmt" not in call.err
    plan = live.run("plan", "out", "--format", "json")
    changes = [one for one in plan.json["resource_changes"] if "odd-" in one["address"]]
    assert all(not one["reconciler"]["fields"] for one in changes)
    assert call.code == 0, call.err


def test_a_name_that_is_none_is_left_out(live: Tree) -> None:
    live.sql(
        "INSERT INTO service_types (tenant, name, rev, labels, annotations, protect, display_name, description, "
        "sort_order, state) VALUES ('farol', '../../evil', 1, '{}', '{}', 0, 'Evil', '', 0, 'active')"
    )
    call = live.run("export", "out")
    assert call.code == 1
    assert "EXP-03" in call.err
    assert not list(live.folder.rglob("evil*"))
    assert (live.folder / "out/tenants/farol/customer/lumen.yaml").exists()


# --- people ----------------------------------------------------------------------------------------------------------


def test_people_export_what_they_may_read(live: Tree) -> None:
    live.write(
        "tenants/farol/operators.yaml",
        "apiVersion: reconciler/v1\nkind: Operator\nmetadata: {name: pia, tenant: farol}\n"
        "spec: {email: pia@farol.example.com, displayName: Pia, role: partner}\n",
    )
    live.apply()
    live.sql("UPDATE operators SET state = 'active' WHERE name = 'pia'")
    live.sql("UPDATE partners SET state = 'active'")
    call = live.run("export", "out", "--as", "pia@farol.example.com")
    assert call.code == 0, call.err
    assert not (live.folder / "out/platform/operator").exists()
    assert (live.folder / "out/tenants/farol/customer/lumen.yaml").exists()
    plan = live.run("plan", "out", "--as", "pia@farol.example.com", "--target", "*/farol/*")
    assert "No changes." in plan.out, plan.out
    assert live.run("export", "-", "--as", "nobody@example.com").code == 4


def test_a_value_that_differs_from_the_derived_one_is_said(live: Tree) -> None:
    live.write("tenants/farol/domains.yaml", DOMAIN)
    live.apply()
    live.sql("UPDATE domains SET origin_scheme = 'http', origin_port = 8443")
    assert live.run("export", "out", "--target", "Domain/*").code == 0
    text = (live.folder / "out/tenants/farol/domain/www.lumen.example.com.yaml").read_text(encoding="utf-8")
    assert "originScheme: http\n  originPort: 8443\n" in text
    assert "ignoreChanges" not in text
    shutil.rmtree(live.folder / "out")
    assert live.run("accept", "Domain/farol/www.lumen.example.com").code == 0
    assert "No changes." in live.run("plan").out
    live.sql("UPDATE domains SET origin_port = 80")
    patch = live.run("accept", "Domain/farol/www.lumen.example.com", "--diff").out
    assert [line for line in patch.splitlines() if line[:1] == "-" and line[:3] != "---"] == ["-  originPort: 8443"]


SHARED_MAIL = (
    SIGNING
    + """\
---
apiVersion: reconciler/v1
kind: SmtpSettings
metadata: {name: smtp-cedro, tenant: farol}
spec:
  scope: clientService
  clientService: cs-cedro
  host: smtp.cedro.example.com
  username: invoices@cedro.example.com
  password: {fromEnv: ANA_PASSWORD, version: "1"}
"""
)


def test_what_the_settings_of_the_system_stand_in_for_stays_out_even_a_password(
    live: Tree,
) -> None:
    """The row keeps its own server until somebody wants it again (SMTP-01)."""
    live.write("tenants/farol/mail.yaml", SHARED_MAIL)
    live.apply()
    text = (live.folder / "tenants/farol/mail.yaml").read_text(encoding="utf-8")
    live.write("tenants/farol/mail.yaml", text[: text.index("  host:")] + "  useSystem: true\n")
    live.apply()
    assert live.sql("SELECT count(*) FROM smtp_settings WHERE use_system AND password_version = '1'") == [(1,)]
    call = live.run("export", "out")
    assert call.code == 0, call.err
    text = (live.folder / "out/tenants/farol/smtp-settings/smtp-cedro.yaml").read_text(encoding="utf-8")
    assert "useSystem: true" in text
    assert "password" not in text
    assert "SMTP_CEDRO" not in call.out + call.err
    assert "No changes." in live.run("plan", "out").out


# --- domains as CSV --------------------------------------------------------------------------------------------------

DOMAIN = """\
apiVersion: reconciler/v1
kind: Domain
metadata: {name: www.lumen.example.com, tenant: farol}
spec:
  customer: lumen
  host: www.lumen.example.com
  scheme: both
  origins: [{address: 198.51.100.20}, {address: 198.51.100.21}]
  cache: {mode: override, ttlSeconds: 3600}
  redirection: {mode: http-to-https}
  ssl: {source: lets-encrypt}
  waf: {mode: block}
"""


def test_domains_as_csv(live: Tree) -> None:
    live.write("tenants/farol/domains.yaml", DOMAIN)
    live.apply()
    live.sql("UPDATE customers SET company_name = '=Lumen, \"S.A.\"'")
    live.sql("UPDATE domains SET ssl_expires_at = '2026-06-01'")
    call = live.run("export", "--format", "csv", "domains", "--customer", "farol/lumen", "--as", "root@example.com")
    assert call.code == 0, call.err
    header, line = csv.reader(io.StringIO(call.out, newline=""))
    assert header == [
        "Host",
        "HTTP Ports",
        "Scheme",
        "Customer Name",
        "Origin",
        "Origin Port",
        "Cache Configuration",
        "Redirection",
        "SSL Expiry Date",
        "TLS Protocol",
        "WAF Configuration",
    ]
    assert line == [
        "www.lumen.example.com",
        "80|443",
        "both",
        '\'=Lumen, "S.A."',
        "198.51.100.20|198.51.100.21",
        "443",
        "override:3600",
        "http-to-https:301",
        "2026-06-01",
        "TLSv1.2+",
        "block",
    ]


def test_domains_that_other_programs_left_half_empty(live: Tree) -> None:
    live.write("tenants/farol/domains.yaml", DOMAIN)
    live.apply()
    live.sql("UPDATE customers SET company_name = 'a' || char(27) || '[31m' || char(0) || char(9)")
    columns = "tenant, name, customer, host, origins"
    live.sql(f"INSERT INTO domains ({columns}) VALUES ('farol', 'a', 'lumen', 'a.example', '[1]')")
    live.sql(
        f"INSERT INTO domains ({columns}, cache_mode, redirection_mode, redirection_target)"
        " VALUES ('farol', 'b', 'lumen', 'b.example', '[]', 'override', 'url', 'https://c.example/')"
    )
    call = live.run("export", "--format", "csv", "domains", "--customer", "Customer/farol/lumen")
    assert call.code == 0, call.err
    words = ("export", "--format", "csv", "domains", "--customer", "lumen")
    assert live.run(*words).out == call.out
    assert "of one customer" in live.run(*words, "--customer", "farol/lumen").err
    lines = list(csv.reader(io.StringIO(call.out, newline="")))
    assert lines[1] == ["a.example", "", "", "a\ufffd[31m\ufffd\t", "", "", "", "", "", "", ""]
    assert lines[2][6:8] == ["override", "url:https://c.example/"]
    assert lines[2][9] == ""


def test_a_foreign_and_an_absent_customer_are_the_same(live: Tree) -> None:
    live.write(
        "tenants/farol/operators.yaml",
        "apiVersion: reconciler/v1\nkind: Operator\nmetadata: {name: pia, tenant: farol}\n"
        "spec: {email: pia@farol.example.com, displayName: Pia, role: partner}\n",
    )
    live.write("tenants/dunas/partner.yaml", _other_partner())
    live.apply()
    live.sql("UPDATE operators SET state = 'active' WHERE name = 'pia'")
    live.sql("UPDATE partners SET state = 'active'")
    words = ("export", "--format", "csv", "domains", "--as", "pia@farol.example.com", "--customer")
    assert live.run(*words, "farol/lumen").code == 0
    assert live.run(*words, "duna").err == live.run(*words, "none").err.replace("none ", "duna ")
    foreign, absent = live.run(*words, "dunas/duna"), live.run(*words, "dunas/none")
    assert foreign.code == absent.code == 4
    assert foreign.err.replace("duna ", "none ") == absent.err.replace("duna ", "none ")


def _other_partner() -> str:
    return """\
apiVersion: reconciler/v1
kind: Partner
metadata: {name: dunas}
spec:
  legalName: Dunas Verdes, Lda.
  vatNumber: "513990089"
  type: integrator
  contact: {email: office@dunas.example.com}
  address: {line1: Rua 1, city: Faro, postalCode: 8000-001, country: PRT}
---
apiVersion: reconciler/v1
kind: Customer
metadata: {name: duna, tenant: dunas}
spec:
  companyName: Duna
  address: {line1: Rua 2}
---
apiVersion: reconciler/v1
kind: CustomerUser
metadata: {name: eva, tenant: dunas}
spec: {customer: duna, displayName: Eva, email: eva@duna.example.com, password: {fromEnv: ANA_PASSWORD, version: "1"}}
"""
