"""``reconciler drift``: what the world changed behind git's back, by whom and since when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import exits
from reconciler.cli.answers import known
from reconciler.cli.findings import leave
from reconciler.cli.formats import DRIFT_FORMATS, rendered_drift, settings_for, size_options
from reconciler.cli.options import format_option, global_options, paths_argument, refresh_option
from reconciler.cli.planning import not_read
from reconciler.cli.session import Session
from reconciler.model.errors import UsageError
from reconciler.model.pace import stage

if TYPE_CHECKING:  # help must not load it
    from reconciler.model.drift import DriftReport


@click.command(short_help="What the world changed behind git's back, and by whom; read-only.")
@paths_argument
@click.option("--target", "targets", multiple=True, metavar="GLOB", help="Only these addresses; may be repeated.")
@click.option("--exclude", "excludes", multiple=True, metavar="GLOB", help="Not these addresses; may be repeated.")
@click.option("--tenant", "tenants", multiple=True, metavar="NAME", help="Only this tenant; may be repeated.")
@click.option("--rev", metavar="COMMIT", help="Read manifests and waivers from git at this commit.")
@refresh_option
@click.option("--record", is_flag=True, help="Write the findings down, so that the next report knows them again.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there is drift that is not waived.")
@click.option("--every", metavar="SPAN", help="Go on looking, as in 5m, and log what turns; ends with a signal.")
@click.option("--metrics", metavar="FILE|:PORT", help="With --every: numbers for Prometheus, in a file or over HTTP.")
@click.option("--webhook", metavar="NAME", help="With --every: the variable that holds the address to tell.")
@format_option("text", "json", "csv", *DRIFT_FORMATS)
@size_options
@global_options(hidden=True)
@click.pass_context
def command(
    context: click.Context,
    *,
    paths: Sequence[str],
    targets: Sequence[str],
    excludes: Sequence[str],
    tenants: Sequence[str],
    rev: str | None,
    record: bool,
    detailed_exitcode: bool,
    every: str | None,
    metrics: str | None,
    webhook: str | None,
    form: str,
    profile: str | None,
    max_bytes: int | None,
) -> int:
    """Compare the database with what was applied last, and say who changed what.

    PATH is a folder or a file of manifests; by default the folders of the configuration, or the working folder. What
    git has changed and nobody has applied is no drift. With --as EMAIL only what this operator may read is told. It
    reads through RECONCILER_PLAN_DATABASE_URL where that is set; with --record it reads and writes through the live
    database, and writes nothing but findings. Exit codes: 0 fine, 1 errors, 2 drift with --detailed-exitcode, 4 for
    somebody who is nobody.

    With --every it goes on until a signal comes, and reads everything anew each time. What appears, is waived or is
    gone is logged on standard error, and told to the webhook of --webhook, of the configuration, or of
    RECONCILER_WEBHOOK_URL. A round that fails is tried again. Exit codes: 0 after SIGTERM, 130 after an interrupt.
    """
    if every is None and (metrics is not None or webhook is not None):
        raise UsageError("--metrics and --webhook belong to --every", hint="say how often to look, as in --every 5m")
    if every is not None:
        if form != "text" or detailed_exitcode or profile is not None or max_bytes is not None:
            raise UsageError("--every gives a log and no report", hint="leave --format and --detailed-exitcode out")
        from reconciler.cli.watching import Watching, interval, watch_drift

        return watch_drift(
            Session.begin(context),
            Watching(
                every=interval(every),
                paths=paths,
                rev=rev,
                targets=tuple(targets),
                excludes=tuple(excludes),
                tenants=tuple(tenants),
                record=record,
                metrics=metrics,
                webhook=webhook,
            ),
        )
    settings = settings_for(form, profile=profile, max_bytes=max_bytes)
    session = Session.begin(context)
    session.known = known(context, session)
    if session.known is not None and (code := session.known.recalled()) is not None:
        return code
    from reconciler.model.diagnostic import errors_in  # late: an answer needs nothing that is heavy

    about = {"targets": tuple(targets), "excludes": tuple(excludes), "tenants": tuple(tenants)}
    report = _report(session, paths, about, rev=rev, record=record)
    with stage("render"):
        _show(session, report, form, settings)
    if errors_in(list(report.diagnostics)):
        return exits.ERROR
    if report.counted:
        return exits.CHANGES if detailed_exitcode else exits.DONE
    if session.known is not None:
        session.known.keep(code=exits.DONE)
    return exits.DONE


def _report(
    session: Session, paths: Sequence[str], about: Mapping[str, tuple[str, ...]], *, rev: str | None, record: bool
) -> DriftReport:
    """What drifted; ``about`` narrows it. Where nothing did, the next call may say so without looking at it all."""
    from reconciler.operations.drift import DriftRequest, observe, write_down

    house = session.house
    (house.writing_database if record else house.planning_database).demand()
    globs = (*about["targets"], *(f"*/{one}/*" for one in about["tenants"]))
    doors = house.doors(house.reader(paths, rev=rev, targets=globs), writes=False)
    if record:
        doors = replace(doors, store=house.writing_database)
    elif session.known is not None:
        doors = session.known.watch(doors, paths)
    request = DriftRequest(
        **about, environment=house.environment, layout=house.settings.layout, people=session.people()
    )
    observed = observe(doors, request, record=record)
    if observed.unread:
        session.output.tell(not_read(observed.unread))
    if record:
        write_down(doors, observed)
        return replace(observed.shown, recorded=True)
    if session.known is not None and observed.still and observed.live is not None and observed.judged is not None:
        session.known.learn(observed.live, observed.judged.manifests, settled=True)
    return observed.shown


def _show(session: Session, report: DriftReport, form: str, settings: Mapping[str, Any]) -> None:
    """The report as the result, in its form."""
    from reconciler.render.drift_json import drift_csv, drift_json
    from reconciler.render.drift_text import drift_text, quiet_drift_text

    match form:
        case "json":
            session.output.json(drift_json(report))
        case "csv":
            session.output.result(drift_csv(report))
        case word if word in DRIFT_FORMATS:
            session.output.document(rendered_drift(word, report, settings))
            leave(form, report)
        case _:
            text = quiet_drift_text if session.options.quiet else drift_text
            session.output.result(text(report, session.style))
