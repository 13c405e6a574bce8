"""How far the worker is with a need: what the waiting page says, what the operator sees, and when a failure is tried
again.

Nothing here may repeat what a bid says: these rows are read by operators, and by buyers before the opening.
"""

from datetime import datetime, timedelta
from pathlib import Path
from traceback import walk_tb

from marketplace.evaluations.models import ScoringProgress
from marketplace.journal.work import Work
from marketplace.kit.database import lock_row
from marketplace.needs.models import Need

MOST_ATTEMPTS = 8
FIRST_WAIT_SECONDS = 5  # doubled after each failure: eight attempts in about ten minutes

CLOSING, OPENING, SCORING, DONE = "closing", "opening", "scoring", "done"


def row(work: Work, need_id: str) -> ScoringProgress:
    """The need's progress, locked; a fresh row where there was none."""
    found: ScoringProgress | None = lock_row(work.session, ScoringProgress, need_id)
    if found is None:
        found = ScoringProgress(need_id=need_id, step=CLOSING, changed_at=work.now())
        work.session.add(found)
    return found


def reached(work: Work, need_id: str, step: str, done: int = 0, total: int = 0) -> None:
    """Say how far it is: `done` of `total` bids (0 of 0: nothing to count in this step). Ends a row of failures."""
    found = row(work, need_id)
    found.step, found.done, found.total = step, done, total
    found.attempts, found.problem, found.failed_at = 0, "", None
    found.changed_at = work.now()


def counted(work: Work, need_id: str, done: int, total: int) -> None:
    """Move only the count, in the middle of the scoring."""
    found = row(work, need_id)
    found.step, found.done, found.total, found.changed_at = SCORING, done, total, work.now()


def failed(work: Work, need: Need, error: BaseException) -> ScoringProgress:
    """Count a failure and put the need off; after the last attempt it waits for an operator (next_due is None)."""
    found = row(work, need.id)
    now = work.now()
    found.attempts += 1
    found.problem, found.changed_at = where(error), now
    need.next_due = again_at(now, found.attempts)
    found.failed_at = now if need.next_due is None else None
    return found


def again_at(now: datetime, attempts: int) -> datetime | None:
    """When to try again after so many failures in a row; None when the machine gives up."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return now + timedelta(seconds=FIRST_WAIT_SECONDS * 2 ** (attempts - 1))


def where(error: BaseException) -> str:
    """Kind and place of an error, such as "KeyError in bids/offer.py, line 40": never its message, which may quote a
    bid.
    """
    place = ""
    for frame, line in walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if "marketplace" in path.parts:
            place = f" in {path.parent.name}/{path.name}, line {line}"
    return f"{type(error).__name__}{place}"[:300]
