"""What a case does not let through: unproven suppliers, colleagues, names of others, visits without end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from registry.accounts.models import AccountRole
from registry.accounts.operations import grant
from registry.accounts.rules import Actor
from registry.db import Database
from registry.errors import Conflict, NotAllowed, RuleBroken
from registry.evidence.models import EvidenceStatus
from registry.suppliers.models import SupplierVersion
from registry.verification import queries
from registry.verification.checks import for_supplier
from registry.verification.models import CaseState, Ground, Move
from registry.wording import LANGUAGES, Message, say
from tests.factories import add_product, add_supplier, fact, product_line, supplier_line
from tests.registry.verification.world import DAY, World, moment


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    with database.transaction() as session:
        yield World.build(session)


def test_an_unproven_supplier_hands_nothing_in(world: World) -> None:
    held = SupplierVersion.supplier_id == world.supplier_id
    world.session.execute(update(SupplierVersion).where(held).values(published=False))
    case = world.call("draft_admission", "owner", world.bin, world.lines)
    with pytest.raises(RuleBroken) as broken:
        world.call("submit", "owner", case.id, version=case.version)
    assert [one.code for one in broken.value.violations] == ["cases.unproven"]
    assert case.state is CaseState.DRAFT
    world.session.execute(update(SupplierVersion).where(held).values(published=True))
    assert world.call("submit", "owner", case.id, version=case.version).state is CaseState.CHECKING


def test_a_colleague_opens_no_exclusion(database: Database) -> None:
    with database.transaction() as session:
        world = World.build(session, status=EvidenceStatus.CONFIRMED)
        account = world.people["expert"].account_id
        assert account is not None
        grant(session, account, AccountRole.VIEWER, world.bin, actor=Actor("test"), now=moment(DAY))
        with pytest.raises(NotAllowed):
            world.call("open_exclusion", "expert", world.bin, Ground.LIQUIDATION, "Решение суда")
        assert world.call("open_exclusion", "expert2", world.bin, Ground.LIQUIDATION, "Решение суда").id


def test_its_supplier_reads_of_no_other_by_name(world: World) -> None:
    row = queries.supplier_of(world.session, world.submitted([world.lines[0]]), DAY)
    twin = supplier_line(name=row.name, email=row.email, phone=row.phone, address=row.address)
    add_supplier(world.session, twin, on=DAY)
    named = product_line(twin.bin, name_ru="Насос 2", name_kk=None, name_en=None)
    add_product(world.session, named, fact(number=f"KTP-{world.bin}-2", status=EvidenceStatus.CLAIMED), on=DAY)
    case = world.submitted([world.lines[1]])
    found = {one.name: Message.from_json(one.message) for one in queries.checks(world.session, case.id)}
    shared = {name: message for name, message in found.items() if "names" in message.params}
    assert set(shared) == {"name", "email", "phone", "address", "same_good", "shared_number"}
    for name, message in shared.items():
        for lang in LANGUAGES:
            assert twin.name in say(message, lang), name
            assert twin.name not in say(for_supplier(message), lang), name
    assert for_supplier(found["maker"]) == found["maker"]


def test_lines_are_named_in_the_readers_language(world: World) -> None:
    names = {"name_ru": "Задвижка", "name_kk": "Ысырма", "name_en": "Gate valve"}
    bare = add_product(world.session, product_line(world.bin, **names), on=DAY)
    case = world.call("draft_admission", "owner", world.bin, [bare])
    with pytest.raises(RuleBroken) as broken:
        world.call("submit", "owner", case.id, version=case.version)
    [violation] = broken.value.violations
    for lang in LANGUAGES:
        assert names[f"name_{lang}"] in say(violation.message, lang)


@pytest.mark.both_databases
def test_a_visit_is_cancelled_before_it_begins(world: World) -> None:
    case = world.submitted()
    world.call("hand_out", "head", [case.id], world.people["expert"].account_id)
    due = case.due_on
    people = ["А. Ли", "Б. Ким", "В. Цой"]
    far = date(2027, 6, 1)
    with pytest.raises(RuleBroken) as broken:
        world.call("order_visit", "expert", case.id, people, far, far)
    assert [one.code for one in broken.value.violations] == ["cases.visit.far"]
    first = DAY + timedelta(days=1)
    world.call("order_visit", "expert", case.id, people, first, first + timedelta(days=3))
    assert case.due_on != due
    with pytest.raises(Conflict):
        world.call("order_visit", "expert", case.id, people, first, first)
    world.call("cancel_visit", "expert", case.id, "Дорогу закрыли", on=first)
    assert (case.due_on, queries.visits(world.session, case.id)) == (due, [])
    [*_, ordered, cancelled] = queries.events(world.session, case.id)
    assert (ordered.move, cancelled.move, cancelled.text) == (
        Move.VISIT_ORDERED,
        Move.VISIT_CANCELLED,
        "Дорогу закрыли",
    )
    assert (ordered.data or {})["people"] == people
    assert world.letters()[-1] == ("owner", "visit_cancelled")
    # What has begun is ended, with what was found; and all visits of a case together have an end.
    world.call("order_visit", "expert", case.id, people, first, first + timedelta(days=9), on=first)
    later = first + timedelta(days=1)
    with pytest.raises(RuleBroken):
        world.call("cancel_visit", "expert", case.id, "Передумали", on=later)
    world.call("end_visit", "expert", case.id, "Цех работает", first + timedelta(days=9), on=first + timedelta(days=9))
    again = first + timedelta(days=10)
    with pytest.raises(RuleBroken) as long:
        world.call("order_visit", "expert", case.id, people, again, again + timedelta(days=20), on=again)
    assert [one.code for one in long.value.violations] == ["cases.visit.long"]
