"""What holds on a server only: locks between programs, a lost link at commit, roles, one clear error for each ill."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import psycopg
import pytest

from reconciler.adapters.database.postgres import outcome
from reconciler.adapters.database.postgres.roles import at_rest
from reconciler.adapters.database.postgres.store import ServerDatabase
from reconciler.adapters.database.store import open_database
from reconciler.adapters.database.urls import Server
from reconciler.model.address import Address
from reconciler.model.change import Action, Change
from reconciler.model.errors import Collision, LockTimeout, OutcomeUnknown, Stale, UsageError, WorldError
from reconciler.model.secret import SecretRef
from tests.adapters.database.links import Cut, cut_links
from tests.adapters.database.worlds import (
    BELL,
    CATALOG,
    FAROL,
    LAMP,
    SECRET_TEXT,
    THING,
    apply,
    authorized,
    content,
    create,
    delete,
    empty,
    filled,
    plan_of,
    run_of,
    sql,
    unwatch,
    update,
)
from tests.engine.toy import gadget, partner
from tests.servers import Cluster, running


def two_tenants(served):
    store = filled(served)
    apply(store, create(partner("cedro")), create(gadget("spare", "cedro")), number=9)
    return store


def test_an_apply_makes_no_schema_unasked(served):
    store = empty(served)
    for verb in (store.read, store.runs, lambda: apply(store, create(partner()))):
        with pytest.raises(WorldError) as caught:
            verb()
        assert (caught.value.code, "db upgrade" in caught.value.hint) == ("DB-02", True)
    assert content(store) == {}


def test_two_upgrades_at_once_make_one_schema(served):
    store = empty(served)
    others = [threading.Thread(target=store.upgrade) for _ in range(3)]
    for one in others:
        one.start()
    for one in others:
        one.join()
    assert store.check() == []
    assert sql(store, "SELECT key FROM reconciler_meta ORDER BY key") == [("cache-key",), ("identity",)]


def test_two_tenants_are_applied_side_by_side(served):
    store = two_tenants(served)
    spare = Address("Gadget", "cedro", "spare")
    with store.apply(["farol"], lock_timeout=1, run="run-2", rows=[LAMP]) as session:
        with store.apply(["cedro"], lock_timeout=1, run="run-3", rows=[spare]) as other:
            other.write(authorized(plan_of(update(spare, 1, size=7))), run=run_of(3), sealed={})
            other.commit()
        session.write(authorized(plan_of(update(LAMP, 1, size=5))), run=run_of(2), sealed={})
        session.commit()
    assert [one.id for one in store.runs()] == ["run-2", "run-3", "run-9", "run-1"]
    assert store.broken_chain() == []


def test_two_applies_to_one_tenant_follow_each_other(served):
    store = filled(served)
    order: list[str] = []
    started = threading.Event()

    def second():
        started.set()
        with store.apply(["farol"], lock_timeout=10, run="run-3") as session:
            order.append(f"second sees size {session.live().row(LAMP)[THING.index['size']]}")

    thread = threading.Thread(target=second)
    with store.apply(["farol"], lock_timeout=1, run="run-2") as session:
        thread.start()
        started.wait()
        time.sleep(0.2)
        session.write(authorized(plan_of(update(LAMP, 1, size=5))), run=run_of(2), sealed={})
        order.append("first commits")
        session.commit()
    thread.join()
    assert order == ["first commits", "second sees size 5"]


def test_a_change_of_the_platform_waits_for_every_tenant_and_the_other_way_round(served):
    store = two_tenants(served)
    held = pytest.raises(LockTimeout, match=r"the platform is held by process \d+ \(reconciler run-2\)")
    with store.apply(["farol"], lock_timeout=1, run="run-2"), held:
        store.apply([""], lock_timeout=0.05).__enter__()
    with store.apply([""], lock_timeout=1), pytest.raises(LockTimeout):
        store.apply(["cedro"], lock_timeout=0.05).__enter__()


def test_a_busy_lock_names_its_holder(served):
    store = two_tenants(served)
    with store.apply(["farol"], lock_timeout=1, run="run-2"):
        begun = time.monotonic()
        with pytest.raises(LockTimeout) as caught:
            store.apply(["cedro", "farol"], lock_timeout=0.2, run="run-3").__enter__()
        assert 0.2 <= time.monotonic() - begun < 2
        assert caught.value.exit_code == 6
        assert "tenant farol is held by process" in caught.value.message
        assert "(reconciler run-2) of user postgres since 20" in caught.value.message
        assert "cedro" not in caught.value.message
        held = store.holders()
        assert [(one.what, one.application) for one in held] == [
            ("tenant farol", "reconciler run-2"),
            ("the platform", "reconciler run-2"),
        ]
    assert store.holders() == []


def test_everyone_who_shares_the_platform_is_listed(served):
    store = two_tenants(served)
    with store.apply(["farol"], lock_timeout=1, run="run-2"), store.apply(["cedro"], lock_timeout=1, run="run-3"):
        assert [(one.what, one.application) for one in store.holders() if one.what == "the platform"] == [
            ("the platform", "reconciler run-2"),
            ("the platform", "reconciler run-3"),
        ]


def test_another_program_that_holds_a_row_is_named(served):
    store = filled(served)
    with store.connect() as other, other.transaction():
        other.execute("SET application_name = 'backoffice'")
        other.execute("UPDATE gadgets SET size = 7 WHERE name = 'lamp'")
        with pytest.raises(LockTimeout, match=r"Gadget/farol/lamp is held by process \d+ \(backoffice\)"):
            store.apply(["farol"], lock_timeout=0.1, rows=[LAMP, BELL]).__enter__()


def test_rows_that_are_locked_cannot_be_changed_by_another_program_before_the_commit(served):
    store = filled(served)
    with store.apply(["farol"], lock_timeout=1, rows=[LAMP]) as session:
        with store.connect() as other:
            other.execute("SET lock_timeout = '50ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute("UPDATE gadgets SET size = 9 WHERE name = 'lamp'")
            other.execute("UPDATE gadgets SET size = 9 WHERE name = 'bell'")
        session.write(authorized(plan_of(update(LAMP, 1, size=5))), run=run_of(2), sealed={})
        session.commit()
    assert sql(store, "SELECT name, size FROM gadgets ORDER BY name") == [("bell", 9), ("lamp", 5)]


def test_two_programs_that_wait_for_each_other_end_in_a_collision_that_may_be_tried_again(served):
    store = filled(served)
    reached, held = threading.Event(), threading.Event()

    def other_program():
        with store.connect() as other, other.transaction():
            other.execute("SET LOCAL deadlock_timeout = '10s'")  # the apply is the one that is rolled back
            other.execute("UPDATE gadgets SET size = 7 WHERE name = 'bell'")
            held.set()
            reached.wait()
            other.execute("UPDATE gadgets SET size = 7 WHERE name = 'lamp'")

    thread = threading.Thread(target=other_program)
    with store.apply(["farol"], lock_timeout=10, rows=[LAMP]) as session:
        thread.start()
        held.wait()
        reached.set()
        time.sleep(0.1)
        with pytest.raises(Collision):
            session.write(authorized(plan_of(update(BELL, 1, size=5))), run=run_of(2), sealed={})
    thread.join()
    assert sql(store, "SELECT name, size FROM gadgets ORDER BY name") == [("bell", 7), ("lamp", 7)]


DIE = """
import os, signal, sys
from reconciler.adapters.database.store import open_database
from tests.adapters.database.worlds import CATALOG, LAMP, authorized, plan_of, run_of, update
with open_database(sys.argv[1], CATALOG).apply(["farol"], lock_timeout=1, run="run-2", rows=[LAMP]) as session:
    session.write(authorized(plan_of(update(LAMP, 1, size=5))), run=run_of(2), sealed={})
    print("written", flush=True)
    if sys.argv[2] == "busy":
        session._connection.exec_driver_sql("SELECT pg_sleep(30)")
    sys.stdin.read()
