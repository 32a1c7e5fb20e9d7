"""Questions: everything that can be asked about a resource which one may not read, verb by verb."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.campaigns.states import RENAMED, Foreign

FOREIGN_RUN = "f0f0f0f0-0000-4000-8000-"
"""How the names of runs begin that others made."""
OWN_RUN = "00000000-0000-4000-8000-000000000001"
PLANS = ("text", "json", "markdown", "html", "sarif", "junit", "github", "gitlab", "gitlab-terraform")
DRIFTS = ("text", "json", "csv", "markdown", "html", "sarif", "junit", "github", "gitlab")
TREES = ("own", "equal", "guess", "closed", "moved")
"""What the manifests say of it: nothing, what is so, something else, that its life has ended, that it was renamed."""

STAYING = frozenset({"SystemConfiguration", "Partner"})
"""Kinds whose resources keep their names."""

Call = tuple[str, ...]


class Question(NamedTuple):
    """Calls one after the other, beside the manifests of a tree."""

    tree: str
    calls: tuple[Call, ...]


def questions(foreign: Foreign, *, readable: bool = False) -> Iterator[Question]:
    """All of them. Of a field that may not be read, those alone whose manifests do not name it."""
    for tree in ("own",) if readable else TREES:
        if (tree != "closed" or foreign.closed) and (tree != "moved" or foreign.key[0] not in STAYING):
            yield from (Question(tree, calls) for calls in _with_manifests(foreign))
    yield from (Question("own", calls) for calls in _without_manifests(foreign))


def _with_manifests(foreign: Foreign) -> Iterator[tuple[Call, ...]]:
    name = foreign.address
    tenant = foreign.key[1] or "farol"
    plan = ("plan", "manifests")
    for more in (
        (),
        ("--only-drift",),
        ("--mine",),
        ("--mine", "--prune", "--verbose"),
        ("--prune", "--detailed-exitcode"),
        ("--base", "HEAD"),
        ("--base", "HEAD~1", "--format", "json"),
        ("--base", "HEAD~1", "--mine", "--format", "markdown"),
        ("--target", name),
        ("--target", name, "--prune", "--allow-delete", f"{foreign.key[0]}:3"),
        ("--target", f"*/{tenant}/*", "--verbose"),
        ("--exclude", name, "--detailed-exitcode"),
        ("--env", "other", "--format", "json"),
        ("--rev", "HEAD~1"),
        ("--json",),
        ("--quiet",),
        ("--rehearse", "--mine"),
        ("--refresh", "full", "--mine"),
    ):
        yield ((*plan, *more),)
    for form in PLANS:
        yield ((*plan, "--verbose", "--format", form), (*plan, "--mine", "--format", form))
    # What is kept between calls.
    yield ((*plan, "--mine"), (*plan, "--mine"), plan, plan, ("drift",), ("drift",))
    yield (("validate", "manifests"), ("validate", "manifests", "--format", "json"))
    yield (("validate", "manifests", "--format", "sarif"), ("validate", "manifests", "--format", "junit"))
    for more in ((), ("--target", name, "--prune"), ("--json",), ("--report", "report.json"), ("--only-drift",)):
        yield (("apply", "manifests", "--auto-approve", *more),)
    # An own change is applied and looked back on.
    mine = ("apply", "manifests", "--auto-approve", "--mine", "--report", "report.json", "--json")
    after: tuple[Call, ...] = (
        mine,
        ("history",),
        ("history", "show", OWN_RUN, "--format", "json"),
        ("history", "verify"),
        ("status", OWN_RUN),
        ("status", "--format", "json"),
        ("drift", "--format", "json"),
        (*plan, "--mine"),
    )
    yield after
    yield (mine, ("rollback", OWN_RUN, "--format", "json"), ("rollback", OWN_RUN, "--auto-approve"), ("history",))
    # A plan in a file: the own one, and that of an administrator.
    for file, first in (("p.plan", ((*plan, "--mine", "--out", "p.plan"),)), ("root.plan", ()), ("mine.plan", ())):
        yield (
            *first,
            *(("show", file, "--format", form) for form in PLANS),
            ("owners", file),
            ("owners", file, "--format", "json"),
            ("access", "diff", file, "--format", "json"),
            ("status", file),
            ("approve", file, "--auto-approve"),
            ("approve", file, "--withdraw", "--auto-approve"),
            ("apply", file),
            ("status", file),
            ("apply", file),
        )
    yield ((*plan, "--out", "p.plan"), ("show", "p.plan"), ("apply", "p.plan"), ("approve", "p.plan", "--auto-approve"))
    for form in DRIFTS:
        yield (("drift", "manifests", "--format", form),)
    yield (
        ("drift", "manifests", "--record", "--format", "json"),
        ("drift", "manifests", "--record", "--detailed-exitcode"),
        ("drift", "--target", name),
        ("drift", "--tenant", tenant, "--format", "json"),
        ("drift", "--exclude", name),
    )
    for asked in (name, f"{name}.{foreign.path}"):
        yield (("accept", asked, "--diff"), ("accept", asked))
    yield (("adopt", name, "--auto-approve", "--into", "adopted"),)
    yield (("adopt", "--all", "--tenant", tenant, "--auto-approve", "--into", "adopted"),)
    yield (("adopt", "--all", "--auto-approve", "--into", "adopted"),)
    yield (("move", name, "other-name", "--diff"), ("move", name, RENAMED, "--diff"), ("move", name, "other-name"))
    yield (("explain", name), ("explain", f"{name}.{foreign.path}"))
    yield (
        ("diff", "--from-env", "other", "--to-env", "other"),
        ("promote", name, "--from-env", "other", "--to-env", "other"),
    )
    # A large part of the own is given up.
    gone = ("--target", "Category/farol/*", "--prune")
    yield ((*plan, *gone), (*plan, *gone, "--format", "json"), ("apply", "manifests", "--auto-approve", *gone))
    yield (("plan", "nothing"), ("plan", "nothing", "--prune"), ("drift", "nothing"), ("validate", "nothing"))
    yield (("snapshot", "--out", "s.snap"), (*plan, "--live", "s.snap"), (*plan, "--live", "s.snap", "--mine"))
    yield (("state", "forget", name, "--auto-approve"), ("state", "forget", name, "--out", "f.plan"))


def _without_manifests(foreign: Foreign) -> Iterator[tuple[Call, ...]]:
    name = foreign.address
    tenant = foreign.key[1] or "farol"
    run = f"{FOREIGN_RUN}000000000001"
    yield (
        ("export", "-"),
        ("export", "--states", "-"),
        ("export", "--target", name, "-"),
        ("export", "--tenant", tenant, "-"),
        ("export", "--layout", "tenant", "out"),
        ("export", "out2"),
        ("export", "--format", "csv", "domains", "--customer", f"{tenant}/casa", "--recursive"),
        ("export", "--format", "csv", "domains", "--customer", f"{tenant}/{foreign.key[2]}"),
    )
    yield (
        ("state", "list"),
        ("state", "list", name, "--format", "json"),
        ("state", "list", f"{foreign.key[0]}/*", "--format", "csv"),
        ("state", "show", name),
        ("state", "show", name, "--format", "json"),
    )
    yield (
        ("history",),
        ("history", "--format", "json"),
        ("history", "--target", name),
        ("history", "--tenant", tenant, "--format", "json"),
        ("history", "--by", "root*"),
        ("history", "--limit", "1"),
        ("history", "verify", "--format", "json"),
        ("history", "show", run),
        ("history", "show", "f0f0f0f0"),
        ("history", "show", run, "--format", "json"),
        ("status",),
        ("status", run),
        ("status", run, "--format", "json"),
        ("rollback", run, "--format", "json"),
        ("rollback", "f0f0f0f0", "--auto-approve"),
    )
    person = foreign.key[2]
    mail = f"{person}@{foreign.key[1] or 'platform'}.example.com"
    yield (
        ("access",),
        ("access", "--format", "json"),
        ("access", name),
        ("access", name, "--format", "json"),
        ("access", mail),
        ("access", person),
    )
    yield (("locks",), ("locks", "--format", "json"), ("db", "check"), ("db", "current"))
