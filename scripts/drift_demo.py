"""The story of docs/drift.md: three people change rows by hand, the report tells who did what, and it is dealt with.

``python scripts/drift_demo.py`` starts a PostgreSQL server of its own, works in a temporary copy of
``examples/drift-demo`` and prints each command with what it says; ``--write`` puts that into the page. Times of day,
digests and ids of commits are different each time, so others stand in their places.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.story import DIGEST, Story, page_with, told  # noqa: E402 - after the path above

PAGE = ROOT / "docs" / "drift.md"
BEGIN = "<!-- story: written by scripts/drift_demo.py -->\n"
MASKS = (
    (r"\b20\d\d-\d\d-\d\d\b(?!T)", "2026-06-22"),
    DIGEST,
    (r"commit [0-9a-f]{12}\b", "commit 3f9c0a7be214"),
)
PERSON = {"NAME": "Rita Fonseca", "EMAIL": "rita@example.com"}
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


def tell(postgres: str = "16") -> str:
    """The whole story, as Markdown."""
    from tests.servers import running  # of the tests, so that both start a server in one way

    with running(postgres) as cluster, _copy() as folder:
        name = cluster.database()
        variables = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in PERSON.items()}
        variables |= {"GIT_CONFIG_GLOBAL": os.devnull, "RECONCILER_DATABASE_URL": cluster.url(name)}
        story = Story(folder, MASKS, variables)
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
    story.show(WAIVER.format(expires=expires), language="yaml")
    story.say("What is left is the change of the billing job:")
    story.run("drift", "--record", "--quiet")
    story.run("drift", later=later)
    story.say("A plan says so too, and leaves the waived field as it is:")
    story.run("plan", "--only-drift")
    story.say("The new words are better, so they go into git. Only the value is touched; the comment beside it stays:")
    story.run("accept", "Category/farol/invoices.description", "--diff")
    story.run("accept", "Category/farol/invoices.description")
    story.quietly("git", "commit", "-q", "-a", "-m", "The shop says it better")
    story.say("Once that is committed, git and the world agree again, but for what is waived:")
    story.run("drift", later=later)


@contextmanager
def _copy() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="drift-demo-") as elsewhere:
        folder = Path(elsewhere) / "help-desk"
        shutil.copytree(ROOT / "examples" / "drift-demo", folder)
        yield folder


def page(story: str, before: str) -> str:
    """The page with the story in its place."""
    return page_with(BEGIN, story, before)


def main() -> None:
    """Print the story, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", default="16", metavar="VERSION", help="version of the server that is started")
    told(parser, PAGE, BEGIN, lambda given: tell(given.postgres))


if __name__ == "__main__":
    main()
