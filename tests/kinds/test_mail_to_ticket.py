"""MailToTicket: how far back mail is fetched."""

from __future__ import annotations

import datetime as dt

from reconciler.engine.clock import judge_time
from reconciler.kinds.mail_to_ticket import not_too_far_back
from reconciler.model.diagnostic import Phase
from reconciler.model.resource import Resource
from reconciler.model.view import View
from tests.kinds.worlds import CATALOG, found, resource, view

NOW = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)


def mail(ingest_from: str) -> Resource[object]:
    """A MailToTicket."""
    return resource(
        "MailToTicket",
        "inbox",
        tenant="farol-services",
        supportMail="helpdesk",
        ingestFrom=ingest_from,
        defaultCategory="signing",
    )


OLD, OLDER = mail("2026-05-16T11:59:59Z"), mail("2026-01-01T00:00:00Z")


def test_a_new_one_reaches_back_thirty_days_at_most() -> None:
    for one, expected in ((OLD, ["ingestFrom"]), (mail("2026-05-16T12:00:00Z"), [])):
        assert [finding.at for finding in found(not_too_far_back, one, view([one]), NOW)] == expected


def test_an_unchanged_value_may_grow_old() -> None:
    assert found(not_too_far_back, OLD, view([OLD], [OLD]), NOW) == []
    other_zone = mail("2026-05-16T12:59:59+01:00")
    assert found(not_too_far_back, other_zone, view([other_zone], [OLD]), NOW) == []


def test_a_changed_value_is_judged() -> None:
    assert len(found(not_too_far_back, OLD, view([OLD], [OLDER]), NOW)) == 1


def test_what_the_manifest_does_not_write_is_not_judged() -> None:
    ignored, watched = mail("2026-05-01T00:00:00Z"), mail("2026-05-01T00:00:00Z")
    ignored.ignore_changes = ("ingestFrom",)
    watched.management = "observe"
    assert found(not_too_far_back, ignored, view([ignored], [OLDER]), NOW) == []
    assert found(not_too_far_back, watched, view([watched], [OLDER]), NOW) == []
    assert found(not_too_far_back, watched, view([watched]), NOW) == []


def test_it_belongs_to_the_plan_and_needs_live_data() -> None:
    connected = view([OLD])
    (finding,) = judge_time(connected, NOW)
    assert (finding.code, finding.phase) == ("M2T-02", Phase.PLAN)
    assert judge_time(View(CATALOG, {OLD.address: OLD}, None), NOW) == []
