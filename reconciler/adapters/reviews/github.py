"""The comments below a pull request of GitHub."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reconciler.adapters.reviews.http import Client, name_in
from reconciler.adapters.reviews.surroundings import review_number, token, value
from reconciler.model.comment import Comment
from reconciler.model.dataclass import dataclass
from reconciler.model.errors import WorldError

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_PULL = re.compile(r"refs/pull/([0-9]+)/(?:merge|head)")
_RUNNER = "github-actions[bot]"
"""Who writes with the token of a workflow, which may not ask who it is."""


@dataclass(slots=True)
class GitHubReview:
    """A pull request. ``named`` is the author when it was given."""

    client: Client
    repository: str
    number: int
    named: str = ""

    longest = 65_536

    @classmethod
    def of(cls, variables: Mapping[str, str], *, number: int | None = None, author: str = "") -> GitHubReview:
        """The pull request of a workflow's step.

        Raises:
            UsageError: the environment does not say where, or with which token (CMT-01).
        """
        secret = token(variables, "GITHUB_TOKEN", "GH_TOKEN")
        client = Client(
            value(variables, "GITHUB_API_URL"),
            {
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {secret}",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        repository = value(variables, "GITHUB_REPOSITORY", pattern=_REPOSITORY)
        return cls(client, repository, review_number(number, variables, "GITHUB_REF", _PULL), author)

    def author(self) -> str:
        """The login behind the token; that of workflows where the token may not ask."""
        if not self.named:
            try:
                found = self.client.read("/user").content
            except WorldError as error:
                if error.code != "CMT-02" or "403" not in error.message:
                    raise
                self.named = _RUNNER
            else:
                self.named = name_in(found, "login") or _RUNNER
        return self.named

    def comments(self) -> Iterator[Comment]:
        """All comments of the conversation, oldest first."""
        for one in self.client.pages(f"/repos/{self.repository}/issues/{self.number}/comments", {}):
            yield Comment(id=one["id"], author=name_in(one.get("user"), "login"), body=str(one.get("body") or ""))

    def create(self, body: str) -> int:
        """Write a new comment."""
        path = f"/repos/{self.repository}/issues/{self.number}/comments"
        return self.client.create(path, {"body": body})

    def edit(self, number: int, body: str) -> None:
        """Replace the text of a comment."""
        self.client.change("PATCH", f"/repos/{self.repository}/issues/comments/{number}", {"body": body})
