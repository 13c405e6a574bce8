"""`marketplace create-operator`: the first person who can run the site."""

import re

import pytest
from click.testing import CliRunner, Result
from sqlmodel import select

from marketplace.identity.command import create_operator_command
from marketplace.identity.models import Organisation, User
from marketplace.identity.passwords import hasher
from marketplace.identity.roles import Kind, Role
from marketplace.kit.database import Database

GOOD = "elf under cold bridge"


@pytest.fixture
def run(sqlite_url: str, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """run(*arguments, typed=...) -> the result, on a database of the test."""
    monkeypatch.setenv("MARKETPLACE_DATABASE_URL", sqlite_url)

    def call(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(create_operator_command, arguments, input=typed)

    return call


def _people(database: Database) -> list[User]:
    with database.reading() as session:
        return list(session.exec(select(User)))


def test_prints_a_link_good_once_and_stores_no_password(run, database: Database) -> None:  # type: ignore[no-untyped-def]
    result = run("--email", "Ann@Example.org", "--name", "Ann  Example")
    assert result.exit_code == 0, result.output
    assert re.search(r"^http://\S+/link/\S{40,}$", result.output, re.MULTILINE)
    (user,) = _people(database)
    assert (user.email, user.name, user.role, user.password_hash) == (
        "ann@example.org",
        "Ann Example",
        Role.OPERATOR,
        "",
    )


def test_password_from_standard_input_and_one_home_for_all(run, database: Database) -> None:  # type: ignore[no-untyped-def]
    for email in ("a@example.org", "b@example.org"):
        result = run("--email", email, "--name", "Op", "--password-stdin", typed=f"{GOOD}\n")
        assert result.exit_code == 0, result.output
        assert "/sign-in" in result.output
        assert GOOD not in result.output
    people = _people(database)
    assert all(hasher().matches(user.password_hash, GOOD) for user in people)
    with database.reading() as session:
        assert [home.kind for home in session.exec(select(Organisation))] == [Kind.OPERATOR]


@pytest.mark.parametrize(
    ("arguments", "typed", "said"),
    [
        (("--email", "nonsense", "--name", "X"), "", "not an e-mail address"),
        (("--email", "a@example.org", "--name", " "), "", "1 to 120"),
        (("--email", "a@example.org", "--name", "A\x1b[31m"), "", "1 to 120"),
        (("--email", "a@example.org", "--name", "X", "--password-stdin"), "short\n", "at least 12"),
        (("--email", "a@example.org", "--name", "X", "--password-stdin"), "", "at least 12"),
        (("--email", "a@example.org", "--name", "X", "--password-stdin"), "password1234\n", "harder to guess"),
    ],
)
def test_refusals_are_said_and_leave_nothing(run, database: Database, arguments, typed: str, said: str) -> None:  # type: ignore[no-untyped-def]
    result = run(*arguments, typed=typed)
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output
    assert _people(database) == []


def test_same_address_twice_is_refused(run, database: Database) -> None:  # type: ignore[no-untyped-def]
    assert run("--email", "a@example.org", "--name", "X").exit_code == 0
    again = run("--email", "A@example.org", "--name", "Y")
    assert again.exit_code == 1
    assert "has an account already" in again.output
    assert len(_people(database)) == 1
