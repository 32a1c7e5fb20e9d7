"""``reconciler version``: which program this is."""

from __future__ import annotations

import platform
import sys

import click

from reconciler import __version__
from reconciler.cli import exits
from reconciler.cli.options import global_options
from reconciler.cli.output import indented_json, write


@click.command(short_help="Which program this is.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@global_options(hidden=True)
def command(*, as_json: bool) -> int:
    """Show the version of the program, and of Python and the API when asked for JSON."""
    if as_json:
        facts = {
            "version": __version__,
            "api_version": "reconciler/v1",
            "plan_format_version": "1.2",
            "python": platform.python_version(),
        }
        write(sys.stdout, indented_json(facts))
    else:
        write(sys.stdout, f"reconciler {__version__}\n")
    return exits.DONE
