"""Options that many commands share, and the global ones, which may stand before or after the verb."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import field
from typing import Any, TypeVar

import click

from reconciler import __version__
from reconciler.model.dataclass import dataclass

INTERRUPTS = (signal.SIGINT, signal.SIGTERM)
"""Signals that end a run; what was not committed is rolled back."""

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(slots=True)
class Globals:
    """What the global options say. A later option of the same name wins; ``--as`` adds up."""

    chdir: str = ""
    config: str = ""
    env: str = ""
    people: list[str] = field(default_factory=list)
    color: bool = True
    quiet: bool = False
    verbose: bool = False
    log_format: str = "text"
    refresh: str = ""
    policy_rev: str | None = None
    base: str | None = None
    streams: bool = False
    """Whether the command writes events as JSON on standard output; an error is one of them then."""


def globals_of(context: click.Context) -> Globals:
    """The global options of this call."""
    root = context.find_root()
    if not isinstance(root.obj, Globals):
        root.obj = Globals()
    return root.obj


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    found = globals_of(context)
    match parameter.name:
        case "people":
            found.people.extend(value)
        case "no_color" if value:
            found.color = False
        case "quiet" | "verbose" as name if value:
            setattr(found, name, True)
        case "chdir" | "config" | "env" | "log_format" | "refresh" as name if value:
            setattr(found, name, value)
        case "policy_rev" | "base" as name if value is not None:
            setattr(found, name, value)


def _version(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
    if value:
        click.echo(f"reconciler {__version__}")
        context.exit(0)


def global_options(*, hidden: bool) -> Callable[[Command], Command]:
    """Add the global options to a command; ``hidden`` keeps them out of its help, where only the group shows them."""

    def add(command: Command) -> Command:
        def option(*names: str, **how: Any) -> None:
            nonlocal command
            settings: dict[str, Any] = {"expose_value": False, "callback": _remember, "hidden": hidden, **how}
            command = click.option(*names, **settings)(command)

        option("--version", is_flag=True, is_eager=True, callback=_version, help="Show the version and leave.")
        option("--log-format", type=click.Choice(["text", "json"]), help="Form of what is told on standard error.")
        option("--verbose", is_flag=True, help="Show what is left out otherwise.")
        option("--quiet", is_flag=True, help="Show the verdict and what stands against it, nothing else.")
        option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same.")
        option(
            "--as",
            "people",
            multiple=True,
            metavar="EMAIL",
            help="Who applies; given again, who approves. Else RECONCILER_ACTOR.",
        )
        option("--env", metavar="NAME", help="Environment of the configuration; else RECONCILER_ENV.")
        option("--config", metavar="FILE", help="Configuration; default reconciler.yaml in the working folder.")
        option("--chdir", metavar="DIR", help="Work in this folder.")
        return command

    return add


def selection_options(command: Command) -> Command:
    """``--target``, ``--exclude``, ``--mine``, ``--prune``, ``--only-drift`` and ``--rev``: what a plan is about."""
    for option in reversed(
        (
            click.option(
                "--target", "targets", multiple=True, metavar="GLOB", help="Only these addresses; may be repeated."
            ),
            click.option(
                "--exclude", "excludes", multiple=True, metavar="GLOB", help="Not these addresses; may be repeated."
            ),
            click.option("--mine", is_flag=True, help="Leave out manifests that lie outside of your reach."),
            click.option("--prune", is_flag=True, help="Delete managed resources whose manifest is gone."),
            click.option("--only-drift", is_flag=True, help="Only what the world changed; leave out what git changed."),
            click.option(
                "--allow-delete",
                "allowances",
                multiple=True,
                metavar="KIND:N",
                help="Let N deletes of a kind pass the budget; may be repeated.",
            ),
            click.option("--rev", metavar="COMMIT", help="Read the manifests from git at this commit."),
        )
    ):
        command = option(command)
    return command


def refresh_option(command: Command) -> Command:
    """``--refresh``: how much of the database is read."""
    return click.option(
        "--refresh",
        type=click.Choice(["journal", "full"]),
        expose_value=False,
        callback=_remember,
        help="Read of a server only the rows that its journal names since the last run (default), or all of them.",
    )(command)


def policy_option(command: Command) -> Command:
    """``--policy-rev``: by whose rules a plan is judged."""
    return click.option(
        "--policy-rev",
        metavar="COMMIT",
        expose_value=False,
        callback=_remember,
        help="Judge by the policies and the configuration of this commit, else RECONCILER_POLICY_REV.",
    )(command)


def base_option(command: Command) -> Command:
    """``--base``: where a branch began, and by whose rules it is judged, unless ``--policy-rev`` says that."""
    return click.option(
        "--base",
        metavar="COMMIT",
        expose_value=False,
        callback=_remember,
        help="Tell what the branch changes from what was pending at this commit; judge by the rules of then.",
    )(command)


def snapshot_options(command: Command) -> Command:
    """``--live`` and what belongs to it: a plan without a database."""
    for option in reversed(
        (
            click.option("--live", metavar="SNAPSHOT", help="Plan against a snapshot; no database, no secrets."),
            click.option(
                "--snapshot-key",
                metavar="FILE",
                help="Public key by which the snapshot is believed, else RECONCILER_SNAPSHOT_KEY.",
            ),
            click.option("--max-age", metavar="SPAN", help="How old the snapshot may be; 24h unless configured."),
        )
    ):
        command = option(command)
    return command


def format_option(*words: str) -> Callable[[Command], Command]:
    """``--format``."""
    return click.option(
        "--format", "form", type=click.Choice(words), default=words[0], show_default=True, help="Form of the result."
    )


def paths_argument(command: Command) -> Command:
    """PATH, any number of times."""
    return click.argument("paths", nargs=-1, metavar="[PATH]...")(command)
