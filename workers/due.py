"""Looking for what is due: the timetable asks for a look every second, and a look sends a task for what it finds."""

import time
from datetime import datetime

from celery import current_app
from sqlmodel import Session, col, select

from marketplace.needs.queries import due
from marketplace.notices.models import Mail
from workers.app import app, database, settings
from workers.queues import LOOK, TASKS

MOST_AT_ONCE = 200
SAID_SECONDS = 10.0  # a need that is still at work is not sent again sooner, so that tasks do not pile up

_said: dict[tuple[str, str], float] = {}  # of this process: a second process may send it once more, which does no harm


@app.task(name=LOOK)
def look() -> None:
    """Find needs and mails that are due, and send a task for each need and one for all mails."""
    with database().reading() as session:
        now = database().now(session)
        needs = due(session, now, MOST_AT_ONCE)
        mails = settings().smtp_url != "" and _mails_wait(session, now)
    for need_id in needs:
        if _fresh("need", need_id):
            tell("need", need_id, queue="opening")
    if mails and _fresh("mail", ""):
        tell("mail", "")


def tell(what: str, key: str, queue: str | None = None) -> None:
    """Send the task for `what` (see post.TASKS) from inside a worker."""
    task, usual = TASKS[what]
    current_app.send_task(task, args=(key,), queue=queue or usual, ignore_result=True, expires=60)


def _mails_wait(session: Session, now: datetime) -> bool:
    waiting = select(Mail.id).where(col(Mail.sent_at).is_(None), col(Mail.next_attempt_at) <= now).limit(1)
    return session.exec(waiting).first() is not None


def _fresh(what: str, key: str) -> bool:
    now = time.monotonic()
    for old in [name for name, at in _said.items() if now - at > SAID_SECONDS]:
        del _said[old]
    if (what, key) in _said:
        return False
    _said[what, key] = now
    return True
