"""The samples of docs/reports.md, made from a small plan."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.lifecycle import Risk
from reconciler.model.plan import Summary
from reconciler.model.report import Report
from reconciler.render.markdown import render_markdown
from tests.render.hostile import large
from tests.render.reports import CREATED, DELETED, UPDATED, WARNING

_SMALL = Report(
    summary=Summary(add=1, change=1, destroy=1, unchanged=84),
    empty=False,
    changes=(
        CREATED,
        replace(UPDATED, actions=("update",), fields=(*UPDATED.fields[:2], UPDATED.fields[3])),
        replace(DELETED, risks=(Risk.IRREVERSIBLE,)),
    ),
    diagnostics=(WARNING,),
    digest="sha256:" + "ab12" * 16,
    environment="staging",
)


def comment() -> str:
    """A whole comment."""
    return render_markdown(_SMALL)


def shortened() -> str:
    """What a comment on five thousand changes says of itself."""
    lines = render_markdown(large(5000)).splitlines()
    return "\n".join(lines[: lines.index("### Look at these first") + 4]) + "\n"
