"""What an organisation states of itself: checked, kept by days, never another's; free capacity by place and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.audit import AuditRow
from registry.db import Database
from registry.errors import NotAllowed, NotFound, RuleBroken
from registry.suppliers import profile as operations
from registry.suppliers.models import Tenure
from registry.suppliers.profile import (
    EquipmentLine,
    FreeLine,
    OperationLine,
    PermitLine,
    PremisesLine,
    ProfileLine,
    SiteLine,
    check_line,
)
from registry.suppliers.profiles import free_capacity, profile, thing
from search.capacities import found
from tests.factories import NOW, TODAY, add_supplier, bin_number, supplier_line

SINCE = date(2026, 1, 1)
OWN, OTHER = bin_number(71), bin_number(72)
OWNER = Actor("owner", AccountRole.OWNER, OWN)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (PermitLine("Лицензия", "1", None, date(2026, 2, 2), date(2026, 2, 1)), "expires_on"),
        (EquipmentLine("Станок", year=TODAY.year + 1), "year"),
        (EquipmentLine("Станок", year=1849), "year"),
        (FreeLine(1, TODAY + timedelta(days=2), TODAY + timedelta(days=1)), "to_on"),
        (FreeLine(1, TODAY - timedelta(days=9), TODAY - timedelta(days=1)), "to_on"),
        (FreeLine(1, TODAY, TODAY, Decimal(5)), "unit"),
        (EquipmentLine("Станок", capacity_per_year=Decimal(5)), "unit"),
    ],
)
def test_what_cannot_be_so_is_refused_at_its_field(line: ProfileLine, field: str) -> None:
    assert [one.field for one in check_line(line, TODAY)] == [field]


@pytest.mark.parametrize(
    "line",
    [
        PermitLine("Лицензия", "1", None, date(2026, 2, 1), date(2026, 2, 1)),
        EquipmentLine("Станок", year=TODAY.year),
        FreeLine(1, TODAY, TODAY),
        PremisesLine("Цех", Tenure.OWN),
    ],
)
def test_what_may_be_so_is_taken(line: ProfileLine) -> None:
    assert check_line(line, TODAY) == ()


@dataclass
class World:
    """Two suppliers, of which one states things."""

    session: Session

    def __post_init__(self) -> None:
        self.id = add_supplier(self.session, supplier_line(bin=OWN, kato="551010000"), on=SINCE)[1]
        add_supplier(self.session, supplier_line(bin=OTHER), on=SINCE)

    def add(self, line: ProfileLine, on: date = TODAY, actor: Actor = OWNER, bin: str = OWN) -> int:
        return operations.add(self.session, bin, line, on=on, actor=actor, now=NOW)


@pytest.mark.both_databases
def test_things_are_stated_corrected_and_taken_off_and_the_past_stays(database: Database) -> None:
    with database.transaction() as session:
        world = World(session)
        site = world.add(SiteLine("Цех 1", "751110000", "ул. Абая, 1"), on=SINCE)
        machine = world.add(EquipmentLine("Станок", "ТВ-4", 2015, "KZ", "17", Decimal(100), "шт", site), on=SINCE)
        operations.change(
            session, OWN, machine, EquipmentLine("Станок", "ТВ-6", 2015, "KZ", "17", Decimal(100), "шт", site),
            on=TODAY, actor=OWNER, now=NOW,
        )  # fmt: skip
        operations.save_staff(session, OWN, total=40, kazakhstani=39, on=SINCE, actor=OWNER, now=NOW)
        operations.save_staff(session, OWN, total=50, kazakhstani=41, on=TODAY, actor=OWNER, now=NOW)
        operations.take_off(session, OWN, "equipment", machine, on=TODAY, actor=OWNER, now=NOW)
        now, before = (profile(session, world.id, on) for on in (TODAY, TODAY - timedelta(days=1)))
        assert now.staff is not None
        assert before.staff is not None
        assert (now.staff.total, before.staff.total) == (50, 40)
        assert ([one.name for one in now.sites], now.equipment) == (["Цех 1"], [])
        assert [one.model for one in before.equipment] == ["ТВ-6"]
        told = session.query(AuditRow).filter_by(kind="equipment", entity_id=machine).order_by(AuditRow.id).all()
        assert [row.action for row in told] == ["added", "changed", "ended"]
        assert told[1].before == {"model": "ТВ-4"}


@pytest.mark.both_databases
def test_nobody_states_anything_of_anothers(database: Database) -> None:
    with database.transaction() as session:
        world = World(session)
        theirs = world.add(SiteLine("Их цех", "751110000"), actor=Actor("o", AccountRole.OWNER, OTHER), bin=OTHER)
        with pytest.raises(NotAllowed):
            world.add(SiteLine("Цех", "751110000"), bin=OTHER)
        with pytest.raises(NotAllowed):
            world.add(SiteLine("Цех", "751110000"), actor=Actor("v", AccountRole.VIEWER, OWN))
        with pytest.raises(NotFound):
            world.add(PremisesLine("Склад", Tenure.RENTED, None, theirs))
        with pytest.raises(NotFound):
            operations.take_off(session, OWN, "site", theirs, on=TODAY, actor=OWNER, now=NOW)
        assert thing(session, OWN, "site", theirs) is None


def test_there_are_no_more_citizens_than_people(database: Database) -> None:
    with database.transaction() as session:
        World(session)
        with pytest.raises(RuleBroken) as broken:
            operations.save_staff(session, OWN, total=3, kazakhstani=4, on=TODAY, actor=OWNER, now=NOW)
    assert broken.value.violations[0].field == "kazakhstani"


@pytest.mark.both_databases
def test_free_capacity_is_found_by_place_day_and_words(database: Database) -> None:
    with database.transaction() as session:
        world = World(session)
        site = world.add(SiteLine("Участок", "351010000"))
        turning = world.add(OperationLine("Токарная обработка валов", "25.62.10", "до 3 м"))
        casting = world.add(OperationLine("Литьё чугуна", None, None, site))
        begins, ends = TODAY + timedelta(days=10), TODAY + timedelta(days=20)
        world.add(FreeLine(turning, begins, ends, Decimal("120.5"), "ч"))
        world.add(FreeLine(casting, TODAY, TODAY + timedelta(days=5)))
        all_of_it = free_capacity(session, TODAY)
        assert [row.operation for row in all_of_it] == ["Литьё чугуна", "Токарная обработка валов"]
        assert [row.kato for row in all_of_it] == ["351010000", "551010000"]
        by_day = {on: len(free_capacity(session, TODAY, day=on)) for on in (begins, ends, ends + timedelta(days=1))}
        assert by_day == {begins: 1, ends: 1, ends + timedelta(days=1): 0}
        assert [row.operation for row in free_capacity(session, TODAY, region="35")] == ["Литьё чугуна"]
        assert [row.operation for row in found(all_of_it, "токарной обработки")] == ["Токарная обработка валов"]
        assert found(all_of_it, "сварка") == []
        assert found(all_of_it, " ") == all_of_it
        assert found(all_of_it, "—") == []
        # With its operation free capacity goes; what is past is shown no more.
        operations.take_off(session, OWN, "operation", turning, on=TODAY, actor=OWNER, now=NOW)
        assert len(free_capacity(session, TODAY)) == 1
        assert free_capacity(session, TODAY + timedelta(days=6)) == []
