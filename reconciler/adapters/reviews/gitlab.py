"""The notes below a merge request of GitLab."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reconciler.adapters.reviews.http import Client, name_in
from reconciler.adapters.reviews.surroundings import review_number, token, value
from reconciler.model.comment import Comment
from reconciler.model.dataclass import dataclass
from reconciler.model.errors import WorldError

_PROJECT = re.compile(r"[0-9]{1,18}")
_NUMBER = re.compile(r"([0-9]+)")


@dataclass(slots=True)
class GitLabReview:
    """A merge request. ``named`` is the author when it was given."""

    client: Client
    project: str
    number: int
    named: str = ""

    longest = 1_000_000

    @classmethod
    def of(cls, variables: Mapping[str, str], *, number: int | None = None, author: str = "") -> GitLabReview:
        """The merge request of a pipeline's job.

        Raises:
            UsageError: the environment does not say where, or with which token (CMT-01).
        """
        secret = token(variables, "GITLAB_TOKEN")
        client = Client(value(variables, "CI_API_V4_URL"), {"PRIVATE-TOKEN": secret})
        project = value(variables, "CI_PROJECT_ID", pattern=_PROJECT)
        return cls(client, project, review_number(number, variables, "CI_MERGE_REQUEST_IID", _NUMBER), author)

    def author(self) -> str:
        """The name of the user behind the token.

        Raises:
            WorldError: the token may not ask, or no name comes back (CMT-02).
        """
        if not self.named:
            self.named = name_in(self.client.read("/user").content, "username")
        if not self.named:
            raise WorldError("the host of the review does not say whose token this is", code="CMT-02")
        return self.named

    def comments(self) -> Iterator[Comment]:
        """All notes of people and programs, oldest first."""
        path = f"/projects/{self.project}/merge_requests/{self.number}/notes"
        for one in self.client.pages(path, {"sort": "asc", "order_by": "created_at"}):
            if not one.get("system"):
                yield Comment(
                    id=one["id"], author=name_in(one.get("author"), "username"), body=str(one.get("body") or "")
                )

    def create(self, body: str) -> int:
        """Write a new note."""
        path = f"/projects/{self.project}/merge_requests/{self.number}/notes"
        return self.client.create(path, {"body": body})

    def edit(self, number: int, body: str) -> None:
        """Replace the text of a note."""
        path = f"/projects/{self.project}/merge_requests/{self.number}/notes/{number}"
        self.client.change("PUT", path, {"body": body})
