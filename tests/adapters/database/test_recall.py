"""What a reading by the journal gives is what a full one gives, whoever wrote whatever in between, and however."""

from __future__ import annotations

import random
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from reconciler.adapters.database import keeping as module
from reconciler.adapters.database.keeping import Keeping
from reconciler.adapters.database.postgres import recall
from reconciler.adapters.database.postgres.connecting import asking, fetching, reading
from reconciler.adapters.database.postgres.recall import read
from reconciler.adapters.database.read import read_live
from reconciler.adapters.database.urls import Server
from reconciler.model.resource import Live
from tests.adapters.database.test_pulse import SERVED, WRITES
from tests.adapters.database.worlds import CATALOG, LAMP, Served, Store, apply, create, delete, filled, sql, update
from tests.engine.toy import gadget

OFF = "ALTER TABLE gadgets DISABLE TRIGGER USER"
ON = (
    "ALTER TABLE gadgets ENABLE TRIGGER USER",
    "ALTER TABLE gadgets ENABLE ALWAYS TRIGGER reconciler_gadgets_journal",
    "ALTER TABLE gadgets ENABLE ALWAYS TRIGGER reconciler_gadgets_rev",
    "ALTER TABLE gadgets ENABLE ALWAYS TRIGGER reconciler_gadgets_truncate",
)


def store_of(served: Served, folder: Path, *, trusts: bool = True, name: str = "") -> Store:
    """A database of which every row is kept."""
    kept = Keeping(lambda: folder / "rows", trusts=trusts, fewest=1)
    return Store(served.cluster, name or filled(served).name, CATALOG, "postgres", kept)


def whole(store: Store) -> Live:
    """The database as somebody reads it who keeps nothing."""
    return Store(store.cluster, store.name, CATALOG, "postgres", None).read()


