"""Which transaction of a server wrote a row, so that a later reading knows what it has not seen yet.

Frozen: never edited after a release.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the changes."""
    op.add_column(
        "reconciler_journal", sa.Column("xid", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
    )
    op.create_index(
        "ix_reconciler_journal_xid",
        "reconciler_journal",
        ["xid"],
        sqlite_where=sa.text("xid IS NOT NULL"),
        postgresql_where=sa.text("xid IS NOT NULL"),
    )


def downgrade() -> None:
    """Refuse: an older schema comes back from a backup."""
    raise NotImplementedError
