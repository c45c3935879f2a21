"""Cases from the draft to the decision and after it, on both databases: who may, what follows, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.accounts.models import AccountRole
from registry.accounts.operations import grant
from registry.accounts.rules import Actor
from registry.audit import AuditRow
from registry.catalogue.models import Product, ProductKind
from registry.catalogue.operations import list_lines, withdraw
from registry.classifiers.tree import Tree
from registry.db import Database
from registry.errors import Conflict, NotAllowed, NotFound, RuleBroken
from registry.evidence.models import EvidenceStatus
from registry.evidence.operations import save_good, state_evidence
from registry.evidence.queries import good
from registry.evidence.rules import State
from registry.messages import Letter
from registry.suppliers.profile import save_staff
from registry.verification import desk, queries, steps
from registry.verification.confirmed import excluded, held
from registry.verification.models import Case, CaseKind, CaseState, CheckResult, Ground, Move, Outcome
from registry.verification.rules import Proposal
from registry.verification.statements import differences
from registry.wording import Message, say
from tests.factories import add_product, add_supplier, fact, product_line, supplier_line
from tests.registry.verification.world import DAY, World, address, moment

pytestmark = pytest.mark.both_databases
REFUSED: dict[str, Any] = {"reasons": ("not_maker",), "text": "Товар закупается за рубежом"}


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    with database.transaction() as session:
        yield World.build(session)


@pytest.fixture
def confirmed(database: Database) -> Iterator[World]:
    with database.transaction() as session:
        yield World.build(session, status=EvidenceStatus.CONFIRMED)


def codes(broken: pytest.ExceptionInfo[RuleBroken]) -> list[str]:
    return [one.code for one in broken.value.violations]


def moves(session: Session, case: Case) -> list[Move]:
    return [one.move for one in queries.events(session, case.id)]


def test_an_admission_is_checked_handed_out_concluded_and_signed(world: World) -> None:
    case = world.submitted()
    assert (case.state, case.submitted_on, case.due_on) == (CaseState.CHECKING, DAY, date(2026, 11, 26))
    assert {one.result for one in queries.checks(world.session, case.id)} >= {CheckResult.OK, CheckResult.UNKNOWN}
    handed = world.call("hand_out", "head", [case.id])
    assert handed.given == {case.id: world.people["expert"].account_id}
    assert (case.state, case.due_on) == (CaseState.REVIEW, date(2026, 12, 7))
    versions = [world.session.get_one(Product, one).version for one in world.lines]
    world.concluded(case, Outcome.GRANTED, lines=tuple(world.lines), on=DAY + timedelta(days=1))
    assert world.states() == [State.CLAIMED] * 2
    signed = DAY + timedelta(days=2)
    world.sign(case, on=signed)
    assert (case.state, case.decided_on, case.due_on) == (CaseState.GRANTED, signed, None)
    # Confirmed from the day of the decision; what was so before stays so.
    assert world.states(signed) == [State.CONFIRMED] * 2
    assert world.states(signed - timedelta(days=1)) == [State.CLAIMED] * 2
    assert [world.session.get_one(Product, one).version for one in world.lines] == [one + 1 for one in versions]
    assert moves(world.session, case) == [
        Move.OPENED,
        Move.SUBMITTED,
        Move.ASSIGNED,
        Move.CONCLUDED,
        Move.GRANTED,
    ]
    assert world.letters() == [("owner", "submitted"), ("owner", "decided")]
    audited = [
        (row.action, row.actor.split("-")[0], row.acting)
        for row in world.session.scalars(select(AuditRow).where(AuditRow.kind == "case").order_by(AuditRow.id))
    ]
    assert audited == [
        ("opened", "owner", f"owner:{world.bin}"),
        ("submitted", "owner", f"owner:{world.bin}"),
        ("assigned", "head", "head"),
        ("concluded", "expert", "expert"),
        ("granted", "head", "head"),
    ]


def test_a_letter_leads_to_the_case_in_the_language_of_its_reader(world: World) -> None:
    world.person("editor", AccountRole.EDITOR, world.bin)
    world.account("owner").lang = "en"
    case = world.call("draft_admission", "editor", world.bin, world.lines)
    world.call("submit", "editor", case.id, version=case.version)
    letters = world.session.scalars(select(Letter)).all()
    assert sorted(one.lang for one in letters) == ["en", "ru"]
    for one in letters:
        assert address(case.id, one.lang) in say(Message.from_json(one.body or {}), one.lang)


def test_some_lines_are_confirmed_and_the_others_refused_and_appealed(world: World) -> None:
    first, second = world.lines
    case = world.submitted()
    world.sign(world.concluded(case, Outcome.GRANTED, lines=(first,), **REFUSED))
    assert world.states() == [State.CONFIRMED, State.CLAIMED]
    appeal = world.call("appeal", "owner", case.id, "Насос 2 делаем сами")
    assert [line.row.product_id for line in queries.lines(world.session, appeal.id, DAY)] == [second]
    # Not the people who decided: the expert and the head of the first case are passed over.
    with pytest.raises(NotAllowed) as hands:
        world.call("hand_out", "head", [appeal.id])
    assert hands.value.message.code == "cases.involved.hands"
    handed = world.call("hand_out", "head2", [appeal.id])
    assert handed.given == {appeal.id: world.people["expert2"].account_id}
    with pytest.raises(NotAllowed) as barred:
        world.call("hand_out", "head2", [appeal.id], world.people["expert"].account_id)
    assert barred.value.message.code == "cases.involved.expert"
    with pytest.raises(RuleBroken) as sat:
        same = Proposal(Outcome.GRANTED, DAY, ("Ким Б", "В. Цой"))
        world.call("conclude", "expert2", appeal.id, same, version=appeal.version)
    assert codes(sat) == ["cases.protocol.members_sat"]
    proposal = Proposal(Outcome.GRANTED, DAY, ("В. Цой", "Г. Пак"))
    world.call("conclude", "expert2", appeal.id, proposal, version=appeal.version)
    with pytest.raises(NotAllowed):
        world.sign(appeal, "head")
    world.sign(appeal, "head2")
    assert world.states() == [State.CONFIRMED, State.CONFIRMED]


def test_a_refused_supplier_appeals_in_vain_and_applies_again(world: World) -> None:
    case = world.concluded(world.submitted(), Outcome.REFUSED, **REFUSED)
    with pytest.raises(RuleBroken) as broken:
        world.call("withdraw_case", "owner", case.id)
    assert codes(broken) == ["cases.not_withdrawable.concluded"]
    world.sign(case)
    assert (case.state, world.states()) == (CaseState.REFUSED, [State.CLAIMED] * 2)
    appeal = world.call("appeal", "owner", case.id, "Не согласны")
    with pytest.raises(Conflict):
        world.call("appeal", "owner", case.id, "Ещё раз")
    world.concluded(
        appeal, Outcome.REFUSED, expert="expert2", reasons=("appeal_unfounded",), text="Новых документов нет"
    )
    world.sign(appeal, "head2")
    with pytest.raises(RuleBroken) as broken:
        world.call("appeal", "owner", appeal.id, "И ещё")
    assert codes(broken) == ["cases.appeal.court"]
    again = world.submitted()
    assert again.id not in (case.id, appeal.id)
    world.sign(world.concluded(again, Outcome.GRANTED, lines=tuple(world.lines)))
    assert world.states() == [State.CONFIRMED] * 2


def test_four_eyes_over_all_roles_of_a_person(world: World) -> None:
    # The expert once worked for the supplier: their cases go to the other one.
    expert = world.people["expert"]
    assert expert.account_id is not None
    grant(world.session, expert.account_id, AccountRole.VIEWER, world.bin, actor=Actor("test"), now=moment(DAY))
    case = world.submitted()
    with pytest.raises(NotAllowed):
        world.call("hand_out", "head", [case.id], expert.account_id)
    assert world.call("hand_out", "head", [case.id]).given == {case.id: world.people["expert2"].account_id}
    # Both have: nobody is left, and that is told.
    other = world.people["expert2"]
    assert other.account_id is not None
    grant(world.session, other.account_id, AccountRole.VIEWER, world.bin, actor=Actor("test"), now=moment(DAY))
    assert world.call("hand_out", "head", [case.id]).left == (case.id,)
    # And the one who has it already can go no further with it.
    with pytest.raises(NotAllowed):
        world.call("ask", "expert2", case.id, "Вопрос")


def test_who_concluded_does_not_sign(world: World) -> None:
    case = world.concluded(world.submitted(), Outcome.GRANTED, lines=tuple(world.lines))
    expert = world.people["expert"]
    assert expert.account_id is not None
    grant(world.session, expert.account_id, AccountRole.HEAD, actor=Actor("test"), now=moment(DAY))
    world.people["both"] = Actor(expert.name, AccountRole.HEAD, "", expert.account_id)
    with pytest.raises(NotAllowed):
        world.sign(case, "both")
    assert world.states() == [State.CLAIMED] * 2


def test_experts_work_on_what_they_were_given_alone(world: World) -> None:
    case = world.submitted()
    with pytest.raises(NotAllowed):
        world.call("hand_out", "expert", [case.id])
    with pytest.raises(NotFound):
        world.call("ask", "expert", case.id, "Вопрос")
    world.call("hand_out", "head", [case.id], world.people["expert"].account_id)
    with pytest.raises(NotFound):
        world.call("ask", "expert2", case.id, "Вопрос")
    world.call("ask", "expert", case.id, "Где делаете корпус?")
    world.call("answer", "owner", case.id, "В цехе № 2")
    assert [one.text for one in queries.events(world.session, case.id)][-2:] == ["Где делаете корпус?", "В цехе № 2"]
    assert ("owner", "asked") in world.letters()


def test_another_suppliers_case_is_not_there(world: World) -> None:
    case = world.submitted()
    other, _ = add_supplier(world.session, supplier_line(), on=date(2026, 1, 5))
    world.person("stranger", AccountRole.OWNER, other.bin)
    for name, args in (("answer", ("x",)), ("withdraw_case", ()), ("appeal", ("x",))):
        with pytest.raises(NotFound):
            world.call(name, "stranger", case.id, *args)
    with pytest.raises(NotAllowed):
        world.call("draft_admission", "stranger", world.bin, world.lines)
    with pytest.raises(NotFound):
        world.call("draft_admission", "stranger", other.bin, world.lines)


def test_of_two_who_take_a_step_at_once_the_second_is_told(world: World) -> None:
    case = world.submitted()
    world.call("hand_out", "head", [case.id], world.people["expert"].account_id)
    seen = case.version
    proposal = Proposal(Outcome.GRANTED, DAY, ("А. Ли", "Б. Ким"), tuple(world.lines))
    world.call("ask", "expert", case.id, "Вопрос")
    with pytest.raises(Conflict):
        world.call("conclude", "expert", case.id, proposal, version=seen)
    world.call("conclude", "expert", case.id, proposal, version=case.version)
    stale = case.version
    world.call("send_back", "head", case.id, "Нет протокола осмотра", version=stale)
    with pytest.raises(Conflict):
        world.call("sign", "head", case.id, queries.protocols(world.session, case.id)[0].id, version=stale)


def test_a_step_out_of_place_writes_nothing_and_only_the_protocol_that_was_read_is_signed(world: World) -> None:
    case = world.concluded(world.submitted(), Outcome.REFUSED, **REFUSED)
    [first] = queries.protocols(world.session, case.id)
    other = Proposal(Outcome.GRANTED, DAY, ("А. Ли", "Б. Ким"), tuple(world.lines))
    people = ["А. Ли", "Б. Ким", "В. Цой"]
    steps_out_of_place: tuple[tuple[str, str, tuple[Any, ...], dict[str, Any]], ...] = (
        ("conclude", "expert", (other,), {"version": case.version}),
        ("order_visit", "expert", (people, DAY, DAY), {}),
        ("cancel_visit", "expert", ("Отменён",), {}),
        ("ask", "expert", ("",), {}),
        ("answer", "owner", ("",), {}),
    )
    for name, who, args, more in steps_out_of_place:
        with pytest.raises(RuleBroken) as broken:
            world.call(name, who, case.id, *args, **more)
        assert codes(broken) == ["cases.move"]
    assert queries.protocols(world.session, case.id) == [first]
    assert queries.visits(world.session, case.id) == []
    world.call("send_back", "head", case.id, "Нет осмотра", version=case.version)
    with pytest.raises(RuleBroken) as broken:
        world.call("send_back", "head", case.id, "", version=case.version)
    assert codes(broken) == ["cases.move"]
    world.call("conclude", "expert", case.id, other, version=case.version)
    with pytest.raises(Conflict):
        world.call("sign", "head", case.id, first.id, version=case.version)
    assert world.states() == [State.CLAIMED] * 2


def test_a_line_that_changed_meanwhile_is_not_confirmed(world: World) -> None:
    case = world.concluded(world.submitted(), Outcome.GRANTED, lines=tuple(world.lines))
    renamed = product_line(world.bin, name_ru="Насос 1", name_kk="Мүлдем басқа", name_en=None)
    list_lines(
        world.session, {1: renamed}, {world.bin: world.supplier_id}, Tree(), on=DAY, actor=Actor("x"), now=moment(DAY)
    )
    with pytest.raises(RuleBroken) as broken:
        world.sign(case)
    assert codes(broken) == ["cases.line.changed"]


@pytest.mark.parametrize("when", ["submitted", "concluded"])
def test_a_document_that_changed_meanwhile_is_examined_anew(world: World, when: str) -> None:
    case = world.submitted()
    world.call("hand_out", "head", [case.id], world.people["expert"].account_id)
    proposal = Proposal(Outcome.GRANTED, DAY, ("А. Ли", "Б. Ким"), tuple(world.lines))
    if when == "concluded":
        world.call("conclude", "expert", case.id, proposal, version=case.version)
    changed: dict[str, Any] = {"percent": Decimal("99.99"), "expires_on": date(2040, 1, 1)}
    restated = [(world.lines[0], world.facts()[0]._replace(**changed))]
    state_evidence(world.session, restated, on=DAY, actor=world.people["owner"], now=moment(DAY))
    with pytest.raises(RuleBroken) as broken:
        if when == "concluded":
            world.sign(case)
        else:
            world.call("conclude", "expert", case.id, proposal, version=case.version)
    assert [(one.code, one.field) for one in broken.value.violations] == [
        ("cases.line.document_changed", f"line-{world.lines[0]}")
    ]
    assert world.states() == [State.CLAIMED] * 2
    if when == "concluded":
        world.call("send_back", "head", case.id, "Документ изменился", version=case.version)
    # Checks that are made anew take it into the case, and what it was before stays to be seen.
    world.call("check_again", "expert", case.id)
    [before] = queries.restated(queries.events(world.session, case.id)).items()
    [line] = [one.row for one in queries.lines(world.session, case.id, DAY) if one.row.product_id == before[0]]
    assert [(one.field, one.now) for one in differences(before[1], line.said or {})] == [
        ("expires_on", date(2040, 1, 1)),
        ("percent", Decimal("99.99")),
    ]
    world.call("conclude", "expert", case.id, proposal, version=case.version)
    world.sign(case)
    assert world.states() == [State.CONFIRMED] * 2


def test_a_visit_stops_the_clock_and_must_be_ended_before_the_conclusion(world: World) -> None:
    case = world.submitted()
    world.call("hand_out", "head", [case.id], world.people["expert"].account_id)
    assert case.due_on == date(2026, 12, 7)
    with pytest.raises(RuleBroken) as broken:
        world.call("order_visit", "expert", case.id, ["А. Ли", "Б. Ким"], DAY, DAY)
    assert codes(broken) == ["cases.visit.people"]
    people = ["А. Ли", "Б. Ким", "В. Цой"]
    first, last = DAY + timedelta(days=1), DAY + timedelta(days=3)
    world.call("order_visit", "expert", case.id, people, first, last)
    assert case.due_on == date(2026, 12, 10)
    with pytest.raises(Conflict):
        world.call("order_visit", "expert", case.id, people, first, last)
    proposal = Proposal(Outcome.GRANTED, last, ("А. Ли", "Б. Ким"), tuple(world.lines))
    with pytest.raises(Conflict):
        world.call("conclude", "expert", case.id, proposal, version=case.version, on=last)
    # It ended a day sooner: that day is given back.
    world.call("end_visit", "expert", case.id, "Линия работает", first + timedelta(days=1), on=last)
    assert case.due_on == date(2026, 12, 9)
    [visit] = queries.visits(world.session, case.id)
    assert (visit.people, visit.findings, visit.ends_on) == (people, "Линия работает", first + timedelta(days=1))
    world.call("conclude", "expert", case.id, proposal, version=case.version, on=last)
    assert ("owner", "visit") in world.letters()


def test_what_is_submitted_must_be_whole(world: World) -> None:
    bare = add_product(world.session, product_line(world.bin, name_ru="Клапан"), on=DAY)
    works = product_line(world.bin, name_ru="Монтаж", kind=ProductKind.WORKS, tnved=None, kpved="43.22.11")
    service = add_product(world.session, works, on=DAY)
    case = world.call("draft_admission", "owner", world.bin, [bare, service])
    with pytest.raises(RuleBroken) as broken:
        world.call("submit", "owner", case.id, version=case.version)
    assert codes(broken) == ["cases.line.document", "cases.staff"]
    world.call("drop_line", "owner", case.id, bare)
    owner, now = world.people["owner"], moment(DAY)
    save_staff(world.session, world.bin, total=40, kazakhstani=39, on=DAY, actor=owner, now=now)
    world.call("submit", "owner", case.id, version=case.version)
    found = {one.name: one for one in queries.checks(world.session, case.id) if one.product_id == service}
    assert found["staff_share"].result is CheckResult.OK
    # The criterion is open, and said to be.
    assert found["staff_share"].message["code"] == "standing.assuming"
    # Works and services are confirmed by the institute's own finding, which gives no percent.
    world.lines = [service]
    world.sign(world.concluded(case, Outcome.GRANTED, lines=(service,)))
    [document] = good(world.session, service, DAY).evidence
    assert (document.kind, document.number, document.percent) == ("staff", str(case.id), None)
    assert world.states() == [State.CONFIRMED]


def test_a_line_is_asked_for_once(world: World) -> None:
    case = world.submitted([world.lines[0]])
    with pytest.raises(Conflict) as busy:
        world.call("draft_admission", "owner", world.bin, world.lines)
    assert busy.value.message.params["number"] == case.id
    world.call("withdraw_case", "owner", case.id)
    draft = world.call("draft_admission", "owner", world.bin, world.lines)
    assert world.call("draft_admission", "owner", world.bin, world.lines).id == draft.id
    world.call("submit", "owner", draft.id, version=draft.version)
    world.sign(world.concluded(draft, Outcome.GRANTED, lines=tuple(world.lines)))
    with pytest.raises(Conflict):
        world.call("draft_admission", "owner", world.bin, world.lines)


def test_two_who_begin_at_once_have_one_case(world: World) -> None:
    # What the second does not see yet, the database does.
    world.call("draft_admission", "owner", world.bin, world.lines[:1])
    owner = world.people["owner"]
    second = steps.new_case(CaseKind.ADMISSION, world.supplier_id, CaseState.DRAFT, actor=owner, now=moment(DAY))
    with pytest.raises(Conflict):
        steps.opened(world.session, second, on=DAY, actor=owner, now=moment(DAY))
    for ground, refused in ((Ground.MERGER, False), (Ground.DIVISION, False), (Ground.MERGER, True)):
        case = steps.new_case(
            CaseKind.EXCLUSION, world.supplier_id, CaseState.DRAFT, actor=owner, now=moment(DAY), ground=ground
        )
        with pytest.raises(Conflict) if refused else nullcontext():
            steps.opened(world.session, case, on=DAY, actor=owner, now=moment(DAY))
    assert world.session.scalars(select(func.count(Case.id))).one() == 3


def test_checks_see_what_is_shared_with_others(world: World) -> None:
    row = queries.supplier_of(world.session, world.submitted([world.lines[0]]), DAY)
    assert row.phone is not None
    typed = f"8{row.phone[2:].replace(' ', '-')}"
    twin = supplier_line(name=row.name.upper(), email=(row.email or "").upper(), phone=typed, address=row.address)
    add_supplier(world.session, twin, on=DAY)
    named = product_line(twin.bin, name_ru="НАСОС 2", name_kk=None, name_en=None)
    add_product(world.session, named, fact(number=f"KTP-{world.bin}-2", status=EvidenceStatus.CLAIMED), on=DAY)
    case = world.submitted([world.lines[1]])
    found = {one.name: one for one in queries.checks(world.session, case.id)}
    for name in ("name", "email", "phone", "address", "same_good"):
        assert (name, found[name].result) == (name, CheckResult.DOUBT)
        assert found[name].data == {"suppliers": [twin.bin]}
    assert found["shared_number"].result is CheckResult.FAIL


def test_the_percent_is_held_against_peers(world: World) -> None:
    for number, percent in enumerate(("60", "62", "64", "66", "68")):
        line = product_line(supplier_line().bin, name_ru=f"Насос чужой {number}")
        add_product(world.session, line, fact(percent=Decimal(percent)), on=date(2026, 2, 3))
    case = world.submitted([world.lines[0]])
    found = {one.name: one for one in queries.checks(world.session, case.id)}
    # The middle half is 62–66, half as much again on either side 56–72: 68.23 is unremarkable.
    assert found["percent"].result is CheckResult.OK
    assert found["percent"].data == {"code": "7304191009", "peers": 5, "low": "56", "high": "72"}


def test_exclusion_ends_the_confirmed_status_at_once_and_keeps_history(confirmed: World) -> None:
    world = confirmed
    assert world.states() == [State.CONFIRMED] * 2
    with pytest.raises(RuleBroken):
        world.call("open_exclusion", "expert2", world.bin, Ground.TRANSFORMATION, "Стало АО")
    case = world.call("open_exclusion", "expert2", world.bin, Ground.LIQUIDATION, "Решение суда от 02.11.2026")
    with pytest.raises(Conflict):
        world.call("open_exclusion", "expert2", world.bin, Ground.LIQUIDATION, "Ещё раз")
    # Whoever opened it neither examines nor signs it; the supplier cannot take it back, but may answer.
    assert world.call("hand_out", "head", [case.id]).given == {case.id: world.people["expert"].account_id}
    with pytest.raises(RuleBroken):
        world.call("withdraw_case", "owner", case.id)
    world.call("answer", "owner", case.id, "Решение обжаловано")
    world.concluded(case, Outcome.GRANTED, reasons=("liquidation",), text="Ликвидация подтверждена")
    ended = DAY + timedelta(days=1)
    world.sign(case, on=ended)
    assert world.states(ended) == [State.REVOKED] * 2
    assert excluded(world.session) == {world.bin: ended}
    assert world.states(DAY) == [State.CONFIRMED] * 2
    # Registered it stays: the lines are listed.
    assert all(good(world.session, one, ended) for one in world.lines)
    # An appeal that is granted gives back what was taken.
    appeal = world.call("appeal", "owner", case.id, "Суд отменил решение", on=ended)
    world.person("expert3", AccountRole.EXPERT)
    world.concluded(appeal, Outcome.GRANTED, expert="expert3", on=ended)
    later = ended + timedelta(days=5)
    world.sign(appeal, "head2", on=later)
    assert world.states(later) == [State.CONFIRMED] * 2
    assert excluded(world.session) == {}
    assert world.states(later - timedelta(days=1)) == [State.REVOKED] * 2


def test_what_is_withdrawn_is_excluded_too(confirmed: World) -> None:
    world, owner = confirmed, confirmed.people["owner"]
    for line in world.lines:
        withdraw(world.session, line, supplier_id=world.supplier_id, on=DAY, actor=owner, now=moment(DAY))
    # Nothing is listed that day: a case is opened all the same, and says what it is about.
    case = world.call("open_exclusion", "expert2", world.bin, Ground.LIQUIDATION, "Решение суда от 02.11.2026")
    about = queries.lines(world.session, case.id, DAY)
    assert [(one.row.said or {}).get("name_ru") for one in about] == ["Насос 1", "Насос 2"]
    world.sign(world.concluded(case, Outcome.GRANTED, reasons=("liquidation",), text="Ликвидация подтверждена"))
    later = DAY + timedelta(days=7)
    for number, line in enumerate(world.lines, 1):
        save_good(
            world.session,
            product_line(world.bin, name_ru=f"Насос {number}", name_kk=None, name_en=None),
            Tree(),
            supplier_id=world.supplier_id,
            product_id=line,
            on=later,
            actor=owner,
            now=moment(later),
        )
    assert world.states(later) == [State.REVOKED] * 2
    # What was taken back of a line that nobody lists comes back with the rest.
    withdraw(world.session, world.lines[1], supplier_id=world.supplier_id, on=later, actor=owner, now=moment(later))
    world.person("expert3", AccountRole.EXPERT)
    appeal = world.call("appeal", "owner", case.id, "Суд отменил решение", on=later)
    world.sign(world.concluded(appeal, Outcome.GRANTED, expert="expert3", on=later), "head2", on=later)
    given = held(world.session, world.supplier_id, later, EvidenceStatus.CONFIRMED)
    assert [product_id for product_id, _ in given] == world.lines


def test_an_owner_asks_for_exclusion_and_may_change_their_mind(confirmed: World) -> None:
    world = confirmed
    case = world.call("ask_exclusion", "owner", world.bin, "Больше не производим")
    world.call("withdraw_case", "owner", case.id)
    assert world.states() == [State.CONFIRMED] * 2
    again = world.call("ask_exclusion", "owner", world.bin, "Всё-таки нет")
    world.sign(world.concluded(again, Outcome.REFUSED))
    assert world.states() == [State.CONFIRMED] * 2


def test_the_queue_is_ordered_by_the_clock(world: World) -> None:
    late = world.submitted([world.lines[0]], on=date(2026, 11, 10))
    fresh = world.submitted([world.lines[1]])
    rows = desk.rows(world.session, desk.Wanted(frozenset({CaseState.CHECKING})), on=DAY)
    assert [(row.case.id, row.clock.overdue if row.clock else None) for row in rows] == [
        (late.id, True),
        (fresh.id, False),
    ]
    # What is kept for the order is what the clock says.
    assert [row.case.due_on for row in rows] == [row.clock.due_on if row.clock else None for row in rows]
    assert desk.count(world.session, desk.Wanted(overdue_on=DAY)) == 1
    handed = world.call("hand_out", "head", [late.id, fresh.id])
    assert sorted(handed.given.values()) == sorted(
        one.account_id or 0 for one in (world.people["expert"], world.people["expert2"])
    )
