"""``reconciler access``: what people can do now, and who gains and loses what through a plan."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from reconciler.cli import exits
from reconciler.cli.options import format_option, global_options
from reconciler.cli.planning import read_plan_file
from reconciler.cli.session import Session
from reconciler.model.errors import UsageError

_DIFF = "diff"


@click.command(name="access", short_help="What people can do now, or through a plan.")
@click.argument("words", nargs=-1, metavar="[WHO | diff PLANFILE]")
@format_option("text", "json")
@global_options(hidden=True)
@click.pass_context
def command(context: click.Context, *, words: Sequence[str], form: str) -> int:
    """Show what WHO can do now: an operator or a person of a portal, by e-mail, login or address.

    Without WHO everybody is listed. With diff PLANFILE it shows who gains and loses what through that plan on the
    database of now. With --as EMAIL only what that operator may read is shown. It only reads.
    """
    session = Session.begin(context)
    match words:
        case []:
            _everybody(session, form)
        case [first, file] if first == _DIFF:
            _diff(session, file, form)
        case [who] if who != _DIFF:
            _one(session, who, form)
        case _:
            raise UsageError("access takes one person, or diff and one plan file")
    return exits.DONE


def _one(session: Session, who: str, form: str) -> None:
    from reconciler.operations.access import access_of
    from reconciler.render.access_json import access_json
    from reconciler.render.access_text import access_text

    house = session.house
    house.planning_database.demand()
    found, rights = access_of(house.catalog, house.planning_database, session.people(), house.now, who=who)
    if form == "json":
        session.output.json({"format_version": "1.0", **access_json(found, rights)})
    else:
        session.output.result(access_text(found, rights, session.style))


def _everybody(session: Session, form: str) -> None:
    from reconciler.operations.access import everybody
    from reconciler.render.access_json import person_json
    from reconciler.render.access_text import people_text

    house = session.house
    house.planning_database.demand()
    found = everybody(house.catalog, house.planning_database, session.people(), house.now)
    if form == "json":
        people = [{**person_json(who), "rights": count} for who, count in found]
        session.output.json({"format_version": "1.0", "people": people})
    else:
        session.output.result(people_text(found, session.style))


def _diff(session: Session, file: str, form: str) -> None:
    from reconciler.operations.access import access_diff
    from reconciler.operations.show import open_plan
    from reconciler.render.access_json import shift_json
    from reconciler.render.access_text import shifts_text

    house = session.house
    plan = open_plan(read_plan_file(Path(file))).plan
    found = access_diff(house.catalog, house.planning_database, session.people(), house.now, plan=plan)
    if form == "json":
        session.output.json(
            {"format_version": "1.0", "digest": plan.digest, "access": [shift_json(one) for one in found]}
        )
    else:
        session.output.result(shifts_text(found, session.style))
