"""Writing a mail into the outbox, inside the transaction of the act that it tells of."""

from sqlmodel import col, select

from marketplace.journal.work import Work
from marketplace.notices.models import Mail


def send(work: Work, *, stable_id: str, to: str, subject: str, text: str, kind: str, secret: bool = False) -> None:
    """Queue one mail. The same `stable_id` a second time changes nothing. `text` is the whole mail, plain."""
    known = work.session.exec(select(Mail.id).where(col(Mail.stable_id) == stable_id)).first()
    if known is not None:
        return
    now = work.now()
    mail = Mail(
        stable_id=stable_id, to=to, subject=" ".join(subject.split()), text=text, kind=kind, secret=secret,
        created_at=now, next_attempt_at=now,
    )
    work.session.add(mail)
    work.nudge("mail", mail.id)
