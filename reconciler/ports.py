"""The doors: what operations need of the world, and what stands behind each in ``reconciler.adapters``.

A door speaks in values of ``reconciler.model``. Operations take doors as arguments; ``reconciler.wiring`` opens them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from reconciler.model.address import Address
from reconciler.model.approval import Approval
from reconciler.model.authorization import Authorization
from reconciler.model.blueprint import NewFile
from reconciler.model.comment import Comment
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.drift import AppliedChange, Recorded, Written
from reconciler.model.focus import Reading
from reconciler.model.manifest import Document, Early, Manifests
from reconciler.model.past import Past
from reconciler.model.plan import Plan
from reconciler.model.resource import FileRefused as FileRefused
from reconciler.model.resource import LedgerEntry, Live, Row
from reconciler.model.rule import Seek
from reconciler.model.run import Event, Run
from reconciler.model.secret import SecretRef, SecretValue
from reconciler.model.tenantview import TenantLive
from reconciler.model.watch import Tally, Transition


class SecretUnreadable(Exception):
    """A secret source gives no value (GEN-22); the message says why and never holds a value."""


class ManifestReader(Protocol):
    """Reads manifests, from a working tree or from git objects."""

    def read(self, early: Early | None = None, /) -> tuple[Manifests, list[Diagnostic]]:
        """All documents, and what is wrong with the files as YAML (GEN-01 for repeated keys, GEN-17).

        Whole files may be handed to ``early`` before the next ones are parsed.
        """

    def file(self, document: Document, path: str) -> bytes:
        """Content of the file ``path`` below the folder of a document.

        Raises:
            FileRefused: it is missing, no regular file, too large, or outside of the folder.
        """

    def beside(self, roots: Sequence[str]) -> ManifestReader:
        """A reader of other folders of the same tree, or of the same commit."""


class ManifestEditor(Protocol):
    """Tidies the manifests of a working tree."""

    def contents(self) -> tuple[dict[str, bytes], list[Diagnostic]]:
        """The files by shown path, and which of them cannot be read."""

    def tidied(self, file: str, data: bytes) -> tuple[bytes, list[Diagnostic]]:
        """The bytes of a file as they should be; with a finding, the bytes that came in."""

    def replace(self, file: str, before: bytes, after: bytes) -> None:
        """Put ``after`` in the place of a file that still holds ``before``.

        Raises:
            WorldError: the file was changed meanwhile (FMT-02), or cannot be written (OUT-01).
        """

    def replace_all(self, files: Mapping[str, tuple[bytes, bytes]]) -> None:
        """The same for files that belong together, by path with their bytes before and after: all or none.

        Raises:
            WorldError: as :meth:`replace`; the files before the one that failed are as they were.
        """


class NewFolder(Protocol):
    """A folder into which a new repository goes."""

    def in_the_way(self, files: Sequence[NewFile]) -> list[str]:
        """What is there and would have to be written over, by path below the folder."""

    def write(self, files: Sequence[NewFile]) -> list[str]:
        """Write the files, all or none, over nothing; the paths of those that were written.

        Raises:
            WorldError: one cannot be written; then nothing was (OUT-01).
        """


class SecretReader(Protocol):
    """Reads secret values from where manifests say they are."""

    def read(self, ref: SecretRef, *, tenant: str) -> SecretValue:
        """The value behind a source.

        Raises:
            SecretUnreadable: there is none, or the tenant may not use this source.
        """


class Sealer(Protocol):
    """Keys and hashes: the only place that opens secret values in order to store them."""

    @property
    def key_id(self) -> str:
        """What names the key in stored forms.

        Raises:
            UsageError: there is no key (KEY-01).
            WorldError: it is gone (KEY-04).
        """

    def fingerprint(self, address: Address, path: str, value: SecretValue) -> str:
        """A keyed hash by which the next plan knows the value again."""

    def unseal(self, address: Address, path: str, sealed: str) -> SecretValue:
        """The value behind an encrypted form.

        Raises:
            WorldError: another key made it, it was altered, or it stood in another place (KEY-03).
        """

    def seal(self, address: Address, path: str, storage: str, value: SecretValue) -> str:
        """The form in which the value rests: ``storage`` is encrypted, password or token."""


class Listener(Protocol):
    """Hears what happens."""

    def __call__(self, event: Event) -> None:
        """Take an event."""


class ApplySession(Protocol):
    """One open transaction that holds the locks of an apply."""

    def live(self, since: Standing | None = None) -> Live:
        """The database as it is under the lock.

        Where nothing was written since ``since`` was read, it is that one, with the very same rows, and only the
        approvals are read again.
        """

    def find_run(self, run_id: str) -> Run | None:
        """The run with this id, if it was committed before."""

    def at_rest(self, addresses: Sequence[Address]) -> Mapping[tuple[Address, str], tuple[str, str | None]]:
        """The encrypted secrets of rows and their fingerprints, by address and field path."""

    def write(
        self,
        authorization: Authorization,
        *,
        run: Run,
        sealed: Mapping[tuple[Address, str], tuple[str | None, str | None]],
    ) -> None:
        """Write the whole plan that was authorised, then read back and compare.

        That is: rows by compare-and-set, ledger, runs, changes and outbox.

        ``sealed`` maps address and field path of each changed secret to its resting form and its fingerprint.

        Raises:
            Stale: a row moved between plan and write.
            WorldError: a constraint refused a row, or what was read back differs.
        """

    def commit(self) -> None:
        """Make it last. Without this call everything is rolled back."""


class Rehearsal(Protocol):
    """One open transaction that holds the locks of an apply and is never committed."""

    def attempt(
        self, plan: Plan, *, run: Run, sealed: Mapping[tuple[Address, str], tuple[str | None, str | None]]
    ) -> None:
        """Write a plan as :meth:`ApplySession.write` does, whoever asks: nothing of it will last."""


class AuthorReader(Protocol):
    """Tells who made commits: case-folded addresses of mail, or None where git does not know."""

    def since(self, commit: str, base: str | None, *, files: Sequence[str] = ()) -> frozenset[str] | None:
        """Those of the commits between ``base`` and ``commit`` that touch ``files``, or the folders of manifests.

        Without a base it is everybody up to ``commit``.
        """

    def of_lines(self, commit: str, file: str, spans: Sequence[tuple[int, int]]) -> frozenset[str] | None:
        """Who wrote some lines of a file as they are in ``commit``; a span is the first and the last of them."""


class ApprovalSession(Protocol):
    """One open transaction that holds the lock of the platform, so that no apply goes on meanwhile."""

    def live(self) -> Live:
        """The database as it is under the lock."""

    def find_run(self, run_id: str) -> Run | None:
        """The run with this id, if it was committed before."""

    def approve(self, approval: Approval) -> None:
        """Record an approval, in the place of an older one by the same person."""

    def withdraw(self, digest: str, approver: str, *, at: str) -> bool:
        """Take an approval back at a time; whether there was one."""

    def commit(self) -> None:
        """Make it last. Without this call everything is rolled back."""


class ApprovalStore(Protocol):
    """The live database, for approvals."""

    def read(self) -> Live:
        """Everything that is managed or may be referred to."""

    def apply(
        self, tenants: Sequence[str], *, lock_timeout: float, run: str = "", rows: Sequence[Address] = ()
    ) -> AbstractContextManager[ApprovalSession]:
        """Begin a transaction as :meth:`LiveStore.apply` does."""


class Look(Protocol):
    """One consistent read that cannot write, and what the database remembers beside its rows."""

    def live(self) -> Live:
        """Everything that is managed or may be referred to."""

    def tenants(self, reading: Reading, declared: Iterable[Address]) -> TenantLive | None:
        """Some tenants and what belongs to none; None where the database does not exist yet.

        ``declared`` are the addresses that manifests name.
        """

    def holders(self, seeks: Iterable[Seek]) -> set[Address]:
        """The resources that have one of some natural keys, wherever they stand.

        Raises:
            NeedsAll: they are no keys by which the database finds rows.
        """

    def writes(self, addresses: Iterable[Address]) -> Mapping[Address, Sequence[Written]]:
        """What the journal tells of rows, oldest first."""

    def applied(self, addresses: Iterable[Address]) -> Mapping[Address, Sequence[AppliedChange]]:
        """What applies wrote to resources, oldest first."""

    def findings(self, reading: Reading | None = None) -> Mapping[str, Recorded]:
        """The findings of drift that were written down, by id: with ``reading``, at least those inside its focus."""

    def past(self, run_id: str) -> Past | None:
        """A run with everything that it wrote; None when there is none of this id."""

    def rests(self, run_id: str) -> Mapping[tuple[Address, str], str | None]:
        """The former secrets that a run wrote over, by address and column, in the form in which they rested.

        Raises:
            WorldError: they are not as they were kept (RBK-02).
        """

    def newest_change(self) -> int:
        """The number of the newest change of the audit; 0 when there is none."""

    def moved(self, *, after: int, until: int) -> Mapping[Address, Address]:
        """Where stands what the changes behind number ``after``, up to ``until``, moved, by where it stood."""


class Standing(Protocol):
    """What was read of the live database, for an apply that asks under its locks whether it moved."""

    @property
    def live(self) -> Live:
        """Everything that is managed or may be referred to."""


class Recognizer(Protocol):
    """Knows what a database should hold, and takes what it does hold while it is read: first the ledger, then rows."""

    ledger: dict[Address, LedgerEntry]

    def begin(self) -> None:
        """A reading begins; of one before it nothing counts."""

    def entries(self, found: Iterable[Row], /) -> None:
        """Take a part of the ledger: kind, tenant, name, applied, source, commit, management."""

    def rows(self, kind: str, found: Iterable[Row], rows: dict[tuple[str, str], Row], /) -> list[Row]:
        """Take rows of a kind into ``rows``; gives those that were not recognized."""


class LiveStore(Protocol):
    """The live database."""

    def read(self, recognizer: Recognizer | None = None) -> Live:
        """Everything that is managed or may be referred to, in one consistent read that cannot write.

        What a ``recognizer`` knows may be held as it gives it: equal to what was read, in less room.
        """

    def still(self, pulse: str) -> bool:
        """Whether nothing that :meth:`read` reads was written since a reading whose :attr:`Live.pulse` this is.

        False also where nobody can tell, as with a pulse that is empty, damaged, or of another database.
        """

    def unwritten(self, pulse: str) -> AbstractContextManager[Live | None]:
        """What :meth:`read` has read when it gave this pulse, of which rows are read when somebody asks for them.

        None where anything was written since, or nobody can tell. Inside, whoever asks for a row gets NeedsAll where
        something is written meanwhile; afterwards Stale (DB-09).
        """

    def standing(self) -> AbstractContextManager[Standing]:
        """The same for :meth:`ApplySession.live`, inside of which the store remembers what it read and when."""

    def look(self) -> AbstractContextManager[Look]:
        """Begin one consistent read of more than the rows."""

    def record(self, findings: Sequence[Recorded]) -> None:
        """Write findings of drift down, all of them or none."""

    def find_run(self, run_id: str) -> Run | None:
        """The run with this id, if it was committed."""

    def runs(self) -> Sequence[Run]:
        """All runs, the newest first."""

    def touched(self, selects: Callable[[Address], bool]) -> Mapping[str, Sequence[tuple[Address, str]]]:
        """What runs did to some resources, by the id of the run: each address with the actions on it, once."""

    def apply(
        self, tenants: Sequence[str], *, lock_timeout: float, run: str = "", rows: Sequence[Address] = ()
    ) -> AbstractContextManager[ApplySession]:
        """Begin the one transaction of an apply; its first statement locks ``tenants`` (``""`` is the platform).

        Then it locks the rows of ``rows`` against every program. ``run`` is how the database lists who holds them.

        Raises:
            Collision: it stood in the way of another program; the whole may be tried again.
            LockTimeout: somebody else holds a lock for longer than ``lock_timeout`` seconds.
        """

    def rehearse(
        self, tenants: Sequence[str], *, lock_timeout: float, rows: Sequence[Address] = ()
    ) -> AbstractContextManager[Rehearsal]:
        """The transaction of an apply, for those who never commit it: at its end nothing of it is left.

        Raises:
            LockTimeout: somebody else holds a lock for longer than ``lock_timeout`` seconds.
        """


class Unanswered(Exception):
    """A host was asked to create something and did not say whether it did."""


class Review(Protocol):
    """The comments below one pull request or merge request.

    Every method raises WorldError when the host refuses (CMT-02) or does not answer in time (CMT-03).
    """

    @property
    def longest(self) -> int:
        """Characters that a comment may have."""

    def author(self) -> str:
        """The name under which this program writes."""

    def comments(self) -> Iterator[Comment]:
        """All comments, oldest first."""

    def create(self, body: str) -> int:
        """Write a new comment and return its number.

        Raises:
            Unanswered: nobody knows whether it was written.
        """

    def edit(self, number: int, body: str) -> None:
        """Replace the text of a comment; doing it twice is doing it once."""


class ManifestWriter(Protocol):
    """Writes trees as manifests, and reads manifests that are not written yet."""

    def text(self, trees: Sequence[Mapping[str, Any]]) -> bytes:
        """The documents of one file in canonical form."""

    def reader(self, files: Mapping[str, bytes], beside: ManifestReader | None = None) -> ManifestReader:
        """Reads ``files`` by path, and what ``beside`` reads of others."""

    def rewrite(self, file: str, data: bytes, wanted: Mapping[int, tuple[Any, Any]]) -> bytes:
        """A file in which some documents, by number, say something else: the tree that was read, and the one wanted.

        Raises:
            ReconcilerError: it was changed meanwhile, or is written in a way that cannot be changed (ACC-04).
        """


class FileSource(Protocol):
    """Gives the files of manifests themselves."""

    def contents(self) -> tuple[dict[str, bytes], list[Diagnostic]]:
        """The files by shown path, and which of them cannot be read."""


class FileAdder(Protocol):
    """Adds files to a working tree, over nothing that is there."""

    def alone(self) -> AbstractContextManager[None]:
        """Meanwhile nobody else adds files to this tree who asks the same.

        Raises:
            LockTimeout: somebody does (ADP-05).
        """

    def differing(self, files: Mapping[str, bytes]) -> list[str]:
        """The paths at which something else stands."""

    def add(self, files: Mapping[str, bytes]) -> list[str]:
        """Write those that are not there yet, all or none; their paths.

        Raises:
            WorldError: one cannot be written; then none was.
        """

    def take_back(self) -> None:
        """Remove what was added."""


class MetricsDoor(Protocol):
    """Shows to a monitoring system what a watch has counted."""

    def show(self, tally: Tally) -> None:
        """Replace what was shown before.

        Raises:
            WorldError: it cannot be written (WCH-02).
        """


class Courier(Protocol):
    """Carries transitions to somebody outside."""

    def deliver(self, transitions: Sequence[Transition]) -> None:
        """Deliver these, all of them or none, within a bounded time.

        Raises:
            Undelivered: nobody knows that they arrived.
        """
