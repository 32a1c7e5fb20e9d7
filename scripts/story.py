"""Stories that pages tell: commands of the program in a folder, and what they say, as Markdown between two marks.

A story is told anew by its script; ``--write`` puts it into its page. What differs from run to run, such as times and
ids, is masked.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEY = "c3RvcmllcyBhcmUgbm90IHNlY3JldCBhdCBhbGwgLTI="
END = "<!-- end of the story -->\n"

Masks = Sequence[tuple[str, str]]
"""Patterns of what differs from run to run, and what stands in its place."""

DIGEST = (r"sha256:[0-9a-f]{64}", "sha256:5e1f...")


class Story:
    """Runs commands in a folder and keeps what was typed and said."""

    def __init__(self, folder: Path, masks: Masks, variables: Mapping[str, str] | None = None) -> None:
        self.lines: list[str] = []
        self._folder = folder
        self._masks = masks
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("RECONCILER_", "GIT_"))}
        self._environment = {
            **ours,
            "NO_COLOR": "1",
            "PYTHONPATH": str(ROOT),
            "RECONCILER_SECRET_KEY": KEY,
            **(variables or {}),
        }

    def say(self, text: str) -> None:
        """A paragraph of the page."""
        self.lines += [text, ""]

    def show(self, text: str, *, language: str) -> None:
        """A block that is no command."""
        self.lines += [f"```{language}", masked(text, self._masks).rstrip("\n"), "```", ""]

    def write(self, file: str, *manifests: str) -> None:
        """Put manifests into a file."""
        path = self._folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("---\n".join(manifests), encoding="utf-8")

    def edit(self, file: str, old: str, new: str) -> None:
        """Change a file in one place."""
        path = self._folder / file
        text = path.read_text(encoding="utf-8")
        if old not in text:
            sys.exit(f"{file} does not say {old}")
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def run(self, *words: str, ends: int = 0, later: dt.timedelta | None = None) -> None:
        """A command, what it says, and the exit code where that is not 0; ``later`` moves its clock on."""
        more = {}
        if later is not None:
            more["RECONCILER_CLOCK"] = (dt.datetime.now(dt.UTC) + later).strftime("%Y-%m-%dT%H:%M:%SZ")
        typed = " ".join(f"'{word}'" if re.search(r"[*\s]", word) else word for word in words)
        said = self._do([sys.executable, "-m", "reconciler", *words], more, ends)
        self.lines += ["```text", f"$ reconciler {typed}", *masked(said, self._masks).rstrip("\n").split("\n")]
        self.lines += [*([f"(exit code {ends})"] if ends else []), "```", ""]

    def quietly(self, *words: str) -> None:
        """A command that the page does not show."""
        self._do([*words], {}, 0)

    def _do(self, command: list[str], more: Mapping[str, str], ends: int) -> str:
        done = subprocess.run(
            command,
            cwd=self._folder,
            env={**self._environment, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if ends else subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode != ends:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr or ''}")
        return done.stdout


def masked(text: str, masks: Masks) -> str:
    """What differs from run to run, made the same."""
    for pattern, words in masks:
        text = re.sub(pattern, words, text)
    return text


def page_with(begin: str, story: str, before: str) -> str:
    """The page with the story in its place, which begins with the mark ``begin``."""
    head, _, rest = before.partition(begin)
    return f"{head}{begin}\n{story}\n{END}{rest.partition(END)[2]}"


def told(parser: argparse.ArgumentParser, page: Path, begin: str, tell: Callable[[argparse.Namespace], str]) -> None:
    """Print the story, or write it into its page."""
    parser.add_argument("--write", action="store_true", help=f"write it into {page.relative_to(ROOT)}")
    given = parser.parse_args()
    story = tell(given)
    if given.write:
        page.write_text(page_with(begin, story, page.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(story)
