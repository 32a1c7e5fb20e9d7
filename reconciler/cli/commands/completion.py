"""``reconciler completion``: the script that teaches a shell our verbs and options."""

from __future__ import annotations

import sys

import click

from reconciler.cli import exits
from reconciler.cli.options import global_options
from reconciler.cli.output import write

_SHELLS = ("bash", "zsh", "fish")


@click.command(short_help="Completion for a shell.")
@click.argument("shell", type=click.Choice(_SHELLS))
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, shell: str) -> int:
    """Print the completion script of SHELL.

    For bash: source <(reconciler completion bash)
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    script = kind(context.find_root().command, {}, "reconciler", "_RECONCILER_COMPLETE")
    write(sys.stdout, script.source_template % script.source_vars() + "\n")
    return exits.DONE
