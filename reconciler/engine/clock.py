"""Clock: the kinds' rules that depend on the time. The time is an argument; this stage never looks at a clock."""

from __future__ import annotations

import datetime as dt

from reconciler.model.diagnostic import Diagnostic, Phase, in_order
from reconciler.model.judging import judge_declared
from reconciler.model.view import View


def judge_time(view: View, now: dt.datetime) -> list[Diagnostic]:
    """The findings of every rule of phase time over the declared resources, at the moment ``now`` (with a time zone).

    With live data also those of the rules of phase plan that need the clock.
    """
    rules = {
        name: [one for one in kind.rules if one.phase is Phase.TIME or (one.scope == "moment" and view.connected)]
        for name, kind in view.catalog.items()
    }
    return in_order(list(judge_declared(view, rules, now)))
