"""Rows that are kept are no way round the rights of a role: whoever may not read a table reads nothing of it."""

from __future__ import annotations

import pytest

from reconciler.adapters.database.keeping import Keeping
from reconciler.model.errors import WorldError
from tests.adapters.database.worlds import CATALOG, Store, filled, sql

OWN = "reconciler_meta, reconciler_journal, reconciler_tenants, reconciler_approvals, alembic_version"


def test_who_has_left_a_role_reads_nothing_any_more(served, tmp_path):
    """Memberships leave no trace at the tables."""
    name = filled(served).name
    planning, readers = served.cluster.role("planner"), served.cluster.role("readers")
    with served.cluster.connect(name) as owner:
        owner.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {readers}".encode())
        owner.execute(f"GRANT {readers} TO {planning}".encode())
        owner.execute(f"GRANT SELECT ON {OWN} TO {planning}".encode())
    planner = Store(served.cluster, name, CATALOG, planning, Keeping(lambda: tmp_path / "rows", trusts=True, fewest=1))
    pulse = planner.read().pulse
    assert planner.still(pulse)
    sql(planner, f"REVOKE {readers} FROM {planning}")
    with pytest.raises(WorldError):
        Store(served.cluster, name, CATALOG, planning, None).read()
    assert not planner.still(pulse)
    with pytest.raises(WorldError):
        planner.read()
    assert not planner.still(pulse)


def test_another_role_of_the_same_user_reads_no_more_than_it_may(served, tmp_path):
    """The folder is that of a user of the system, who may come as several roles."""
    store = filled(served)
    kept = Keeping(lambda: tmp_path / "rows", trusts=True, fewest=1)
    lesser = served.cluster.role("lesser")
    sql(store, f"GRANT SELECT ON {OWN} TO {lesser}")
    Store(served.cluster, store.name, CATALOG, "postgres", kept).read()
    with pytest.raises(WorldError):
        Store(served.cluster, store.name, CATALOG, lesser, kept).read()
