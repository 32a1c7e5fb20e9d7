"""The story of docs/drift.md: three people change rows by hand, the report tells who did what, and it is dealt with.

``python scripts/drift_demo.py`` starts a PostgreSQL server of its own, works in a temporary copy of
``examples/drift-demo`` and prints each command with what it says; ``--write`` puts that into the page. Times of day,
digests and ids of commits are different each time, so others stand in their places.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "drift.md"
BEGIN, END = "<!-- story: written by scripts/drift_demo.py -->\n", "<!-- end of the story -->\n"
KEY = "c3RvcmllcyBhcmUgbm90IHNlY3JldCBhdCBhbGwgLTI="
WAIVER = """\
apiVersion: reconciler/v1
kind: Waiver
metadata:
  name: campaign
spec:
  owner: rita@example.com
  reason: Everybody may ask about seals until the campaign is over.
  expires: {expires}
  addresses: [Category/farol/signing]
  fields: [audience]
"""
HANDS = (
    ("night_desk", "support_app", "", "UPDATE categories SET audience = 'all' WHERE name = 'signing'"),
    ("postgres", "psql", "rui@example.com", "UPDATE service_types SET sort_order = 90 WHERE name = 'incident'"),
    ("billing", "billing_job", "", "UPDATE categories SET description = 'Bills and dunning' WHERE name = 'invoices'"),
)
"""Who writes: the user and the program that the server sees, whom the program names, and the statement."""


class Story:
    """Runs commands in a folder and keeps what was typed and said."""

    def __init__(self, folder: Path, url: str) -> None:
        self.lines: list[str] = []
        self._folder = folder
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("RECONCILER_", "GIT_"))}
        person = {"NAME": "Rita Fonseca", "EMAIL": "rita@example.com"}
        self._environment = {
            **ours,
            **{f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER") for name, value in person.items()},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "NO_COLOR": "1",
            "PYTHONPATH": str(ROOT),
            "RECONCILER_DATABASE_URL": url,
            "RECONCILER_SECRET_KEY": KEY,
        }

    def say(self, text: str) -> None:
        """A paragraph of the page."""
        self.lines += [text, ""]

    def show(self, text: str, *, language: str) -> None:
        """A block that is no command."""
        self.lines += [f"```{language}", text.rstrip("\n"), "```", ""]

    def run(self, *words: str, later: dt.timedelta | None = None) -> None:
        """A command of the program and what it prints; ``later`` moves its clock on."""
        more = {}
        if later is not None:
            more["RECONCILER_CLOCK"] = (dt.datetime.now(dt.UTC) + later).strftime("%Y-%m-%dT%H:%M:%SZ")
        typed = " ".join(f"'{word}'" if re.search(r"[*\s]", word) else word for word in words)
        done = self._do([sys.executable, "-m", "reconciler", *words], more)
        self.lines += ["```text", f"$ reconciler {typed}", *_masked(done).rstrip("\n").split("\n"), "```", ""]

    def quietly(self, *words: str) -> None:
        """A command that the page does not show."""
        self._do([*words], {})

    def _do(self, command: list[str], more: dict[str, str]) -> str:
        done = subprocess.run(
            command, cwd=self._folder, env={**self._environment, **more}, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout


def tell(postgres: str = "16") -> str:
    """The whole story, as Markdown."""
    sys.path.insert(0, str(ROOT))
    from tests.servers import running  # of the tests, so that both start a server in one way

    with running(postgres) as cluster, _copy() as folder:
        name = cluster.database()
        story = Story(folder, cluster.url(name))
        _begin(story, cluster, name)
        for user, application, operator, statement in HANDS:
            with cluster.connect(name, user) as hand:
                hand.execute("SELECT set_config('application_name', %s, false)", (application,))
                if operator:
                    hand.execute("SELECT set_config('reconciler.operator', %s, false)", (operator,))
                hand.execute(statement.encode())
        _deal(story, folder)
        return "\n".join(story.lines)


def _begin(story: Story, cluster: object, name: str) -> None:
    for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "As agreed")):
        story.quietly("git", *words)
    story.quietly(sys.executable, "-m", "reconciler", "db", "upgrade")
    with cluster.connect(name) as owner:  # type: ignore[attr-defined]  # a class of the tests, imported late
        for user in ("night_desk", "billing"):
            owner.execute(f"DROP ROLE IF EXISTS {user}")
            owner.execute(f"CREATE ROLE {user} LOGIN")
            owner.execute(f"GRANT SELECT, UPDATE ON categories TO {user}")
    story.say("The manifests of a small help desk are applied to an empty database, and nothing has drifted:")
    story.run("apply", "--bootstrap", "--auto-approve", "--quiet")
    story.run("drift")
    story.say("Then three people change rows by hand. Two programs have a user of their own; Rui says who he is:")
    shown = []
    for user, application, operator, statement in HANDS:
        shown.append(f"-- {application}, as user {user}")
        if operator:
            shown.append(f"SELECT set_config('reconciler.operator', '{operator}', false);")
        shown.append(f"{statement};")
    story.show("\n".join(shown), language="sql")


def _deal(story: Story, folder: Path) -> None:
    later = dt.timedelta(hours=3, seconds=30)
    story.say("Three hours later:")
    story.run("drift", later=later)
    story.say(
        "Inês, of the partner, takes Rui's change back. `--only-drift` leaves out whatever git has changed in the "
        "meantime:"
    )
    words = ("apply", "--only-drift", "--target", "ServiceType/*", "--auto-approve", "--as", "ines@farol.example.com")
    story.run(*words)
    story.say("What the night desk did may stand for a week. Rita answers for it, in a file that is reviewed:")
    expires = (dt.datetime.now(dt.UTC) + dt.timedelta(days=7)).date().isoformat()
    (folder / "waivers").mkdir()
    (folder / "waivers" / "campaign.yaml").write_text(WAIVER.format(expires=expires), encoding="utf-8")
    story.show(_masked(WAIVER.format(expires=expires)), language="yaml")
    story.say("What is left is the change of the billing job, which is to be taken over into git:")
    story.run("drift", "--record", "--quiet")
    story.run("drift", later=later)
    story.say("A plan says so too, and leaves the waived field as it is:")
    story.run("plan", "--only-drift")


@contextmanager
def _copy() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="drift-demo-") as elsewhere:
        folder = Path(elsewhere) / "help-desk"
        shutil.copytree(ROOT / "examples" / "drift-demo", folder)
        yield folder


def _masked(text: str) -> str:
    """What differs from run to run, made the same."""
    text = re.sub(r"\b20\d\d-\d\d-\d\d\b(?!T)", "2026-06-22", text)
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:5e1f...", text)
    return re.sub(r"commit [0-9a-f]{12}\b", "commit 3f9c0a7be214", text)


def page(story: str, before: str) -> str:
    """The page with the story in its place."""
    head, _, rest = before.partition(BEGIN)
    return f"{head}{BEGIN}\n{story}\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """Print the story, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write it into docs/drift.md")
    parser.add_argument("--postgres", default="16", metavar="VERSION", help="version of the server that is started")
    given = parser.parse_args()
    story = tell(given.postgres)
    if given.write:
        PAGE.write_text(page(story, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(story)


if __name__ == "__main__":
    main()
