"""Sending the mails that wait in the outbox."""

from marketplace.notices.sending import deliver_due
from workers.app import app, database, settings

MOST_AT_ONCE = 20  # a slow mail server must not use up the time limit; the next task goes on


@app.task(name="workers.mail.deliver")
def deliver(mail_id: str = "") -> None:
    """Send what is due. `mail_id` is why the task was sent, for the log; the outbox itself says what waits."""
    deliver_due(database(), settings(), MOST_AT_ONCE)
