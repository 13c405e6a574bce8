"""Alembic's migrations, and how they are run from Python (no ini file)."""

from pathlib import Path

from alembic import command
from alembic.config import Config

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
