"""Run by Alembic for every command."""

from alembic import context

from marketplace.kit.database import Database
from marketplace.tables import metadata


def run() -> None:
    """Migrate in one transaction. On SQLite changes of columns are made by copying the table (batch)."""
    database = Database(context.config.attributes["database_url"])
    engine = database.engine.execution_options(marketplace_write=True)
    try:
        with engine.connect() as connection:
            context.configure(
                connection=connection,
                target_metadata=metadata,
                render_as_batch=True,
                compare_type=True,
                transaction_per_migration=False,
            )
            with context.begin_transaction():
                if not database.is_sqlite:  # several machines may start at once; on SQLite BEGIN IMMEDIATE is the lock
                    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7250931)")
                context.run_migrations()
    finally:
        database.dispose()


run()
