"""``reconciler apply``: make the database what the manifests say, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler import __version__
from reconciler.cli import exits
from reconciler.cli.asking import asked_for_yes
from reconciler.cli.options import global_options, paths_argument, policy_option, selection_options
from reconciler.cli.output import indented_json
from reconciler.cli.planning import Asked, plan_file_among, proposer_of, read_plan_file, seconds
from reconciler.cli.progress import listening
from reconciler.cli.session import Session
from reconciler.model.errors import ReconcilerError, UsageError, WorldError
from reconciler.model.failpoint import reach
from reconciler.model.pace import stage

if TYPE_CHECKING:  # what stands behind these names is heavy, and help must not load it
    from reconciler.model.report import Report
    from reconciler.operations.apply import Applied
    from reconciler.operations.plan import Proposer
    from reconciler.operations.proposal import Proposal
    from reconciler.operations.request import Doors, Request
    from reconciler.operations.show import PlanFile


@click.command(short_help="Make the database what the manifests say.")
@paths_argument
@selection_options
@policy_option
@click.option("--auto-approve", is_flag=True, help="Do not ask for the word yes.")
@click.option("--digest", metavar="SHA256", help="Apply only the plan with this digest.")
@click.option("--lock-timeout", default="30s", show_default=True, metavar="SPAN", help="How long to wait for locks.")
@click.option("--report", metavar="FILE", help="Write what became of it as JSON.")
@click.option("--secrets-out", metavar="FILE", help="Write secrets that are made into a new file, mode 0600.")
@click.option("--bootstrap", is_flag=True, help="Act as installer while there is no active administrator.")
@click.option("--json", "as_json", is_flag=True, help="Stream JSON events, one a line.")
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
    report: str | None,
    as_json: bool,
    **how: Any,
) -> int:
    """Apply manifests, or exactly the plan of a plan file.

    PATH is a folder or a file of manifests: plan, show, ask for the word yes, apply. A plan file is applied beside the
    manifests it was made from: they are planned again, and the digests must agree. Paths behind a plan file replace
    those that it was made from. The database is read in full, whatever is kept of its rows.
    """
    session = Session.begin(context, streams=as_json)
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
    reported(session, report, lambda: carry_out(session, asked, **how))
    return exits.DONE


def reported(
    session: Session, report: str | None, applying: Callable[[], tuple[Applied, Callable[[], Report]]]
) -> None:
    """Apply, and write what became of it into the file ``report``, whichever way it ends."""
    from reconciler.render.events_json import version_line
    from reconciler.render.run_json import applied_json, refused_json

    if report:
        writable(report)
    if session.options.streams:
        session.output.json_lines([version_line(__version__)])
    try:
        applied, told = applying()
    except ReconcilerError as error:
        if session.options.streams:
            errored(session, error)
        if report:
            session.save(report, indented_json(refused_json(error)))
        raise
    if report:
        try:
            session.save(report, indented_json(applied_json(applied.run, told())))
        except ReconcilerError as error:  # the plan is applied: nothing may claim otherwise now
            session.output.tell(f"{error.message}; the plan is applied all the same")


def carry_out(
    session: Session, asked: Asked, *, lock_timeout: str, proposer: Proposer | None = None, **how: Any
) -> tuple[Applied, Callable[[], Report]]:
    """Apply what was asked for, or the plan of a ``proposer``, and tell what became of it.

    Gives the report of it as well, which is made when somebody wants it: of a large apply it takes long.
    """
    from reconciler.engine.describe import describe
    from reconciler.model.run import Outcome
    from reconciler.operations.apply import Orders, apply, truthful_after_commit

    house = session.house
    file = plan_file_among(asked.paths)
    reviewed, asked = (None, asked) if file is None else _reviewed(file, asked)
    if asked.only_drift:
        house.database.demand()
    asking = session.asking
    if how["bootstrap"] and asking.trust != "local":
        raise UsageError("--bootstrap is for local trust", hint="make the first administrator under trust: local")
    request = house.request(
        **asked.selection,
        people=replace(
            session.people(bootstrap=how["bootstrap"]),
            makers=() if reviewed is None else (reviewed.principal,),
            reach=() if reviewed is None else reviewed.people,
        ),
    )

    with listening(session) as progress:

        def agree(proposal: Proposal) -> bool:
            named = reviewed is not None or bool(how["digest"])
            options = session.options
            if options.streams or not (named or options.quiet):
                with stage("render"):
                    told = describe(
                        house.catalog, proposal.seen, guarded=proposal.seen_guards, shifts=proposal.seen_shifts
                    )
                    # Events tell of it until the end; nobody else asks again, and a large one takes much room.
                    progress.report = told if options.streams else None
                    _show(session, told)
            return named or how["auto_approve"] or _asked_for_yes()

        orders = Orders(
            applicant=asking.applicant,
            agree=agree,
            digest=how["digest"] or "",
            reviewed=None if reviewed is None else reviewed.plan,
            reviewed_by=() if reviewed is None else reviewed.people,
            run_id="" if reviewed is None else reviewed.run_id,
            lock_timeout=seconds(lock_timeout),
            bootstrap=how["bootstrap"],
            proposer=proposer or proposer_of(None if reviewed is None else reviewed.plan),
            sink=house.sink(how["secrets_out"]) if how["secrets_out"] else None,
        )
        reader = house.reader(asked.paths, rev=asked.rev, targets=asked.targets)
        doors = house.doors(reader, writes=True, paths=asked.paths)
        applied = apply(doors, _since(session, asked, doors, request), orders, progress)
    done = applied.run.outcome is Outcome.APPLIED

    @cache
    def report() -> Report:
        with truthful_after_commit(applied.run.id, done=done):
            return describe(house.catalog, applied.proposal.seen, guarded=applied.proposal.seen_guards)

    with truthful_after_commit(applied.run.id, done=done):
        reach("before-report")
        if done and applied.proposal.lens is not None:
            seen = applied.proposal.seen.summary  # who asks is told of what he may read, whatever others carry
            applied = replace(
                applied, run=replace(applied.run, added=seen.add, changed=seen.change, destroyed=seen.destroy)
            )
        try:
            _tell(session, applied, report)
        except WorldError as error:  # the plan is applied: nothing may claim otherwise now
            session.output.tell(f"{error.message}; the outcome stands")
    return applied, report


def _since(session: Session, asked: Asked, doors: Doors, request: Request) -> Request:
    """The request with the commit that the plan of a file was compared with: what git has not changed denies nobody."""
    from reconciler.operations.plan_since import since

    if asked.base is None:
        return request
    house = session.house
    earlier = house.reader(asked.paths, rev=asked.base, targets=asked.targets, earlier=True)
    return since(replace(doors, reader=earlier, waivers=house.waivers(earlier)), request)


def _reviewed(file: Path, asked: Asked) -> tuple[PlanFile, Asked]:
    """The plan file, and what it was asked for; paths behind it replace its own."""
    from reconciler.operations.show import open_plan

    if asked.narrowed:
        raise UsageError(
            "a plan file carries what it was asked for",
            hint="leave --target, --exclude, --mine, --prune, --only-drift, --allow-delete and --rev out",
        )
    found = open_plan(read_plan_file(file))
    if found.snapshot is not None:
        raise UsageError(
            f"{file} was planned against a snapshot of {found.snapshot.made_at}; nothing was applied",
            code="SNP-07",
            hint="plan again against the database, and apply that plan",
        )
    before = Asked.from_facts(found.made_by)
    return found, replace(before, paths=asked.paths[1:] or before.paths)


def _show(session: Session, report: Report) -> None:
    """The plan that is about to be applied."""
    if session.options.streams:
        from reconciler.render.events_json import plan_lines

        session.output.json_lines(plan_lines(report))
    else:
        from reconciler.render.plan_text import plan_pieces

        session.output.results(plan_pieces(report, session.style))
        session.output.result("\n")


def _asked_for_yes() -> bool:
    return asked_for_yes(
        "Apply these changes?",
        nothing="nothing was applied",
        hint="give --auto-approve, or review a plan file: plan --out FILE, then apply FILE",
    )


def _tell(session: Session, applied: Applied, report: Callable[[], Report]) -> None:
    """What became of it."""
    from reconciler.model.run import Outcome
    from reconciler.render.plan_text import plan_text, quiet_text
    from reconciler.render.run_text import applied_text

    run = applied.run
    nothing = run.outcome is Outcome.UNCHANGED or (run.outcome is Outcome.APPLIED and applied.proposal.seen.empty)
    if session.options.streams:
        from reconciler.render.events_json import outcome_lines

        session.output.json_lines(outcome_lines(run, report()))
    elif nothing:
        text = quiet_text if session.options.quiet else plan_text
        session.output.result(text(report(), session.style))
    else:
        session.output.result(applied_text(run, session.style))
    if run.outcome is Outcome.APPLIED:
        session.output.tell(f"Run {run.id}")


def errored(session: Session, error: ReconcilerError) -> None:
    """The event that ends a stream."""
    from reconciler.render.events_json import line

    facts = {"code": error.code, "exit_code": error.exit_code}
    session.output.json_lines([line("apply_errored", error.message, level="error", **facts)])


def writable(path: str) -> None:
    """Refuse a report that cannot be written before anything is done.

    Raises:
        UsageError: its folder is missing or closed.
    """
    target = Path(path)
    if target.is_dir() or not os.access(target.parent, os.W_OK | os.X_OK):
        raise UsageError(f"--report {path}: no file can be written there")
