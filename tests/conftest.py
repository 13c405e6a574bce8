"""What every test may use: databases (real SQLite, real PostgreSQL), the application, clients, sign-in."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from marketplace.identity.models import User
from marketplace.identity.passwords import hasher
from marketplace.kit.database import Database
from marketplace.kit.settings import Settings
from marketplace.migrations import migrate
from tests.factories import PASSWORD
from tests.servers import postgres


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite file, copied for each test."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    migrate(f"sqlite:///{path}")
    for extra in ("-wal", "-shm"):
        assert not Path(f"{path}{extra}").exists()
    return path


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """The address of a running PostgreSQL with a migrated database "empty"."""
    with postgres() as address:
        _admin(address, "CREATE DATABASE empty")
        migrate(address % "empty")
        yield address


def _admin(address: str, line: str) -> None:
    with psycopg.connect((address % "postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(line)  # type: ignore[call-overload]


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh SQLite database."""
    path = tmp_path / "marketplace.sqlite"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_address: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a fresh PostgreSQL database."""
    name = "t" + re.sub(r"\W+", "", request.node.name.lower())[:40] + str(abs(hash(request.node.nodeid)) % 10**9)
    _admin(postgres_address, f'CREATE DATABASE "{name}" TEMPLATE empty')
    yield postgres_address % name
    _admin(postgres_address, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """A fresh SQLite database."""
    database = Database(sqlite_url)
    yield database
    database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """The same test on SQLite and on PostgreSQL."""
    database = Database(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))
    yield database
    database.dispose()


@pytest.fixture
def settings(tmp_path: Path, sqlite_url: str) -> Settings:
    """Embedded settings in a folder of the test."""
    return Settings(
        data_dir=tmp_path,
        database_url=sqlite_url,
        secret_key="a-secret-for-tests-only-0123456789abcdef",
        example_market=False,
    )


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once, not once a test."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def app(settings: Settings, database: Database, compiled_templates: FileSystemBytecodeCache) -> Flask:
    """The whole application on SQLite. CSRF is off here; its own tests switch it on."""
    from marketplace.app import create_app

    app = create_app(settings, database)
    app.jinja_env.bytecode_cache = compiled_templates
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    # As cheap as the factories' hashes: else each sign-in hashes anew.
    app.extensions["marketplace_passwords"] = hasher(1, 8, 1)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript, in process."""
    return app.test_client()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[User], FlaskClient]:
    """sign_in(user) -> a new client, signed in as that person."""

    def enter(user: User) -> FlaskClient:
        browser = app.test_client()
        answer: Any = browser.post("/sign-in", data={"email": user.email, "password": PASSWORD})
        assert answer.status_code in (302, 303), answer.get_data(as_text=True)[-2000:]
        return browser

    return enter
