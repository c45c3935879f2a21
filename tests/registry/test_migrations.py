"""`alembic check`: migrated tables are those of the models, on both databases."""

import threading

import pytest
from sqlalchemy import inspect

from registry import migrations
from registry.db import Database
from web.tables import METADATA

pytestmark = pytest.mark.both_databases


def test_the_migrated_database_is_what_the_models_say(database: Database) -> None:
    assert migrations.differences(database) is None
    assert migrations.revision_of(database) == migrations.newest_revision()


def test_a_missing_table_is_noticed(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE outbox")
    assert "outbox" in str(migrations.differences(database))


def test_an_empty_database_has_no_revision(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    assert migrations.revision_of(database) is None
    database.dispose()


def test_two_that_start_at_once_both_end_migrated(empty_database_url: str) -> None:
    databases = [Database(empty_database_url) for _ in range(2)]
    failures: list[Exception] = []

    def migrate(database: Database) -> None:
        try:
            migrations.upgrade(database)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=migrate, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tables = set(inspect(databases[0].engine).get_table_names())
    for database in databases:
        database.dispose()
    assert failures == []
    assert set(METADATA.tables) <= tables


def test_every_constraint_is_named() -> None:
    unnamed = [
        f"{table.name}: {constraint!r}"
        for table in METADATA.tables.values()
        for constraint in table.constraints
        if constraint.name is None
    ]
    assert unnamed == []
