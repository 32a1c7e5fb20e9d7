"""A snapshot behind the door of the live database: it can be read, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager

from reconciler.model.address import Address
from reconciler.model.drift import Recorded
from reconciler.model.errors import UsageError
from reconciler.model.resource import Live
from reconciler.model.run import Run
from reconciler.ports import ApplySession, Look, Recognizer, Rehearsal, Standing


class FrozenStore:
    """See :class:`reconciler.ports.LiveStore`. There are no runs in a snapshot, and no transactions."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def read(self, recognizer: Recognizer | None = None) -> Live:  # noqa: ARG002  # all of it is there already
        """What the snapshot holds."""
        return self._live

    @contextmanager
    def unwritten(self, pulse: str) -> Iterator[None]:  # noqa: ARG002  # as below
        """Nobody can tell."""
        yield None

    @contextmanager
    def standing(self) -> Iterator[Standing]:
        """The same: nothing of it ever moves."""
        yield self

    @property
    def live(self) -> Live:
        """What the snapshot holds."""
        return self._live

    def still(self, pulse: str) -> bool:  # noqa: ARG002  # a snapshot does not know the database of now
        """Nobody can tell."""
        return False

    def look(self) -> AbstractContextManager[Look]:
        """Refuse.

        Raises:
            UsageError: a snapshot holds the rows of a moment and nothing of how they came to be (SNP-07).
        """
        raise _refused()

    def record(self, findings: Sequence[Recorded]) -> None:  # noqa: ARG002  # nothing is written down
        """Refuse.

        Raises:
            UsageError: nothing is written into a snapshot (SNP-07).
        """
        raise _refused()

    def find_run(self, run_id: str) -> Run | None:  # noqa: ARG002  # a snapshot knows of none
        """No run."""
        return None

    def touched(self, selects: Callable[[Address], bool]) -> Mapping[str, Sequence[tuple[Address, str]]]:  # noqa: ARG002  # as above
        """None: a snapshot holds no history."""
        return {}

    def runs(self) -> Sequence[Run]:
        """No runs."""
        return ()

    def apply(
        self,
        tenants: Sequence[str],  # noqa: ARG002  # nothing is ever locked
        *,
        lock_timeout: float,  # noqa: ARG002  # nor here
        run: str = "",  # noqa: ARG002  # nor here
        rows: Sequence[Address] = (),  # noqa: ARG002  # nor here
    ) -> AbstractContextManager[ApplySession]:
        """Refuse.

        Raises:
            UsageError: nothing is applied to a snapshot (SNP-07).
        """
        raise _refused()

    def rehearse(
        self,
        tenants: Sequence[str],  # noqa: ARG002  # nothing is ever locked
        *,
        lock_timeout: float,  # noqa: ARG002  # nor here
        rows: Sequence[Address] = (),  # noqa: ARG002  # nor here
    ) -> AbstractContextManager[Rehearsal]:
        """Refuse.

        Raises:
            UsageError: nothing is rehearsed in a snapshot (SNP-07).
        """
        raise _refused()


def _refused() -> UsageError:
    return UsageError("a snapshot holds rows, and takes no changes", code="SNP-07", hint="plan against the database")