class Counted:
    """How many rows readings have fetched of the tables of kinds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from reconciler.adapters.database.postgres import connecting

        self.rows = 0
        asking = connecting.asking

        def counting(connection: Any) -> Callable[..., Any]:
            ask = asking(connection)

            def count(statement: str, values: Any) -> Any:
                found = ask(statement, values)
                if 'FROM "' in statement or "FROM reconciler_resources" in statement:
                    self.rows += len(found)
                return found

            return count

        monkeypatch.setattr(connecting, "asking", counting)

    def take(self) -> int:
        found, self.rows = self.rows, 0
        return found


def test_only_rows_that_were_written_are_read_again(served, tmp_path, monkeypatch):
    store, counted = store_of(served, tmp_path), Counted(monkeypatch)
    first = store.read()
    assert counted.take() == 7  # two gadgets, two partners, three entries of the ledger
    assert store.read() == first
    assert counted.take() == 0
    sql(store, "UPDATE gadgets SET size = 7 WHERE name = 'lamp'")
    sql(store, "DELETE FROM gadgets WHERE name = 'bell'")
    found = store.read()
    assert counted.take() == 1
    assert found == whole(store) != first
    assert store.still(found.pulse)
    sql(store, "UPDATE reconciler_resources SET applied = '{}' WHERE name = 'lamp'")
    assert not store.still(found.pulse)
    assert store.read() == whole(store)
    assert counted.take() == 2


def test_full_reads_everything_and_renews_what_is_kept(served, tmp_path, monkeypatch):
    store, counted = store_of(served, tmp_path), Counted(monkeypatch)
    store.read()
    counted.take()
    (file,) = (tmp_path / "rows").iterdir()
    before = file.read_bytes()
    full = store_of(served, tmp_path, trusts=False, name=store.name)
    assert full.read() == store.read()
    assert counted.take() == 7
    assert file.read_bytes() != before


@pytest.mark.parametrize("what", [*WRITES, *SERVED])
def test_every_way_of_writing_is_read(served, tmp_path, what):
    store = store_of(served, tmp_path)
    store.read()
    with store.connect() as other:
        other.execute((WRITES | SERVED)[what].encode())
    assert outcome(store.read) == outcome(lambda: whole(store))


def outcome(read: Callable[[], Live]) -> Any:
    try:
        return read()
    except Exception as error:  # noqa: BLE001  # both must fail alike
        return str(error)


def test_a_write_that_is_committed_late_is_read(served, tmp_path):
    store = store_of(served, tmp_path)
    with store.connect() as slow, slow.transaction():
        slow.execute("UPDATE gadgets SET size = 7 WHERE name = 'lamp'")
        sql(store, "UPDATE gadgets SET size = 8 WHERE name = 'bell'")
        store.read()
        assert store.read() == whole(store)
    assert store.read() == whole(store)
    assert store.read().row(LAMP) == whole(store).row(LAMP)


def test_rows_in_the_cache_cannot_be_read_without_the_database(served, tmp_path):
    store = store_of(served, tmp_path)
    sql(store, "UPDATE gadgets SET title = 'Somebody Known' WHERE name = 'lamp'")
    store.read()
    (file,) = (tmp_path / "rows").iterdir()
    assert b"Somebody" not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_damaged_file_is_read_from_the_database(served, tmp_path):
    store = store_of(served, tmp_path)
    whole_ = store.read()
    (file,) = (tmp_path / "rows").iterdir()
    sound = file.read_bytes()
    chance = random.Random(7)  # noqa: S311  # the same flips every time
    cuts = [sound[: chance.randrange(len(sound))] for _ in range(20)]
    flips = []
    for _ in range(20):
        at = chance.randrange(len(sound))
        flips.append(sound[:at] + bytes([sound[at] ^ (1 << chance.randrange(8))]) + sound[at + 1 :])
    for broken in [b"", b"\0" * 64, sound + b"more", sound[:16] + sound, *cuts, *flips]:
        file.write_bytes(broken)
        assert store.read() == whole_


def test_parts_that_change_places_are_noticed(served, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 2)
    store = store_of(served, tmp_path)
    before = store.read()
    (file,) = (tmp_path / "rows").iterdir()
    sound = file.read_bytes()
    parts, at = [], 16
    while at < len(sound):
        end = at + 8 + int.from_bytes(sound[at : at + 8], "little")
        parts.append(sound[at:end])
        at = end
    assert len(parts) > 4
    for wrong in ([parts[1], parts[0], *parts[2:]], parts[:2] + parts[-1:], parts[1:], parts[:-1]):
        file.write_bytes(sound[:16] + b"".join(wrong))
        sql(store, "UPDATE gadgets SET size = size + 1")
        assert store.read() == whole(store) != before


def test_another_database_with_a_copied_file_is_not_believed(served, tmp_path):
    """A copy of the database has the same key, and the numbers of all its tables."""
    store = store_of(served, tmp_path)
    store.read()
    copy = store_of(served, tmp_path, name=served.store(store.name).name)
    sql(copy, "UPDATE gadgets SET size = 77")
    assert copy.read() == whole(copy)
    assert store.read() == whole(store)


def test_an_open_folder_is_not_used(served, tmp_path, monkeypatch):
    store, counted = store_of(served, tmp_path), Counted(monkeypatch)
    store.read()
    (tmp_path / "rows").chmod(0o755)
    counted.take()
    store.read()
    assert counted.take() == 7


def test_a_link_is_not_followed(served, tmp_path, monkeypatch):
    store, counted = store_of(served, tmp_path), Counted(monkeypatch)
    store.read()
    (file,) = (tmp_path / "rows").iterdir()
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    counted.take()
    store.read()
    assert counted.take() == 7
    assert not file.is_symlink()


def test_only_a_few_databases_are_kept(served, tmp_path):
    for _ in range(module.FILES + 2):
        store = store_of(served, tmp_path)
        sql(store, "UPDATE reconciler_meta SET value = gen_random_uuid()::text WHERE key = 'cache-key'")
        store.read()
    assert len(list((tmp_path / "rows").iterdir())) == module.FILES


def test_without_a_key_in_the_database_nothing_is_kept(served, tmp_path):
    store = store_of(served, tmp_path)
    sql(store, "DELETE FROM reconciler_meta WHERE key = 'cache-key'")
    assert store.read() == whole(store)
    assert not (tmp_path / "rows").exists()
    store.upgrade()
    store.read()
    assert (tmp_path / "rows").exists()


def test_a_role_that_plans_and_owns_nothing_reads_by_the_journal(served, tmp_path, monkeypatch):
    store, counted = store_of(served, tmp_path), Counted(monkeypatch)
    applying, planning = served.cluster.role("applier"), served.cluster.role("planner")
    with store.connect() as owner:
        owner.execute(store.grants(applying=applying, planning=planning).encode())
    kept = Keeping(lambda: tmp_path / "planner", trusts=True, fewest=1)
    planner = Store(served.cluster, store.name, CATALOG, planning, kept)
    assert planner.read() == whole(store)
    sql(store, "UPDATE gadgets SET size = 7 WHERE name = 'lamp'")
    counted.take()
    found = planner.read()
    assert counted.take() == 1
    assert found == whole(store)
    assert planner.still(found.pulse)


def test_what_a_dump_brought_from_another_server_is_forgotten(served, tmp_path):
    """Its transactions have numbers to which this server has not come yet."""
    store = store_of(served, tmp_path)
    sql(store, "UPDATE reconciler_journal SET xid = xid + 1000000")
    assert store.read() == whole(store)
    sql(store, "UPDATE gadgets SET size = 7 WHERE name = 'lamp'")
    assert store.read() == whole(store)
    store.upgrade()
    assert sql(store, "SELECT count(*) FROM reconciler_journal WHERE xid > 1000000") == [(0,)]
    assert store.read() == whole(store)
    assert store.still(store.read().pulse)


def test_a_check_tells_of_triggers_that_do_not_fire_always(served):
    store = filled(served)
    assert store.check() == []
    sql(store, "ALTER TABLE gadgets ENABLE TRIGGER reconciler_gadgets_journal")
    assert store.check() == ["trigger reconciler_gadgets_journal does not fire always"]
    apply(store, update(LAMP, 1, size=5), number=2)
    store.upgrade()
    assert store.check() == []


# --- random writes ---------------------------------------------------------------------------------------------------


class Writers:
    """Programs that write what comes into their mind. Each step may be refused, which is fine."""

    def __init__(self, store: Store, chance: random.Random) -> None:
        self.store = store
        self.chance = chance
        self.open: Any = None
        self.runs = 10

    def step(self) -> str:
        steps = [self.insert, self.change, self.change, self.rename, self.drop, self.apply, self.ledger, self.rev]
        steps += [
            self.untouched,
            self.replica,
            self.unwatched,
            self.remade,
            self.begin,
            self.end,
            self.tidy,
            self.reload,
        ]
        steps += [self.truncate, self.rolled_back, self.cut, self.swap, self.upgrade]
        one = self.chance.choice(steps)
        try:
            one()
        except Exception as error:  # noqa: BLE001  # a constraint, a lock that somebody holds
            return f"{one.__name__} refused: {type(error).__name__}"
        return one.__name__

    def sql(self, *statements: str) -> None:
        with self.store.connect() as other, other.transaction():
            other.execute("SET LOCAL lock_timeout = '50ms'")
            other.execute("SET LOCAL application_name = 'support_app'")
            for one in statements:
                other.execute(one.encode())

    @property
    def name(self) -> str:
        return self.chance.choice(["lamp", "bell", "horn", "drum", "kite", "vase"])

    def insert(self) -> None:
        self.sql(
            "INSERT INTO gadgets (tenant, name, title, serial, state) "
            f"VALUES ('farol', '{self.name}', 'T', 's-{self.chance.random()}', 'active')"
        )

    def change(self) -> None:
        self.sql(f"UPDATE gadgets SET size = {self.chance.randrange(9)} WHERE name = '{self.name}'")

    def rename(self) -> None:
        self.sql(f"UPDATE gadgets SET name = '{self.name}' WHERE name = '{self.name}'")

    def drop(self) -> None:
        self.sql(f"DELETE FROM gadgets WHERE name = '{self.name}'")

    def rev(self) -> None:
        self.sql(f"UPDATE gadgets SET rev = rev + 1 WHERE name = '{self.name}'")

    def untouched(self) -> None:
        self.sql("UPDATE gadgets SET size = size")

    def ledger(self) -> None:
        self.sql(f"UPDATE reconciler_resources SET applied = '{{}}' WHERE name = '{self.name}'")

    def apply(self) -> None:
        self.runs += 1
        rows = whole(self.store).rows["Gadget"]
        name = self.name
        here = rows.get(("farol", name))
        if here is None:
            apply(self.store, create(gadget(name)), number=self.runs)
        elif self.chance.random() < 0.4:
            apply(self.store, delete(gadget(name).address, here[2]), number=self.runs)
        else:
            apply(self.store, update(gadget(name).address, here[2], size=self.chance.randrange(9)), number=self.runs)

    def replica(self) -> None:
        self.sql(
            "SET LOCAL session_replication_role = replica", f"UPDATE gadgets SET size = 3 WHERE name = '{self.name}'"
        )

    def unwatched(self) -> None:
        self.sql(OFF, f"UPDATE gadgets SET size = 5 WHERE name = '{self.name}'", *ON)

    def remade(self) -> None:
        self.sql(
            "DROP TRIGGER reconciler_gadgets_journal ON gadgets",
            f"DELETE FROM gadgets WHERE name = '{self.name}'",
            "CREATE TRIGGER reconciler_gadgets_journal AFTER INSERT OR DELETE OR UPDATE ON gadgets FOR EACH ROW "
            "EXECUTE FUNCTION reconciler_gadgets_journal()",
            "ALTER TABLE gadgets ENABLE ALWAYS TRIGGER reconciler_gadgets_journal",
        )

    def begin(self) -> None:
        if self.open is None:
            self.open = self.store.connect()
            self.open.execute("BEGIN; SET LOCAL lock_timeout = '50ms'")
            self.open.execute(f"UPDATE gadgets SET title = 'slow {self.runs}' WHERE name = '{self.name}'".encode())

    def end(self) -> None:
        if self.open is not None:
            self.open.execute(self.chance.choice([b"COMMIT", b"COMMIT", b"ROLLBACK"]))
            self.open.close()
            self.open = None

    def tidy(self) -> None:
        words = ["VACUUM gadgets", "ANALYZE", "REINDEX TABLE gadgets", "VACUUM FREEZE", "VACUUM FULL gadgets"]
        with self.store.connect() as other:
            other.execute("SET lock_timeout = '50ms'")
            other.execute(self.chance.choice(words).encode())

    def reload(self) -> None:
        self.sql(
            "CREATE TABLE held AS SELECT * FROM gadgets",
            "TRUNCATE gadgets",
            "INSERT INTO gadgets (tenant, name, title, serial, state) "
            "SELECT tenant, name, title, serial, state FROM held",
            "DROP TABLE held",
        )

    def truncate(self) -> None:
        if self.chance.random() < 0.3:
            self.sql(self.chance.choice(["TRUNCATE gadgets", "TRUNCATE reconciler_resources"]))

    def rolled_back(self) -> None:
        with self.store.connect() as other:
            other.execute("BEGIN; SET LOCAL lock_timeout = '50ms'; UPDATE gadgets SET size = 8; ROLLBACK")

    def cut(self) -> None:
        self.sql(f"UPDATE gadgets SET size = 6 WHERE name = '{self.name}'", "DELETE FROM reconciler_journal")

    def swap(self) -> None:
        self.sql(
            "CREATE TABLE spare (LIKE gadgets INCLUDING ALL)",
            "DROP TABLE spare",
            "UPDATE gadgets SET title = title || '!' WHERE size > 4",
        )

    def upgrade(self) -> None:
        if self.open is None:
            self.store.upgrade(lock_timeout=1)


@pytest.mark.parametrize("seed", range(6))
def test_random_writes_are_read_as_a_full_reading_reads_them(served, tmp_path, seed):
    store = store_of(served, tmp_path)
    writers = Writers(store, random.Random(seed))  # noqa: S311  # the same steps every time
    told: list[str] = []
    for _ in range(40):
        told.append(writers.step())
        if writers.chance.random() < 0.6:
            assert store.read() == whole(store), told
    writers.end()
    assert store.read() == whole(store), told
    assert sum("refused" not in one for one in told) > 20, told


def test_readings_under_fire_see_what_their_snapshot_holds(served, tmp_path, monkeypatch):
    """Programs write at the same time, hold their transactions open, and give some of them up."""
    monkeypatch.setattr(recall, "AGAIN", 1)  # what is kept is of a moment at which some of them were under way
    store = store_of(served, tmp_path)
    stop = threading.Event()
    kept = Keeping(lambda: tmp_path / "rows", trusts=True, fewest=1)

    def write(number: int) -> None:
        chance = random.Random(number)  # noqa: S311  # no secret
        with store.connect() as other:
            other.execute("SET lock_timeout = '20ms'")
            while not stop.is_set():
                with suppress(psycopg.Error), other.transaction():
                    for _ in range(chance.randrange(1, 4)):
                        with suppress(psycopg.Error), other.transaction():
                            name = f"{chance.choice('abc')}{number}"
                            other.execute(
                                "INSERT INTO gadgets (tenant, name, title, serial, state) "
                                f"VALUES ('farol', '{name}', 'T', '{name}', 'active') "
                                "ON CONFLICT (tenant_key, name) DO UPDATE SET size = 1 + gadgets.size".encode()
                            )
                            time.sleep(chance.random() / 100)
                            if chance.random() < 0.3:
                                other.execute(f"DELETE FROM gadgets WHERE name = '{name}'".encode())
                            if chance.random() < 0.3:
                                raise psycopg.Error
                    if chance.random() < 0.3:
                        raise psycopg.Error

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for one in writers:
        one.start()
    by_journal = 0
    try:
        for _ in range(60):
            with reading(Server(served.cluster.url(store.name).replace("+psycopg", ""))) as connection:
                found = read(asking(connection), CATALOG, kept)
                assert replace(found, pulse="") == replace(read_live(fetching(connection), CATALOG), pulse="")
                by_journal += bool(found.pulse)
    finally:
        stop.set()
        for one in writers:
            one.join()
    assert by_journal
