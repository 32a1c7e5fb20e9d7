"""export: live state as manifests that plan to nothing. Reads the database and writes nothing; files are for others.

read the database, take the rows that those who ask may read, write each as a tree, read the trees again, compare them
with the database, and leave to the world whatever still differs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from fnmatch import fnmatchcase

from reconciler.engine.diff import diff
from reconciler.engine.export import Unsayable, export_row, is_seed, variable_of
from reconciler.engine.lens import Lens
from reconciler.engine.plan import judge_standing
from reconciler.model.address import Address
from reconciler.model.catalog import Catalog
from reconciler.model.columns import snake
from reconciler.model.dataclass import dataclass
from reconciler.model.diagnostic import Diagnostic, Phase, Severity, errors_in, in_order
from reconciler.model.difference import Standing
from reconciler.model.exported import NO_WISHES, Exported, Wishes
from reconciler.model.pace import each, stage
from reconciler.model.resource import Live
from reconciler.model.rights import Rights
from reconciler.model.view import Entity, View
from reconciler.operations.people import summon
from reconciler.operations.request import Doors, People
from reconciler.operations.validate import fit, judge
from reconciler.ports import ManifestWriter

LARGEST_FILE = 256 * 1024
"""Bytes of a file of many resources, beyond which another one begins."""
ROUNDS = 3
"""How often what still differs is left to the world before it is told."""
LEFT_OUT, LEFT_ALONE, FAULTY = "EXP-03", "EXP-04", "EXP-05"
"""A row without a manifest, a field that a manifest cannot say, an export that does not plan to nothing."""
PLATFORM_FOLDER = "platform"
TENANT_FOLDER = "tenants/{tenant}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrders:
    """What to export, and how.

    ``tenants`` and ``targets`` (patterns of addresses) choose; without them everything is taken. ``by_tenant`` makes
    one file a tenant instead of one a resource. ``folder`` is where the files go, ``layout`` the shape of the tree.
    ``states`` gives states of life cycles. ``only`` takes exactly these addresses.
    """

    tenants: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    by_tenant: bool = False
    folder: str = "."
    layout: str = ""
    states: bool = False
    people: People = field(default_factory=People)
    only: Collection[Address] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Manifests by path, with what stands beside them. ``found`` says what they do not hold, or why they are faulty.

    ``sources`` names the variables of secrets that the author fills: what each is for.
    """

    files: Mapping[str, bytes]
    resources: tuple[Exported, ...]
    found: tuple[Diagnostic, ...]
    sources: Mapping[str, tuple[Address, str]]

    @property
    def faulty(self) -> bool:
        """Whether planning it would not say ``No changes.``, or something is missing."""
        return errors_in(list(self.found))


def export(doors: Doors, writer: ManifestWriter, orders: ExportOrders) -> Export:
    """Export live state.

    Raises:
        Denied: whoever asks is nobody (OPR-09).
        WorldError: the database did not answer.
    """
    with stage("database"):
        live = doors.store.read()
    return export_live(doors, writer, orders, live)


def export_live(doors: Doors, writer: ManifestWriter, orders: ExportOrders, live: Live) -> Export:
    """The same of a database that was read.

    Raises:
        Denied: whoever asks is nobody (OPR-09).
    """
    with stage("export"):
        lens = lens_of(doors, live, orders.people)
        entities = list(_chosen(doors.catalog, live, orders, lens))
        work = _Work(doors, writer, orders, live, lens)
        return work.run(entities)


def lens_of(doors: Doors, live: Live, people: People) -> Lens | None:
    """What those who ask may see; None when nobody asks.

    Raises:
        Denied: whoever asks is nobody (OPR-09).
    """
    rights = Rights(doors.catalog, live, doors.now)
    carriers = summon(rights, people, live)
    return Lens(rights, carriers.people) if carriers is not None and carriers.people else None


