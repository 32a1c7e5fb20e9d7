"""The prepared encoder gives exactly what the plain functions of a field give."""

from __future__ import annotations

import pytest

from reconciler.model.columns import UNMANAGED
from reconciler.model.encode import UNREAD, compared, encode, encoder, field_value, stored_values
from reconciler.model.resource import FileContent
from tests.engine.toy import GADGET
from tests.engine.worlds import PERSON, gadget, person

FULL = {
    "colour": "green",
    "lucky": 4,
    "tags": ["b", "a"],
    "steps": ["b", "a"],
    "parts": [{"label": "z"}, {"label": "a", "weight": 3}],
    "contact": {"email": "A@example.com", "phone": "+351"},
    "limits": {"daily": 3},
    "note": "one\r\ntwo\rthree",
    "language": "inherit",
    "labels": {"b": "2", "a": "1"},
}


@pytest.mark.parametrize("given", [{}, FULL, {"shortTitle": "given"}])
def test_every_plain_field_is_stored_as_encode_says(given):
    made = gadget(**given)
    values = dict(zip((one.name for one in GADGET.columns), stored_values(GADGET, made, {}), strict=True))
    for one in GADGET.fields:
        if one.type not in ("secret", "file"):
            assert values[one.columns[0].name] == encode(one, field_value(one, made)), one.path


def test_objects_that_are_empty_as_a_whole_give_nothing():
    made = stored_values(PERSON, person(), {})
    assert made[PERSON.index["purse_currency"] - 3] is None
    assert stored_values(PERSON, person(purse={"account": "1"}), {})[PERSON.index["purse_currency"] - 3] == "EUR"


def test_secrets_and_files():
    made = gadget(password={"fromEnv": "A"}, logo={"fromFile": "a.png"}, note={"fromFile": "a.html"})
    made.files = {"logo": FileContent("a.png", b"\x00\xff", "image/png")}
    made.files = {**made.files, "note": FileContent("a.html", b"a\r\nb", "text/html")}
    values = dict(
        zip((one.name for one in GADGET.columns), stored_values(GADGET, made, {"password": "h"}), strict=True)
    )
    assert (values["password_version"], values["password_fingerprint"]) == (None, "h")
    assert (values["logo"], values["logo_media_type"]) == ("AP8=", "image/png")
    assert values["note"] == "a\nb"
    unread = dict(zip((one.name for one in GADGET.columns), stored_values(GADGET, made, {}), strict=True))
    assert unread["password_fingerprint"] == UNREAD


def test_what_is_left_to_the_world_equals_everything():
    made = gadget(lifecycle={"ignoreChanges": ["contact"]})
    found = dict(
        zip((one.name for one in GADGET.columns), compared(GADGET, made, stored_values(GADGET, made, {})), strict=True)
    )
    left = {name for name, value in found.items() if value is UNMANAGED}
    assert left == {"language", "state", "contact_email", "contact_phone"}


def test_the_ledger_text_is_canonical():
    made = gadget()
    prepared = encoder(GADGET)
    text = prepared.applied(prepared.managed(made, prepared.values(made, {})))
    assert text.startswith('{"annotations":"{}","code_word":null,')
    assert "state" not in text
    assert "fingerprint" not in text


def test_an_encoder_is_made_once():
    assert encoder(GADGET) is encoder(GADGET)
