"""Migrations, on both databases: up gives what the models say, down leaves nothing, up again works."""

from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from marketplace.identity.viewer import machine
from marketplace.journal.work import unit_of_work
from marketplace.kit.database import Database
from marketplace.migrations import migrate, schema_state, step_back
from marketplace.tables import metadata

OF_THE_DATABASE = ("alembic_version", "need_search")  # the search index is a table of each database's own kind


def ours(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    return not (kind == "table" and (name or "").startswith(OF_THE_DATABASE))


def test_the_migrations_make_what_the_models_say(any_database: Database) -> None:
    with any_database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})
        assert compare_metadata(context, metadata) == []
        found = sa.inspect(connection)
        for table in metadata.sorted_tables:
            checks = {check["name"] for check in found.get_check_constraints(table.name)}
            wanted = {each.name for each in table.constraints if isinstance(each, sa.CheckConstraint)}
            assert wanted <= checks, table.name


def test_down_leaves_nothing_and_up_again_works(any_database: Database) -> None:
    url = any_database.url
    with unit_of_work(any_database) as work:
        work.record(machine("test"), "test.happened", "thing:1")
    any_database.dispose()
    step_back(url)
    with any_database.engine.connect() as connection:
        left = set(sa.inspect(connection).get_table_names()) - {"alembic_version"}
        assert left == set()
    any_database.dispose()
    migrate(url)
    assert schema_state(url) == "current"
    with unit_of_work(any_database) as work:
        work.record(machine("test"), "test.happened", "thing:1")


def test_each_step_back_and_forth_alone(any_database: Database) -> None:
    url = any_database.url
    any_database.dispose()
    for revision in ("0002", "0001"):
        step_back(url, revision)
        assert schema_state(url) == "behind"
    migrate(url)
    assert schema_state(url) == "current"
