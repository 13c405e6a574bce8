"""What the machine does with needs that are due: close, open, score. Every step is one short transaction and may be
repeated.

The database is the truth: a need has work to do when its `next_due` has come, whoever finds it first (a worker told by
the queue, the timetable, `marketplace sweep` from cron) does it, and whoever comes second finds nothing left to do.
"""

from dataclasses import dataclass, field

import structlog

from marketplace.evaluations import progress
from marketplace.evaluations.again import NotFailed, NothingToScoreAgain, ask_again, try_again
from marketplace.evaluations.closing import close_need
from marketplace.evaluations.opening import open_need
from marketplace.evaluations.scores import score_need
from marketplace.evaluations.wording import mail_operators
from marketplace.identity.viewer import machine
from marketplace.journal.work import Nudge, unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.needs import actions as needs
from marketplace.needs import queries as need_queries
from marketplace.notices.sending import deliver_due

__all__ = [
    "NotFailed",
    "NothingToScoreAgain",
    "Report",
    "ask_again",
    "close_need",
    "open_need",
    "run_due",
    "score_need",
    "try_again",
    "work_on",
]

log = structlog.get_logger(__name__)
MOST_AT_ONCE = 500  # needs that one sweep takes on; the next sweep goes on with the rest


@dataclass
class Report:
    """What one sweep did: ids of the needs that are done, and of those that failed and will be tried again; mails
    sent.
    """

    finished: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    mails: int = 0

    def __str__(self) -> str:
        return (
            f"{len(self.finished)} needs done, {len(self.failed)} failed (tried again later), {self.mails} mails sent"
        )


def work_on(database: Database, need_id: str, *, nudge: Nudge | None = None, settings: Settings | None = None) -> bool:
    """Take one need through every step that is due. True when nothing is left to do now, False after a failure.

    A failure is counted and put off, and never reaches the caller: one bad need must not stop the others. Raises only
    when the database itself cannot be written (then nobody can note anything, and the caller's own
    retry comes again). `settings` gives the address for links in mails.
    """
    address = settings.address if settings else ""
    try:
        with unit_of_work(database, nudge) as work:
            close_need(work, machine("closing"), need_id, address=address)
        with unit_of_work(database, nudge) as work:
            open_need(work, machine("opening"), need_id)
        score_need(database, need_id, nudge=nudge, address=address)
    except Exception as error:  # whatever it is, the next need must have its turn
        _note_failure(database, need_id, error)
        return False
    return True


def _note_failure(database: Database, need_id: str, error: Exception) -> None:
    """Count it. The message of the error is not logged: it may quote a bid (see progress.where)."""
    log.error("need_failed", need=need_id, where=progress.where(error))
    with unit_of_work(database) as work:
        need = needs.lock(work, need_id)
        noted = progress.failed(work, need, error)
        if noted.failed_at is not None:
            work.record(
                machine("timetable"),
                "need.stuck",
                f"need:{need_id}",
                thread=need_id,
                facts={"attempts": noted.attempts},
            )
            mail_operators(work, need, noted)


def run_due(database: Database, nudge: Nudge | None = None, settings: Settings | None = None) -> Report:
    """Everything that is due now: needs to close, open and score, then (with `settings`) the mails that wait. Safe
    to repeat.
    """
    report = Report()
    with database.reading() as session:
        due = need_queries.due(session, database.now(session), MOST_AT_ONCE)
    for need_id in due:
        done = work_on(database, need_id, nudge=nudge, settings=settings)
        (report.finished if done else report.failed).append(need_id)
    if settings is not None:
        report.mails = deliver_due(database, settings, MOST_AT_ONCE)
    return report
