"""Free capacity found by any form of its words, in any language, by place and day; the nearest where nothing fits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.db import Database
from registry.suppliers import profile
from registry.suppliers.capacities import Wanted, beginning
from registry.suppliers.profile import FreeLine, OperationLine, ProfileLine, SiteLine
from search.capacities import Found, find, meant
from tests.factories import NOW, TODAY, add_supplier, bin_number, supplier_line

OWN = bin_number(71)
OWNER = Actor("owner", AccountRole.OWNER, OWN)
SOON = TODAY + timedelta(days=10)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as session:
        add_supplier(session, supplier_line(bin=OWN, kato="551010000"), on=TODAY)
        yield session


def add(session: Session, line: ProfileLine) -> int:
    return profile.add(session, OWN, line, on=TODAY, actor=OWNER, now=NOW)


def offer(session: Session, line: OperationLine, begins: int = 0, note: str | None = None) -> int:
    """An operation that is free for ten days."""
    work = add(session, line)
    start = TODAY + timedelta(days=begins)
    add(session, FreeLine(work, start, start + timedelta(days=10), Decimal("120.5"), "ч", note))
    return work


def named(found: Found) -> list[str]:
    return [row.operation for row in found.rows()]


@pytest.mark.both_databases
def test_an_operation_is_found_by_any_form_and_in_any_language(session: Session) -> None:
    offer(session, OperationLine("Токарная обработка валов", "25.62.10", "до 3 м"), 1)
    offer(session, OperationLine("Литьё чугуна"), 2)
    offer(session, OperationLine(name_kk="Арнайы киім тігу", name_en="Sewing of workwear"), 3)
    offer(session, OperationLine("Сварка металлоконструкций"), 4, "в ночь")
    for texts, wanted in (
        (
            ("токарные работы", "услуги токаря", "точение", "turning", "токарлық жұмыстар", "жону"),
            "Токарная обработка валов",
        ),
        (("литьё", "литейное производство", "casting", "құю қызметі", "отливка чугуна"), "Литьё чугуна"),
        (("пошив", "швейные услуги", "sewing", "тігін жұмыстары", "шить workwear"), "Арнайы киім тігу"),
        (("welding", "сварочные работы", "дәнекерлеу", "сварка ночь"), "Сварка металлоконструкций"),
    ):
        for text in texts:
            found = find(session, TODAY, text, Wanted())
            assert (named(found), found.nearest) == ([wanted], False), text


@pytest.mark.both_databases
def test_general_words_decide_nothing_and_the_nearest_are_shown(session: Session) -> None:
    offer(session, OperationLine("Токарная обработка валов"), 1)
    offer(session, OperationLine("Шлифовка", None, "валы до 3 м"), 2)
    offer(session, OperationLine("Токарная обработка втулок"))
    every = ["Токарная обработка втулок", "Токарная обработка валов", "Шлифовка"]
    for text in ("", "работы", "услуги по обработке"):
        found = find(session, TODAY, text, Wanted())
        assert (named(found), found.meant.passed_over) == (every, meant(text).passed_over), text
    found = find(session, TODAY, "токарная обработка валов", Wanted())
    assert (named(found), found.nearest) == ([every[1]], False)
    found = find(session, TODAY, "шлифовка втулок алмазом", Wanted())
    assert found.nearest
    assert (found.held, len(found.meant.words)) == (1, 3)
    assert named(found) == ["Токарная обработка втулок", "Шлифовка"], "a name counts as much as a name"
    assert (found.rows(1, 1)[0].operation, found.total) == ("Шлифовка", 2)
    assert named(find(session, TODAY, "вал", Wanted())) == [every[1], "Шлифовка"], "a name counts for more than a note"
    for text in ("сварка", "—"):
        assert find(session, TODAY, text, Wanted()).rows() == [], text


@pytest.mark.both_databases
def test_it_is_found_by_place_and_day_and_by_who_has_it(session: Session) -> None:
    site = add(session, SiteLine("Участок", "351010000"))
    casting = offer(session, OperationLine("Литьё чугуна", None, None, site))
    turning = offer(session, OperationLine("Токарная обработка"), 10)
    places = {
        "350000000": ["Литьё чугуна"],
        "351010000": ["Литьё чугуна"],
        "351020000": [],
        "551010000": [],
        "551011100": [],
    }
    places["551010000"] = places["550000000"] = ["Токарная обработка"]
    for place, wanted in places.items():
        assert named(find(session, TODAY, "", Wanted(place=place))) == wanted, place
    by_day = {day: named(find(session, TODAY, "", Wanted(day))) for day in (TODAY, SOON, SOON + timedelta(days=11))}
    assert list(by_day.values()) == [["Литьё чугуна"], ["Литьё чугуна", "Токарная обработка"], []]
    maker = find(session, TODAY, "", Wanted()).rows()[0].supplier
    assert len(find(session, TODAY, maker.split("«")[-1].strip("»"), Wanted()).rows()) == 2, maker
    # A site that is taken off is nobody's place any more, and its supplier's is.
    profile.take_off(session, OWN, "site", site, on=TODAY, actor=OWNER, now=NOW)
    assert [(row.site, row.kato) for row in find(session, TODAY, "литьё", Wanted()).rows()] == [(None, "551010000")]
    # It is found by what is said of it now, and with its operation it goes.
    profile.change(session, OWN, casting, OperationLine("Ковка"), on=TODAY, actor=OWNER, now=NOW)
    assert (named(find(session, TODAY, "литьё", Wanted())), named(find(session, TODAY, "forging", Wanted()))) == (
        [],
        ["Ковка"],
    )
    profile.take_off(session, OWN, "operation", turning, on=TODAY, actor=OWNER, now=NOW)
    assert named(find(session, TODAY, "", Wanted())) == ["Ковка"]
    assert named(find(session, TODAY + timedelta(days=11), "", Wanted())) == []


@pytest.mark.parametrize(
    ("kato", "begins"),
    [
        ("550000000", "55"),
        ("553200000", "5532"),
        ("551010000", "551010"),
        ("551031100", "551031100"),
        ("100000000", "10"),
    ],
)
def test_what_lies_within_a_place_begins_as_it_does(kato: str, begins: str) -> None:
    assert beginning(kato) == begins
