"""``reconciler comment`` from the command line, over real HTTP."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from tests.adapters.reviews.host import TOKEN, Fault, Host, serving
from tests.cli.tree import Tree

BODY = "<!-- reconciler:plan staging -->\n### Plan: 1 to add\n"


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    with serving(Host()) as found:
        monkeypatch.setenv("GITHUB_API_URL", found.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", "farol/live")
        monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setenv("CI_API_V4_URL", found.url)
        monkeypatch.setenv("CI_PROJECT_ID", "42")
        monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
        yield found


@pytest.mark.parametrize("provider", ["github", "gitlab"])
def test_a_file_becomes_a_comment_once(tree: Tree, host: Host, provider: str) -> None:
    tree.write("plan.md", BODY)
    words = ("comment", "plan.md", "--provider", provider, "--number", "7")
    assert tree.run(*words).out == "Comment 101: created.\n"
    assert tree.run(*words, "--format", "json").json == {"format_version": "1.0", "outcome": "unchanged", "id": 101}
    assert host.comments == [(101, host.me, BODY)]


def test_standard_input_is_read(tree: Tree, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(BODY.encode())))
    assert tree.run("comment", "-", "--provider", "github", "--number", "7").code == 0
    assert host.comments[0][2] == BODY


def test_what_is_off_is_told_with_a_code_and_without_the_token(tree: Tree, host: Host) -> None:
    tree.write("plan.md", BODY)
    tree.write("bad.md", "no marker")
    (tree.folder / "latin.md").write_bytes(b"\xe9")
    host.faults = [Fault(404, method="POST")]
    refused = tree.run("comment", "plan.md", "--provider", "github", "--number", "7")
    calls = [
        tree.run("comment", "plan.md", "--provider", "github"),
        tree.run("comment", "bad.md", "--provider", "github", "--number", "7"),
        tree.run("comment", "latin.md", "--provider", "gitlab", "--number", "7"),
    ]
    assert [call.code for call in (refused, *calls)] == [1, 1, 1, 1]
    assert "error CMT-02: the host of the review refuses: HTTP 404" in refused.err
    assert all("error CMT-01: " in call.err for call in calls)
    missing = tree.run("comment", "missing.md", "--provider", "github", "--number", "7")
    assert missing.err.startswith("error ERR-04: missing.md cannot be read")
    assert not any(TOKEN in call.out + call.err for call in (refused, *calls))
