"""The group of all commands, and the boundary at which every error becomes a message and an exit code.

Commands are found by looking into ``cli/commands``: there is no list of them. Nothing heavy is imported here, nor by
the command modules, so that help, version and completion are quick.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from reconciler.cli import exits
from reconciler.cli.options import INTERRUPTS, Globals, global_options
from reconciler.cli.output import Output, json_line, write
from reconciler.model.errors import ReconcilerError, WorldError
from reconciler.render.terminal import Palette, safe

_COMMANDS = Path(__file__).parent / "commands"


class LazyGroup(click.Group):
    """A group whose commands are modules of a folder, loaded when they are asked for."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """The names of the command modules; an underscore reads as a dash."""
        return sorted(one.stem.replace("_", "-") for one in _COMMANDS.glob("[a-z]*.py"))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of a name, if there is one."""
        if name not in self.list_commands(context):
            return None
        module = import_module(f"reconciler.cli.commands.{name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with the nearest names offered for one that does not exist."""
        name = arguments[0]
        if self.get_command(context, name) is None and not name.startswith("-"):
            raise click.exceptions.NoSuchCommand(name, possibilities=self.list_commands(context), ctx=context)
        return super().resolve_command(context, arguments)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=False,
    invoke_without_command=True,
    subcommand_metavar="VERB [ARGS]...",
)
@global_options(hidden=False)
@click.pass_context
def cli(context: click.Context) -> int:
    """Plan and apply the settings of a signing platform from manifests in git."""
    if context.invoked_subcommand is None:
        write(sys.stderr, f"{context.get_help()}\n")
        return exits.ERROR
    return exits.DONE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; it raises nothing but what ends a process."""
    options = Globals()
    before = {one: signal.getsignal(one) for one in INTERRUPTS}
    if before[signal.SIGTERM] is signal.SIG_DFL and threading.current_thread() is threading.main_thread():
        # Whoever ends the program, as runners of jobs do, wants it rolled back and no secrets left behind.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    collecting = gc.isenabled()
    gc.disable()  # the values of a run stay until its end: looking through them again and again frees nothing
    try:
        code = cli.main(args=arguments, prog_name="reconciler", standalone_mode=False, obj=options)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _misused(error)
    except (KeyboardInterrupt, click.Abort):
        write(sys.stderr, "interrupted; nothing was changed\n")
        return exits.INTERRUPTED
    except ReconcilerError as error:
        if isinstance(error, WorldError):
            _trace(error)
        return _refused(error, options)
    except Exception as error:  # noqa: BLE001  # the boundary: whatever happens ends as one line and an exit code
        return _failed(error, options)
    finally:
        if arguments is None:
            gc.freeze()  # the process ends now: a last look through all values would free nothing that its end does not
        if collecting:
            gc.enable()
        # An apply stops to hear interrupts from its commit on; whoever called this function hears them again.
        for one, handler in before.items():
            if signal.getsignal(one) is not handler:
                signal.signal(one, handler)
    return code if isinstance(code, int) else exits.DONE


def _misused(error: click.ClickException) -> int:
    """A usage error: never exit code 2, which says that changes are present."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        write(sys.stderr, f"{error.format_message()}\n")
        return exits.ERROR
    context = getattr(error, "ctx", None)
    where = context.command_path if isinstance(context, click.Context) else "reconciler"
    write(sys.stderr, f"error ERR-03: {safe(error.format_message())}\n    help: {where} --help\n")
    return exits.ERROR


def _refused(error: ReconcilerError, options: Globals) -> int:
    if options.streams:
        from reconciler.render.events_json import error_lines

        Output(options, os.environ).json_lines(error_lines(error))
    if options.log_format == "json":
        for one in error.diagnostics:
            _log("error", one.code, one.summary, one.hint, str(one.source or ""))
        _log("error", error.code, error.message, error.hint)
    elif not options.streams:
        from reconciler.render.findings_text import error_text

        palette = Palette(Output(options, os.environ).colours(sys.stderr))
        write(sys.stderr, error_text(error, palette))
    return error.exit_code


def _failed(error: Exception, options: Globals) -> int:
    """A fault of the program itself. The text of a foreign exception may hold data, so it is never printed."""
    _trace(error)
    name = type(error).__name__
    hint = "run again with RECONCILER_LOG=debug to see where, and report it"
    if options.log_format == "json":
        _log("error", "ERR-00", f"internal error: {name}", hint)
    else:
        write(sys.stderr, f"error ERR-00: internal error: {name}\n    help: {hint}\n")
    return exits.ERROR


def _log(level: str, code: str, message: str, hint: str, place: str = "") -> None:
    facts: dict[str, Any] = {"level": level, "code": code, "message": message}
    facts |= {key: value for key, value in (("hint", hint), ("place", place)) if value}
    write(sys.stderr, json_line(facts))


def _trace(error: BaseException) -> None:
    """With ``RECONCILER_LOG=debug``, where an error came from: frames and names of exceptions, no texts of theirs."""
    if os.environ.get("RECONCILER_LOG", "").lower() != "debug":
        return
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = "".join(traceback.format_tb(current.__traceback__))
        write(sys.stderr, f"{type(current).__module__}.{type(current).__qualname__}\n{frames}")
        current = current.__cause__ or current.__context__


if __name__ == "__main__":
    sys.exit(main())
