"""Our own tables: ledger, runs, changes, images, journal, tenants, approvals, findings of drift, and the outbox.

``tenant`` is ``''`` at platform level in all of them. Other programs read them; only the journal and the tenants are
filled by triggers, the outbox is emptied by the platform's mailer.
"""

from __future__ import annotations

import sqlalchemy as sa

from reconciler.adapters.database.columns import (
    APPROVALS,
    CHANGES,
    FINDINGS,
    IMAGES,
    JOURNAL,
    META,
    OUTBOX,
    RESOURCES,
    RUNS,
    SESSION,
    TENANTS,
)
from reconciler.adapters.database.storage import INT, TEXT, partial_index, strict_table, utc_now


def add_own_tables(metadata: sa.MetaData) -> None:
    """Add our own tables to ``metadata``."""
    _state_tables(metadata)
    _audit_tables(metadata)
    _images(metadata)
    _journal(metadata)
    _findings(metadata)
    strict_table(
        OUTBOX,
        metadata,
        sa.Column("id", TEXT, primary_key=True),
        _text("event"),
        _text("resource"),
        _text("recipient"),
        _text("language"),
        _text("payload"),
        _text("plan"),
        sa.Column("created_at", TEXT, nullable=False, server_default=utc_now()),
        _maybe("sent_at"),
    )


def _state_tables(metadata: sa.MetaData) -> None:
    strict_table(META, metadata, sa.Column("key", TEXT, primary_key=True), _text("value"))
    strict_table(
        TENANTS,
        metadata,
        sa.Column("tenant", TEXT, primary_key=True),
        sa.Column("generation", INT, nullable=False, server_default="0"),
    )
    # Holds one row from the first to the last write of an apply, and only its own transaction ever sees it. On a
    # server, settings of the transaction do the same.
    strict_table(SESSION, metadata, sa.Column("run", TEXT, primary_key=True), _text("actor"))
    strict_table(
        RESOURCES,
        metadata,
        sa.Column("kind", TEXT, primary_key=True),
        sa.Column("tenant", TEXT, primary_key=True),
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("row_id", INT),
        _text("applied"),
        _text("source"),
        _maybe("commit_id"),
        _text("management"),
        _text("applied_at"),
        _text("run"),
    )
    strict_table(
        APPROVALS,
        metadata,
        sa.Column("digest", TEXT, primary_key=True),
        sa.Column("approver", TEXT, primary_key=True),
        _text("approved_at"),
        _maybe("valid_until"),
        # What the approval rests on: fingerprints of the approver's record and of the rules of the program.
        _maybe("rights"),
        _maybe("rules"),
        _maybe("withdrawn_at"),
    )


def _audit_tables(metadata: sa.MetaData) -> None:
    strict_table(
        RUNS,
        metadata,
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("seq", INT, nullable=False, unique=True),
        _text("digest"),
        _text("actor"),
        _text("approvers"),
        _text("started_at"),
        _text("finished_at"),
        _text("outcome"),
        sa.Column("added", INT, nullable=False),
        sa.Column("changed", INT, nullable=False),
        sa.Column("destroyed", INT, nullable=False),
        _maybe("commit_id"),
        # The end of the chain after this run: cutting off the newest changes does not go unnoticed.
        sa.Column("last_change", INT, nullable=False),
        _text("chain"),
        _maybe("rollback_of"),
        sa.Column("notices", INT),
    )
    strict_table(
        CHANGES,
        metadata,
        sa.Column("seq", INT, primary_key=True, autoincrement=False),
        _text("run"),
        _text("at"),
        _text("actor"),
        _text("kind"),
        _text("tenant"),
        _text("name"),
        _text("action"),
        _maybe("edge"),
        _text("reason"),
        _text("fields"),
        _maybe("source"),
        _maybe("commit_id"),
        _text("previous"),
        _text("hash"),
        # The hash of the image by which the change can be undone; older changes have none.
        _maybe("image"),
        sa.Index("ix_reconciler_changes_run", "run"),
        sa.Index("ix_reconciler_changes_address", "kind", "tenant", "name"),
    )


def _images(metadata: sa.MetaData) -> None:
    """What runs found before they wrote. ``sealed`` holds former secrets at rest, and ``mark`` is its hash."""
    strict_table(
        IMAGES,
        metadata,
        *(sa.Column(name, TEXT, primary_key=True) for name in ("run", "kind", "tenant", "name")),
        _text("facts"),
        _maybe("sealed"),
        _maybe("mark"),
    )


def _journal(metadata: sa.MetaData) -> None:
    strict_table(
        JOURNAL,
        metadata,
        sa.Column("seq", INT, sa.Identity(), primary_key=True),
        sa.Column("at", TEXT, nullable=False, server_default=utc_now()),
        _text("table_name"),
        _text("tenant"),
        _text("name"),
        _text("operation"),
        _text("columns"),
        _maybe("run"),
        _maybe("actor"),
        # What a server knows of its clients; an embedded database knows nothing.
        _maybe("database_user"),
        _maybe("application"),
        # The transaction that wrote, as a server numbers it: a later one may be committed sooner.
        sa.Column("xid", INT),
        sa.Index("ix_reconciler_journal_row", "table_name", "tenant", "name"),
        partial_index("ix_reconciler_journal_xid", metadata, "xid", where="xid IS NOT NULL"),
        numbered=True,
    )


def _findings(metadata: sa.MetaData) -> None:
    """Findings of drift that were written down. They name fields and never hold a value."""
    strict_table(
        FINDINGS,
        metadata,
        sa.Column("id", TEXT, primary_key=True),
        *map(_text, ("kind", "tenant", "name", "path", "finding", "state")),
        _maybe("waiver"),
        _text("first_seen"),
        _text("last_seen"),
        _maybe("resolved_at"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT, nullable=False)


def _maybe(name: str) -> sa.Column[str]:
    return sa.Column(name, TEXT)
