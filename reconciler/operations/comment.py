"""comment: one comment a report, edited when it says something new, instead of one more comment for every push."""

from __future__ import annotations

from typing import Literal

from reconciler.model.comment import Comment, marker_of, same_text
from reconciler.model.dataclass import dataclass
from reconciler.model.errors import UsageError, WorldError
from reconciler.ports import Review, Unanswered

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a comment."""

    outcome: Literal["created", "edited", "unchanged"]
    id: int


def post(review: Review, body: str) -> Posted:
    """Bring ``body`` below a review: find one's own comment by marker and author, edit it, or create it.

    Of several that one has, the oldest is kept up. A comment of somebody else is never touched, whatever it holds.

    Raises:
        UsageError: the text does not begin with a marker, or is too long (CMT-01).
        WorldError: the host refuses or does not answer (CMT-02, CMT-03).
    """
    marker = marker_of(body)
    if not marker:
        raise UsageError(
            "this text does not begin with the hidden marker by which its comment is found again",
            code="CMT-01",
            hint="make it with reconciler show PLANFILE --format markdown",
        )
    if len(body) > review.longest:
        raise UsageError(
            f"this text has {len(body)} characters; a comment has {review.longest} at most",
            code="CMT-01",
            hint="make a shorter one with --max-bytes",
        )
    for _ in range(_TRIES):
        mine = _mine(review, marker)
        if mine is not None:
            if same_text(mine.body, body):
                return Posted("unchanged", mine.id)
            review.edit(mine.id, body)
            return Posted("edited", mine.id)
        try:
            return Posted("created", review.create(body))
        except Unanswered:
            continue  # it may be there: look before it is written once more
    raise WorldError("the host of the review does not say whether it took the comment", code="CMT-03")


def _mine(review: Review, marker: str) -> Comment | None:
    author = review.author()
    own = [one for one in review.comments() if one.author == author and marker_of(one.body) == marker]
    return min(own, key=lambda one: one.id, default=None)