"""


@pytest.mark.parametrize(("doing", "seconds"), [("idle", 1), ("busy", 2)])
def test_a_client_that_was_killed_frees_its_locks(served, doing, seconds):
    store = filled(served)
    before = content(store)
    client = subprocess.Popen(
        [sys.executable, "-c", DIE, store.cluster.url(store.name), doing],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert client.stdout.readline() == "written\n"
    time.sleep(0.1 if doing == "busy" else 0)
    client.send_signal(signal.SIGKILL)
    begun = time.monotonic()
    with store.apply(["farol"], lock_timeout=10):
        assert time.monotonic() - begun < seconds
    client.communicate()
    assert content(store) == before


# --- the link at commit ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cut", "there"), [(Cut.BEFORE_COMMIT, False), (Cut.AFTER_COMMIT, True)])
def test_what_became_of_a_commit_is_told_truthfully_when_the_link_is_cut(served, cut, there):
    store = filled(served)
    with cut_links(store.cluster.folder, cut) as folder:
        address = f"postgresql://postgres@/{store.name}?host={folder}"
        client = ServerDatabase(Server(address), CATALOG)
        if there:
            apply(client, update(LAMP, 1, size=5), number=2)
        else:
            with pytest.raises(WorldError) as caught:
                apply(client, update(LAMP, 1, size=5), number=2)
            assert (caught.value.code, caught.value.exit_code) == ("DB-12", 1)
    assert (store.find_run("run-2") is not None) is there
    assert (store.read().row(LAMP)[2] == 2) is there
    assert store.holders() == []


def test_a_server_that_does_not_come_back_leaves_the_outcome_unknown(served, monkeypatch):
    monkeypatch.setattr(outcome, "PATIENCE_SECONDS", 0.3)
    store = filled(served)
    with cut_links(store.cluster.folder, Cut.FOR_GOOD) as folder:
        client = ServerDatabase(Server(f"postgresql://postgres@/{store.name}?host={folder}"), CATALOG)
        with pytest.raises(OutcomeUnknown) as caught:
            apply(client, update(LAMP, 1, size=5), number=2)
    assert (caught.value.exit_code, "reconciler status run-2" in caught.value.hint) == (8, True)


def test_a_run_that_has_left_the_ledger_is_known_by_its_transaction(served):
    """The ledger alone does not decide: the server remembers the transaction."""
    store = filled(served)
    with store.connect() as other, other.transaction():
        noted = other.execute("SELECT pg_current_xact_id()::text, pg_backend_pid()").fetchone()
        line = other.execute(outcome._LINE).fetchone()[0]
    mark = outcome.Mark(run="run-7", transaction=noted[0], line=line, pid=noted[1])
    assert outcome.ask(mark, store.connect) == "applied"
    assert outcome.ask(replace(mark, line="7/00000009"), store.connect) == "unknown", "another line of history"
    assert outcome.ask(replace(mark, run="run-1", line="7/00000009"), store.connect) == "applied", "the ledger counts"
    assert outcome.ask(replace(mark, started="1999"), store.connect) == "unknown", "the number may be another's by now"
    ahead = replace(mark, transaction=str(int(mark.transaction) + 1_000_000))
    assert outcome.ask(ahead, store.connect) == "not applied", "a number that a stopped server has forgotten"


def test_a_transaction_whose_client_is_gone_unnoticed_is_ended(served, monkeypatch):
    monkeypatch.setattr(outcome, "_GRACE_SECONDS", 0.0)
    store = filled(served)
    other = store.connect()
    other.execute("BEGIN")
    noted = other.execute("SELECT pg_current_xact_id()::text, pg_backend_pid()").fetchone()
    line = other.execute(outcome._LINE).fetchone()[0]
    mark = outcome.Mark(run="run-7", transaction=noted[0], line=line, pid=noted[1])
    assert outcome.ask(mark, store.connect) == "not applied"
    other.close()


def test_a_link_that_breaks_before_the_commit_is_known_not_applied(served):
    store = filled(served)
    ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'reconciler run-2'"
    with store.apply(["farol"], lock_timeout=1, run="run-2") as session:
        session.write(authorized(plan_of(update(LAMP, 1, size=5))), run=run_of(2), sealed={})
        assert sql(store, ended) == [(True,)]
        with pytest.raises(WorldError) as caught:
            session.commit()
    assert caught.value.code == "DB-12"
    assert store.read().row(LAMP)[2] == 1


# --- the journal, and what watches -----------------------------------------------------------------------------------


def test_the_journal_knows_who_wrote(served):
    store = filled(served)
    person = store.cluster.role("clerk")
    sql(store, f"GRANT SELECT, UPDATE ON gadgets TO {person}")
    with store.connect(person) as other:
        other.execute("SET application_name = 'backoffice'")
        other.execute("SELECT set_config('reconciler.operator', 'ana@example.com', false)")
        other.execute("UPDATE gadgets SET size = 5, password = %s WHERE name = 'lamp'", (SECRET_TEXT,))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            other.execute("INSERT INTO reconciler_journal SELECT * FROM reconciler_journal")
    columns = "operation, columns, run, actor, database_user, application"
    newest = f"SELECT {columns} FROM reconciler_journal ORDER BY seq DESC LIMIT 1"
    assert sql(store, newest) == [("update", '["size","password"]', None, "ana@example.com", person, "backoffice")]
    apply(store, update(BELL, 1, size=5), number=2)
    assert sql(store, newest)[0][2:5] == ("run-2", "op@example.com", "postgres")
    assert SECRET_TEXT not in str(sql(store, "SELECT * FROM reconciler_journal"))


def test_emptying_a_table_is_journalled_and_the_audit_cannot_be_emptied(served):
    store = filled(served)
    sql(store, "TRUNCATE gadgets")
    assert sql(store, "SELECT table_name, operation FROM reconciler_journal ORDER BY seq DESC LIMIT 1") == [
        ("gadgets", "truncate")
    ]
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        sql(store, "TRUNCATE reconciler_changes")


def test_a_program_with_another_search_path_is_journalled_all_the_same(served):
    store = filled(served)
    with store.connect() as other:
        other.execute("SET search_path = pg_catalog")
        other.execute("UPDATE public.gadgets SET size = 5 WHERE name = 'lamp'")
    assert sql(store, "SELECT rev FROM gadgets WHERE name = 'lamp'") == [(2,)]
    assert sql(store, "SELECT columns FROM reconciler_journal ORDER BY seq DESC LIMIT 1") == [('["size"]',)]


DEAF = """
CREATE OR REPLACE FUNCTION reconciler_gadgets_journal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN NULL; END'
"""
MOVED = """
CREATE OR REPLACE TRIGGER reconciler_gadgets_rev BEFORE DELETE ON gadgets FOR EACH ROW
EXECUTE FUNCTION reconciler_gadgets_rev()
"""


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        (
            "ALTER TABLE gadgets DISABLE TRIGGER reconciler_gadgets_journal",
            "reconciler_gadgets_journal is switched off",
        ),
        ("DROP TRIGGER reconciler_partners_rev ON partners", "reconciler_partners_rev is missing"),
        ("ALTER FUNCTION reconciler_gadgets_rev() SECURITY INVOKER", "reconciler_gadgets_rev was altered"),
        (DEAF, "reconciler_gadgets_journal was altered"),
        (MOVED, "reconciler_gadgets_rev was altered"),
    ],
)
def test_a_trigger_that_was_tampered_with_stops_an_apply_and_an_upgrade_mends_it(served, tampering, found):
    store = filled(served)
    sql(store, tampering)
    assert store.check() == [f"trigger {found}"]
    with pytest.raises(WorldError, match=found) as caught:
        store.apply(["farol"], lock_timeout=1).__enter__()
    assert caught.value.code == "DB-04"
    store.upgrade()
    assert store.check() == []


def test_what_was_not_stored_as_it_was_written_stops_the_apply(served):
    store = filled(served)
    sql(store, "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.size := 3; RETURN NEW; END'")
    sql(store, "CREATE TRIGGER meddler BEFORE UPDATE ON gadgets FOR EACH ROW EXECUTE FUNCTION meddle()")
    with pytest.raises(WorldError) as caught:
        apply(store, update(LAMP, 1, size=5), number=2)
    assert (caught.value.code, "Gadget/farol/lamp" in caught.value.message) == ("DB-07", True)
    assert store.read().row(LAMP)[2] == 1


def test_check_names_what_is_missing_or_unknown(served):
    store = filled(served)
    sql(store, "ALTER TABLE gadgets ADD COLUMN extra TEXT")
    sql(store, "DROP INDEX uq_partners_country_title")
    sql(store, "CREATE TABLE other (x INT)")
    assert store.check() == ["missing index uq_partners_country_title", "unknown column gadgets.extra"]


# --- bulk ------------------------------------------------------------------------------------------------------------


def test_of_many_rows_the_refused_one_is_named_and_no_value_is_shown(served):
    store = filled(served)
    many = [create(gadget(f"g{number}")) for number in range(80)]
    twin = create(gadget("twin"), serial="no-lamp", title=SECRET_TEXT)
    with pytest.raises(WorldError) as caught:
        apply(store, *many, twin, number=2)
    assert (caught.value.code, "Gadget/farol/twin" in caught.value.message) == ("DB-06", True)
    assert "uq_gadgets_tenant_key_serial" in caught.value.message
    assert SECRET_TEXT not in f"{caught.value!r} {caught.value.__cause__} {caught.value.hint}"
    assert len(store.read().rows["Gadget"]) == 2


def test_of_many_rows_one_that_is_there_already_is_stale(served):
    store = filled(served)
    with pytest.raises(Stale, match="Gadget/farol/bell"):
        apply(store, *(create(gadget(f"g{number}")) for number in range(80)), create(gadget("bell")), number=2)


# --- roles -----------------------------------------------------------------------------------------------------------


def granted(store):
    applying, planning = store.cluster.role("applying"), store.cluster.role("planning")
    for statement in store.grants(applying=applying, planning=planning).splitlines():
        sql(store, statement)
    return applying, planning


def test_a_role_that_owns_nothing_applies_everything(served):
    store = filled(served)
    applying, _ = granted(store)
    worker = served.open(store.name, user=applying)
    secret = SecretRef("fromEnv", "LAMP_PASSWORD", "2")
    new = create(gadget("safe"))
    resource = replace(gadget("safe"), spec=new.resource.spec.model_copy(update={"password": secret}))
    apply(worker, create(partner("cedro")), create(gadget("spare", "cedro")), number=2)
    apply(
        worker,
        replace(new, resource=resource, secrets=("password",)),
        update(LAMP, 1, size=5),
        delete(BELL, 1),
        Change(address=FAROL, action=Action.FORGET),
        number=3,
        sealed={(new.address, "password"): ("v1:sealed", None)},
    )
    apply(worker, *(create(gadget(f"g{number}")) for number in range(80)), number=4)
    assert [one.id for one in worker.runs()] == ["run-4", "run-3", "run-2", "run-1"]
    assert worker.check() == []
    assert worker.broken_chain() == []
    with worker.apply(["farol"], lock_timeout=1, run="run-5"):
        assert {one.application for one in worker.holders()} == {"reconciler run-5"}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM reconciler_changes",
        "DELETE FROM reconciler_images",
        "UPDATE reconciler_images SET facts = '{}'",
        "UPDATE reconciler_runs SET actor = 'nobody'",
        "DELETE FROM reconciler_journal",
        "INSERT INTO reconciler_journal (table_name, tenant, name, operation, columns) VALUES ('a', 'b', 'c', 'd', '')",
        "UPDATE reconciler_meta SET value = 'another'",
        "ALTER TABLE gadgets DISABLE TRIGGER ALL",
        "DROP TABLE gadgets",
        "TRUNCATE gadgets",
        "UPDATE alembic_version SET version_num = '9999'",
    ],
)
def test_the_role_that_applies_cannot_hide_what_it_does(served, statement):
    store = filled(served)
    applying, _ = granted(store)
    with store.connect(applying) as worker, pytest.raises(psycopg.errors.InsufficientPrivilege):
        worker.execute(statement)


def test_the_role_that_plans_reads_everything_but_secrets_and_writes_nothing(served):
    store = filled(served)
    _, planning = granted(store)
    reader = served.open(store.name, user=planning)
    assert reader.read() == store.read()
    assert reader.runs() == store.runs()
    assert reader.broken_chain() == []
    assert reader.check() == []
    assert reader.holders() == []
    assert at_rest(THING) == {"password"}
    with store.connect(planning) as other:
        for statement in (
            "SELECT password FROM gadgets",
            "SELECT * FROM gadgets",
            "SELECT sealed FROM reconciler_images",
            "SELECT gadgets FROM gadgets",
            "UPDATE gadgets SET size = 5",
            "INSERT INTO reconciler_tenants (tenant) VALUES ('x')",
            "DELETE FROM reconciler_resources",
            "SELECT FROM reconciler_tenants FOR UPDATE",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other.execute(statement)
    with pytest.raises(WorldError) as caught:
        reader.apply(["farol"], lock_timeout=1).__enter__()
    assert caught.value.code == "DB-13"


def test_reading_cannot_write_whatever_the_role_may_do(served):
    from reconciler.adapters.database.postgres.connecting import reading

    store = filled(served)
    with pytest.raises(WorldError) as caught, reading(store._server) as connection:
        connection.execute("DELETE FROM gadgets")
    assert caught.value.code == "DB-14"


# --- one clear error -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        ("postgresql://user:open-sesame-4711@127.0.0.1:1/x", "DB-01", "no server listens"),
        ("postgresql+psycopg://user:open-sesame-4711@/x?host=/nowhere", "DB-01", "no server listens"),
        ("postgresql://user:open-sesame-4711@host:port/x", "DB-0", ""),
        ("postgresql://user:open-sesame-4711@/x?nonsense=1", "DB-05", "malformed"),
        ("postgresql://user:open-%zz-4711@/x", "DB-05", "malformed"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_without_its_password(address, code, words):
    with pytest.raises((WorldError, UsageError)) as caught:
        open_database(address, CATALOG).read()
    said = f"{caught.value.message} {caught.value.hint} {caught.value.__cause__}"
    assert caught.value.code.startswith(code)
    assert caught.value.exit_code == 1
    assert words in said
    assert "sesame" not in said


def test_a_user_or_database_that_does_not_exist_is_told(served):
    store = filled(served)
    for url, words in (
        (store.cluster.url("nowhere"), "no such database"),
        (store.cluster.url(store.name, "nobody-4711"), "no such user"),
    ):
        with pytest.raises(WorldError, match=words) as caught:
            open_database(url, CATALOG).read()
        assert caught.value.code == "DB-01"


def test_no_permission_is_told(served):
    store = filled(served)
    stranger = served.open(store.name, user=store.cluster.role("stranger"))
    for verb in (stranger.read, lambda: apply(stranger, update(LAMP, 1, size=5))):
        with pytest.raises(WorldError) as caught:
            verb()
        assert (caught.value.code, "db roles" in caught.value.hint) == ("DB-13", True)


def test_a_database_that_keeps_no_utf8_is_refused(served):
    name = f"latin_{time.monotonic_ns()}"
    with served.cluster.connect() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1'")
    with pytest.raises(WorldError, match="UTF-8"):
        open_database(served.cluster.url(name), CATALOG).read()


def test_a_user_whose_triggers_are_off_does_not_apply(served):
    store = filled(served)
    with store.cluster.connect() as connection:
        connection.execute(f"ALTER DATABASE {store.name} SET session_replication_role = replica")
    with pytest.raises(WorldError, match="triggers are switched off"):
        apply(store, update(LAMP, 1, size=5), number=2)


def test_missing_triggers_are_told_before_any_lock(served):
    store = filled(served)
    unwatch(store)
    with store.connect() as other, other.transaction():
        other.execute("SELECT FROM reconciler_tenants FOR UPDATE")
        with pytest.raises(WorldError) as caught:
            store.apply(["farol"], lock_timeout=5).__enter__()
    assert caught.value.code == "DB-04"


def test_a_standby_takes_no_apply_and_is_read(cluster: Cluster):
    with running(cluster.version, standby=True) as standby:
        with pytest.raises(WorldError) as caught:
            open_database(standby.url("postgres"), CATALOG).upgrade()
        assert (caught.value.code, caught.value.exit_code) == ("DB-14", 1)
        assert open_database(standby.url("postgres"), CATALOG).current() is None


def test_the_journal_of_an_embedded_database_has_the_same_columns(served, tmp_path):
    for place in (served, tmp_path):
        store = filled(place)
        row = sql(store, "SELECT run, actor, columns FROM reconciler_journal ORDER BY seq LIMIT 1")[0]
        assert (row[0], row[1], json.loads(row[2])) == ("run-1", "op@example.com", [])
