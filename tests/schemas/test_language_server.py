"""The schemas in an editor: what the real yaml-language-server makes of a repository that ``init`` has written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import main
from reconciler.model.catalog import Catalog
from tests.schemas.language_server import LanguageServer, found

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(found() is None, reason="there is no node, or no yaml-language-server: make language-server"),
]

MODELINE = "# yaml-language-server: $schema=../schemas/reconciler.schema.json\n"
OPERATOR = "apiVersion: reconciler/v1\nkind: Operator\nmetadata:\n  name: rita\nspec:\n"


def settings_of(folder: Path) -> dict[str, Any]:
    """The settings of the editor by section."""
    flat = json.loads((folder / ".vscode/settings.json").read_text(encoding="utf-8"))
    sections: dict[str, Any] = {"yaml": {"validate": True, "hover": True, "completion": True}}
    for key, value in flat.items():
        section, _, name = key.partition(".")
        if section == "yaml" and "." not in name:
            sections["yaml"][name] = value
    return sections


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("repository")
    assert main(["init", str(made), "--ci", "none", "--quiet"]) == 0
    return made


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[LanguageServer]:
    with LanguageServer(folder, settings_of(folder)) as started:
        yield started


def test_what_init_writes_has_no_errors(server: LanguageServer, folder: Path) -> None:
    for path in ("platform/operators.yaml", "platform/system.yaml", "tenants/farol-services/partner.yaml"):
        assert server.open(path, (folder / path).read_text(encoding="utf-8")) == [], path


@pytest.mark.parametrize(
    ("name", "lines", "line", "words"),
    [
        ("unknown", "  email: rita@example.com\n  displayName: Rita\n  rolle: administrator\n", 8, "rolle"),
        ("word", "  email: rita@example.com\n  displayName: Rita\n  role: king\n", 8, "administrator"),
        ("type", "  email: 12\n  displayName: Rita\n  role: administrator\n", 6, "string"),
    ],
)
def test_a_wrong_field_is_marked_at_its_line(
    server: LanguageServer, name: str, lines: str, line: int, words: str
) -> None:
    told = server.open(f"platform/{name}.yaml", MODELINE + OPERATOR + lines)
    assert line in {one["range"]["start"]["line"] for one in told}
    assert words in " ".join(one["message"] for one in told if one["range"]["start"]["line"] == line)


def test_a_missing_field_is_told(server: LanguageServer) -> None:
    told = server.open("platform/missing.yaml", MODELINE + OPERATOR + "  displayName: Rita\n")
    assert any("email" in one["message"] for one in told)


def test_the_settings_of_the_editor_do_the_same_without_the_line(server: LanguageServer) -> None:
    told = server.open("tenants/farol-services/people.yaml", OPERATOR + "  rolle: administrator\n")
    assert any("rolle" in one["message"] for one in told)


def test_kinds_are_offered(server: LanguageServer, catalog: Catalog) -> None:
    server.open("platform/kinds.yaml", MODELINE + "apiVersion: reconciler/v1\nkind: \n")
    assert set(catalog) <= set(server.completions("platform/kinds.yaml", 2, len("kind: ")))


def test_fields_of_the_kind_are_offered_and_no_others(server: LanguageServer) -> None:
    server.open("platform/fields.yaml", MODELINE + OPERATOR + "  email: rita@example.com\n  \n")
    offered = server.completions("platform/fields.yaml", 7, 2)
    assert {"displayName", "role", "language", "issuer"} <= set(offered)
    assert "legalName" not in offered


def test_words_of_a_field_are_offered(server: LanguageServer) -> None:
    server.open("platform/words.yaml", MODELINE + OPERATOR + "  role: \n")
    assert {"administrator", "auditor", "partner"} <= set(server.completions("platform/words.yaml", 6, 8))


def test_a_field_explains_itself(server: LanguageServer, catalog: Catalog) -> None:
    server.open("platform/hover.yaml", MODELINE + OPERATOR + "  email: rita@example.com\n  role: administrator\n")
    wanted = catalog["Operator"].by_path["role"].description
    assert wanted
    assert wanted in server.hover("platform/hover.yaml", 7, 3).replace("\\", "")
