"""Who wrote a row, as a server knows it.

Frozen: never edited after a release.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the changes."""
    op.add_column("reconciler_journal", sa.Column("database_user", sa.Text(), nullable=True))
    op.add_column("reconciler_journal", sa.Column("application", sa.Text(), nullable=True))


def downgrade() -> None:
    """Refuse: an older schema comes back from a backup."""
    raise NotImplementedError
