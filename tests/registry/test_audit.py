"""The audit: written with the change, numbered and chained afterwards, and a forged row shows."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import delete, select, update

from registry import audit
from registry.audit import AuditRow, AuditSeal, Change
from registry.db import Database

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def write(database: Database, *changes: Change) -> None:
    with database.transaction() as session:
        audit.record(session, changes, actor="expert@example", now=NOW)


def change(number: int) -> Change:
    return Change("product.saved", "product", number, {"percent": Decimal("68.230")}, {"on": date(2026, 11, 23)})


def sealed(database: Database, limit: int = audit.SEAL_BATCH) -> int:
    with database.transaction() as session:
        return audit.seal(session, limit)


def broken(database: Database, last: int | None = None) -> int | None:
    with database.reading() as session:
        return audit.broken_seal(session, last=last)


def forge(database: Database, number: int) -> None:
    """Change the row of a seal in the database itself."""
    with database.transaction() as session:
        row = session.scalars(select(AuditSeal.audit_id).where(AuditSeal.number == number)).one()
        session.execute(update(AuditRow).where(AuditRow.id == row).values(actor="forged"))


def test_values_are_kept_exactly(database: Database) -> None:
    write(database, change(7))
    with database.reading() as session:
        row = session.scalars(select(AuditRow)).one()
    assert (row.before, row.after) == ({"percent": "68.230"}, {"on": "2026-11-23"})
    assert (row.actor, row.action, row.kind, row.entity_id, row.at) == (
        "expert@example",
        "product.saved",
        "product",
        7,
        NOW,
    )


def test_a_change_that_is_rolled_back_leaves_no_trace(database: Database) -> None:
    with pytest.raises(RuntimeError), database.transaction() as session:
        audit.record(session, [change(1)], actor="a", now=NOW)
        raise RuntimeError
    assert sealed(database) == 0


def test_sealing_goes_on_where_it_stopped_and_the_chain_holds(database: Database) -> None:
    write(database, *(change(number) for number in range(5)))
    assert [sealed(database, 3), sealed(database, 3), sealed(database, 3)] == [3, 2, 0]
    write(database, change(9))
    assert sealed(database) == 1
    assert broken(database) is None


@pytest.mark.parametrize("field", ["actor", "action", "kind"])
def test_a_forged_row_breaks_the_chain_at_its_number(database: Database, field: str) -> None:
    write(database, *(change(number) for number in range(4)))
    sealed(database)
    with database.transaction() as session:
        third = session.scalars(select(AuditSeal.audit_id).where(AuditSeal.number == 3)).one()
        session.execute(update(AuditRow).where(AuditRow.id == third).values(**{field: "forged"}))
    assert broken(database) == 3


def test_the_newest_may_be_checked_alone(database: Database) -> None:
    assert broken(database, last=3) is None
    write(database, *(change(number) for number in range(6)))
    assert sealed(database) == 6
    assert [broken(database, last) for last in (1, 5, 6, 7)] == [None] * 4
    forge(database, 3)
    # The one before the last three is taken at its word; its row is not among those that are read.
    assert [broken(database, last) for last in (3, 4, 6)] == [None, 3, 3]
    forge(database, 5)
    assert [broken(database, last) for last in (1, 2, 3, None)] == [None, 5, 5, 3]
    with database.transaction() as session:
        session.execute(delete(AuditSeal).where(AuditSeal.number == 4))
    assert broken(database, last=2) == 4


def test_a_seal_taken_out_breaks_the_chain(database: Database) -> None:
    write(database, *(change(number) for number in range(4)))
    sealed(database)
    with database.transaction() as session:
        session.execute(delete(AuditSeal).where(AuditSeal.number == 2))
    assert broken(database) == 2
