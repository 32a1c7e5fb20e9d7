"""``identity`` of the configuration: what is believed is written down whole, or the file is refused at its place."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.engine.configure import configure
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.trust import IdentitySettings
from tests.adapters.manifests.reading import read

HEAD = "apiVersion: reconciler/v1\nkind: Project\nidentity:\n  trust: oidc\n"
ISSUER = "  issuer: https://issuer.example.com\n"
AUDIENCE = "  audience: reconciler.example.com\n"
SUBJECTS = "  subjects:\n  - match: {repository: org/farol}\n    operator: op-farol\n"
PATTERNS = "must be a string or a list of strings, none of them empty; quote numbers and booleans"
GITHUB = "https://token.actions.githubusercontent.com"


def configured(text: str) -> tuple[IdentitySettings, list[Diagnostic]]:
    documents, problems = read(text)
    assert problems == []
    settings, found = configure(documents[0])
    return settings.identity, found


def told(text: str) -> list[tuple[str, int, str]]:
    return [(one.code, one.source.line if one.source else 0, one.summary) for one in configured(text)[1]]


def test_a_whole_part_is_read() -> None:
    more = "  jwksUri: https://keys.example.com/jwks\n  algorithms: [ES256]\n"
    found, problems = configured(HEAD + ISSUER + AUDIENCE + SUBJECTS + more)
    assert problems == []
    assert (found.trust, found.issuer, found.audience) == (
        "oidc",
        "https://issuer.example.com",
        "reconciler.example.com",
    )
    assert (found.jwks_uri, found.algorithms) == ("https://keys.example.com/jwks", ["ES256"])
    assert [(one.match, one.operator) for one in found.subjects] == [({"repository": ("org/farol",)}, "op-farol")]


def test_what_is_left_out_is_safe() -> None:
    found, _ = configured(HEAD + ISSUER + AUDIENCE + SUBJECTS)
    assert (found.jwks_uri, found.algorithms) == (None, ["RS256", "ES256"])
    assert configured("apiVersion: reconciler/v1\nkind: Project\n")[0].trust == "local"


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", "issuer, audience, subjects"),
        (ISSUER, "audience, subjects"),
        (ISSUER + AUDIENCE, "subjects"),
        (ISSUER + AUDIENCE + "  subjects: []\n", "subjects"),
        (AUDIENCE + SUBJECTS, "issuer"),
        (ISSUER + "  audience: null\n" + SUBJECTS, "audience"),
    ],
)
def test_a_part_that_is_missing_is_named(text: str, missing: str) -> None:
    assert told(HEAD + text) == [("CFGF-03", 3, f"identity needs {missing} with trust: oidc")]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://issuer.example.com", "must begin with https://"),
        ("http://127.0.0.1.example.com", "must begin with https://"),
        ("http://10.0.0.1", "must begin with https://"),
        ("ftp://issuer.example.com", "must be one https:// URL"),
        ("file:///etc/passwd", "must be one https:// URL"),
        ("issuer.example.com", "must be one https:// URL"),
        ("https://", "must be one https:// URL"),
        ("https://issuer.example.com:x", "must be one https:// URL"),
        ("https://[::1", "must be one https:// URL"),
        ("https://issuer .example.com", "must be one https:// URL"),
        ("https://u:hunter2@issuer.example.com", "must hold no user, query or fragment"),
        ("https://issuer.example.com?a=hunter2", "must hold no user, query or fragment"),
        ("https://issuer.example.com#hunter2", "must hold no user, query or fragment"),
        ("", "must be one https:// URL"),
    ],
)
@pytest.mark.parametrize("key", ["issuer", "jwksUri"])
def test_a_url_that_cannot_be_believed_is_refused(url: str, words: str, key: str) -> None:
    lines = {"issuer": f"  issuer: '{url}'\n" + AUDIENCE, "jwksUri": ISSUER + AUDIENCE + f"  jwksUri: '{url}'\n"}
    ((code, _, summary),) = told(HEAD + lines[key] + SUBJECTS)
    assert (code, summary.startswith(f"identity.{key} {words}"), "hunter2" in summary) == ("CFGF-03", True, False)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:80", "127.8.8.8"])
def test_this_machine_may_speak_without_tls(host: str) -> None:
    assert told(f"{HEAD}  issuer: 'http://{host}'\n{AUDIENCE}{SUBJECTS}") == []


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512", "RS1", "rs256", "EdDSA"])
def test_an_algorithm_with_a_shared_secret_or_none_cannot_be_chosen(algorithm: str) -> None:
    ((code, line, summary),) = told(f"{HEAD}{ISSUER}{AUDIENCE}{SUBJECTS}  algorithms: [{algorithm}]\n")
    assert (code, line, "'RS256', " in summary) == ("CFGF-03", 10, True)
    assert (
        told(f"{HEAD}{ISSUER}{AUDIENCE}{SUBJECTS}  algorithms: []\n")[0][2] == "identity.algorithms must not be empty"
    )


@pytest.mark.parametrize(
    ("match", "summary"),
    [
        ("{}", "identity.subjects[0].match must not be empty"),
        ("null", "identity.subjects[0].match must be a mapping"),
        ("[]", "identity.subjects[0].match must be a mapping"),
        ("{sub: '*'}", "identity.subjects[0].match must not fit every token"),
        ("{sub: '**/*'}", "identity.subjects[0].match must not fit every token"),
        ("{sub: [x, '*']}", "identity.subjects[0].match must not fit every token"),
        ("{iss: x, aud: y}", "identity.subjects[0].match must not fit every token"),
        *(
            (f"{{ref: x, sub: {value}}}", f"identity.subjects[0].match.sub {PATTERNS}")
            for value in ("null", "7", "true", "''", "[]", "[7]", "[x, null]", "{a: b}", "[[x]]")
        ),
    ],
)  # fmt: skip
def test_a_match_that_holds_nobody_off_is_refused(match: str, summary: str) -> None:
    text = f"{HEAD}{ISSUER}{AUDIENCE}  subjects:\n  - match: {match}\n    operator: op-farol\n"
    assert told(text) == [("CFGF-03", 8, summary)]


@pytest.mark.parametrize("operator", ["op-farol", "farol-services/op-farol", "ines@farol.example.com"])
def test_an_operator_is_named(operator: str) -> None:
    assert told(HEAD + ISSUER + AUDIENCE + SUBJECTS.replace("op-farol", operator)) == []


@pytest.mark.parametrize(
    "operator", ["''", "a/b/c", "/a", "a/", "Op-Farol", "'*'", "a b", "ines@", "'op\\n'", "Operator/a/b", '"op\\n"']
)
def test_an_operator_that_is_no_name_is_refused(operator: str) -> None:
    ((code, line, summary),) = told(HEAD + ISSUER + AUDIENCE + SUBJECTS.replace("op-farol", operator))
    wanted = "identity.subjects[0].operator must name one operator: an e-mail, tenant/name, or name at platform level"
    assert (code, line, summary) == ("CFGF-03", 9, wanted)


def test_an_unknown_key_of_a_subject_is_refused() -> None:
    text = HEAD + ISSUER + AUDIENCE + SUBJECTS + "    approver: root\n"
    assert told(text) == [("CFGF-02", 10, "approver is no key of this file")]
    text = HEAD + ISSUER + AUDIENCE + "  subjects:\n  - match: {repository: org/farol}\n"
    assert told(text)[0][2] == "identity.subjects[0].operator is missing"


def strangers(issuer: str, match: Any) -> bool:
    subjects = f"  subjects:\n  - match: {match}\n    operator: op-farol\n"
    found = told(f"{HEAD}  issuer: {issuer}\n{AUDIENCE}{subjects}")
    assert [(code, line) for code, line, _ in found] in ([], [("CFGF-10", 8)])
    return bool(found)


@pytest.mark.parametrize(
    "match",
    [
        "{ref: refs/heads/main}",
        "{environment: production, event_name: push}",
        "{repository: '*/farol'}",
        "{repository: 'or*/farol'}",
        "{repository: '**'  , ref: main}",
        "{repository: [org/farol, '*/farol']}",
        "{repository_id: '5999*'}",
        "{sub: 'repo:*/farol:**'}",
        "{sub: '**farol**'}",
        "{sub: 'repo:'}",
        "{sub: 'job_workflow_ref:org/farol'}",
        "{job_workflow_ref: org/farol/.github/workflows/apply.yml@refs/heads/main}",
        "{actor: ines}",
    ],
)
def test_where_everybody_gets_a_token_a_match_names_an_origin(match: str) -> None:
    assert strangers(GITHUB, match)
    assert not strangers("https://github.example.com/_services/token", match.replace("'**'  ", "x"))


@pytest.mark.parametrize(
    "match",
    [
        "{repository: org/farol}",
        "{repository: 'org/*', ref: refs/heads/main}",
        "{repository_id: '599900016'}",
        "{repository_owner: org, ref: '**'}",
        "{sub: 'repo:org/farol:**'}",
        "{workflow_ref: org/farol/.github/workflows/apply.yml@refs/heads/main}",
    ],
)
def test_a_match_with_an_origin_is_taken(match: str) -> None:
    assert not strangers(GITHUB, match)


def test_gitlab_has_names_of_its_own() -> None:
    assert not strangers("https://gitlab.com", "{project_path: org/farol}")
    assert not strangers("https://gitlab.com", "{sub: 'project_path:org/farol:**'}")
    assert strangers("https://gitlab.com", "{repository: org/farol}")
    assert strangers("https://gitlab.com", "{user_login: ines}")
