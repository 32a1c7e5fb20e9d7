# ruff: noqa: E501, PLR0915  # generated: one long function, as wide as its checks are
"""${message}.

Frozen: generated from the declarations of the kinds, and never edited after a release.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Make the changes."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Refuse: an older schema comes back from a backup."""
    raise NotImplementedError
