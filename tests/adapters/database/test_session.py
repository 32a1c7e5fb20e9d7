"""One apply: whole or not at all."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from dataclasses import replace

import pytest
import sqlalchemy as sa

from reconciler.adapters.database import rows as rows_module
from reconciler.model.address import Address
from reconciler.model.change import Action, Change
from reconciler.model.effect import Notice
from reconciler.model.errors import LockTimeout, OutcomeUnknown, Stale, WorldError
from reconciler.model.secret import SecretRef
from tests.adapters.database.worlds import (
    BELL,
    FAROL,
    LAMP,
    SECRET_TEXT,
    apply,
    authorized,
    content,
    create,
    database,
    delete,
    filled,
    plan_of,
    run_of,
    sql,
    update,
)
from tests.engine.toy import gadget, partner


def write_and(store, then):
    with store.apply(["farol"], lock_timeout=0.05) as session:
        session.write(authorized(plan_of(update(LAMP, 1, size=5))), run=run_of(2), sealed={})
        then(session)


def _fail(_session):
    raise RuntimeError


def test_the_first_apply_makes_the_database_and_everything_in_it(tmp_path):
    store = database(tmp_path / "deep" / "folder")
    apply(store, create(partner()), create(gadget(tags=["b", "a"])))
    live = store.read()
    assert live.identity
    assert live.row(LAMP)[:3] == ("farol", "lamp", 1)
    assert set(live.ledger) == {FAROL, LAMP}
    assert stat.S_IMODE(store.file.path.stat().st_mode) == 0o600
    assert store.runs() == [run_of()]
    assert store.find_run("run-1") == run_of()
    assert store.find_run("run-2") is None


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    store = database(tmp_path / "file" / "folder")
    with pytest.raises(WorldError, match="cannot be made"):
        apply(store, create(partner()))


def test_without_a_commit_nothing_is_there(place):
    store = filled(place)
    before = content(store)
    with store.apply(["farol"], lock_timeout=1) as session:
        session.write(authorized(plan_of(update(LAMP, 1, size=5))), run=run_of(2), sealed={})
        assert session.live().row(LAMP)[2] == 2
        assert session.find_run("run-2") == run_of(2)
    assert content(store) == before


def test_an_exception_rolls_everything_back(place):
    store = filled(place)
    before = store.read()
    with pytest.raises(RuntimeError):
        write_and(store, _fail)
    assert store.read() == before


def test_a_plan_without_effect_writes_nothing_at_all(place):
    store = filled(place)
    before = content(store)
    with store.apply([], lock_timeout=1) as session:
        session.write(authorized(plan_of(Change(address=LAMP, action=Action.HELD))), run=run_of(2), sealed={})
        session.commit()
    assert content(store) == before


def test_a_row_that_moved_stops_the_apply_and_is_named(place):
    store = filled(place)
    sql(store, "UPDATE gadgets SET size = 9 WHERE name = 'bell'")
    before = store.read()
    with pytest.raises(Stale, match="Gadget/farol/bell") as caught:
        apply(store, update(LAMP, 1, size=5), update(BELL, 1, size=5), number=2)
    assert "lamp" not in caught.value.message
    assert caught.value.exit_code == 5
    assert store.read() == before


@pytest.mark.parametrize(
    "change",
    [
        update(LAMP, 7, size=5),
        delete(LAMP, 7),
        update(Address("Gadget", "farol", "ghost"), 1, size=5),
        delete(Address("Gadget", "farol", "ghost"), 1),
        create(gadget("lamp")),
    ],
    ids=["update", "delete", "update-gone", "delete-gone", "create"],
)
def test_every_sort_of_write_is_compare_and_set(place, change):
    store = filled(place)
    with pytest.raises(Stale):
        apply(store, change, number=2)


def test_a_refused_row_is_named_with_its_constraint_and_never_with_its_values(place):
    store = filled(place)
    twin = create(gadget("twin"), serial="no-lamp", title=SECRET_TEXT)
    with pytest.raises(WorldError) as caught:
        apply(store, create(gadget("fine")), twin, number=2)
    error = caught.value
    assert error.code == "DB-06"
    assert "Gadget/farol/twin" in error.message
    assert "gadgets" in error.message
    assert "serial" in error.message
    assert SECRET_TEXT not in f"{error!r} {error.message} {error.hint} {error.__cause__}"
    assert error.__suppress_context__
    assert set(store.read().rows["Gadget"]) == {("farol", "lamp"), ("farol", "bell")}


@pytest.mark.parametrize(
    ("columns", "word"),
    [
        ({"colour": SECRET_TEXT}, "ck_gadgets_colour"),
        ({"keeper": SECRET_TEXT}, "foreign key"),
        ({"title": None}, "title"),
        ({"size": SECRET_TEXT}, "constraint"),
        ({"size": 10**30}, "constraint"),
    ],
)
def test_what_the_database_says_of_a_value_is_never_repeated(place, columns, word):
    store = filled(place)
    with pytest.raises(WorldError) as caught:
        apply(store, update(LAMP, 1, **columns), number=2)
    assert word in caught.value.message
    assert caught.value.__suppress_context__
    assert SECRET_TEXT not in caught.value.message


def test_what_was_not_stored_as_it_was_written_stops_the_apply(tmp_path):
    store = filled(tmp_path)
    step = "UPDATE gadgets SET size = 3 WHERE id = NEW.id"
    sql(store, f"CREATE TRIGGER meddler AFTER UPDATE OF size ON gadgets BEGIN {step}; END")
    with pytest.raises(WorldError) as caught:
        apply(store, update(LAMP, 1, size=5), number=2)
    assert caught.value.code == "DB-07"
    assert "Gadget/farol/lamp" in caught.value.message
    assert store.read().row(LAMP)[2] == 1


def test_all_changes_of_a_resource_become_one_write(place):
    store = filled(place)
    edges = [
        Change(address=LAMP, action=Action.TRANSITION, columns={"state": "stopped"}, rev=1),
        Change(address=LAMP, action=Action.TRANSITION, columns={"state": "active"}, rev=1),
        Change(address=LAMP, action=Action.TRANSITION, columns={"state": "stopped"}, rev=1),
    ]
    apply(store, update(LAMP, 1, size=5), *edges, number=2)
    apply(
        store,
        Change(address=BELL, action=Action.TRANSITION, columns={"state": "stopped"}, rev=1),
        delete(BELL, 1),
        number=3,
    )
    live = store.read()
    assert live.row(LAMP)[2] == 2
    assert live.row(BELL) is None
    assert (
        sql(store, "SELECT action FROM reconciler_changes WHERE run = 'run-2'") == [("update",)] + [("transition",)] * 3
    )


def test_a_new_row_walks_its_edges_in_the_same_write(place):
    store = filled(place)
    new = create(gadget("new"))
    edge = Change(
        address=new.address, action=Action.TRANSITION, columns={"state": "stopped"}, applied='{"state":"stopped"}'
    )
    apply(store, new, edge, number=2)
    assert sql(store, "SELECT state, rev FROM gadgets WHERE name = 'new'") == [("stopped", 1)]
    assert store.read().ledger[new.address].applied == '{"state":"stopped"}'


def test_the_ledger_follows_adoption_refresh_deletion_and_forgetting(place):
    store = filled(place)
    sql(store, "INSERT INTO gadgets (tenant, name, title, serial) VALUES ('farol', 'stray', 'Stray', 's')")
    stray = Address("Gadget", "farol", "stray")
    adopted = replace(gadget("stray"), management="createOnly")
    apply(
        store,
        Change(address=stray, action=Action.ADOPT, applied='{"size":1}', rev=1, resource=adopted),
        Change(address=LAMP, action=Action.REFRESH, applied='{"size":2}', rev=1),
        Change(address=FAROL, action=Action.FORGET),
        delete(BELL, 1),
        number=2,
    )
    live = store.read()
    assert set(live.ledger) == {stray, LAMP}
    assert live.ledger[stray].management == "createOnly"
    assert live.ledger[LAMP].applied == '{"size":2}'
    assert live.row(FAROL) is not None
    assert live.row(BELL) is None
    same = "SELECT count(*) FROM reconciler_resources r JOIN gadgets g ON g.id = r.row_id AND g.name = r.name"
    assert sql(store, same) == [(2,)]


def test_notices_go_into_the_outbox_with_the_change(place):
    store = filled(place)
    notice = Notice("company-activated", FAROL, "office@example.com", "pt-PT", {"company.name": "Farol"})
    apply(store, update(FAROL, 1, title="Farol, Lda."), number=2, notices=(notice, notice))
    assert sql(store, "SELECT * FROM notifications ORDER BY id") == [
        (
            f"run-2-{number}",
            "company-activated",
            "Partner/farol",
            "office@example.com",
            "pt-PT",
            '{"company.name":"Farol"}',
            "run-2",
            "2026-05-01T10:00:01Z",
            None,
        )
        for number in (1, 2)
    ]


def test_a_secret_is_written_in_its_resting_form_with_version_or_fingerprint(place):
    store = filled(place)
    secret = SecretRef("fromEnv", "LAMP_PASSWORD", "2")
    new = create(gadget("safe"))
    resource = replace(gadget("safe"), spec=new.resource.spec.model_copy(update={"password": secret}))
    change = replace(new, resource=resource, secrets=("password",))
    apply(store, change, number=2, sealed={(change.address, "password"): ("v1:sealed", "k:abc")})
    columns = "SELECT password, password_version, password_fingerprint FROM gadgets WHERE name = 'safe'"
    assert sql(store, columns) == [("v1:sealed", "2", None)]

    plain = replace(secret, version=None)
    rotated = replace(resource, spec=resource.spec.model_copy(update={"password": plain}))
    rotation = Change(
        address=change.address, action=Action.ROTATE_SECRET, secrets=("password",), rev=1, resource=rotated
    )
    apply(store, rotation, number=3, sealed={(change.address, "password"): ("v1:again", "k:def")})
    assert sql(store, columns) == [("v1:again", None, "k:def")]

    made = replace(resource, spec=resource.spec.model_copy(update={"password": SecretRef("generate", "")}))
    apply(
        store,
        replace(rotation, rev=2, resource=made),
        number=4,
        sealed={(change.address, "password"): ("v1:own", None)},
    )
    assert sql(store, columns) == [("v1:own", None, "generated")]

    without = replace(resource, spec=resource.spec.model_copy(update={"password": None}))
    removal = replace(rotation, rev=3, resource=without, columns={"password_version": None})
    apply(store, removal, number=5)
    assert sql(store, columns) == [(None, None, None)]


def test_a_changed_secret_without_a_value_stops_the_apply(place):
    store = filled(place)
    resource = gadget("lamp")
    wanted = replace(resource, spec=resource.spec.model_copy(update={"password": SecretRef("fromEnv", "X")}))
    change = Change(address=LAMP, action=Action.ROTATE_SECRET, secrets=("password",), rev=1, resource=wanted)
    with pytest.raises(WorldError, match="has no value"):
        apply(store, change, number=2)


def test_two_rows_may_exchange_what_must_be_unique(place):
    store = filled(place)
    apply(store, update(LAMP, 1, serial="no-bell"), update(BELL, 1, serial="no-lamp"), number=2)
    assert sql(store, "SELECT name, serial FROM gadgets ORDER BY name") == [("bell", "no-lamp"), ("lamp", "no-bell")]
    assert {row[2] for row in store.read().rows["Gadget"].values()} == {3}, "moving aside counts as a revision"
    assert store.broken_chain() == []


def test_a_new_row_may_take_what_another_gives_up_in_the_same_plan(place):
    store = filled(place)
    new = create(gadget("new"), serial="no-lamp")
    apply(store, new, update(LAMP, 1, serial="other"), number=2)
    newer = create(gadget("newer"), serial="no-bell")
    apply(store, newer, delete(BELL, 1), number=3)
    assert sql(store, "SELECT name, serial FROM gadgets ORDER BY name") == [
        ("lamp", "other"),
        ("new", "no-lamp"),
        ("newer", "no-bell"),
    ]


def test_bulk_writes_are_few_statements(place, monkeypatch):
    store = filled(place)
    groups = []
    real = rows_module.groups_of
    monkeypatch.setattr(
        rows_module, "groups_of", lambda writes: [groups.append(len(one)) or one for one in real(writes)]
    )
    apply(store, *(create(gadget(f"g{number}")) for number in range(900)), number=2)
    apply(store, *(update(Address("Gadget", "farol", f"g{number}"), 1, size=3) for number in range(900)), number=3)
    assert groups == [900, 900]


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def test_somebody_elses_lock_ends_in_a_timeout_and_changes_nothing(tmp_path):
    store = filled(tmp_path)
    before = store.read()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store.file.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LockTimeout) as caught, store.apply(["farol"], lock_timeout=0.05):
            pass
        assert caught.value.exit_code == 6
        assert store.read() == before, "readers are not kept out"
    finally:
        holder.communicate("")
    apply(store, update(LAMP, 1, size=5), number=2)


def test_a_reader_that_does_not_let_go_ends_the_commit_in_a_timeout(tmp_path):
    store = filled(tmp_path)
    reader = sqlite3.connect(store.file.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM gadgets").fetchall()
    with pytest.raises(LockTimeout):
        write_and(store, lambda session: session.commit())
    reader.close()
    assert store.read().row(LAMP)[2] == 1


class LostLink:
    """A connection whose commit fails, before or after it took effect."""

    def __init__(self, connection, *, effective):
        self._connection = connection
        self._effective = effective

    def __getattr__(self, name):
        return getattr(self._connection, name)

    def commit(self):
        if self._effective:
            self._connection.commit()
        raise sa.exc.OperationalError("COMMIT", {"x": SECRET_TEXT}, sqlite3.OperationalError("disk I/O error"))


def lose(session, *, effective):
    session._connection = LostLink(session._connection, effective=effective)
    session.commit()


def test_a_commit_that_failed_but_took_effect_is_a_success(place):
    store = filled(place)
    write_and(store, lambda session: lose(session, effective=True))
    assert store.find_run("run-2") == run_of(2)


def test_a_commit_that_failed_without_effect_is_known_not_applied(place):
    store = filled(place)
    with pytest.raises(WorldError) as caught:
        write_and(store, lambda session: lose(session, effective=False))
    assert caught.value.exit_code == 1
    assert SECRET_TEXT not in str(caught.value)
    assert store.find_run("run-2") is None


def test_a_commit_of_which_nobody_knows_stays_unknown(tmp_path):
    store = filled(tmp_path)

    def lose_all(session):
        store.file.path.write_bytes(b"no longer a database" * 1000)
        lose(session, effective=False)

    with pytest.raises(OutcomeUnknown) as caught:
        write_and(store, lose_all)
    assert caught.value.exit_code == 8
    assert "run-2" in caught.value.hint
