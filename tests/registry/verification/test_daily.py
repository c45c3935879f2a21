"""Quarterly checks and reminders: what the days bring by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from registry.accounts.models import AccountRole
from registry.catalogue.operations import touch, withdraw
from registry.db import Database
from registry.errors import Conflict, RuleBroken
from registry.evidence.models import EvidenceStatus
from registry.evidence.operations import state_evidence
from registry.evidence.rules import State
from registry.messages import Letter
from registry.suppliers.models import SupplierVersion
from registry.verification import confirmed, desk, queries
from registry.verification.daily import Monitored, open_monitoring, remind, wind_anew
from registry.verification.decisions import Read
from registry.verification.models import Case, CaseKind, CaseState, Ground, Outcome
from registry.wording import Message, say
from tests.factories import ACTOR
from tests.registry.verification.world import World, address, moment

pytestmark = pytest.mark.both_databases
# The third quarter of 2026 is updated by Monday, 5 October, and checked by Monday, 12 October (the 10th is a Saturday).
OPENED, UPDATE, CHECK = date(2026, 10, 1), date(2026, 10, 5), date(2026, 10, 12)
# The fourth: by Tuesday, 5 January 2027, and by Monday, 11 January (the 10th is a Sunday).
NEXT, NEXT_CHECK = date(2027, 1, 3), date(2027, 1, 11)
DAY_BETWEEN = date(2026, 9, 15)


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    with database.transaction() as session:
        yield World.build(session, status=EvidenceStatus.CONFIRMED)


def run(world: World, on: date) -> Monitored:
    return open_monitoring(world.session, on, moment(on), address=address)


def cases(world: World, kind: CaseKind = CaseKind.MONITORING) -> list[Case]:
    return list(world.session.scalars(select(Case).where(Case.kind == kind).order_by(Case.id)))


def test_a_quarter_is_opened_once_for_whoever_has_something_confirmed(world: World) -> None:
    World.build(world.session)  # a supplier whose documents are only claimed
    assert run(world, OPENED) == Monitored(1, 0, True)
    assert run(world, OPENED) == Monitored(0, 0, True)
    assert run(world, OPENED + timedelta(days=1)) == Monitored(0, 0, True)
    [case] = cases(world)
    assert (case.quarter, case.state, case.due_on) == ("2026-Q3", CaseState.AWAITING, UPDATE)
    assert len(queries.lines(world.session, case.id, OPENED)) == 2
    assert world.letters() == [("owner", "update")]


def test_what_was_confirmed_after_the_quarter_is_not_checked_for_it(database: Database) -> None:
    with database.transaction() as session:
        world = World.build(session)
        facts = [
            (line, one._replace(status=EvidenceStatus.CONFIRMED))
            for line, one in zip(world.lines, world.facts(OPENED), strict=True)
        ]
        state_evidence(session, facts, on=OPENED, actor=ACTOR, now=moment(OPENED))
        assert world.states(OPENED) == [State.CONFIRMED] * 2
        assert run(world, OPENED + timedelta(days=1)).opened == 0


def test_what_is_withdrawn_over_the_days_of_the_check_is_checked(world: World) -> None:
    last = date(2026, 9, 30)
    for line in world.lines:
        withdraw(world.session, line, supplier_id=world.supplier_id, on=last, actor=ACTOR, now=moment(last))
    assert run(world, OPENED).opened == 1
    [case] = cases(world)
    assert [one.row.product_id for one in queries.lines(world.session, case.id, OPENED)] == world.lines
    # What was not listed in all the quarter is not checked for it.
    run(world, CHECK + timedelta(days=1))
    assert run(world, NEXT).opened == 0


def test_nothing_changed_is_one_step_and_passes(world: World) -> None:
    run(world, OPENED)
    [case] = cases(world)
    world.call("update_quarter", "owner", case.id, version=case.version, on=UPDATE)
    assert (case.state, case.due_on) == (CaseState.CHECKING, CHECK)
    world.sign(world.concluded(case, Outcome.GRANTED, on=CHECK), on=CHECK)
    assert confirmed.quarterly(world.session, world.supplier_id) == [(queries.read_quarter("2026-Q3"), True)]
    assert run(world, CHECK + timedelta(days=1)) == Monitored(0, 0, True)


def test_passed_checks_are_signed_together_each_by_itself(world: World) -> None:
    worlds = [world, *(World.build(world.session, status=EvidenceStatus.CONFIRMED) for _ in range(3))]
    run(world, OPENED)
    for one, case in zip(worlds, cases(world), strict=True):
        one.call("update_quarter", "owner", case.id, version=case.version, on=UPDATE)
        refused: dict[str, Any] = (
            {"reasons": ("production_stopped",), "text": "Линия стоит"} if one is worlds[1] else {}
        )
        one.concluded(case, Outcome.REFUSED if refused else Outcome.GRANTED, on=CHECK, **refused)
    passed, refused_one, anew, other_version = cases(world)
    # One was sent back and concluded again after it was read, one was read in another state.
    read = {one.id: Read(queries.protocols(world.session, one.id)[0].id, one.version) for one in cases(world)}
    world.call("send_back", "head", anew.id, "Уточните", version=anew.version, on=CHECK)
    worlds[2].concluded(anew, Outcome.GRANTED, on=CHECK)
    read[anew.id] = read[anew.id]._replace(version=anew.version)
    read[other_version.id] = read[other_version.id]._replace(version=1)
    head = world.people["head"].account_id
    assert head is not None
    seen = desk.passed(world.session, head, on=CHECK, limit=9)
    assert [(one.row.case, one.may) for one in seen] == [(passed, True), (anew, True), (other_version, True)]
    expert = worlds[2].people["expert"].account_id
    assert expert is not None
    assert not desk.passed(world.session, expert, on=CHECK, limit=9)[1].may
    left = world.call("sign_passed", "head", read, on=CHECK)
    assert {one: why.code for one, why in left.items()} == {
        refused_one.id: "cases.sign.alone",
        anew.id: "cases.overtaken",
        other_version.id: "cases.overtaken",
    }
    world.session.expire_all()
    states = [CaseState.GRANTED, *[CaseState.DECISION] * 3]
    assert [one.state for one in cases(world)] == states
    assert [what for _, what in world.letters()].count("decided") == 1


def test_a_check_without_an_update_is_missed_after_its_last_day(world: World) -> None:
    run(world, OPENED)
    [case] = cases(world)
    assert run(world, CHECK) == Monitored(0, 0, True)
    assert case.state is CaseState.AWAITING
    assert run(world, CHECK + timedelta(days=1)) == Monitored(0, 1, True)
    assert (case.state, case.decided_on, case.decided_by_id) == (CaseState.REFUSED, CHECK + timedelta(days=1), None)
    # Once: a notice to remedy, and the confirmed status stays.
    assert world.letters() == [("owner", "update"), ("owner", "remedy")]
    assert cases(world, CaseKind.EXCLUSION) == []
    assert world.states(CHECK + timedelta(days=1)) == [State.CONFIRMED] * 2


def test_a_check_that_is_opened_late_has_its_days_from_then_on(world: World) -> None:
    # The program stood still from the first to the nineteenth.
    opened, last = date(2026, 10, 20), date(2026, 10, 29)
    assert run(world, opened) == Monitored(1, 0, True)
    [case] = cases(world)
    assert (case.quarter, case.due_on) == ("2026-Q3", date(2026, 10, 27))
    assert run(world, last) == Monitored(0, 0, True)
    # The update is taken until the last day, and not after it, whether the program has closed the check or not.
    after = last + timedelta(days=1)
    with pytest.raises(RuleBroken) as broken:
        world.call("update_quarter", "owner", case.id, version=case.version, on=after)
    assert [one.code for one in broken.value.violations] == ["cases.update.late"]
    assert case.state is CaseState.AWAITING
    savepoint = world.session.begin_nested()
    world.call("update_quarter", "owner", case.id, version=case.version, on=last)
    savepoint.rollback()
    assert run(world, after) == Monitored(0, 1, True)


def test_a_supplier_that_cannot_be_told_stops_nobody_else(world: World) -> None:
    World.build(world.session, status=EvidenceStatus.CONFIRMED)
    world.session.execute(delete(SupplierVersion).where(SupplierVersion.supplier_id == world.supplier_id))
    assert run(world, OPENED) == Monitored(1, 0, True, failed=1)
    [case] = cases(world)
    assert case.supplier_id != world.supplier_id
    assert run(world, CHECK + timedelta(days=1)) == Monitored(0, 1, True, failed=1)


def test_without_the_next_calendar_cases_are_taken_in_and_checks_wait(
    database: Database, no_calendar: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    on, opened = date(2026, 12, 29), date(2027, 1, 4)
    with database.transaction() as session:
        claimed, world = World.build(session), World.build(session, status=EvidenceStatus.CONFIRMED)
        case = claimed.submitted(on=on)
        assert (case.state, case.due_on) == (CaseState.CHECKING, None)
        assert claimed.letters()[-1] == ("owner", "submitted")
        assert run(world, opened) == Monitored(0, 0, True)
        assert remind(session, opened, moment(opened), address=address) == 0
        assert wind_anew(session, opened) == 0
        monkeypatch.undo()
        assert wind_anew(session, opened) == 1
        # 30 and 31 December; New Year's days and Christmas are off.
        assert case.due_on == date(2027, 1, 5)
        assert run(world, opened) == Monitored(1, 0, True)


def twice(world: World) -> list[Case]:
    """Both quarters missed."""
    for opened, checked in ((OPENED, CHECK), (NEXT, NEXT_CHECK)):
        run(world, opened)
        run(world, checked + timedelta(days=1))
    return cases(world)


def test_twice_running_brings_the_notice_and_the_case_of_exclusion(world: World) -> None:
    first, second = twice(world)
    assert (first.quarter, second.quarter) == ("2026-Q3", "2026-Q4")
    [exclusion] = cases(world, CaseKind.EXCLUSION)
    assert (exclusion.ground, exclusion.state, exclusion.author_id) == (Ground.FAILED_CHECKS, CaseState.CHECKING, None)
    assert [what for _, what in world.letters()] == ["update", "remedy", "update", "exclusion_follows"]
    on = NEXT_CHECK + timedelta(days=2)
    # A person decides; until then the status stays.
    assert world.states(on) == [State.CONFIRMED] * 2
    world.concluded(exclusion, Outcome.GRANTED, reasons=("failed_checks",), text="Два квартала без сведений", on=on)
    world.sign(exclusion, on=on)
    assert world.states(on) == [State.REVOKED] * 2
    assert run(world, on + timedelta(days=1)) == Monitored(0, 0, True)
    # Confirmed anew, the supplier begins anew: one more failure is one, and may be remedied.
    again = world.submitted(on=on)
    world.sign(world.concluded(again, Outcome.GRANTED, lines=tuple(world.lines), on=on), on=on)
    assert run(world, date(2027, 4, 1)).opened == 1
    run(world, date(2027, 4, 13))
    assert world.letters()[-1] == ("owner", "remedy")
    assert cases(world, CaseKind.EXCLUSION) == [exclusion]


def test_an_own_request_shields_from_no_exclusion(world: World) -> None:
    asked = world.call("ask_exclusion", "owner", world.bin, "Больше не производим", on=DAY_BETWEEN)
    # The institute's own grounds stand beside it.
    world.call("open_exclusion", "expert", world.bin, Ground.FALSE_DATA, "Акт проверки", on=DAY_BETWEEN)
    with pytest.raises(Conflict):
        world.call("open_exclusion", "expert", world.bin, Ground.FALSE_DATA, "Ещё раз", on=DAY_BETWEEN)
    twice(world)
    owed = [one for one in cases(world, CaseKind.EXCLUSION) if one.ground is Ground.FAILED_CHECKS]
    assert [one.state for one in owed] == [CaseState.CHECKING]
    on = NEXT_CHECK + timedelta(days=2)
    world.sign(world.concluded(owed[0], Outcome.REFUSED, on=on), on=on)
    world.call("withdraw_case", "owner", asked.id, on=on)
    assert [one.id for one in cases(world, CaseKind.EXCLUSION) if one.ground is Ground.FAILED_CHECKS] == [owed[0].id]


def test_an_exclusion_that_is_owed_is_opened_when_a_request_is_withdrawn(world: World) -> None:
    asked = world.call("ask_exclusion", "owner", world.bin, "Больше не производим", on=DAY_BETWEEN)
    twice(world)
    # As it was kept before a ground alone was unique.
    kept = update(Case).where(Case.ground == Ground.FAILED_CHECKS)
    world.session.execute(kept.values(ground=Ground.FALSE_DATA, state=CaseState.WITHDRAWN))
    on = NEXT_CHECK + timedelta(days=2)
    world.call("withdraw_case", "owner", asked.id, on=on)
    [owed] = [one for one in cases(world, CaseKind.EXCLUSION) if one.ground is Ground.FAILED_CHECKS]
    assert (owed.state, owed.author_id) == (CaseState.CHECKING, None)


def test_an_appeal_that_is_granted_counts_as_passed_and_drops_the_exclusion(world: World) -> None:
    _, second = twice(world)
    [exclusion] = cases(world, CaseKind.EXCLUSION)
    on = NEXT_CHECK + timedelta(days=2)
    appeal = world.call("appeal", "owner", second.id, "Сведения были отправлены письмом", on=on)
    world.sign(world.concluded(appeal, Outcome.GRANTED, on=on), on=on)
    assert [passed for _, passed in sorted(confirmed.quarterly(world.session, world.supplier_id))] == [False, True]
    assert exclusion.state is CaseState.WITHDRAWN
    assert ("owner", "exclusion_dropped") in world.letters()


def test_an_update_comes_once_and_only_from_the_supplier(world: World) -> None:
    run(world, OPENED)
    [case] = cases(world)
    world.person("viewer", AccountRole.VIEWER, world.bin)
    world.call("update_quarter", "owner", case.id, version=case.version, on=OPENED)
    with pytest.raises(RuleBroken):
        world.call("update_quarter", "owner", case.id, version=case.version, on=OPENED)


def test_many_suppliers_are_taken_by_pieces(world: World) -> None:
    for _ in range(4):
        World.build(world.session, status=EvidenceStatus.CONFIRMED)
    found: list[Any] = []
    while not found or not found[-1].done:
        found.append(open_monitoring(world.session, OPENED, moment(OPENED), address=address, limit=2))
    assert [one.opened for one in found] == [2, 2, 1]
    late = CHECK + timedelta(days=1)
    missed = [open_monitoring(world.session, late, moment(late), address=address, limit=3).missed for _ in range(3)]
    assert missed == [3, 2, 0]


def test_reminders_come_sixty_thirty_and_seven_days_before_once_each(world: World) -> None:
    last = date(2027, 2, 2)
    facts = [(line, one._replace(expires_on=last)) for line, one in zip(world.lines, world.facts(OPENED), strict=True)]
    touch(
        world.session,
        state_evidence(world.session, facts, on=OPENED, actor=ACTOR, now=moment(OPENED)),
        now=moment(OPENED),
    )
    sent: dict[Any, Any] = {}
    # The thirtieth day is missed, and made up for on the next.
    for left in (61, 60, 60, 59, 29, 28, 7, 6, 0):
        on = last - timedelta(days=left)
        sent[left] = sent.get(left, 0) + remind(world.session, on, moment(on), address=address)
    assert sent == {61: 0, 60: 2, 59: 0, 29: 2, 28: 0, 7: 2, 6: 0, 0: 0}
    assert {what for _, what in world.letters()} == {"reminder"}
    for one in world.session.scalars(select(Letter)):
        said = say(Message.from_json(one.body or {}), one.lang)
        assert any(address(line, one.lang) in said for line in world.lines)
    assert remind(world.session, last + timedelta(days=1), moment(last), address=address) == 0
