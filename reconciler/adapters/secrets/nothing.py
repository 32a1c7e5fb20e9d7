"""Where no secret is ever read: behind plans that are made from a snapshot."""

from __future__ import annotations

from reconciler.model.secret import SecretRef, SecretValue
from reconciler.ports import SecretUnreadable


class NoSecrets:
    """See :class:`reconciler.ports.SecretReader`."""

    def read(self, ref: SecretRef, *, tenant: str) -> SecretValue:  # noqa: ARG002  # whatever it is
        """Refuse.

        Raises:
            SecretUnreadable: always.
        """
        msg = "no secret is read for a plan from a snapshot"
        raise SecretUnreadable(msg)
