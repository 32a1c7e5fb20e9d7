"""Branch: a commit on a new branch, made beside the working tree: neither its files nor its index are touched."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from reconciler.adapters.manifests.program import run_git
from reconciler.model.errors import UsageError, WorldError

_WHO = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")
_NONE = "0" * 40
_HEAD = ("HEAD", "@")
"""What git itself refuses as the name of a branch: nobody could tell it from the commit that is checked out."""


def commit_on_branch(working: Path, branch: str, files: Mapping[str, bytes], *, message: str) -> str:
    """Make ``branch`` from HEAD with one commit more, in which ``files`` hold what is given; the commit's id.

    Paths are relative to ``working``. No hook runs, and nothing is signed.

    Raises:
        UsageError: the name is none for a branch, or the branch exists already (ACC-05).
        WorldError: there is no repository, no commit, or git refused.
    """
    reference = f"refs/heads/{branch}"
    odd = branch.startswith("-") or branch in _HEAD
    if odd or run_git(working, "check-ref-format", reference, check=False) is None:
        raise UsageError(f"{branch!r} is no name for a branch", code="ACC-05")
    head = run_git(working, "rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD^{commit}", check=False)
    if head is None:
        raise WorldError("there is no commit to start a branch from", hint="leave --branch out")
    parent = head.decode().strip()
    if run_git(working, "rev-parse", "--verify", "--quiet", "--end-of-options", reference, check=False) is not None:
        raise UsageError(f"there is a branch {branch} already", code="ACC-05", hint="name another one, or delete it")
    prefix = (run_git(working, "rev-parse", "--show-prefix") or b"").decode().rstrip("\n")
    with tempfile.TemporaryDirectory() as folder:
        variables = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        run_git(working, "read-tree", "--end-of-options", parent, variables=variables)
        lines = []
        for path, data in sorted(files.items()):
            blob = (run_git(working, "hash-object", "-w", "--no-filters", "--stdin", given=data) or b"").strip()
            mode = _mode(working, parent, prefix + path)
            lines.append(b"%s %s\t%s" % (mode, blob, os.fsencode(prefix + path)))
        run_git(working, "update-index", "-z", "--index-info", given=b"\0".join([*lines, b""]), variables=variables)
        tree = (run_git(working, "write-tree", variables=variables) or b"").decode().strip()
    who = {name: os.environ[name] for name in _WHO if os.environ.get(name)}
    made = run_git(
        working, "commit-tree", "-p", parent, "-F", "-", tree, given=message.encode(), check=False, variables=who
    )
    if made is None:
        raise WorldError("git does not know who commits", hint="set user.name and user.email in its configuration")
    commit: str = made.decode().strip()
    if run_git(working, "update-ref", reference, commit, _NONE[:1] * len(commit), check=False) is None:
        raise WorldError(f"git did not make the branch {branch}", hint="perhaps it was made meanwhile")
    return commit


def _mode(working: Path, parent: str, path: str) -> bytes:
    """The mode that a file has in a commit; that of a plain file where it is not there."""
    listed = run_git(working, "ls-tree", "-z", "--full-tree", parent, "--", path) or b""
    mode = listed.split(b" ", 1)[0]
    return mode if mode in (b"100644", b"100755") else b"100644"
