"""Reading the outbox."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, select

from marketplace.kit.errors import NotHere
from marketplace.notices.models import Mail
from marketplace.policy.service import service_policy

PAGE = 50


@dataclass(frozen=True)
class Page:
    """One page of mails, newest first; `number` from 1."""

    rows: list[Mail]
    number: int
    pages: int
    total: int


def state(mail: Mail) -> str:
    """ "sent", "failed" (no more tries by itself), "trying" (failed before, will be tried again) or "waiting"."""
    if mail.sent_at is not None:
        return "sent"
    if mail.attempts >= service_policy().mail_attempts:
        return "failed"
    return "trying" if mail.problem else "waiting"


def outbox(session: Session, *, page: int = 1, failed_only: bool = False) -> Page:
    """Mails, newest first."""
    chosen = select(Mail)
    count = select(func.count()).select_from(Mail)
    if failed_only:
        gone = (col(Mail.sent_at).is_(None), col(Mail.attempts) >= service_policy().mail_attempts)
        chosen, count = chosen.where(*gone), count.where(*gone)
    total = session.exec(count).one()
    pages = max(1, -(-total // PAGE))
    number = min(max(1, page), pages)
    rows = session.exec(
        chosen.order_by(col(Mail.created_at).desc(), col(Mail.id)).limit(PAGE).offset((number - 1) * PAGE)
    )
    return Page(list(rows), number, pages, total)


def mail(session: Session, mail_id: str) -> Mail:
    """One mail. Raises NotHere."""
    found = session.get(Mail, mail_id)
    if found is None:
        raise NotHere(mail_id)
    return found


def due(session: Session, now: datetime, limit: int) -> list[str]:
    """Identifiers of mails to send now, the longest waiting first."""
    chosen = select(Mail.id).where(
        col(Mail.sent_at).is_(None),
        col(Mail.next_attempt_at) <= now,
        col(Mail.attempts) < service_policy().mail_attempts,
    )
    return list(session.exec(chosen.order_by(col(Mail.next_attempt_at), col(Mail.id)).limit(limit)))


def counts(session: Session) -> tuple[int, int]:
    """How many mails wait to be sent, and how many failed for good."""
    most = service_policy().mail_attempts
    unsent = select(func.count()).select_from(Mail).where(col(Mail.sent_at).is_(None))
    return (
        session.exec(unsent.where(col(Mail.attempts) < most)).one(),
        session.exec(unsent.where(col(Mail.attempts) >= most)).one(),
    )
