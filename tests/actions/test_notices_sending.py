"""Sending mail over a real SMTP server: at least once, one at a time, after the server was down, never with smuggled
headers."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlmodel import select

from marketplace.identity.viewer import machine
from marketplace.journal.models import JournalLine
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.kit.errors import ConfigurationError, NotHere
from marketplace.kit.settings import Settings
from marketplace.notices import actions, queries, sending
from marketplace.notices.models import Mail
from marketplace.policy.service import service_policy

START = datetime(2013, 3, 4, 9, 0, tzinfo=UTC)


class Inbox:
    """Keeps what arrives; `answer` says what the server replies to a recipient."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer: Callable[[str], str] = lambda _address: "250 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.answer(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port() -> int:
    return _free_port()


@pytest.fixture
def inbox(port: int) -> Iterator[Inbox]:
    handler = Inbox()
    server = Controller(handler, hostname="127.0.0.1", port=port)
    server.start()
    yield handler
    server.stop()


@pytest.fixture
def now() -> list[datetime]:
    return [START]


@pytest.fixture
def timed(sqlite_url: str, now: list[datetime]) -> Iterator[Database]:
    database = Database(sqlite_url, clock=lambda: now[0])
    yield database
    database.dispose()


@pytest.fixture
def post(settings: Settings, port: int) -> Settings:
    return settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{port}"})


def _write(database: Database, *stable_ids: str, **facts: str) -> None:
    with unit_of_work(database) as work:
        for stable_id in stable_ids:
            values = {
                "to": "ann@example.org",
                "subject": "Your receipt – £",
                "text": "Größe: 1 bid\nSecond line\n",
                "kind": "test",
            } | facts
            actions.send(work, stable_id=stable_id, **values)


def _mail(database: Database) -> Mail:
    with database.reading() as session:
        return session.exec(select(Mail)).one()


def test_mail_arrives_as_written_and_once(timed: Database, post: Settings, inbox: Inbox) -> None:
    _write(timed, "receipt:R-1", "receipt:R-1")
    assert sending.deliver_due(timed, post) == 1
    assert sending.deliver_due(timed, post) == 0
    (mail,) = inbox.mails
    assert mail["To"] == "ann@example.org"
    assert mail["Subject"] == "Your receipt – £"
    assert mail.get_content().replace("\r\n", "\n") == "Größe: 1 bid\nSecond line\n"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert _mail(timed).sent_at == START


def test_message_id_depends_on_the_stable_id_alone(settings: Settings) -> None:
    one = Mail(
        stable_id="a", to="x@y.example", subject="s", text="t", kind="k", created_at=START, next_attempt_at=START
    )
    two = Mail(
        stable_id="a", to="z@y.example", subject="other", text="t", kind="k", created_at=START, next_attempt_at=START
    )
    assert sending.message_id(one, settings) == sending.message_id(two, settings)
    two.stable_id = "b"
    assert sending.message_id(one, settings) != sending.message_id(two, settings)


def test_server_down_then_up(timed: Database, post: Settings, now: list[datetime], port: int) -> None:
    _write(timed, "a", "b")
    assert sending.deliver_due(timed, post) == 0
    with timed.reading() as session:
        tried = [mail for mail in session.exec(select(Mail)) if mail.attempts]
    assert len(tried) == 1  # a server that does not answer is asked once, not once for each mail
    assert "cannot be reached" in tried[0].problem
    assert queries.state(tried[0]) == "trying"
    handler = Inbox()
    server = Controller(handler, hostname="127.0.0.1", port=port)
    server.start()
    try:
        assert sending.deliver_due(timed, post) == 1
        now[0] += timedelta(seconds=service_policy().mail_first_pause_seconds)
        assert sending.deliver_due(timed, post) == 1
    finally:
        server.stop()
    assert len(handler.mails) == 2
    with timed.reading() as session:
        assert queries.counts(session) == (0, 0)
        assert all(mail.problem == "" for mail in session.exec(select(Mail)))


def test_pauses_double_and_end_with_a_problem_for_the_operator(
    timed: Database, post: Settings, now: list[datetime]
) -> None:
    _write(timed, "a")
    pauses = []
    for _ in range(service_policy().mail_attempts):
        assert sending.deliver_due(timed, post) == 0
        pauses.append((_mail(timed).next_attempt_at - now[0]).total_seconds())
        now[0] = _mail(timed).next_attempt_at
    assert pauses == [60.0 * 2**n for n in range(8)]
    assert queries.state(_mail(timed)) == "failed"
    assert sending.deliver_due(timed, post) == 0
    assert _mail(timed).attempts == 8
    with timed.reading() as session:
        assert queries.counts(session) == (0, 1)
        assert queries.outbox(session, failed_only=True).total == 1


def test_operator_tries_again(timed: Database, post: Settings, now: list[datetime], port: int) -> None:
    _write(timed, "a")
    for _ in range(8):
        sending.deliver_due(timed, post)
        now[0] = _mail(timed).next_attempt_at
    with unit_of_work(timed) as work:
        actions.try_again(work, machine("test"), mail_id=_mail(timed).id)
    assert queries.state(_mail(timed)) == "waiting"
    with timed.reading() as session:
        assert session.exec(select(JournalLine.verb)).all() == ["mail.tried_again"]
    with pytest.raises(NotHere), unit_of_work(timed) as work:
        actions.try_again(work, machine("test"), mail_id="nothing")


def test_refused_recipient_fails_at_once_and_stops_no_other(timed: Database, post: Settings, inbox: Inbox) -> None:
    inbox.answer = lambda address: "550 no such user" if address.startswith("gone") else "250 OK"
    _write(timed, "a", to="gone@example.org")
    _write(timed, "b")
    assert sending.deliver_due(timed, post) == 1
    with timed.reading() as session:
        gone = session.exec(select(Mail).where(Mail.stable_id == "a")).one()
    assert queries.state(gone) == "failed"
    assert gone.problem == "the mail server refuses the recipient: 550 no such user"


def test_recipient_refused_for_now_is_tried_again(
    timed: Database, post: Settings, inbox: Inbox, now: list[datetime]
) -> None:
    inbox.answer = lambda _address: "451 greylisted"
    _write(timed, "a")
    assert sending.deliver_due(timed, post) == 0
    assert queries.state(_mail(timed)) == "trying"
    inbox.answer = lambda _address: "250 OK"
    now[0] = _mail(timed).next_attempt_at
    assert sending.deliver_due(timed, post) == 1


@pytest.mark.parametrize(
    "to",
    [
        "a@example.org\nBcc: all@example.org",
        "a@example.org, b@example.org",
        "A <a@example.org>",
        "a@example.org\r\n\r\nhello",
    ],
)
def test_smuggled_recipients_are_refused(timed: Database, post: Settings, inbox: Inbox, to: str) -> None:
    _write(timed, "a", to=to)
    assert sending.deliver_due(timed, post) == 0
    assert inbox.mails == []
    assert queries.state(_mail(timed)) == "failed"
    assert "the recipient" in _mail(timed).problem


def test_line_breaks_in_a_subject_become_spaces_or_are_refused(timed: Database, post: Settings, inbox: Inbox) -> None:
    _write(timed, "a", subject="One\r\nBcc: all@example.org")
    assert sending.deliver_due(timed, post) == 1
    assert inbox.mails[0]["Subject"] == "One Bcc: all@example.org"
    assert inbox.mails[0]["Bcc"] is None
    bad = _mail(timed)
    bad.subject = "One\nBcc: all@example.org"
    with pytest.raises(sending.UnsafeHeader):
        sending.compose(bad, post)


def test_two_senders_send_each_mail_once(any_database: Database, settings: Settings, port: int, inbox: Inbox) -> None:
    post = settings.model_copy(update={"smtp_url": f"smtp://127.0.0.1:{port}"})
    _write(any_database, *(f"m{number}" for number in range(12)))
    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(lambda _: sending.deliver_due(any_database, post), range(4)))
    assert sum(sent) == 12
    assert len({mail["Message-ID"] for mail in inbox.mails}) == len(inbox.mails) == 12


