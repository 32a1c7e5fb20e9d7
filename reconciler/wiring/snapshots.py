"""Snapshots: how this installation signs them, which it believes, and the doors of a plan that is made from one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from reconciler.adapters.secrets.generate import generate_value
from reconciler.adapters.secrets.keys import VARIABLE as KEY_VARIABLE
from reconciler.adapters.secrets.keys import load_or_make_key
from reconciler.adapters.secrets.nothing import NoSecrets
from reconciler.adapters.secrets.sealer import KeySealer, NoKey
from reconciler.adapters.snapshot import FrozenStore, known_keys, own_key, read_signed, sign
from reconciler.model.dataclass import dataclass
from reconciler.model.errors import UsageError
from reconciler.model.snapshot import Snapshot
from reconciler.operations.request import Doors
from reconciler.operations.snapshot import open_snapshot
from reconciler.ports import ManifestReader
from reconciler.wiring.house import House


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """How this installation signs snapshots, and the public key by which others believe them."""

    public: str
    sign: Callable[[bytes], bytes]


def signing_of(house: House) -> Signing:
    """What signs snapshots: the key of the installation, made if there is none beside an embedded database.

    Raises:
        UsageError: a server has no key beside it, and nobody gave one (KEY-01).
        WorldError: the key is gone or cannot be read (KEY-02, KEY-04).
    """
    seed = house.sealer(writes=True).signing_seed()
    return Signing(public=own_key(seed), sign=partial(sign, seed))


def snapshot_in(house: House, path: str, *, key_file: str = "", max_age: str = "") -> Snapshot:
    """A snapshot file, if it is believed here and now. Touches neither the database nor a secret.

    ``key_file`` holds the one public key that is believed, else ``RECONCILER_SNAPSHOT_KEY``, else the configuration,
    else the key of this installation, where there is one.

    Raises:
        WorldError: a file cannot be read.
        UsageError: it is no snapshot, or none for this place (SNP-01, SNP-03, SNP-05, SNP-06).
        Stale: it was changed after it was signed (SNP-02), or is too old (SNP-04).
    """
    file = house.folder / key_file if key_file else None
    trusted = known_keys(file, house.variables, house.settings.snapshots.public_key, partial(_own_seed, house))
    body, key = read_signed(house.folder / path, trusted=trusted)
    return open_snapshot(
        house.catalog,
        body,
        key=key,
        schema=house.schema,
        environment=house.environment,
        now=house.now,
        max_age=max_age or house.settings.snapshots.max_age,
    )


def frozen_doors(house: House, reader: ManifestReader, snapshot: Snapshot) -> Doors:
    """The doors of a plan from a snapshot: none of them leads to a database or to a secret."""
    return Doors(
        catalog=house.catalog,
        reader=reader,
        store=FrozenStore(snapshot.live),
        secrets=NoSecrets(),
        sealer=NoKey(),
        draw=generate_value,
        now=house.now,
        policies=house.policies(),
        waivers=house.waivers(reader),
        snapshot=snapshot,
    )


def _own_seed(house: House) -> bytes | None:
    """The private key of this installation, where there is one without asking a database."""
    if house.variables.get(KEY_VARIABLE):
        return house.sealer(writes=False).signing_seed()
    try:
        file = house.database.key_file
    except UsageError:  # no database is known here, and none is needed
        return None
    if file is None or not file.exists():
        return None
    return KeySealer(load_or_make_key(file, create=False)).signing_seed()
