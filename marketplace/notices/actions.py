"""Writing a mail into the outbox, inside the transaction of the act that it tells of."""

from sqlmodel import col, select

from marketplace.journal.work import Actor, Work
from marketplace.kit.database import lock_row
from marketplace.kit.errors import NotHere
from marketplace.notices.models import Mail


def send(work: Work, *, stable_id: str, to: str, subject: str, text: str, kind: str, secret: bool = False) -> None:
    """Queue one mail. The same `stable_id` a second time changes nothing. `text` is the whole mail, plain."""
    known = work.session.exec(select(Mail.id).where(col(Mail.stable_id) == stable_id)).first()
    if known is not None:
        return
    now = work.now()
    mail = Mail(
        stable_id=stable_id,
        to=to,
        subject=" ".join(subject.split()),
        text=text,
        kind=kind,
        secret=secret,
        created_at=now,
        next_attempt_at=now,
    )
    work.session.add(mail)
    work.nudge("mail", mail.id)


def try_again(work: Work, viewer: Actor, *, mail_id: str) -> Mail:
    """Give a mail that was not sent a fresh set of attempts, beginning now. A mail that was sent stays as it is.
    Raises NotHere."""
    mail: Mail | None = lock_row(work.session, Mail, mail_id)
    if mail is None:
        raise NotHere(mail_id)
    if mail.sent_at is None:
        mail.attempts, mail.problem, mail.next_attempt_at = 0, "", work.now()
        work.record(viewer, "mail.tried_again", f"mail:{mail.id}")
        work.nudge("mail", mail.id)
    return mail