def _chosen(catalog: Catalog, live: Live, orders: ExportOrders, lens: Lens | None) -> Iterator[Entity]:
    """The rows to export: those that may be read.

    Tombstones, and rows that every database has from its beginning, are left out unless a manifest stands for them.
    """
    view = View(catalog, {}, live)
    for name, kind in catalog.items():
        for entity in view.all(name):
            address = entity.address
            tenant = address.name if kind.is_tenant else address.tenant
            if orders.only is not None and address not in orders.only:
                continue
            if orders.tenants and tenant not in orders.tenants:
                continue
            if orders.targets and not any(fnmatchcase(str(address), one) for one in orders.targets):
                continue
            if address not in live.ledger and (entity.buried or is_seed(entity)):
                continue
            if lens is None or lens.sees(address):
                yield entity


class _Work:
    """One export, from rows to files."""

    def __init__(
        self, doors: Doors, writer: ManifestWriter, orders: ExportOrders, live: Live, lens: Lens | None
    ) -> None:
        self._doors = doors
        self._writer = writer
        self._orders = orders
        self._live = live
        self._lens = lens
        self._names: dict[str, tuple[Address, str]] = {}
        self._named: dict[tuple[Address, str], str] = {}

    def run(self, entities: Sequence[Entity]) -> Export:
        made: dict[Address, Exported] = {}
        found: list[Diagnostic] = []
        for entity in each(entities, len(entities)):
            try:
                made[entity.address] = self._one(entity, NO_WISHES)
            except Unsayable as reason:
                found.append(_told(entity.address, LEFT_OUT, f"left out: {reason}"))
        wishes: dict[Address, Wishes] = {}
        rows = {entity.address: entity for entity in entities}
        problems: list[Diagnostic] = []
        for _ in range(ROUNDS):
            problems, more = self._proved(made)
            if not more:
                break
            for address, wish in more.items():
                before = wishes.get(address, NO_WISHES)
                wishes[address] = after = Wishes(
                    ignored=before.ignored | wish.ignored, secrets=before.secrets | wish.secrets
                )
                made[address] = self._one(rows[address], after)
        found += [one for one in problems if one.severity is Severity.ERROR]
        found += [
            _told(address, LEFT_ALONE, f"{path} is left to the world: {_why(one, path)}", warning=True, path=path)
            for address, one in made.items()
            for path in one.ignored
        ]
        given = {(address, path) for address, one in made.items() for path in one.sources}
        return Export(
            files=self._files(made.values()),
            resources=tuple(made.values()),
            found=tuple(in_order(found)),
            sources={name: what for name, what in sorted(self._names.items()) if what in given},
        )

    def _one(self, entity: Entity, wishes: Wishes) -> Exported:
        return export_row(
            entity,
            self._live.ledger.get(entity.address),
            name_source=self._variable,
            file_name=self._file_name,
            readable=None if self._lens is None else self._lens.readable(entity.address),
            states=self._orders.states,
            wishes=wishes,
        )

    def _variable(self, address: Address, path: str) -> str:
        """A variable of its own for every secret."""
        known = self._named.get((address, path))
        if known is None:
            base = known = variable_of(address, path)
            number = 1
            while known in self._names:
                number += 1
                known = f"{base[:120]}_{number}"
            self._names[known] = (address, path)
            self._named[(address, path)] = known
        return known

    # --- the proof ---------------------------------------------------------------------------------------------------

    def _proved(self, made: Mapping[Address, Exported]) -> tuple[list[Diagnostic], dict[Address, Wishes]]:
        """Plan what was made: what is wrong with it, and what each manifest must still leave to the world."""
        catalog = self._doors.catalog
        faults: list[Diagnostic] = []
        sound = dict(made)
        while True:
            reader = self._writer.reader(self._files(sound.values()))
            judged = judge(catalog, reader, layout=self._orders.layout)
            view, found = View(catalog, {}, self._live), list(judged.diagnostics)
            if judged.valid:
                view, found = fit(catalog, judged, self._live, now=self._doors.now)
            wrong = _wrong(found)
            if judged.valid and not wrong:
                wrong = _wrong(judge_standing(view))
            if lacking := _asked_for(catalog, wrong, sound):
                return faults, lacking
            faulty = {one.address for one in wrong if one.address in sound}
            faults += wrong
            if not faulty:
                break
            # What is wrong with one row says nothing about the others: they are looked at without it.
            sound = {address: one for address, one in sound.items() if address not in faulty}
        if wrong:
            return faults, {}
        more: dict[Address, Wishes] = {}
        for one in diff(view, {}).items:
            address = one.entity.address
            if one.standing is Standing.GONE or address not in sound:
                continue
            paths = {change.path for change in (*one.fields, *one.secrets)}
            if paths - set(made[address].ignored) and not paths & {"metadata.labels", "metadata.annotations"}:
                more[address] = Wishes(ignored=frozenset(paths))
            elif paths:
                faults.append(_told(address, FAULTY, f"{min(paths)} cannot be written so that it plans to nothing"))
        return faults, more

    # --- files -------------------------------------------------------------------------------------------------------

    def _files(self, made: Iterable[Exported]) -> dict[str, bytes]:
        files: dict[str, bytes] = {}
        shared: dict[str, list[Exported]] = {}
        for one in made:
            folder = self._folder(one.address)
            if self._orders.by_tenant:
                shared.setdefault(f"{folder}/resources", []).append(one)
            else:
                kind = _dashed(one.address.kind)
                files[f"{folder}/{kind}/{one.address.name}.yaml"] = self._writer.text([one.tree])
                folder = f"{folder}/{kind}"
            for content in one.attachments:
                files[f"{folder}/{content.name}"] = content.data
        for stem, resources in shared.items():
            for number, part in enumerate(_parts([(one, self._writer.text([one.tree])) for one in resources]), 1):
                suffix = f"-{number}" if number > 1 else ""
                files[f"{stem}{suffix}.yaml"] = b"---\n".join(part)
        return dict(sorted(files.items()))

    def _folder(self, address: Address) -> str:
        tenant = address.name if self._doors.catalog[address.kind].is_tenant else address.tenant
        inner = (self._orders.layout or TENANT_FOLDER).replace("{tenant}", tenant) if tenant else PLATFORM_FOLDER
        base = self._orders.folder.rstrip("/")
        return inner if base in ("", ".") else f"{base}/{inner}"

    def _file_name(self, address: Address, path: str, suffix: str) -> str:
        name = f"{address.name}.{path}.{suffix}"
        return f"files/{_dashed(address.kind)}/{name}" if self._orders.by_tenant else name


