"""Sending what waits in the outbox, over SMTP. Each mail goes out at least once; its Message-ID tells repeats apart.

A mail is leased before it is sent: another sender leaves it alone, and a sender that dies loses nothing, because the
lease ends.
"""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from hashlib import sha256
from urllib.parse import SplitResult, unquote, urlsplit

import structlog

from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database, lock_row
from marketplace.kit.errors import ConfigurationError
from marketplace.kit.settings import Settings
from marketplace.notices import queries
from marketplace.notices.models import Mail
from marketplace.policy.service import service_policy

log = structlog.get_logger(__name__)


class UnsafeHeader(ValueError):
    """The address or the subject has a line break in it: somebody tries to add headers of their own."""


def deliver_due(database: Database, settings: Settings, limit: int = 50) -> int:
    """Send up to `limit` mails that are due, and return how many went out. Without an SMTP server they stay in the
    outbox (0).

    Any number of processes may do this at once. Raises ConfigurationError for an address of a server that cannot be
    read.
    """
    if not settings.smtp_url:
        return 0
    _server(settings)
    with database.reading() as session:
        due = queries.due(session, database.now(session), limit)
    sent = 0
    connection: smtplib.SMTP | None = None
    try:
        for mail_id in due:
            leased = _lease(database, mail_id)
            if leased is None:
                continue
            try:
                message = compose(leased, settings)
                connection = connection or connect(settings)
                connection.send_message(message)
            except (OSError, smtplib.SMTPException, ValueError) as error:
                _failed(database, leased, error)
                if connection is not None:
                    _close(connection)
                if connection is None and not isinstance(error, ValueError):
                    break  # the server does not answer at all: the others wait for their turn
                connection = None
            else:
                _sent(database, mail_id)
                sent += 1
    finally:
        if connection is not None:
            _close(connection)
    return sent


def _lease(database: Database, mail_id: str) -> Mail | None:
    """Count the attempt and keep others off the mail for a while; None when it is not due any more."""
    policy = service_policy()
    with unit_of_work(database) as work:
        mail: Mail | None = lock_row(work.session, Mail, mail_id)
        now = work.now()
        if (
            mail is None
            or mail.sent_at is not None
            or mail.next_attempt_at > now
            or mail.attempts >= policy.mail_attempts
        ):
            return None
        mail.attempts += 1
        mail.next_attempt_at = now + timedelta(seconds=policy.mail_lease_seconds)
        work.session.flush()
        work.session.expunge(mail)
        return mail


def _sent(database: Database, mail_id: str) -> None:
    with unit_of_work(database) as work:
        mail: Mail | None = lock_row(work.session, Mail, mail_id)
        if mail is not None:
            mail.sent_at, mail.problem = work.now(), ""


def _failed(database: Database, leased: Mail, error: Exception) -> None:
    """Say what happened and when the next attempt is: the pause doubles. Nothing secret is in an error of the
    protocol."""
    policy = service_policy()
    log.warning("mail not sent", mail=leased.id, attempt=leased.attempts, error=type(error).__name__)
    with unit_of_work(database) as work:
        mail: Mail | None = lock_row(work.session, Mail, leased.id)
        if mail is None or mail.sent_at is not None:
            return
        mail.problem = describe(error)
        if isinstance(error, UnsafeHeader | smtplib.SMTPRecipientsRefused) and _for_good(error):
            mail.attempts = policy.mail_attempts
        pause = policy.mail_first_pause_seconds * 2 ** (leased.attempts - 1)
        mail.next_attempt_at = work.now() + timedelta(seconds=pause)


def _for_good(error: Exception) -> bool:
    """Whether trying again is of no use: a header that is refused here, or a recipient that the server refuses for
    ever (5xx)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    return True


def describe(error: Exception) -> str:
    """The problem in one line for the operator."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        words = f"the mail server refuses the recipient: {code} {text.decode('utf-8', 'replace')}"
    elif isinstance(error, smtplib.SMTPResponseException):
        raw = error.smtp_error
        said = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
        words = f"the mail server answered {error.smtp_code} {said}"
    elif isinstance(error, UnsafeHeader):
        words = str(error)
    else:
        words = f"the mail server cannot be reached ({type(error).__name__}: {error})"
    return " ".join(words.split())[:500]


def compose(mail: Mail, settings: Settings) -> EmailMessage:
    """The message as sent. Raises UnsafeHeader when address or subject could smuggle in headers."""
    for name, value in (("recipient", mail.to), ("subject", mail.subject), ("sender", settings.mail_from)):
        if any(ord(char) < 32 or ord(char) == 127 for char in value):
            raise UnsafeHeader(f"the {name} has a control character in it")
    if parseaddr(mail.to)[1] != mail.to or "," in mail.to:
        raise UnsafeHeader("the recipient is not one plain address")
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = mail.created_at
    message["Message-ID"] = message_id(mail, settings)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, charset="utf-8")
    return message


def message_id(mail: Mail, settings: Settings) -> str:
    """The same for every attempt of the same mail, so that mail programs drop repeats."""
    domain = parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost"
    return f"<{sha256(mail.stable_id.encode()).hexdigest()[:40]}@{domain}>"


def connect(settings: Settings) -> smtplib.SMTP:
    """A connection to the mail server, encrypted when the server can, signed in when the address has a user.

    smtps:// is encrypted from the first byte; smtp:// with a user and password needs a server that offers STARTTLS.
    """
    parts = _server(settings)
    timeout = service_policy().mail_timeout_seconds
    context = ssl.create_default_context()
    connection: smtplib.SMTP
    host = str(parts.hostname)
    if parts.scheme == "smtps":
        connection = smtplib.SMTP_SSL(host, parts.port or 465, timeout=timeout, context=context)
    else:
        connection = smtplib.SMTP(host, parts.port or 25, timeout=timeout)
    with _closed_on_error(connection):
        connection.ehlo()
        if parts.scheme == "smtp" and connection.has_extn("starttls"):
            connection.starttls(context=context)
            connection.ehlo()
        elif parts.scheme == "smtp" and parts.username:
            raise smtplib.SMTPNotSupportedError("the server offers no STARTTLS: the password would travel in the clear")
        if parts.username:
            connection.login(unquote(parts.username), unquote(parts.password or ""))
    return connection


def _server(settings: Settings) -> SplitResult:
    """The parts of the server's address. Raises ConfigurationError."""
    try:
        parts = urlsplit(settings.smtp_url)
        if parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0:
            return parts
    except ValueError:  # a port that is no number
        pass
    raise ConfigurationError("MARKETPLACE_SMTP_URL must look like smtp://user:password@host:587 or smtps://host.")


@contextmanager
def _closed_on_error(connection: smtplib.SMTP) -> Iterator[None]:
    try:
        yield
    except BaseException:
        _close(connection)
        raise


def _close(connection: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):
        connection.quit()
    connection.close()
