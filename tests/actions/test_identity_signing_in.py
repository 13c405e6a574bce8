"""Signing in on both databases: the lock-out under races, sign-ins that run out, no difference for unknown
addresses."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from marketplace.identity import sessions, signing_in
from marketplace.identity.models import Organisation, SignIn, Standing, User
from marketplace.identity.roles import Kind, Role
from marketplace.journal.models import JournalLine
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.notices.models import Mail
from marketplace.policy.service import service_policy
from tests.factories import make_organisation, make_user

START = datetime(2013, 3, 4, 9, 0, tzinfo=UTC)


class Clock:
    """A database's clock that the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(sqlite_url: str, clock: Clock) -> Iterator[Database]:
    database = Database(sqlite_url, clock=clock)
    yield database
    database.dispose()


def _somebody(database: Database, **facts: object) -> User:
    with unit_of_work(database) as work:
        return make_user(work, make_organisation(work, Kind.CCG), Role.APPROVER, **facts)


def _try(database: Database, email: str) -> signing_in.Try:
    with unit_of_work(database) as work:
        return signing_in.count_try(work, email=email)


def test_many_tries_at_once_get_no_more_guesses_than_the_limit(any_database: Database) -> None:
    user = _somebody(any_database)
    with ThreadPoolExecutor(16) as pool:
        tries = list(pool.map(lambda _: _try(any_database, user.email), range(40)))
    looked_at = [each for each in tries if each.user_id]
    assert len(looked_at) == service_policy().sign_in_failures
    assert sum(each.locks for each in looked_at) == 1
    with any_database.reading() as session:
        assert session.get(User, user.id).locked_until is not None


def test_right_password_after_fewer_failures_starts_the_count_anew(database: Database) -> None:
    user = _somebody(database)
    for _ in range(service_policy().sign_in_failures - 1):
        _try(database, user.email)
    tried = _try(database, user.email.upper())
    assert tried.kept == user.password_hash
    with unit_of_work(database) as work:
        secret = signing_in.succeed(work, tried)
    with database.reading() as session:
        assert session.get(User, user.id).failures == 0
        assert session.get(User, user.id).locked_until is None
        assert sessions.find(database, session, secret) is not None


def test_lock_ends_by_time_and_counts_from_one_again(timed: Database, clock: Clock) -> None:
    user = _somebody(timed)
    for _ in range(service_policy().sign_in_failures):
        _try(timed, user.email)
    assert _try(timed, user.email).user_id is None
    clock.now += timedelta(minutes=service_policy().sign_in_lock_minutes, seconds=-1)
    assert _try(timed, user.email).user_id is None
    clock.now += timedelta(seconds=1)
    assert _try(timed, user.email).user_id == user.id
    with timed.reading() as session:
        assert session.get(User, user.id).failures == 1
        assert session.get(User, user.id).locked_until is None


def test_owner_is_told_of_the_lock_once(timed: Database) -> None:
    user = _somebody(timed)
    for _ in range(service_policy().sign_in_failures + 3):
        tried = _try(timed, user.email)
        with unit_of_work(timed) as work:
            signing_in.failed(work, tried, address="http://x")
    with timed.reading() as session:
        mails = session.exec(select(Mail)).all()
    assert [mail.to for mail in mails] == [user.email]
    assert "http://x/reset" in mails[0].text


def test_unknown_address_leaves_the_same_traces_but_no_name(database: Database) -> None:
    user = _somebody(database)
    _try(database, "nobody@example.org")
    _try(database, user.email)
    with database.reading() as session:
        lines = session.exec(select(JournalLine).order_by(col(JournalLine.seq))).all()
    assert [(line.verb, line.subject) for line in lines] == [
        ("user.sign_in_tried", "user:unknown"),
        ("user.sign_in_tried", f"user:{user.id}"),
    ]
    assert "nobody" not in "".join(line.facts for line in lines)


def _sign_in(database: Database, user: User) -> str:
    with unit_of_work(database) as work:
        return sessions.open_sign_in(work, work.session.get(User, user.id), device="Firefox on Linux")


def _found(database: Database, secret: str) -> sessions.Found | None:
    with database.reading() as session:
        return sessions.find(database, session, secret)


def test_sign_in_ends_after_thirty_idle_minutes(timed: Database, clock: Clock) -> None:
    secret = _sign_in(timed, _somebody(timed))
    clock.now += timedelta(minutes=29, seconds=59)
    found = _found(timed, secret)
    assert found is not None
    assert found.due
    with unit_of_work(timed) as work:
        sessions.touch(work, found)
    clock.now += timedelta(minutes=29, seconds=59)
    assert _found(timed, secret) is not None
    clock.now += timedelta(seconds=1)
    assert _found(timed, secret) is None


def test_sign_in_ends_after_twelve_hours_however_busy(timed: Database, clock: Clock) -> None:
    secret = _sign_in(timed, _somebody(timed))
    while clock.now < START + timedelta(hours=11, minutes=50):
        clock.now += timedelta(minutes=10)
        found = _found(timed, secret)
        assert found is not None
        with unit_of_work(timed) as work:
            sessions.touch(work, found)
    clock.now = START + timedelta(hours=12)
    assert _found(timed, secret) is None


def test_seen_is_written_at_most_once_a_minute(timed: Database, clock: Clock) -> None:
    secret = _sign_in(timed, _somebody(timed))
    clock.now += timedelta(seconds=59)
    assert not _found(timed, secret).due
    clock.now += timedelta(seconds=1)
    assert _found(timed, secret).due


def test_only_the_hash_of_the_secret_is_stored(any_database: Database) -> None:
    secret = _sign_in(any_database, _somebody(any_database))
    with any_database.reading() as session:
        key = session.exec(select(SignIn.key)).one()
        assert key != secret
        assert sessions.find(any_database, session, secret).viewer.role is Role.APPROVER
        assert sessions.find(any_database, session, key) is None
        assert sessions.find(any_database, session, "x") is None


@pytest.mark.parametrize("what", ["person", "organisation"])
@pytest.mark.parametrize("standing", [Standing.WAITING, Standing.OFF])
def test_who_may_not_act_is_not_signed_in(database: Database, what: str, standing: Standing) -> None:
    user = _somebody(database)
    secret = _sign_in(database, user)
    with unit_of_work(database) as work:
        thing = (
            work.session.get(User, user.id)
            if what == "person"
            else work.session.get(Organisation, user.organisation_id)
        )
        thing.standing = standing
    assert _found(database, secret) is None
    tried = _try(database, user.email)
    with pytest.raises(signing_in.MayNotSignIn), unit_of_work(database) as work:
        signing_in.succeed(work, tried)
    with database.reading() as session:
        assert len(session.exec(select(SignIn)).all()) == 1  # the refused one left nothing


def test_signing_in_sweeps_the_dead_ones_of_the_person(timed: Database, clock: Clock) -> None:
    user = _somebody(timed)
    _sign_in(timed, user)
    clock.now += timedelta(hours=13)
    _sign_in(timed, user)
    with timed.reading() as session:
        assert len(session.exec(select(SignIn)).all()) == 1