def test_sender_that_died_loses_nothing(timed: Database, post: Settings, inbox: Inbox, now: list[datetime]) -> None:
    _write(timed, "a")
    with timed.reading() as session:
        (mail_id,) = queries.due(session, now[0], 10)
    assert sending._lease(timed, mail_id) is not None  # and then its process is killed
    assert sending.deliver_due(timed, post) == 0
    now[0] += timedelta(seconds=service_policy().mail_lease_seconds)
    assert sending.deliver_due(timed, post) == 1
    assert len(inbox.mails) == 1


def test_without_a_server_mails_stay_untouched(timed: Database, settings: Settings) -> None:
    _write(timed, "a")
    assert sending.deliver_due(timed, settings) == 0
    assert _mail(timed).attempts == 0
    assert queries.state(_mail(timed)) == "waiting"


@pytest.mark.parametrize("url", ["http://x", "smtp://", "localhost:25", "smtp://x:port"])
def test_unreadable_address_of_the_server_is_said_before_anything_is_tried(
    timed: Database, settings: Settings, url: str
) -> None:
    _write(timed, "a")
    with pytest.raises(ConfigurationError, match="MARKETPLACE_SMTP_URL"):
        sending.deliver_due(timed, settings.model_copy(update={"smtp_url": url}))
    assert _mail(timed).attempts == 0


def test_password_never_travels_in_the_clear(timed: Database, settings: Settings, port: int, inbox: Inbox) -> None:
    _write(timed, "a")
    post = settings.model_copy(update={"smtp_url": f"smtp://user:secret@127.0.0.1:{port}"})
    assert sending.deliver_due(timed, post) == 0
    assert "STARTTLS" in _mail(timed).problem
    assert "secret" not in _mail(timed).problem
    assert inbox.mails == []
