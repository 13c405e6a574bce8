"""Writing a mail into the outbox, inside the transaction of the act that it tells of."""

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from marketplace.journal.work import Actor, Work
from marketplace.kit.database import lock_row
from marketplace.kit.errors import NotHere
from marketplace.kit.ids import new_id
from marketplace.notices.models import Mail


def send(work: Work, *, stable_id: str, to: str, subject: str, text: str, kind: str, secret: bool = False) -> None:
    """Queue one mail. The same `stable_id` a second time changes nothing. `text` is the whole mail, plain."""
    now, mail_id = work.now(), new_id()
    row = {
        "id": mail_id,
        "stable_id": stable_id,
        "to": to,
        "subject": " ".join(subject.split()),
        "text": text,
        "kind": kind,
        "secret": secret,
        "created_at": now,
        "next_attempt_at": now,
        "attempts": 0,
        "problem": "",
    }
    connection = work.session.connection()
    insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    if connection.execute(insert(Mail).on_conflict_do_nothing(index_elements=["stable_id"]), row).rowcount:
        work.nudge("mail", mail_id)


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