def _parts(texts: Iterable[tuple[Exported, bytes]]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size = 0
    for _, text in texts:
        if part and size + len(text) > LARGEST_FILE:
            yield part
            part, size = [], 0
        part.append(text)
        size += len(text) + 4
    if part:
        yield part


def _wrong(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The errors, but for what the clock alone has made one."""
    return [one for one in found if one.severity is Severity.ERROR and one.phase is not Phase.TIME]


def _asked_for(
    catalog: Catalog, found: Iterable[Diagnostic], made: Mapping[Address, Exported]
) -> dict[Address, Wishes]:
    """Secrets that a rule asks for and that the database does not show: their manifests get a source."""
    more: dict[Address, Wishes] = {}
    for one in found:
        if one.address is None or one.address not in made or not one.path:
            continue
        place = catalog[one.address.kind].by_path.get(one.path)
        if place is not None and place.secret is not None and one.path not in made[one.address].sources:
            more[one.address] = Wishes(secrets=frozenset({one.path, *more.get(one.address, NO_WISHES).secrets}))
    return more


def _why(one: Exported, path: str) -> str:
    if path in one.sources:
        return "nothing tells whether its source gives the secret that is stored"
    return "a manifest cannot say what is stored, or you may not read it"


def _told(address: Address, code: str, summary: str, *, warning: bool = False, path: str = "") -> Diagnostic:
    return Diagnostic(
        code=code,
        severity=Severity.WARNING if warning else Severity.ERROR,
        phase=Phase.PLAN,
        summary=summary,
        address=address,
        path=path,
    )


def _dashed(kind: str) -> str:
    return snake(kind).replace("_", "-")
