"""The house: one run's world, with every door on demand. What is behind a door is decided here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path

from reconciler import __version__
from reconciler.adapters.database.keeping import Keeping, keeping_in
from reconciler.adapters.database.revisions import head as schema_head
from reconciler.adapters.database.store import LiveDatabase, open_database
from reconciler.adapters.identity import refuse_names, who_asks
from reconciler.adapters.manifests import (
    FilesReader,
    GitAuthors,
    GitReader,
    ParseCache,
    commit_on_branch,
    open_reader,
    parse_cache,
)
from reconciler.adapters.policies import evaluate
from reconciler.adapters.secrets.env_file import EnvFileReader
from reconciler.adapters.secrets.generate import generate_value
from reconciler.adapters.secrets.keys import VARIABLE as KEY_VARIABLE
from reconciler.adapters.secrets.keys import load_or_make_key, parse_key
from reconciler.adapters.secrets.sealer import KeySealer, LostKey, NoKey
from reconciler.adapters.secrets.sink import FileSink
from reconciler.engine.configure import demand_of
from reconciler.engine.key_order import key_orders
from reconciler.kinds import discover
from reconciler.model.catalog import Catalog
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import UsageError
from reconciler.model.focus import Focus, focus_of
from reconciler.model.guards import DeleteBudget, Guards
from reconciler.model.identity import Asking
from reconciler.model.layers import Layers
from reconciler.model.settings import CONFIGURATION, Settings
from reconciler.operations.composing import Project, refuse_overlays
from reconciler.operations.request import Doors, People, PolicyDoors, Request, WaiverFolders
from reconciler.ports import (
    FileAdder,
    ManifestEditor,
    ManifestReader,
    ManifestWriter,
    SecretReader,
)
from reconciler.wiring.addresses import address_of
from reconciler.wiring.policies import policy_document, read_policies
from reconciler.wiring.ruling import Ruling

CACHE_VARIABLE = "RECONCILER_CACHE"
"""``off``, or the absolute path of the folder in which sound manifests and rows are remembered."""


@dataclass(frozen=True)
class House:
    """One run's world. ``now`` is the time that rules see; ``warnings`` are about the configuration.

    ``refresh`` is ``full`` where every row of a database is to be read, whatever is kept of it. ``ruling`` is what a
    run is judged by, None for the working folder; ``overrules`` tell what of this folder does not count for that.
    """

    folder: Path
    variables: Mapping[str, str]
    settings: Settings
    environment: str
    now: datetime
    config: Path = Path(CONFIGURATION)
    warnings: tuple[Diagnostic, ...] = ()
    refresh: str = ""
    ruling: Ruling | None = None
    overrules: tuple[Diagnostic, ...] = ()

    @cached_property
    def catalog(self) -> Catalog:
        """The kinds of this installation."""
        return discover()

    @cached_property
    def database(self) -> LiveDatabase:
        """The live database. Nothing is opened yet.

        Raises:
            UsageError: its address is missing or malformed.
        """
        return open_database(self._address, self.catalog, folder=self.folder, keeping=self._keeping())

    @cached_property
    def planning_database(self) -> LiveDatabase:
        """The database as plans read it: ``RECONCILER_PLAN_DATABASE_URL``, else the live one."""
        url = self.variables.get("RECONCILER_PLAN_DATABASE_URL", "")
        if not url:
            return self.database
        return open_database(url, self.catalog, folder=self.folder, keeping=self._keeping())

    @property
    def schema(self) -> str:
        """The revision of the database's schema that this version knows."""
        return schema_head()

    @property
    def writing_database(self) -> LiveDatabase:
        """The live database, for a run that writes.

        Raises:
            UsageError: it would write to a server by a clock that was set by hand (CFGF-08).
        """
        if self.variables.get("RECONCILER_CLOCK") and not self.database.embedded:
            raise UsageError(
                "RECONCILER_CLOCK is for tests: nothing is applied to a server by it",
                code="CFGF-08",
                hint="unset RECONCILER_CLOCK",
            )
        return self.database

    @cached_property
    def secrets(self) -> SecretReader:
        """Where secret values come from."""
        return EnvFileReader(self.variables, root=self.folder, allowed=self.settings.secrets.allow)

    def who(self, as_: Sequence[str] = ()) -> Asking:
        """Who asks for this run; ``as_`` is what ``--as`` says. A token is judged by the time of day, never by ``now``.

        Raises:
            UsageError: a name is none; or somebody is named although tokens alone are believed (IDT-13).
            Unidentified: the token proves nobody (IDT-01 to IDT-11).
            WorldError: the keys of the issuer cannot be read (IDT-12).
        """
        return who_asks(self.settings.identity, self.variables, as_=as_, clock=lambda: datetime.now(UTC))

    def refuse_names(self, as_: Sequence[str]) -> None:
        """For every verb, also one that asks nobody who it is: under OIDC trust a call names nobody.

        Raises:
            UsageError: it does (IDT-13).
        """
        refuse_names(self.settings.identity, self.variables, as_=as_)

    def sealer(self, *, writes: bool) -> KeySealer:
        """What seals and fingerprints secrets.

        By the key of the variable, else by that of the file beside the database; only a run that writes makes a
        missing one. A server has no file beside it: there, what needs a key asks for the variable.
        """
        text = self.variables.get(KEY_VARIABLE, "")
        if text:
            return KeySealer(parse_key(text, origin=KEY_VARIABLE))
        file = self.database.key_file
        if file is None:
            return NoKey()
        if not file.exists() and self.database.runs():
            return LostKey(file)
        return KeySealer(load_or_make_key(file, create=writes))

    def sink(self, path: str) -> FileSink:
        """Where the secrets go that a run makes."""
        return FileSink(self.folder / path)

    def reader(
        self, paths: Sequence[str] = (), *, rev: str | None = None, targets: Sequence[str] = (), earlier: bool = False
    ) -> FilesReader | GitReader:
        """The manifests below ``paths``, or below the folders of the configuration; ``rev`` reads a commit of git.

        ``targets`` are those of the plan that is made of them. ``earlier`` says that it is a commit before, in which
        folders of environments may not have been there yet.
        """
        refuse_overlays(self.folder, paths, self.settings)
        return open_reader(
            self.folder,
            list(paths) or self._roots,
            rev,
            beside=self.settings.policies,
            overlays=self.layers.overlays,
            own=self.layers.manifests,
            without=[one for one in self.settings.own_folders if one not in self.layers.manifests],
            partly=bool(paths),
            cache=self._parse_cache(),
            focus=None if paths else self._focus(targets),
            earlier=earlier,
        )

    def commit_of(self, name: str) -> str:
        """The id of the commit of git that a name means now.

        Raises:
            WorldError: there is no repository, no such commit, or no git program.
            UsageError: the name looks like an option.
        """
        return GitReader(self.folder, [], name).commit()

    def _focus(self, targets: Sequence[str]) -> Focus | None:
        within = (*self.layers.manifests, *self.layers.overlays)
        return focus_of(self.catalog, targets, self.settings.layout, within=within)

    @property
    def layers(self) -> Layers:
        """The folders of the chosen environment, beside those that all share."""
        return self.settings.layers_of(self.environment)

    def reader_of_all(self, *, rev: str | None = None) -> FilesReader | GitReader:
        """The manifests of the configuration with those of every environment, for who tells them apart."""
        roots = [*self.settings.manifests, *self.settings.own_folders]
        return open_reader(self.folder, roots, rev, beside=self.settings.policies, cache=self._parse_cache())

    def project(self, *, rev: str | None = None) -> Project:
        """The manifests of the configuration, and all environments that they may be composed to."""
        reader = self.reader_of_all(rev=rev)
        return Project(
            catalog=self.catalog,
            reader=reader,
            environments={name: one.layers for name, one in self.settings.environments.items()},
            now=self.now,
            layout=self.settings.layout,
            folders=self.waivers(reader),
        )

    def _parse_cache(self) -> ParseCache | None:
        """What remembers sound manifests; a new one for each reader, for it holds files open."""
        place = self._cache_place()
        if place is None:
            return None
        return parse_cache(self.folder, place, version=__version__, specs=[one.spec for one in self.catalog.values()])

    def _keeping(self) -> Keeping | None:
        """Where rows of a server are kept between readings."""
        place = self._cache_place()
        return None if place is None else keeping_in(place, trusts=self.refresh != "full")

    def _cache_place(self) -> str | None:
        """The folder of what is remembered; empty for that of the user, None where nothing is."""
        place = self.variables.get(CACHE_VARIABLE, "")
        # A relative folder would lie in the repository, whose content others write.
        return None if not self.settings.cache or (place and not Path(place).is_absolute()) else place

    def writer(self) -> ManifestWriter:
        """What writes trees as manifests."""
        from reconciler.adapters.manifests.memory import TextWriter

        return TextWriter(key_orders(self.catalog))

    def editor(self) -> ManifestEditor:
        """What replaces files of the working folder."""
        from reconciler.adapters.manifests.edit import FilesEditor

        return FilesEditor(self.folder, (), orders=key_orders(self.catalog))

    def commit(self, branch: str, files: Mapping[str, bytes], *, message: str) -> str:
        """Commit files onto a new branch beside the working tree; the commit's id.

        Raises:
            UsageError: the name is none for a branch, or the branch exists (ACC-05).
            WorldError: git refused.
        """
        return commit_on_branch(self.folder, branch, files, message=message)

    def adder(self) -> FileAdder:
        """What adds files to the working folder."""
        from reconciler.adapters.manifests.add import FilesAdder

        return FilesAdder(self.folder)

    def policies(self) -> PolicyDoors:
        """What judging by policies needs. A ruling reads them from its commit.

        Then the commit's own configuration says which files they are: nothing of the working folder counts.
        """
        return PolicyDoors(
            read=partial(read_policies, self.folder, self.settings, ruling=self.ruling),
            evaluate=evaluate,
            document=partial(policy_document, self.catalog),
        )

    def doors(self, reader: ManifestReader, *, writes: bool, paths: Sequence[str] = ()) -> Doors:
        """The doors of a run; one that does not write reads through the planning database.

        ``paths`` are those of ``reader``.

        Raises:
            UsageError: a run would write to a server by a clock that was set by hand (CFGF-08).
        """
        return Doors(
            catalog=self.catalog,
            reader=reader,
            store=self.writing_database if writes else self.planning_database,
            secrets=self.secrets,
            sealer=self.sealer(writes=writes),
            draw=generate_value,
            now=self.now,
            policies=self.policies(),
            authors=GitAuthors(self.folder, [*(paths or self._roots), *self.layers.overlays]),
            version=__version__,
            waivers=self.waivers(reader),
            narrowed=reader.narrowed if isinstance(reader, FilesReader | GitReader) else None,
            since=reader.since if isinstance(reader, FilesReader) else None,
        )

    def waivers(self, reader: ManifestReader) -> WaiverFolders:
        """The folders of waivers, as they are where ``reader`` reads."""
        roots = self.settings.waivers
        optional = "waivers" not in self.settings.model_fields_set
        return WaiverFolders(reader=reader.beside(roots), roots=tuple(roots), now=self.now, optional=optional)

    def request(
        self,
        *,
        targets: Sequence[str] = (),
        excludes: Sequence[str] = (),
        mine: bool = False,
        prune: bool = False,
        only_drift: bool = False,
        allow_delete: Mapping[str, int] | None = None,
        people: People | None = None,
    ) -> Request:
        """What a plan is about, with the limits of the configuration.

        Raises:
            UsageError: ``allow_delete`` names no kind, or ``prune`` stands beside ``only_drift``.
        """
        if prune and only_drift:
            raise UsageError("--prune deletes what git left out, and --only-drift leaves that out", hint="choose one")
        unknown = sorted(set(allow_delete or {}) - set(self.catalog))
        if unknown:
            raise UsageError(f"--allow-delete {unknown[0]}: there is no such kind", hint="write KIND:N, as in Domain:3")
        guards = self.settings.guards
        return Request(
            environment=self.environment,
            targets=tuple(targets),
            excludes=tuple(excludes),
            mine=mine,
            prune=prune,
            only_drift=only_drift,
            layout=self.settings.layout,
            guards=Guards(
                max_deletes=DeleteBudget(**guards.max_deletes.model_dump()),
                min_administrators=guards.min_administrators,
                allow_delete=dict(allow_delete or {}),
            ),
            people=people or People(),
            demand=demand_of(self.settings.approvals),
            remarks=self.overrules,
        )

    @property
    def _roots(self) -> list[str]:
        return [*self.settings.manifests, *self.layers.manifests]

    @property
    def _address(self) -> str:
        return address_of(self.settings, self.environment, self.variables)
