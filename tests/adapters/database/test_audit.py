"""The audit: whole, chained, append-only."""

from __future__ import annotations

import json

import pytest

from reconciler.model.change import Action, Cause, Change, FieldChange
from reconciler.model.effect import Cascade
from reconciler.model.lifecycle import Edge
from reconciler.model.secret import SecretValue
from reconciler.model.source import Source
from tests.adapters.database.worlds import (
    BELL,
    FAROL,
    LAMP,
    REFUSED,
    SECRET_TEXT,
    apply,
    delete,
    filled,
    sql,
    unwatch,
    update,
)

CHAIN = "SELECT seq, run, actor, kind, tenant, name, action, edge, reason, fields, source FROM reconciler_changes"


def test_every_change_is_audited_once_with_who_what_and_where_from(place):
    store = filled(place)
    edge = Change(
        address=BELL,
        action=Action.TRANSITION,
        edge=Edge("active", "stopped"),
        columns={"state": "stopped"},
        rev=1,
        reason="stop it",
        source=Source("tenants/farol/bell.yaml", 12, 3, 12, 9),
    )
    apply(store, update(LAMP, 1, size=5), edge, number=2, cascades=(Cascade(FAROL, "suspended", "it follows"),))
    rows = sql(store, f"{CHAIN} WHERE run = 'run-2' ORDER BY seq")
    assert [row[:9] for row in rows] == [
        (4, "run-2", "op@example.com", "Gadget", "farol", "lamp", "update", None, ""),
        (5, "run-2", "op@example.com", "Gadget", "farol", "bell", "transition", "active->stopped", "stop it"),
        (6, "run-2", "op@example.com", "Partner", "", "farol", "cascade", None, "it follows"),
    ]
    assert json.loads(rows[0][9]) == [{"path": "size", "before": "?", "after": 5, "cause": "intent"}]
    assert rows[1][10] == "tenants/farol/bell.yaml:12"
    assert store.read().row(FAROL)[8] == "suspended"


def test_a_creation_and_a_deletion_keep_the_whole_masked_resource(place):
    store = filled(place)
    apply(store, delete(LAMP, 1), number=2)
    created = json.loads(sql(store, f"{CHAIN} WHERE seq = 2")[0][9])
    deleted = json.loads(sql(store, f"{CHAIN} WHERE seq = 4")[0][9])
    assert created == [{"path": "", "before": None, "after": {"spec": {"title": "Lamp"}}}]
    assert deleted == [{"path": "", "before": {"spec": {}}, "after": None}]


def test_the_audit_cannot_be_changed_by_a_statement(place):
    store = filled(place)
    for statement in ("UPDATE reconciler_changes SET actor = 'nobody'", "DELETE FROM reconciler_changes"):
        with pytest.raises(REFUSED, match="append-only"):
            sql(store, statement)
    assert store.broken_chain() == []


@pytest.mark.parametrize(
    ("tampering", "found"),
    [
        ("UPDATE reconciler_changes SET actor = 'nobody' WHERE seq = 2", "change 2 was altered"),
        ("UPDATE reconciler_changes SET hash = 'x' WHERE seq = 1", "change 1 was altered"),
        ("DELETE FROM reconciler_changes WHERE seq = 2", "changes 2 to 2 are missing"),
        ("DELETE FROM reconciler_changes WHERE seq >= 4", "the changes of run run-2 were altered or are missing"),
        ("UPDATE reconciler_meta SET value = 'another'", "change 1 was altered"),
    ],
)
def test_tampering_that_gets_around_the_triggers_is_noticed(place, tampering, found):
    store = filled(place)
    apply(store, update(LAMP, 1, size=5), number=2)
    unwatch(store)
    sql(store, tampering)
    assert found in store.broken_chain()


def test_a_secret_that_got_into_a_change_by_mistake_is_masked(place):
    store = filled(place)
    wrong = FieldChange(
        path="password", before=None, after=SecretValue(SECRET_TEXT), cause=Cause.INTENT, sensitive=True
    )
    change = Change(address=LAMP, action=Action.UPDATE, fields=(wrong,), columns={"size": 2}, rev=1)
    apply(store, change, number=2)
    stored = sql(store, f"{CHAIN} WHERE run = 'run-2'")
    assert "(secret)" in str(stored)
    assert SECRET_TEXT not in str(stored)
