"""Images: what a run found is under the chain, and changes of older versions keep their hashes."""

from __future__ import annotations

import hashlib

from pydantic_core import to_json

from reconciler.adapters.database.audit import COLUMNS, link
from reconciler.adapters.database.images import hash_of, image_from, rests_from
from reconciler.model.address import Address

ROW = {name: name for name in COLUMNS}
LAMP = Address("Gadget", "farol", "lamp")


def test_a_change_without_an_image_has_the_hash_that_it_always_had() -> None:
    assert link({**ROW, "image": None}) == hashlib.sha256(to_json(list(ROW.values()))).hexdigest()
    assert link({**ROW, "image": "x"}) != link({**ROW, "image": None})


def test_the_hash_of_an_image_needs_no_secret_and_speaks_for_it() -> None:
    row = {"run": "r", **LAMP._asdict(), "facts": "{}", "mark": "m"}
    assert hash_of(row) == hash_of({**row, "sealed": "anything"})
    assert hash_of(row) != hash_of({**row, "mark": "n"})
    assert hash_of(row) != hash_of({**row, "facts": "[]"})


def test_what_was_sealed_is_believed_by_its_mark_alone() -> None:
    sealed = '{"password":"rest"}'
    mark = hashlib.sha256(sealed.encode()).hexdigest()
    assert rests_from(sealed, mark) == {"password": "rest"}
    assert rests_from(sealed.replace("rest", "best"), mark) is None
    assert rests_from(None, mark) is None


def test_what_is_no_image_is_none() -> None:
    for facts in ("", "no", "{}", "[]", '{"before":null,"after":null}', '{"before":null,"after":null,"ledger":[]}'):
        assert image_from(LAMP, facts) is None
