"""SystemConfiguration: what a manifest alone cannot show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reconciler.kinds.system_configuration import KIND, installed_languages, named_platform
from reconciler.model.encode import same, stored_values
from reconciler.model.kind import Deletion
from tests.kinds.worlds import found, operator, partner, system, view


def stored(path: str, **spec: object) -> object:
    """The stored value of a field."""
    values = stored_values(KIND, system(**spec), {})
    return values[[one.path for one in KIND.columns].index(path)]


def test_administrators_are_editors_even_when_left_out() -> None:
    assert stored("policy.smtpEditors", policy={"smtpEditors": ["partner"]}) == '["administrator","partner"]'
    assert same(KIND.by_path["policy.smtpEditors"], '["partner"]', '["administrator","partner"]')
    assert not same(KIND.by_path["policy.smtpEditors"], '["issuer"]', '["administrator","partner"]')


def test_defaults_are_those_of_the_law() -> None:
    assert stored("caAccess.maxDays") == 60
    assert stored("legal.qualifiedSignatureMandatoryFrom") == "2027-01-01"
    assert stored("languages") == '["en","pt-PT"]'


def test_environment_never_changes_and_the_resource_never_goes() -> None:
    assert KIND.by_path["environment"].immutable == "SYS-01"
    assert KIND.deletion is Deletion.NEVER
    assert not found(named_platform, system())


def test_languages_come_from_the_database_when_the_set_has_none() -> None:
    french = partner(language="fr-FR")
    assert found(installed_languages, view([french], [system(languages=["pt-PT", "fr-FR"])])) == []
    (finding,) = found(installed_languages, view([french], [system()]))
    assert (finding.at, finding.address) == ("language", french.address)


def test_a_language_that_somebody_uses_does_not_go() -> None:
    before = system(languages=["pt-PT", "en", "fr-FR"])
    french = operator("ana", "administrator", language="FR-fr")
    (finding,) = found(installed_languages, view([system()], [before, french]))
    assert (finding.at, finding.address) == ("languages", before.address)
    assert str(french.address) in finding.summary
    assert found(installed_languages, view([system()], [before, operator("bea", "administrator", language="en")])) == []


def test_a_language_that_a_manifest_leaves_as_it_is_does_not_go() -> None:
    before = system(languages=["pt-PT", "en", "fr-FR"])
    french, silent = operator("ana", "administrator", language="fr-FR"), operator("ana", "administrator")
    (finding,) = found(installed_languages, view([system(), silent], [before, french]))
    assert (finding.at, finding.address) == ("languages", before.address)
    changed = operator("ana", "administrator", language="en")
    assert found(installed_languages, view([system(), changed], [before, french])) == []


@pytest.mark.parametrize(
    "how", [{"management": "createOnly"}, {"management": "observe"}, {"ignore_changes": ("language",)}]
)
def test_a_language_that_a_manifest_does_not_write_over_does_not_go(how: dict[str, Any]) -> None:
    before = system(languages=["pt-PT", "en", "fr-FR"])
    french, english = (operator("ana", "administrator", language=one) for one in ("fr-FR", "en"))
    (finding,) = found(installed_languages, view([system(), replace(english, **how)], [before, french]))
    assert (finding.at, finding.address) == ("languages", before.address)
    assert found(installed_languages, view([system(), replace(english, **how)], [before, english])) == []


def test_a_tombstone_may_keep_a_language_that_went() -> None:
    before = system(languages=["pt-PT", "en", "fr-FR"])
    gone = operator("ana", "administrator", language="fr-FR")
    assert found(installed_languages, view([system()], [before, (gone, {"state": "deleted"})])) == []
    said = operator("ana", "administrator", language="fr-FR", state="deleted")
    assert found(installed_languages, view([system(), said], [before, (gone, {"state": "deleted"})])) == []
    back = operator("ana", "administrator", language="fr-FR", state="active")
    assert found(installed_languages, view([system(), back], [before, (gone, {"state": "deleted"})])) != []
