"""What people may ask of the machine: score again with what is known now, and try again what failed."""

from marketplace.evaluations import progress
from marketplace.evaluations.models import ScoringProgress
from marketplace.evaluations.queries import newest_round, of_round
from marketplace.identity.viewer import Viewer
from marketplace.journal.work import Work
from marketplace.kit.errors import NotHere, Refusal
from marketplace.needs import actions as needs
from marketplace.needs.states import Stage


class NothingToScoreAgain(Refusal):
    """The evaluation is final, not there yet, or being made."""


class NotFailed(Refusal):
    """An operator asked to try again what has not failed."""


def ask_again(work: Work, viewer: Viewer, *, need_id: str, after_round: int) -> int:
    """Ask for the next round of scoring, while the last one is provisional. Returns the number of the round asked for.

    `after_round` is the round that the person saw: a second press asks for nothing more. Only missing register facts
    are a reason; a result that is final stays. Raises NotHere for somebody else's need, NothingToScoreAgain.
    """
    need = needs.lock(work, need_id)
    if need.organisation_id != viewer.organisation_id:
        raise NotHere(need_id)
    noted = progress.row(work, need_id)
    last = newest_round(work.session, need)
    if noted.wanted_round == after_round + 1 and after_round in (last, last - 1):
        return noted.wanted_round
    if need.stage is not Stage.SCORED or after_round != last:
        raise NothingToScoreAgain(
            "The bids were not scored again.",
            "The evaluation has changed since you opened the page.",
            "Reload it and look at the result.",
        )
    if not any(row.provisional for row in of_round(work.session, need, last)):
        raise NothingToScoreAgain(
            "The bids were not scored again.",
            "Every fact was known when they were scored, so the result is final.",
            "Read it on the evaluation page.",
        )
    noted.wanted_round, noted.asked_by = last + 1, viewer.actor
    noted.step, noted.done, noted.changed_at = progress.SCORING, 0, work.now()
    need.next_due = work.now()
    work.record(viewer, "evaluation.asked_again", f"need:{need_id}", thread=need_id, facts={"round": last + 1})
    work.nudge("need", need_id)
    return last + 1


def try_again(work: Work, viewer: Viewer, *, need_id: str) -> None:
    """Give a need that the machine gave up (or put off) a fresh row of attempts, now. Raises NotHere, NotFailed."""
    need = needs.lock(work, need_id)
    noted: ScoringProgress = progress.row(work, need_id)
    if noted.attempts == 0:
        raise NotFailed(
            "Nothing was started.",
            "This need has not failed.",
            "Go back to the list of jobs: it shows how each need stands.",
        )
    noted.attempts, noted.problem, noted.failed_at, noted.changed_at = 0, "", None, work.now()
    need.next_due = work.now()
    work.record(viewer, "need.retried", f"need:{need_id}", thread=need_id)
    work.nudge("need", need_id)
