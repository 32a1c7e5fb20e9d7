"""What needs no house: doors that open without a configuration, for who has none yet or a broken one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from reconciler.adapters.repository import NewFiles, read_templates
from reconciler.engine.key_order import key_orders
from reconciler.engine.schema import schema_files
from reconciler.kinds import discover
from reconciler.model.blueprint import NewFile
from reconciler.operations.init import Answers, compose
from reconciler.ports import (
    ManifestEditor,
    NewFolder,
    Review,
)


def open_editor(paths: Sequence[str], *, folder: Path | None = None) -> ManifestEditor:
    """The files below ``paths`` to be tidied; no configuration is read, so that a broken one can be tidied too."""
    from reconciler.adapters.manifests.edit import FilesEditor

    return FilesEditor(folder or Path.cwd(), paths, orders=key_orders(discover()))


def new_repository(answers: Answers) -> list[NewFile]:
    """The files of a new repository of manifests.

    Raises:
        UsageError: an answer is off.
    """
    return compose(read_templates(answers.pipeline), schema_files(discover()), answers)


def new_folder(folder: Path) -> NewFolder:
    """A folder into which a new repository goes."""
    return NewFiles(folder)


def open_review(variables: Mapping[str, str], provider: str, *, number: int | None = None, author: str = "") -> Review:
    """The review that a runner's job is about. ``provider`` is github or gitlab.

    Raises:
        UsageError: the environment does not say where it is, or with which token to write (CMT-01).
    """
    from reconciler.adapters.reviews import GitHubReview, GitLabReview

    kinds: dict[str, type[GitHubReview | GitLabReview]] = {"github": GitHubReview, "gitlab": GitLabReview}
    return kinds[provider].of(variables, number=number, author=author)
