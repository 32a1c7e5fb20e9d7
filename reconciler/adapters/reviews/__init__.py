"""Reviews: the comments below a pull request of GitHub or a merge request of GitLab, over their REST APIs.

The address, the project and the token come from the environment that a runner gives to its steps. The token is sent to
that address alone, never follows a redirect, and stands in no message.
"""

from __future__ import annotations

from reconciler.adapters.reviews.github import GitHubReview
from reconciler.adapters.reviews.gitlab import GitLabReview

__all__ = ["GitHubReview", "GitLabReview"]
