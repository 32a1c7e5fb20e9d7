"""``reconciler plan``: what an apply would do. Read-only by construction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from reconciler import __version__
from reconciler.cli import exits
from reconciler.cli.answers import known
from reconciler.cli.findings import leave, left_out, write_refusal
from reconciler.cli.formats import PLAN_FORMATS, SETTINGS, plan_words, rendered_plan, settings_for, size_options
from reconciler.cli.options import (
    base_option,
    format_option,
    global_options,
    paths_argument,
    policy_option,
    refresh_option,
    selection_options,
    snapshot_options,
)
from reconciler.cli.output import json_line
from reconciler.cli.planning import Asked, not_read, seconds
from reconciler.cli.session import Session
from reconciler.model.errors import ReconcilerError, UsageError
from reconciler.model.pace import stage

if TYPE_CHECKING:  # what stands behind these names is heavy, and help must not load it
    from reconciler.model.report import Report
    from reconciler.operations.proposal import Proposal
    from reconciler.operations.request import Doors, People
    from reconciler.ports import ManifestReader


@click.command(short_help="What an apply would do; read-only.")
@paths_argument
@selection_options
@refresh_option
@policy_option
@snapshot_options
@base_option
@click.option("--out", metavar="FILE", help="Write the plan into a file, to review it and apply exactly it.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@click.option("--rehearse", is_flag=True, help="Try the statements in a transaction that is rolled back.")
@click.option(
    "--lock-timeout", default="30s", show_default=True, metavar="SPAN", help="How long --rehearse waits for locks."
)
@click.option("--json", "as_json", is_flag=True, help="Stream JSON events, one a line.")
@click.option("--json-into", metavar="FILE", help="Write these events into a file, beside the usual output.")
@click.option("--markdown-into", metavar="FILE", help="Write the comment for a review into a file, beside the output.")
@format_option(*plan_words())
@size_options
@global_options(hidden=True)
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    paths: Sequence[str],
    targets: Sequence[str],
    excludes: Sequence[str],
    mine: bool,
    prune: bool,
    only_drift: bool,
    allowances: Sequence[str],
    rev: str | None,
    out: str | None,
    detailed_exitcode: bool,
    rehearse: bool,
    lock_timeout: str,
    as_json: bool,
    json_into: str | None,
    markdown_into: str | None,
    form: str,
    profile: str | None,
    max_bytes: int | None,
    **how: Any,
) -> int:
    """Show what an apply would do to the database.

    PATH is a folder or a file of manifests; by default the folders of the configuration, or the working folder.
    With --rehearse the statements of the plan run in the live database, in a transaction that is always rolled back:
    what a constraint refuses is an error of the plan then. That needs the right to write, reads no secret, and keeps
    nothing. With --live the plan is made from a snapshot and cannot be applied. With --base only what the branch
    changes is shown whole and counts for --detailed-exitcode. Exit codes: 0 fine, 1 errors, 2 changes with
    --detailed-exitcode, 4 denied by a policy, 5 rows moved and 6 locks not free while rehearsing, or a snapshot that is
    too old, 7 held by a guard.
    """
    session = Session.begin(context, streams=as_json)
    session.known = known(context, session)
    if session.known is not None and (code := session.known.recalled()) is not None:
        return code
    from reconciler.render.events_json import error_lines, version_line  # late: an answer needs nothing that is heavy

    asked = Asked(
        paths=tuple(paths),
        targets=tuple(targets),
        excludes=tuple(excludes),
        mine=mine,
        prune=prune,
        only_drift=only_drift,
        allowances=tuple(allowances),
        rev=rev,
    )
    patience = seconds(lock_timeout) if rehearse else None
    settings = settings_for("markdown" if markdown_into else form, profile=profile, max_bytes=max_bytes)
    first = version_line(__version__)
    if as_json:
        session.output.json_lines([first])
    try:
        form = "events" if as_json else form
        code, lines, report = _plan(session, asked, out=out, form=form, patience=patience, settings=settings, **how)
    except ReconcilerError as error:
        if not as_json:
            write_refusal(session, form, error)
        if json_into:
            session.save(json_into, "".join(map(json_line, [first, *error_lines(error)])))
        if markdown_into:
            session.save(markdown_into, rendered_plan("markdown", _unplanned(session, error), settings))
        raise
    if markdown_into:
        session.save(markdown_into, rendered_plan("markdown", report, settings))
    if json_into:
        session.save(json_into, "".join(map(json_line, [first, *lines])))
    return exits.DONE if code == exits.CHANGES and not detailed_exitcode else code


def _plan(
    session: Session,
    asked: Asked,
    *,
    out: str | None,
    form: str,
    patience: float | None,
    settings: Mapping[str, Any],
    live: str | None,
    **how: Any,
) -> tuple[int, Iterator[dict[str, Any]], Report]:
    from reconciler.operations.focused import Focused, plan_focused
    from reconciler.operations.plan import plan
    from reconciler.operations.plan_since import plan_since
    from reconciler.operations.steady import is_still
    from reconciler.render.events_json import plan_lines
    from reconciler.render.plan_json import plan_json
    from reconciler.render.plan_text import plan_text, quiet_text

    house, base = session.house, session.options.base
    reader = house.reader(asked.paths, rev=asked.rev, targets=asked.targets)
    about: dict[str, Any] = {"paths": asked.paths, "rehearses": patience is not None, "demands": asked.only_drift}
    doors, people = _world(session, reader, live, **about, **how)
    request = house.request(
        **asked.selection,
        people=people,
    )
    unread = 0
    if base is None:
        pair = None
        # What is rehearsed is written, and what is written has seen everything.
        found = Focused(proposal=plan(doors, request)) if patience is not None else plan_focused(doors, request)
        proposal, unread = found.proposal, found.unread
    else:
        earlier = house.reader(asked.paths, rev=base, targets=asked.targets, earlier=True)
        pair = plan_since(doors, request, replace(doors, reader=earlier, waivers=house.waivers(earlier)))
        proposal = pair.head
    session.hold((proposal, pair))
    if patience is not None:
        proposal = _rehearsed(session, proposal, patience)
    with stage("render"):
        report = _report(session, proposal)
    if pair is not None and base is not None:
        from reconciler.engine.base import since

        report = since(report, None if pair.base is None else _report(session, pair.base), commit=base)
    with stage("render"):
        match form:
            case "events":
                session.output.json_lines(plan_lines(report))
            case "json":
                session.output.json(plan_json(report, version=__version__))
            case word if word in PLAN_FORMATS:
                session.output.document(rendered_plan(word, report, settings if word in SETTINGS else {}))
                leave(form, report)
            case _:
                text = quiet_text if session.options.quiet else plan_text
                session.output.result(text(report, session.style))
    if out:
        _write(session, proposal, report, asked=asked, out=out)
    _tell(session, proposal, people, unread=unread)
    changes = not proposal.plan.empty if report.base is None else report.base.changes
    refusal = proposal.refusal
    stopped = exits.DONE if refusal is None else refusal.exit_code
    if session.known is not None and is_still(proposal):
        session.known.learn(proposal.live, proposal.judged.manifests)
        session.known.keep(code=exits.DONE)
    return stopped or (exits.CHANGES if changes else exits.DONE), plan_lines(report), report


def _tell(session: Session, proposal: Proposal, people: People, *, unread: int) -> None:
    """Say what the plan does not: what it was not made from, and whose rights were not judged."""
    if unread:
        session.output.tell(not_read(unread))
    if proposal.left_out:
        session.output.tell(left_out(proposal.left_out))
    if proposal.carriers is None and proposal.snapshot is None:
        why = "nobody asked. Say who you are with --as EMAIL."
        if people.names:
            why = "this database has no active administrator yet. Its first apply is apply --bootstrap."
        session.output.tell(f"Rights were not judged: {why}")


def _world(
    session: Session,
    reader: ManifestReader,
    live: str | None,
    *,
    paths: Sequence[str],
    rehearses: bool,
    demands: bool,
    snapshot_key: str | None,
    max_age: str | None,
) -> tuple[Doors, People]:
    """The doors of the run, and for whom its plan is judged: those of a snapshot lead to no database.

    ``demands`` says that there is nothing to plan where no database is.
    """
    from reconciler.operations.request import People

    house = session.house
    if live is None:
        if demands:
            house.planning_database.demand()
        if snapshot_key or max_age:
            raise UsageError("--snapshot-key and --max-age are about a snapshot", hint="name it with --live FILE")
        doors = house.doors(reader, writes=False, paths=paths)
        return doors if session.known is None else session.known.watch(doors, paths), session.people()
    if rehearses:
        raise UsageError(
            "--rehearse needs the database, and --live plans without one", code="SNP-07", hint="leave one of them out"
        )
    from reconciler.wiring.snapshots import frozen_doors, snapshot_in

    found = snapshot_in(house, live, key_file=snapshot_key or "", max_age=max_age or "")
    doors = frozen_doors(house, reader, found)
    # Nobody is asked for a token: a snapshot opens no door, and what may be read of it is decided already.
    people = session.people() if house.settings.identity.trust == "local" else People(local=False)
    if found.partial:
        session.output.tell("Rights were not judged: the snapshot holds only what some people may read.")
    elif people.names:
        session.output.tell(
            f"Judged as {people.names[0]} would be, by the rights of the snapshot; nobody has proven it."
        )
    else:
        session.output.tell("Rights were not judged: nobody asked.")
    return doors, people


def _report(session: Session, proposal: Proposal) -> Report:
    from reconciler.engine.describe import describe

    return describe(
        session.house.catalog,
        proposal.seen,
        guarded=proposal.seen_guards,
        shifts=proposal.seen_shifts,
        snapshot=proposal.snapshot,
    )


def _write(session: Session, proposal: Proposal, report: Report, *, asked: Asked, out: str) -> None:
    """The plan file. A plan that is only denied is written: with the approval of others it may be applied."""
    from reconciler.engine.base import aside_of
    from reconciler.operations.show import seal_plan

    if not proposal.approvable:
        session.output.tell(f"The plan was not written to {out}: it cannot be applied.")
        return
    applicant = session.asking.applicant if proposal.snapshot is None else ""
    base = session.options.base  # a name may mean another commit when the plan is applied
    asked = replace(asked, base=None if base is None else session.house.commit_of(base))
    data = seal_plan(proposal, version=__version__, principal=applicant, asked=asked.as_facts(), aside=aside_of(report))
    session.save(out, data, mode=0o600)
    if proposal.snapshot is None:
        session.output.tell(f"Plan written to {out}. Apply exactly this plan with: reconciler apply {out}")
    else:
        session.output.tell(f"Plan written to {out}, to be shown. It was made from a snapshot and cannot be applied.")


def _unplanned(session: Session, error: ReconcilerError) -> Report:
    """What a review is told when no plan could be made: the findings, or the one thing that went wrong."""
    from reconciler.model.diagnostic import Diagnostic, Phase, Severity
    from reconciler.model.report import Report

    whole = Diagnostic(code=error.code, severity=Severity.ERROR, phase=Phase.PLAN, summary=str(error), hint=error.hint)
    return Report(diagnostics=tuple(error.diagnostics) or (whole,), environment=session.options.env or "")


def _rehearsed(session: Session, proposal: Proposal, patience: float) -> Proposal:
    """The proposal with what the database refuses; ``patience`` is how many seconds to wait for locks."""
    from reconciler.operations.rehearse import rehearse

    if proposal.errors:
        session.output.tell("Not rehearsed: the plan holds errors.")
        return proposal
    house = session.house
    found = rehearse(
        house.catalog,
        house.database,
        proposal,
        actor=session.asking.applicant,
        lock_timeout=patience,
        clock=lambda: datetime.now(UTC),
    )
    if not found.errors:
        session.output.tell("Rehearsed: the database takes every statement of the plan. Nothing was kept.")
    return found
