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
from registry.errors import NotAllowed, NotFound, Overtaken, RuleBroken
from registry.suppliers import profile as operations
from registry.suppliers.models import FreeCapacity, Tenure
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
from registry.suppliers.profiles import profile, thing
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
        (OperationLine(note="до 3 м"), "name_ru"),
    ],
)
def test_what_cannot_be_so_is_refused_at_its_field(line: ProfileLine, field: str) -> None:
    assert [one.field for one in check_line(line, TODAY)] == [field]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    machine = EquipmentLine("Станок", year=3020, capacity_per_year=Decimal(5))
    assert [one.field for one in check_line(machine, TODAY)] == ["year", "unit"]
    free = FreeLine(1, TODAY, TODAY - timedelta(days=1), Decimal(5))
    assert [one.field for one in check_line(free, TODAY)] == ["to_on", "unit"]


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
        assert [one.model for one in before.equipment] == ["ТВ-4"]
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
def test_what_was_said_on_earlier_days_stays_and_what_points_to_it_finds_it(database: Database) -> None:
    with database.transaction() as session:
        world = World(session)
        yesterday = TODAY - timedelta(days=1)

        def say(id: int, line: ProfileLine, on: date = TODAY) -> None:
            operations.change(session, OWN, id, line, on=on, actor=OWNER, now=NOW)

        site = world.add(SiteLine("Цех 1", "751110000"), on=SINCE)
        work = world.add(OperationLine("Литьё", None, "до 3 т", site), on=SINCE)
        ended, free = (world.add(FreeLine(work, SINCE, TODAY + timedelta(days=day)), on=SINCE) for day in (0, 9))
        operations.take_off(session, OWN, "free_capacity", ended, on=yesterday, actor=OWNER, now=NOW)
        say(site, SiteLine("Цех 2", "551010000"))
        say(work, OperationLine("Ковка", None, "до 5 т", site))
        say(work, OperationLine("Ковка", None, "до 6 т", site))
        then, now = (profile(session, world.id, on) for on in (yesterday, TODAY))
        for held, name, note, place in ((then, "Литьё", "до 3 т", "751110000"), (now, "Ковка", "до 6 т", "551010000")):
            assert [(one.thing_id, one.name, one.note) for one in held.operations] == [(work, name, note)]
            assert [(one.thing_id, one.name, one.operation_id) for one in held.free] == [(free, name, work)]
            of = held.site(held.operations[0].site_id)
            assert of is not None
            assert of.kato == place
        assert thing(session, OWN, "operation", work) is now.operations[0]
        assert session.get_one(FreeCapacity, ended).name == "Литьё", "what has ended is not renamed"


def test_of_two_editors_the_second_is_told(database: Database) -> None:
    with database.transaction() as session:
        world = World(session)
        work = world.add(OperationLine("Литьё"), on=SINCE)

        def say(name: str, version: int, on: date) -> None:
            told = OperationLine(name)
            operations.change(session, OWN, work, told, version=version, on=on, actor=OWNER, now=NOW)

        def employ(total: int, version: int, on: date) -> None:
            said = {"total": total, "kazakhstani": 1, "version": version}
            operations.save_staff(session, OWN, **said, on=on, actor=OWNER, now=NOW)

        say("Ковка", 1, SINCE)
        say("Штамповка", 2, TODAY)
        employ(10, 0, SINCE)
        employ(11, 1, TODAY)
        for stale in (1, 2):
            with pytest.raises(Overtaken):
                say("Резка", stale, TODAY)
        for stale in (0, 1):
            with pytest.raises(Overtaken):
                employ(12, stale, TODAY)
        stands = profile(session, world.id, TODAY)
        assert stands.operations[0].name == "Штамповка"
        assert stands.staff is not None
        assert stands.staff.total == 11
