"""What a run found before it wrote, by which it can be undone.

Frozen: never edited after a release.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the changes."""
    op.add_column("reconciler_runs", sa.Column("rollback_of", sa.Text(), nullable=True))
    op.add_column(
        "reconciler_runs", sa.Column("notices", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
    )
    op.add_column("reconciler_changes", sa.Column("image", sa.Text(), nullable=True))
    op.create_table(
        "reconciler_images",
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("run", "kind", "tenant", "name"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Refuse: an older schema comes back from a backup."""
    raise NotImplementedError
