"""``reconciler snapshot``: the live data without secrets as a signed file, for plans where no database is."""

from __future__ import annotations

import click

from reconciler import __version__
from reconciler.cli import exits
from reconciler.cli.options import global_options
from reconciler.cli.session import Session
from reconciler.model.errors import UsageError


@click.command(short_help="The live data without secrets, signed, for plan --live.")
@click.option("--out", metavar="FILE", help="Where to write it; the file is made with mode 0600.")
@click.option("--public-key", is_flag=True, help="Show the public key by which others believe it, and nothing else.")
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, out: str | None, public_key: bool) -> int:
    """Write the live data into a file from which plans are made without a database, as for a fork's pull request.

    It holds no value, no hash and no fingerprint of a secret, only versions. With --as, or a token, it holds what these
    operators may read; under local trust without --as it holds everything. The file is signed and dated:
    plan --live FILE believes it with the public key of this installation alone.
    """
    from reconciler.engine.snapfile import instant
    from reconciler.operations.snapshot import take_snapshot, write_snapshot
    from reconciler.wiring.snapshots import signing_of

    session = Session.begin(context)
    house = session.house
    if public_key:
        session.output.result(f"{signing_of(house).public}\n")
        return exits.DONE
    if not out:
        raise UsageError("snapshot needs a place for its file", hint="give --out FILE, or --public-key")
    found = take_snapshot(
        house.catalog,
        house.planning_database,
        session.people(),
        now=house.now,
        environment=house.environment,
        schema=house.schema,
        version=__version__,
    )
    signing = signing_of(house)
    session.save(out, write_snapshot(house.catalog, found, signing.sign), mode=0o600)
    whose = " and ".join(one.title for one in found.people) or "everybody: nothing is left out but secrets"
    count = sum(map(len, found.live.rows.values()))
    session.output.result(f"Snapshot of {count} resources written to {out}.\n")
    session.output.tell(f"Made at {instant(found.made_at)} for {whose}.\nPublic key: {signing.public}")
    return exits.DONE
