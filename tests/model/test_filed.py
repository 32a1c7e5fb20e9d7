"""Files in columns answer as the mapping that they were made of."""

from __future__ import annotations

import random

import pytest

from reconciler.model.address import Address
from reconciler.model.filed import Stored, filed


def made(chance: random.Random, count: int) -> dict[str, Stored]:
    """Files with up to three resources each."""
    found = {}
    for number in range(count):
        kind, tenant = chance.choice(("Issuer", "Role")), chance.choice(("", "a", "b", "ab"))
        addresses = tuple(Address(kind, tenant, f"n{number}-{one}") for one in range(chance.choice((0, 1, 1, 1, 3))))
        path = f"{tenant or 'platform'}/{chance.choice('xyz')}{number}.yaml"
        found[path] = Stored(chance.randbytes(32), addresses, chance.random() < 0.9)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_columns_say_what_was_put_in(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    plain = made(chance, seed * 3)
    files = filed(plain)
    assert dict(files) == plain
    assert "no such file" not in files
    homes = {address: file for file, one in plain.items() for address in one.addresses}
    assert list(files.addresses()) == sorted(homes)
    assert files.count == len(homes)
    assert all(files.home(address) == file for address, file in homes.items())
    assert all(files.home(Address(*one)) is None for one in (("Role", "", "no"), ("Other", "", "n1-0")))
    for tenants in (None, frozenset({"a", ""})):
        wanted = [one for one in sorted(homes) if one.kind == "Role" and (tenants is None or one.tenant in tenants)]
        assert list(files.among("Role", tenants)) == wanted


@pytest.mark.parametrize("seed", range(20))
def test_what_is_not_as_it_was_is_told(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - as above
    plain = made(chance, 30)
    now = {file: one.digest if chance.random() < 0.8 else b"other" for file, one in plain.items()}
    for file in chance.sample(sorted(now), 5):
        del now[file]
    now["new.yaml"] = b"new"
    found = filed(plain).others(now)
    same = {file for file, one in plain.items() if one.sound and now.get(file) == one.digest}
    assert found.there == now.keys() - same
    assert found.gone == plain.keys() - same


def test_what_cannot_be_told_apart_is_refused() -> None:
    one = Stored(b"1", (Address("Role", "a", "b"),), sound=True)
    for files in ({"x": one, "y": one}, {"x\ny": one}, {"x": one._replace(addresses=(Address("Role", "a", "b\tc"),))}):
        with pytest.raises(ValueError, match="no plain name"):
            filed(files)
