"""One call of the program: its options, its output, and the house that it opens once it needs one."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.options import Globals, globals_of
from reconciler.cli.output import Output, write_file
from reconciler.cli.pacing import Pace, paced
from reconciler.model.errors import ReconcilerError, UsageError, WorldError

if TYPE_CHECKING:  # what stands behind these names is heavy, and help must not load it
    from reconciler.cli.answers import Known
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.model.identity import Asking
    from reconciler.operations.request import People
    from reconciler.render.resource_text import Style
    from reconciler.wiring import House


class Session:
    """What a command works with."""

    def __init__(self, options: Globals) -> None:
        self.options = options
        self.output = Output(options, os.environ)
        self.pace: Pace | None = None
        self.known: Known | None = None
        """What is known of the call, where it may be answered, or its answer be kept."""

    @classmethod
    def begin(cls, context: click.Context, *, streams: bool = False) -> Session:
        """The session of a call, in the folder of ``--chdir``. ``streams``: the result is a stream of JSON events.

        Raises:
            UsageError: the folder does not exist.
        """
        options = globals_of(context)
        options.streams = streams
        if options.chdir:
            try:
                os.chdir(options.chdir)
            except OSError as error:
                raise UsageError(f"--chdir {options.chdir}: {error.strerror}") from error
        session = cls(options)
        session.pace = context.with_resource(paced(options, os.environ))
        return session

    def hold(self, world: object) -> None:
        """Keep values until the process ends: taking millions of them apart one by one only costs time.

        Inside of a longer process they go when garbage is next looked for, which is off while a command runs.
        """
        ring: list[object] = [world]
        ring.append(ring)

    @cached_property
    def house(self) -> House:
        """The house, with its configuration read; warnings about it are told once."""
        from reconciler.wiring import open_house

        told = self.options
        house = open_house(
            os.environ,
            config=told.config,
            environment=told.env,
            refresh=told.refresh,
            policy_rev=told.policy_rev,
            base=told.base,
        )
        self._tell(house.warnings)
        try:
            house.refuse_names(self.options.people)
        except ReconcilerError:
            self._tell(house.overrules)
            raise
        return house

    def _tell(self, found: Sequence[Diagnostic]) -> None:
        if found and self.options.log_format == "text":
            from reconciler.render.findings_text import diagnostics_text

            self.output.tell(diagnostics_text(found, self.style_of_errors.palette))

    @property
    def style(self) -> Style:
        """How the result is laid out."""
        from reconciler.render.resource_text import Style
        from reconciler.render.terminal import Palette

        return Style(Palette(self.output.colours(sys.stdout)), verbose=self.options.verbose)

    @property
    def style_of_errors(self) -> Style:
        """How standard error is laid out."""
        from reconciler.render.resource_text import Style
        from reconciler.render.terminal import Palette

        return Style(Palette(self.output.colours(sys.stderr)), verbose=self.options.verbose)

    @cached_property
    def asking(self) -> Asking:
        """Who asks, and who agrees. It is found out once: a token may expire while a run goes on.

        Raises:
            UsageError: a name is none, or tokens alone are believed.
            Unidentified: a token proves nobody.
        """
        try:
            return self.house.who(self.options.people)
        except ReconcilerError:
            self._tell(self.house.overrules)  # perhaps the branch maps whoever asks, and that does not count yet
            raise

    def people(self, *, bootstrap: bool = False) -> People:
        """Those whose rights count: nobody, unless somebody says so. ``bootstrap``: the installer of an empty database.

        Raises:
            UsageError: a name is none, or tokens alone are believed.
            Unidentified: a token proves nobody.
        """
        from reconciler.operations.request import People

        asking = self.asking
        local = asking.trust == "local"
        if bootstrap:
            return People(installer=asking.applicant, local=local)
        if asking.anonymous:
            return People(local=local)
        strict = self.house.settings.identity.outside == "denied"
        return People(names=(asking.applicant, *asking.approvers), local=local, strict=strict)

    def folder_below(self, path: str) -> str:
        """A folder that the user named, as a path from the working folder, always with ``/``."""
        return Path(os.path.relpath(path, self.house.folder)).as_posix()

    def save(self, path: str, content: str | bytes, *, mode: int = 0o644) -> None:
        """Write a file that the user asked for, whole or not at all.

        Raises:
            WorldError: it cannot be written.
        """
        try:
            write_file(path, content, mode=mode)
        except OSError as error:
            raise WorldError(f"{path} cannot be written: {error.strerror}", code="OUT-01") from error
