"""Changing what may not be changed, as somebody with the database's password would: triggers off, then plain SQL."""

import sqlalchemy as sa

from marketplace.kit.database import Database


def tamper(database: Database, *lines: str, **values: object) -> None:
    """Run SQL that the product would refuse, in one transaction."""
    off = (
        ["DROP TRIGGER IF EXISTS journal_line_no_update", "DROP TRIGGER IF EXISTS journal_line_no_delete"]
        if database.is_sqlite
        else ["DROP TRIGGER IF EXISTS journal_line_append_only ON journal_line"]
    )
    with database.writing() as session:
        for line in off:
            session.connection().exec_driver_sql(line)
        for line in lines:
            if values:
                session.connection().execute(sa.text(line), values)
            else:  # as it stands: a colon in it is no parameter
                session.connection().exec_driver_sql(line)
        session.commit()
