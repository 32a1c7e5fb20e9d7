"""GeneralConfiguration: the fields of a key, and those of other keys that stay empty."""

from __future__ import annotations

import pytest

from reconciler.kinds.general_configuration import FIELDS, KIND
from reconciler.model.encode import stored_values
from reconciler.model.kind import Level
from tests.kinds.worlds import resource

DEFAULTS = {
    "custody": {"value_enabled": True},
    "notifications": {"value_enabled": True, "value_recipients": "[]"},
    "visual-signature": {"value_enabled": True, "value_page": "last", "value_position": "bottom-right"},
    "timestamp": {"value_enabled": True},
    "portal": {"value_enabled": True, "value_public_link_days": 30},
}


def stored(**spec: object) -> dict[str, object]:
    """The columns below ``value`` that hold something."""
    one = resource("GeneralConfiguration", "one", scope="system", **spec)
    values = zip(KIND.columns, stored_values(KIND, one, {}), strict=True)
    return {column.name: value for column, value in values if column.path.startswith("value.") and value is not None}


@pytest.mark.parametrize("key", DEFAULTS)
def test_each_key_stores_its_own_defaults_only(key: str) -> None:
    assert stored(key=key, mode="override", value={}) == DEFAULTS[key]


def test_an_inherited_configuration_stores_no_value() -> None:
    assert stored(key="portal", mode="inherit") == {}


def test_given_values_are_stored() -> None:
    assert stored(key="custody", mode="override", value={"enabled": False, "years": 12}) == {
        "value_enabled": False,
        "value_years": 12,
    }
    mails = ["b@example.com", "a@example.com"]
    assert stored(key="notifications", mode="override", value={"recipients": mails})["value_recipients"] == (
        '["a@example.com","b@example.com"]'
    )


def test_every_key_but_the_mail_server_has_fields_that_exist() -> None:
    assert set(FIELDS) == set(KIND.by_path["key"].words) - {"smtp"}
    known = {one.path.removeprefix("value.") for one in KIND.fields if one.path.startswith("value.")}
    assert {field for fields in FIELDS.values() for field in fields} == known


def test_the_system_scope_stands_outside_every_tenant() -> None:
    assert KIND.level_of is not None
    assert KIND.level_of(resource("GeneralConfiguration", "one", scope="system", key="portal").spec) is Level.PLATFORM
