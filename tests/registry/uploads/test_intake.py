"""A supplier's own file states its own goods, on its own word, and may be taken in again and again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from registry import bulk
from registry.audit import AuditRow
from registry.bulk_rows import Outcome
from registry.db import Database
from registry.errors import NotFound
from registry.evidence.goods import EvidenceFact
from registry.evidence.models import EvidenceStatus
from registry.evidence.operations import state_evidence
from registry.outbox import OutboxRow
from registry.uploads.intake import same_organisation
from registry.wording import LANGUAGES, say
from tests.factories import ACTOR, NOW, TODAY, add_product, product_line
from tests.registry.uploads.own import (
    HEADING,
    OTHER,
    OWN,
    file,
    good,
    listed,
    outcome,
    own_file,
    registered,
    taken_in,
)

pytestmark = pytest.mark.both_databases


@pytest.fixture
def register(database: Database) -> Database:
    registered(database)
    return database


def notes(told: Any) -> list[str]:
    return [note.code for note in told.notes]


def test_goods_are_listed_and_a_repeat_finds_them_unchanged(register: Database, tmp_path: Path) -> None:
    path = file(tmp_path, [["Прайс-лист"], [], HEADING, good(1), good(2), ["Итого", None, None, 203]])
    taken, told, _ = taken_in(register, path)
    assert outcome(taken) == (2, 0, 0, 0)
    assert [(one.row, one.outcome) for one in told] == [(4, Outcome.ADDED), (5, Outcome.ADDED)]
    first, second = listed(register)
    assert [told[0].about["product"], told[1].about["product"]] == [first.id, second.id]
    assert (first.external_id, first.name_ru, first.unit) == ("A-1", "Труба стальная 1х8", "т")
    assert (first.capacity_per_year, first.bin) == (Decimal(101), OWN)
    [fact] = first.evidence
    assert (fact.kind, fact.number, fact.percent, fact.status) == (
        "ct-kz",
        "KZ 6 120 00001",
        Decimal("68.23"),
        EvidenceStatus.CLAIMED,
    )
    again, told, _ = taken_in(register, path, work="2")
    assert outcome(again) == (0, 0, 2, 0)


def test_a_changed_row_says_what_it_changed(register: Database, tmp_path: Path) -> None:
    taken_in(register, file(tmp_path, [HEADING, good(1), good(2)]))
    path = file(tmp_path, [HEADING, good(1), good(2, capacity=777, unit="кг")])
    taken, told, _ = taken_in(register, path, work="2")
    assert outcome(taken) == (0, 1, 1, 0)
    assert told[1].about["changed"] == {"unit": ["т", "кг"], "capacity_per_year": ["102.000000", "777.000000"]}
    with register.reading() as session:
        actions = session.scalars(select(AuditRow.action).where(AuditRow.kind == "product")).all()
        assert sorted(actions) == ["added", "added", "changed"]
        assert session.scalars(select(OutboxRow.id)).all()


def test_rows_of_others_are_refused(register: Database, tmp_path: Path) -> None:
    heading = ["БИН", "Наименование", "Ед. изм."]
    rows: list[list[Any]] = [
        heading,
        [OWN, "Труба", "т"],
        [int(OTHER), "Насос", "шт"],
        ["123", "Кран", "шт"],
        [None, "Вентиль", "шт"],
    ]
    taken, told, _ = taken_in(register, file(tmp_path, rows))
    assert outcome(taken) == (2, 0, 0, 2)
    assert [reason.code for one in told for reason in one.reasons] == [
        "upload.row.not_yours",
        "identifiers.holder.length",
    ]
    assert all(OTHER in say(told[1].reasons[0].message, lang) for lang in LANGUAGES)
    assert listed(register, OTHER) == []
    assert {good.name_ru for good in listed(register)} == {"Труба", "Вентиль"}


def test_a_name_of_another_organisation_is_noted(register: Database, tmp_path: Path) -> None:
    heading = ["Наименование", "Производитель", "Ед. изм."]
    own = 'Товарищество с ограниченной ответственностью "ЗАВОД ӨРКЕН"'
    rows: list[list[Any]] = [heading, ["Труба", own, "т"], ["Насос", "АО «Чужой завод»", "шт"]]
    _, told, _ = taken_in(register, file(tmp_path, rows))
    assert [notes(one) for one in told] == [[], ["upload.row.other_maker"]]


def test_a_supplier_that_is_not_registered(register: Database) -> None:
    with pytest.raises(NotFound):
        own_file(register, "990140000806")


def test_a_supplier_confirms_and_restores_nothing_by_a_file(register: Database, tmp_path: Path) -> None:
    """A state in the file is passed over but for one that says a document has ended."""
    heading = ["Наименование", "Номер сертификата", "Статус", "ДВЦ"]
    rows: list[list[Any]] = [
        heading,
        ["Труба", "KZ 6 120 00001", "Подтверждено", 50],
        ["Насос", "KZ 6 120 00002", "Срок действия истек", 60],
        ["Кран", "KZ 6 120 00003", "мерзімі өткен", 70],
    ]
    _, told, _ = taken_in(register, file(tmp_path, rows))
    assert [notes(one) for one in told] == [[], ["upload.row.ended"], ["upload.row.ended"]]
    assert [[fact.status for fact in one.evidence] for one in listed(register)] == [[EvidenceStatus.CLAIMED], [], []]


def confirmed(database: Database, status: EvidenceStatus = EvidenceStatus.CONFIRMED) -> EvidenceFact:
    """A line that the file of `good(1)` would state, with its document as the institute has it."""
    fact = EvidenceFact("ct-kz", "KZ 6 120 00001", date(2026, 3, 1), date(2027, 2, 28), Decimal("68.23"), status)
    with database.transaction() as session:
        line = product_line(
            OWN,
            name_ru="Труба стальная 1х8",
            name_kk=None,
            name_en=None,
            external_id="A-1",
            unit="т",
            capacity_per_year=Decimal(101),
        )
        add_product(session, line, fact)
    return fact


def test_a_confirmed_document_stays_so_while_the_file_says_the_same(register: Database, tmp_path: Path) -> None:
    fact = confirmed(register)
    taken, _, _ = taken_in(register, file(tmp_path, [HEADING, good(1)]))
    assert outcome(taken) == (0, 0, 1, 0)
    assert [it.evidence for it in listed(register)] == [(fact,)]


def test_another_percent_makes_a_confirmed_document_claimed(register: Database, tmp_path: Path) -> None:
    fact = confirmed(register)
    taken, _, _ = taken_in(register, file(tmp_path, [HEADING, good(1, icv="90")]))
    assert outcome(taken) == (0, 1, 0, 0)
    assert [it.evidence for it in listed(register)] == [
        (fact._replace(percent=Decimal(90), status=EvidenceStatus.CLAIMED),)
    ]


def test_a_revoked_document_stays_revoked(register: Database, tmp_path: Path) -> None:
    fact = confirmed(register, EvidenceStatus.REVOKED)
    taken_in(register, file(tmp_path, [HEADING, good(1, icv="90")]))
    assert [it.evidence for it in listed(register)] == [(fact,)]


def test_another_thing_under_the_same_number_is_confirmed_by_nobody(register: Database, tmp_path: Path) -> None:
    confirmed(register)
    taken, told, _ = taken_in(register, file(tmp_path, [HEADING, good(1, name="Насос центробежный")]))
    assert outcome(taken) == (0, 1, 0, 0)
    assert told[0].about["unconfirmed"] == ["KZ 6 120 00001"]
    assert [[fact.status for fact in it.evidence] for it in listed(register)] == [[EvidenceStatus.CLAIMED]]


@pytest.mark.parametrize(
    ("row", "kept", "noted"),
    [
        (["Труба", "KZ 6 120 00001", "бессрочно"], True, ["upload.row.no_day"]),
        (["Труба", "вчерашний", None], False, ["upload.row.unknown_document"]),
        (["Труба", "KZ 6 120 00001 от 03.02.2026", None], True, []),
        (["Труба", "-", "-"], False, []),
    ],
)
def test_what_is_not_understood_of_a_document_does_not_cost_the_good(
    register: Database, tmp_path: Path, row: list[Any], kept: bool, noted: list[str]
) -> None:
    path = file(
        tmp_path, [["Наименование", "Документ №", "Действует до"], row, ["Насос", "KZ 6 120 00002", "01.02.2027"]]
    )
    taken, told, _ = taken_in(register, path)
    assert outcome(taken) == (2, 0, 0, 0)
    assert notes(told[0]) == noted
    assert bool(listed(register)[0].evidence) is kept


def test_a_number_with_its_day_gives_both(register: Database, tmp_path: Path) -> None:
    rows = [["Наименование", "Сертификат СТ-KZ"], ["Труба", "№ KZ 6 120 00001 от 03.02.2026 г."]]
    taken_in(register, file(tmp_path, rows))
    [fact] = listed(register)[0].evidence
    assert (fact.number, fact.issued_on) == ("KZ 6 120 00001", date(2026, 2, 3))


def test_a_good_without_a_name_is_refused(register: Database, tmp_path: Path) -> None:
    _, told, _ = taken_in(register, file(tmp_path, [HEADING, good(1), good(2, name=None)]))
    assert [reason.code for reason in told[1].reasons] == ["upload.row.no_name"]


def test_the_same_good_twice_and_once_more_otherwise(register: Database, tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        HEADING,
        good(1),
        good(1, name="ТРУБА  стальная 1х8"),
        good(1, capacity=5),
        good(1, document="KZ 6 120 00009"),
    ]
    taken, told, _ = taken_in(register, file(tmp_path, rows))
    assert [one.outcome for one in told] == [Outcome.ADDED, Outcome.UNCHANGED, Outcome.REJECTED, Outcome.CHANGED]
    assert notes(told[1]) == ["upload.row.again"]
    assert told[2].reasons[0].message.params == {"first": 2}
    assert outcome(taken) == (1, 1, 1, 1)


def test_goods_that_may_be_listed_already_are_told(register: Database, tmp_path: Path) -> None:
    with register.transaction() as session:
        add_product(session, product_line(OWN, name_ru="Труба стальная, бесшовная 57х3", name_kk=None, name_en=None))
    rows: list[list[Any]] = [
        ["Артикул", "Наименование", "ТН ВЭД"],
        ["A-1", "Труба бесшовная стальная 57 х 3", "7304191009"],
        ["A-2", "Насос К-20", None],
        ["A-3", "насос К 20", None],
        ["A-4", "Труба бесшовная стальная 3х57", None],
        ["A-5", "Труба бесшовная стальная 57х3", "7305110000"],
    ]
    _, told, _ = taken_in(register, file(tmp_path, rows))
    twins = [one.about.get("twin") for one in told]
    assert twins[0] == {"name": "Труба стальная, бесшовная 57х3", "product": listed(register)[0].id}
    assert twins[2] == {"name": "Насос К-20", "row": 3}
    assert [twins[1], twins[3], twins[4]] == [None, None, None]


def test_columns_that_are_not_there_state_nothing(register: Database, tmp_path: Path) -> None:
    taken_in(register, file(tmp_path, [HEADING, good(1)]))
    short = file(tmp_path, [["Артикул", "Наименование"], ["A-1", "Труба стальная 1х8"]])
    taken, _, _ = taken_in(register, short, work="2")
    assert outcome(taken) == (0, 0, 1, 0)
    assert listed(register)[0].unit == "т"


def test_an_interrupted_file_goes_on_and_a_finished_one_stays_told(
    register: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "BATCH_ROWS", 3)
    path = file(tmp_path, [HEADING, *[good(number) for number in range(1, 9)]])

    class Killed(BaseException):
        pass

    def kill(done: int, total: int) -> None:
        if done == 6:
            raise Killed

    with pytest.raises(Killed):
        taken_in(register, path, progress=kill)
    assert len(listed(register)) == 6
    taken, told, _ = taken_in(register, path)
    assert (taken.resumed_after, outcome(taken)) == (7, (8, 0, 0, 0))
    assert [(one.row, one.outcome) for one in told] == [(row, Outcome.ADDED) for row in range(2, 10)]
    # The worker was killed after its last batch: run again, it finds what it did, and changes nothing of it.
    again, retold, _ = taken_in(register, path)
    assert (outcome(again), retold) == ((8, 0, 0, 0), told)
    # Another taking-in of the same file finds everything as it stands.
    anew, _, _ = taken_in(register, path, work="2")
    assert outcome(anew) == (0, 0, 8, 0)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"алель", "агро"}, {"алель"}, True),
        ({"алель", "агро"}, {"макинская"}, False),
        (set(), {"макинская"}, True),
    ],
)
def test_names_of_organisations(one: set[str], other: set[str], same: bool) -> None:
    assert same_organisation(one, other) is same


def test_evidence_stated_for_nobody_is_not_needed(register: Database) -> None:
    """The institute's own operation still confirms what a file only claimed."""
    confirmed(register, EvidenceStatus.CLAIMED)
    [line] = listed(register)
    with register.transaction() as session:
        seen = line.evidence[0]._replace(status=EvidenceStatus.CONFIRMED)
        state_evidence(session, [(line.id, seen)], on=TODAY, actor=ACTOR, now=NOW)
    assert listed(register)[0].evidence[0].status is EvidenceStatus.CONFIRMED
