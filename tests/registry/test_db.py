"""The ground under every table: exact numbers, aware moments, one place that commits."""

import threading
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from registry.db import Database, after_commit
from registry.identifiers import CheckDigit
from registry.suppliers.models import Role, Supplier, SupplierVersion

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)


def supplier(number: str = "110440012951") -> Supplier:
    return Supplier(bin=number, bin_check=CheckDigit.VALID, version=1, created_at=NOW)


def test_a_block_that_raises_writes_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError, match="half-way"), database.transaction() as session:
        session.add(supplier())
        session.flush()
        raise RuntimeError("half-way")
    with database.reading() as session:
        assert session.scalars(select(Supplier)).all() == []


def test_what_waits_for_the_commit_runs_after_it_and_only_then(database: Database) -> None:
    seen: list[int] = []

    def look() -> None:
        with database.reading() as session:
            seen.append(len(session.scalars(select(Supplier)).all()))

    with database.transaction() as session:
        session.add(supplier())
        after_commit(session, look)
    with pytest.raises(RuntimeError), database.transaction() as session:
        after_commit(session, look)
        raise RuntimeError
    assert seen == [1]


def test_reading_leaves_nothing_behind(database: Database) -> None:
    with database.transaction() as session:
        session.add(supplier())
    with database.reading() as session:
        session.scalars(select(Supplier)).one().version = 7
    with database.reading() as session:
        assert session.scalars(select(Supplier)).one().version == 1


def test_moments_come_back_in_utc_whatever_zone_they_were_given_in(database: Database) -> None:
    almaty = timezone(timedelta(hours=5))
    with database.transaction() as session:
        session.add(
            Supplier(
                bin="1" * 12, bin_check="valid", version=1, created_at=datetime(2026, 11, 24, 0, 30, tzinfo=almaty)
            )
        )
    with database.reading() as session:
        assert session.scalars(select(Supplier.created_at)).one() == NOW


def test_a_moment_without_its_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="without its time zone"), database.transaction() as session:
        session.add(Supplier(bin="1" * 12, bin_check="valid", version=1, created_at=datetime(2026, 11, 24)))  # noqa: DTZ001


def test_words_come_back_as_members_and_other_words_are_refused(database: Database) -> None:
    with database.transaction() as session:
        session.add(supplier())
    with database.reading() as session:
        assert session.scalars(select(Supplier.bin_check)).one() is CheckDigit.VALID
    with pytest.raises(StatementError, match="not among"), database.transaction() as session:
        session.add(Supplier(bin="2" * 12, bin_check="perhaps", version=1, created_at=NOW))


@pytest.mark.parametrize("value", ["0", "0.01", "68.23", "12345678901.999999", "99999999999.000001"])
def test_decimals_keep_every_digit(database: Database, value: str) -> None:
    from matching.needs.models import Need, NeedVersion

    with database.transaction() as session:
        need = Need(external_id="n-1", version=1, created_at=NOW)
        need.versions.append(NeedVersion(name="труба", volume=Decimal(value), valid_from=date(2026, 1, 1)))
        session.add(need)
    with database.reading() as session:
        assert session.scalars(select(NeedVersion.volume)).one() == Decimal(value)


def test_a_decimal_with_more_digits_than_the_column_is_refused_not_rounded(database: Database) -> None:
    from matching.needs.models import Need, NeedVersion

    with pytest.raises(StatementError, match="more than 2 decimal places"), database.transaction() as session:
        need = Need(external_id="n-1", version=1, created_at=NOW)
        need.versions.append(NeedVersion(name="труба", budget=Decimal("1.005"), valid_from=date(2026, 1, 1)))
        session.add(need)


def version(of: Supplier, start: date, end: date | None) -> SupplierVersion:
    return SupplierVersion(
        supplier=of, name="ТОО «Пример»", name_key="тоо пример", role=Role.MAKER, valid_from=start, valid_to=end
    )


def test_only_one_row_of_a_thing_is_open(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        one = supplier()
        session.add_all([version(one, date(2026, 1, 1), None), version(one, date(2026, 2, 1), None)])


def test_a_row_holds_for_at_least_a_day(database: Database) -> None:
    with pytest.raises(IntegrityError, match="span_not_empty"), database.transaction() as session:
        session.add(version(supplier(), date(2026, 1, 1), date(2026, 1, 1)))


def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(
            SupplierVersion(supplier_id=99, name="x", name_key="x", role=Role.MAKER, valid_from=date(2026, 1, 1))
        )


def test_writers_wait_for_each_other(database: Database) -> None:
    """Read, think, write in four threads at once: on SQLite too, none fails and no update is lost."""
    with database.transaction() as session:
        session.add(supplier())
    failures: list[BaseException] = []

    def bump() -> None:
        try:
            for _ in range(10):
                with database.transaction() as session:
                    row = session.scalars(select(Supplier).with_for_update()).one()
                    row.version += 1
        except DBAPIError as error:
            failures.append(error)

    threads = [threading.Thread(target=bump) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert (failures, session.scalars(select(Supplier.version)).one()) == ([], 41)


def test_a_reader_sees_one_state_while_a_writer_commits_on_sqlite(database: Database) -> None:
    with database.transaction() as session:
        session.add(supplier())
    with database.reading() as reader:
        before = reader.scalars(select(Supplier.version)).one()
        with database.transaction() as session:
            session.execute(text("UPDATE supplier SET version = 5"))
        # PostgreSQL reads what is committed at each statement; SQLite's snapshot holds. Neither may block or fail.
        assert reader.scalars(select(Supplier.version)).one() in (before, 5)
