"""Wrong configurations: said in words for people, at the key, without a password."""

from __future__ import annotations

import pytest

from reconciler.engine.configure import configure
from tests.adapters.manifests.reading import read

PATTERN = "policies[0] must be a pattern below this folder, as in policies/*.cel.yaml"
HEAD = "apiVersion: reconciler/v1\nkind: Project\n"


@pytest.mark.parametrize(
    ("line", "place", "summary"),
    [
        ("database: x", "3:1", "database must be a mapping"),
        ("database: {}", "3:1", "database must hold exactly one of fromEnv and url"),
        ("guards: {maxDeletes: {count: -1}}", "3:23", "guards.maxDeletes.count must be at least 0"),
        ("guards: {maxDeletes: {count: 1.5}}", "3:23", "guards.maxDeletes.count must be an integer"),
        ("guards: {minAdministrators: 010}", "3:10", "guards.minAdministrators must be an integer"),
        ("manifests: []", "3:1", "manifests must not be empty"),
        ("manifests: [x, 1]", "3:16", "manifests[1] must be a string"),
        ("layout: x", "3:1", "layout must have a folder of the tenant, as in tenants/{tenant}"),
        ("identity: {trust: x}", "3:12", "identity.trust must be 'local' or 'oidc'"),
        ("password hunter2: x", "3:1", "password… is no key of this file"),
        *(
            (
                f"policies: ['{pattern}']",
                "3:12",
                "policies[0] must be a pattern below this folder, as in policies/*.cel.yaml",
            )
            for pattern in ("", ".", "/etc/*", "../*", "**x", "a//b")
        ),
    ],
)
def test_a_fault_is_told_at_its_key(line: str, place: str, summary: str) -> None:
    documents, problems = read(f"{HEAD}{line}\n")
    assert problems == []
    _, found = configure(documents[0])
    assert [(f"{one.source.line}:{one.source.column}", one.summary) for one in found if one.source] == [
        (place, summary)
    ]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@h/d",
        "POSTGRESQL://u:hunter2@h/d",
        "postgresql+psycopg://u:hun/ter2@h/d",
        "postgresql://h/d?user=u&password=hunter2",
        "postgresql://h/d?sslpassword=hunter2",
    ],
)
def test_a_password_in_an_address_is_refused(url: str) -> None:
    documents, _ = read(f"{HEAD}database: {{url: '{url}'}}\n")
    _, found = configure(documents[0])
    assert [one.summary for one in found] == ["the URL of a database holds a password"]
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("url", ["sqlite:///a:b@c.db", "postgresql://u@h:5432/d", "postgresql://h/d?sslmode=require"])
def test_an_address_without_a_password_is_taken(url: str) -> None:
    documents, _ = read(f"{HEAD}database: {{url: '{url}'}}\n")
    assert configure(documents[0])[1] == []
