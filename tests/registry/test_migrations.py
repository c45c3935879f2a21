"""`alembic check`: migrated tables are those of the models, on both databases."""

import threading
from contextlib import nullcontext
from decimal import Decimal

import pytest
from alembic import command
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from registry import migrations
from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.db import Database
from registry.suppliers import profile
from registry.suppliers.models import CapacityWord, Equipment, FreeCapacityWord, Operation, Staff
from registry.suppliers.profile import EquipmentLine, FreeLine, OperationLine, SiteLine
from tests.factories import NOW, TODAY, add_supplier, bin_number, supplier_line
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


def test_profiles_stated_before_they_had_versions_stand_as_those_stated_after(database: Database) -> None:
    bin = bin_number(71)
    owner = Actor("owner", AccountRole.OWNER, bin)
    with database.transaction() as session:
        add_supplier(session, supplier_line(bin=bin, kato="551010000"), on=TODAY)

        def add(line: profile.ProfileLine) -> int:
            return profile.add(session, bin, line, on=TODAY, actor=owner, now=NOW)

        site = add(SiteLine("Цех 1", "751110000", "ул. Абая, 1"))
        add(EquipmentLine("Станок", "ТВ-4", 2015, "KZ", "А 17", Decimal(100), "шт", site))
        add(EquipmentLine("Пресс"))
        for name, note in (("Лазерная резка", "до 20 мм"), ("Резка плазмой", None)):
            add(FreeLine(add(OperationLine(name, note=note)), TODAY, TODAY, note="нержавейка"))
        profile.save_staff(session, bin, total=40, kazakhstani=39, on=TODAY, actor=owner, now=NOW)
        stated = _of_profiles(session)
    with (
        database.engine.connect() as connection,
        migrations._keys_unheld(connection) if database.is_sqlite else nullcontext(),
        connection.begin(),
    ):
        command.downgrade(migrations._config(connection), "0016")
    migrations.upgrade(database)
    assert migrations.differences(database) is None
    with database.transaction() as session:
        assert _of_profiles(session) == stated
        # Words that are new are numbered after those there are.
        add(FreeLine(add(OperationLine("Токарные работы")), TODAY, TODAY))


def _of_profiles(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """What the newest revision of profiles added, and made of what there was."""
    word, link = CapacityWord, FreeCapacityWord
    asked = {
        "machines": select(Equipment.thing_id, Equipment.version, Equipment.serial_key, Equipment.machine_key),
        "operations": select(Operation.thing_id, Operation.version, Operation.name_ru, Operation.name_kk),
        "staff": select(Staff.version, Staff.total),
        "words": select(link.free_capacity_id, word.word, link.named).join(word, word.id == link.word_id),
    }
    found = {name: sorted(map(tuple, session.execute(one)), key=str) for name, one in asked.items()}
    assert all(found.values())
    return found
