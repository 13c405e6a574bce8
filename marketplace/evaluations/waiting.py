"""What is said while an evaluation is not there yet (pure): honest about what happens, and about nothing happening."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.evaluations.models import ScoringProgress
from marketplace.needs.models import Need
from marketplace.needs.rules import Phase
from marketplace.needs.states import Stage

SILENCE = timedelta(seconds=20)  # the timetable looks every second or two: after this nobody is at work
NEAR = timedelta(minutes=15)
REFRESH_SECONDS, SLOW_SECONDS = 2, 15


@dataclass(frozen=True)
class Wait:
    """`state`: open, working, silent, trouble or stuck. `done` of `total` bids, 0 of 0 while that is nobody's business.

    `refresh`: seconds after which the page asks again by itself, None when there is nothing to wait for now. `steps`:
    what is done, in order: (words, "done", "now" or "next"). `since`: since when the work is due; `again_at`: the next
    attempt.
    """

    state: str
    steps: tuple[tuple[str, str], ...]
    done: int
    total: int
    refresh: int | None
    since: datetime | None
    again_at: datetime | None


def waiting_for(need: Need, phase: Phase, noted: ScoringProgress | None, now: datetime) -> Wait:
    """How the wait stands. No number of bids is told before the opening."""
    if phase in (Phase.OPEN, Phase.CLOSING_SOON):
        near = need.closes_at is not None and need.closes_at - now < NEAR
        return Wait("open", _steps(need.stage), 0, 0, SLOW_SECONDS if near else None, None, None)
    counted = need.stage is Stage.OPENED and noted is not None
    done, total = (noted.done, noted.total) if counted and noted else (0, 0)
    since = _due_since(need, noted)
    state = "working"
    if noted is not None and noted.failed_at is not None:
        state = "stuck"
    elif noted is not None and noted.attempts:
        state = "trouble"
    elif since is not None and now - since > SILENCE:
        state = "silent"
    refresh = REFRESH_SECONDS if state == "working" else SLOW_SECONDS
    return Wait(state, _steps(need.stage), done, total, refresh, since, need.next_due if state == "trouble" else None)


def _due_since(need: Need, noted: ScoringProgress | None) -> datetime | None:
    """Since when nothing has happened that was due: the last sign of life, or the deadline before the first."""
    signs = [need.closes_at, need.closed_at, need.opened_at, noted.changed_at if noted else None]
    return max((sign for sign in signs if sign is not None), default=None)


def _steps(stage: Stage) -> tuple[tuple[str, str], ...]:
    words = (
        "Bidding closes at the deadline",
        "The bids are opened, all at the same moment",
        "The bids are scored and ranked",
    )
    reached = {Stage.OPEN: 0, Stage.CLOSED: 1, Stage.OPENED: 2}.get(stage, 0)
    return tuple(
        (text, "done" if place < reached else "now" if place == reached and stage is not Stage.OPEN else "next")
        for place, text in enumerate(words)
    )
