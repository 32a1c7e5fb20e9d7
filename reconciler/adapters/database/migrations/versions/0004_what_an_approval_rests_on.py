"""What an approval rests on, and when it was taken back.

Frozen: never edited after a release.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the changes."""
    op.add_column("reconciler_approvals", sa.Column("rights", sa.Text(), nullable=True))
    op.add_column("reconciler_approvals", sa.Column("rules", sa.Text(), nullable=True))
    op.add_column("reconciler_approvals", sa.Column("withdrawn_at", sa.Text(), nullable=True))


def downgrade() -> None:
    """Refuse: an older schema comes back from a backup."""
    raise NotImplementedError
