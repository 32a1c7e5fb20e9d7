"""``reconciler plan``: what an apply would do. Read-only by construction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from reconciler import __version__
from reconciler.cli import exits
from reconciler.cli.findings import leave, write_refusal
from reconciler.cli.formats import PLAN_FORMATS, SETTINGS, plan_words, rendered_plan, settings_for, size_options
from reconciler.cli.options import format_option, global_options, paths_argument, policy_option, selection_options
from reconciler.cli.output import json_line
from reconciler.cli.planning import Asked, seconds
from reconciler.cli.session import Session
from reconciler.model.errors import ReconcilerError

if TYPE_CHECKING:  # what stands behind these names is heavy, and help must not load it
    from reconciler.model.report import Report
    from reconciler.operations.plan import Proposal


@click.command(short_help="What an apply would do; read-only.")
@paths_argument
@selection_options
@policy_option
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
    *,
    paths: Sequence[str],
    targets: Sequence[str],
    excludes: Sequence[str],
    prune: bool,
    only_drift: bool,
    allowances: Sequence[str],
    rev: str | None,
    policy_rev: str | None,
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
) -> int:
    """Show what an apply would do to the database.

    PATH is a folder or a file of manifests; by default the folders of the configuration, or the working folder.
    With --rehearse the statements of the plan run in the live database, in a transaction that is always rolled back:
    what a constraint refuses is an error of the plan then. That needs the right to write, reads no secret, and keeps
    nothing. Exit codes: 0 fine, 1 errors, 2 changes with --detailed-exitcode, 4 denied by a policy, 5 rows moved and 6
    locks not free while rehearsing, 7 held by a guard.
    """
    from reconciler.render.events_json import error_lines, version_line

    session = Session.begin(context, streams=as_json)
    asked = Asked(
        paths=tuple(paths),
        targets=tuple(targets),
        excludes=tuple(excludes),
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
        code, lines, report = _plan(
            session, asked, out=out, form=form, patience=patience, policy_rev=policy_rev, settings=settings
        )
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
    policy_rev: str | None,
    settings: Mapping[str, Any],
) -> tuple[int, list[dict[str, object]], Report]:
    from reconciler.engine.describe import describe
    from reconciler.operations.plan import plan
    from reconciler.operations.show import seal_plan
    from reconciler.render.events_json import plan_lines
    from reconciler.render.plan_json import plan_json
    from reconciler.render.plan_text import plan_text, quiet_text

    house = session.house
    request = house.request(
        targets=asked.targets,
        excludes=asked.excludes,
        prune=asked.prune,
        only_drift=asked.only_drift,
        allow_delete=asked.allow_delete,
        people=session.people(),
    )
    reader = house.reader(asked.paths, rev=asked.rev)
    proposal = plan(house.doors(reader, writes=False, policy_rev=policy_rev), request)
    if patience is not None:
        proposal = _rehearsed(session, proposal, patience)
    report = describe(house.catalog, proposal.seen, guarded=proposal.seen_guards, shifts=proposal.seen_shifts)
    lines = list(plan_lines(report))
    match form:
        case "events":
            session.output.json_lines(lines)
        case "json":
            session.output.json(plan_json(report, version=__version__))
        case word if word in PLAN_FORMATS:
            session.output.document(rendered_plan(word, report, settings if word in SETTINGS else {}))
            leave(form, report)
        case _:
            text = quiet_text if session.options.quiet else plan_text
            session.output.result(text(report, session.style))
    refusal = proposal.refusal
    stopped = exits.DONE if refusal is None else refusal.exit_code
    # A plan that is only denied is written: with the approval of others it may be applied.
    if out and not proposal.approvable:
        session.output.tell(f"The plan was not written to {out}: it cannot be applied.")
    elif out:
        data = seal_plan(proposal, version=__version__, principal=session.asking.applicant, asked=asked.as_facts())
        session.save(out, data, mode=0o600)
        session.output.tell(f"Plan written to {out}. Apply exactly this plan with: reconciler apply {out}")
    if proposal.carriers is None:
        session.output.tell("Rights were not judged: nobody asked. Say who you are with --as EMAIL.")
    return stopped or (exits.DONE if proposal.plan.empty else exits.CHANGES), lines, report


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
