"""Alembic's migrations, and how they are run from Python (no ini file)."""

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from marketplace.kit.errors import ConfigurationError

HERE = Path(__file__).parent


def config(database_url: str) -> Config:
    """Alembic's configuration for one database."""
    cfg = Config()
    cfg.set_main_option("script_location", str(HERE))
    cfg.attributes["database_url"] = database_url
    return cfg


def migrate(database_url: str, revision: str = "head") -> None:
    """Bring the schema up to `revision`. Safe to repeat."""
    command.upgrade(config(database_url), revision)


def step_back(database_url: str, revision: str = "base") -> None:
    """Take the schema down to `revision`. The data of what is taken away are lost."""
    command.downgrade(config(database_url), revision)


def schema_state(database_url: str) -> str:
    """ "empty" (no schema yet), "current", or "behind" (migrations wait, or the schema is of a newer version)."""
    engine = sa.create_engine(database_url)
    try:
        with engine.connect() as connection:
            return state_of(connection)
    finally:
        engine.dispose()


def state_of(connection: sa.Connection) -> str:
    """The same of an open connection."""
    at = MigrationContext.configure(connection).get_current_heads()
    if not at:
        return "empty"
    return "current" if set(at) == _heads() else "behind"


@cache
def _heads() -> frozenset[str]:
    return frozenset(ScriptDirectory.from_config(config("")).get_heads())


def prepare(database_url: str) -> None:
    """Migrate a database that is still empty; raise ConfigurationError for one whose schema is not of this version."""
    state = schema_state(database_url)
    if state == "empty":
        migrate(database_url)
    elif state == "behind":
        raise ConfigurationError("The database is not of this version: run `marketplace migrate` first.")
