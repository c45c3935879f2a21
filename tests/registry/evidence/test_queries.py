"""Listed lines with supplier and evidence, whole and as of a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from registry import law
from registry.catalogue.models import CodeState
from registry.catalogue.operations import withdraw
from registry.db import Database
from registry.errors import NotFound
from registry.evidence.goods import Good
from registry.evidence.models import EvidenceStatus
from registry.evidence.queries import (
    count,
    good,
    goods,
    goods_after,
    roles,
    supplier_confirmed,
    supplier_count,
    supplier_goods,
    supplier_withdrawn,
    supplier_withdrawn_count,
    versions,
    withdrawn,
)
from registry.suppliers.models import Role
from tests.factories import ACTOR, NOW, TODAY, add_product, add_supplier, fact, product_line, supplier_line

LATER = TODAY + timedelta(days=10)
BEFORE = TODAY - timedelta(days=1)


@pytest.mark.both_databases
def test_a_line_is_read_whole(database: Database) -> None:
    supplier = supplier_line(role=Role.MAKER, kato="471010000")
    line = product_line(supplier.bin, role=Role.DEALER, external_id="A-1")
    first, second = fact(issued_on=TODAY - timedelta(days=30)), fact(kind="ct-kz", number="KZ 6 120 00012")
    with database.transaction() as session:
        _, supplier_id = add_supplier(session, supplier)
        product_id = add_product(session, line, second, first)
        stored = good(session, product_id, TODAY)
    assert stored == Good(
        id=product_id,
        version=1,
        external_id="A-1",
        kind=line.kind,
        name_ru=line.name_ru,
        name_kk=line.name_kk,
        name_en=line.name_en,
        description=line.description,
        specified=None,
        tnved=line.tnved,
        tnved_state=CodeState.UNCHECKED,
        kpved=line.kpved,
        enstru=line.enstru,
        unit=line.unit,
        capacity_per_year=line.capacity_per_year,
        role=Role.DEALER,
        supplier_id=supplier_id,
        bin=supplier.bin,
        bin_check=supplier.bin_check,
        supplier_name=supplier.name,
        kato="471010000",
        evidence=(second, first),
    )
    assert stored.region == "47"


def test_a_role_left_open_is_the_supplier_s_on_that_day(database: Database) -> None:
    supplier = supplier_line(role=Role.MAKER)
    with database.transaction() as session:
        add_supplier(session, supplier)
        product_id = add_product(session, product_line(supplier.bin))
        add_supplier(session, replace(supplier, role=Role.DEALER), on=LATER)
        assert good(session, product_id, TODAY).role is Role.MAKER
        assert good(session, product_id, LATER).role is Role.DEALER


def test_the_register_is_walked_by_id_without_gaps(database: Database) -> None:
    with database.transaction() as session:
        ids = [add_product(session, None, fact()) for _ in range(5)]
        later = add_product(session, None, on=LATER)
        walked: list[int] = []
        while step := goods_after(session, walked[-1] if walked else 0, 2, TODAY):
            assert len(step) <= 2
            walked += [one.id for one in step]
        assert walked == ids
        assert count(session, TODAY) == 5
        assert count(session, LATER) == 6
        assert count(session, BEFORE) == 0
        assert {one.id for one in goods(session, [*ids[:2], later, 9_999], TODAY)} == set(ids[:2])
        assert versions(session, [*ids, later, 9_999]) == dict.fromkeys([*ids, later], 1)
        assert goods(session, [], TODAY) == []


def test_more_ids_than_one_statement_takes(database: Database) -> None:
    with database.transaction() as session:
        product_id = add_product(session)
        assert [one.id for one in goods(session, range(70_000), TODAY)] == [product_id]


def test_the_lines_of_a_supplier(database: Database) -> None:
    with database.transaction() as session:
        supplier, _ = add_supplier(session)
        own = [add_product(session, product_line(supplier.bin)) for _ in range(2)]
        add_product(session)
        assert [one.id for one in supplier_goods(session, supplier.bin, TODAY)] == own
        assert [one.id for one in supplier_goods(session, supplier.bin, TODAY, newest_first=True)] == own[::-1]
        assert [one.id for one in supplier_goods(session, supplier.bin, TODAY, limit=1, offset=1)] == own[1:]
        assert supplier_goods(session, supplier.bin, BEFORE) == []
        assert (supplier_count(session, supplier.bin, TODAY), supplier_count(session, supplier.bin, BEFORE)) == (2, 0)


def test_how_many_lines_of_a_supplier_are_confirmed(database: Database) -> None:
    confirmed, claimed = fact(), fact(status=EvidenceStatus.CLAIMED)
    ended = fact(kind="ct-kz", number="KZ 5 120 00012", issued_on=date(2025, 3, 1), expires_on=date(2025, 9, 1))
    with database.transaction() as session:
        supplier, _ = add_supplier(session)
        for facts in ((confirmed, claimed), (claimed,), (ended,), (), (confirmed, fact(percent=None))):
            add_product(session, product_line(supplier.bin), *facts)
        add_product(session, None, fact())
        assert supplier_confirmed(session, supplier.bin, TODAY, law.on(TODAY)) == 2
        assert supplier_confirmed(session, supplier.bin, BEFORE, law.on(BEFORE)) == 0


@pytest.mark.both_databases
def test_what_is_listed_no_more_is_told_as_it_last_was(database: Database) -> None:
    again = LATER + timedelta(days=2)
    with database.transaction() as session:
        supplier, supplier_id = add_supplier(session)
        lines = [product_line(supplier.bin) for _ in range(4)]
        first, second, back, listed = (add_product(session, line, fact()) for line in lines)
        for product_id, on in ((first, LATER), (second, again), (back, LATER)):
            withdraw(session, product_id, supplier_id=supplier_id, on=on, actor=ACTOR, now=NOW)
        add_product(session, lines[2], on=again)
        # Of a line that is yet to be listed nothing has ended.
        add_product(session, product_line(supplier.bin), on=again + timedelta(days=1))

        gone = withdrawn(session, [first, second, back, listed, 999], again)
        assert {product_id: one.since for product_id, one in gone.items()} == {first: LATER, second: again}
        assert (gone[first].good.name_ru, len(gone[first].good.evidence)) == (lines[0].name_ru, 1)
        assert withdrawn(session, [first, second, back], LATER).keys() == {first, back}
        assert withdrawn(session, [first, second, back], TODAY) == {}
        mine = supplier_withdrawn(session, supplier.bin, again, limit=9)
        assert [one.good.id for one in mine] == [second, first]
        assert [one.good.id for one in supplier_withdrawn(session, supplier.bin, again, limit=1, offset=1)] == [first]
        assert supplier_withdrawn_count(session, supplier.bin, again) == 2
        assert supplier_withdrawn_count(session, supplier_line().bin, again) == 0


def test_the_role_of_the_line_itself_is_told_from_its_supplier_s(database: Database) -> None:
    with database.transaction() as session:
        supplier, _ = add_supplier(session, supplier_line(role=Role.MAKER))
        own = [Role.UNSTATED, Role.DEALER]
        ids = [add_product(session, product_line(supplier.bin, role=role)) for role in own]
        assert roles(session, [*ids, 999], TODAY) == {
            ids[0]: (Role.UNSTATED, Role.MAKER),
            ids[1]: (Role.DEALER, Role.MAKER),
        }


def test_a_line_that_is_not_listed_is_not_found(database: Database) -> None:
    with database.transaction() as session:
        product_id = add_product(session)
        with pytest.raises(NotFound):
            good(session, product_id, BEFORE)
        with pytest.raises(NotFound):
            good(session, product_id + 1, TODAY)


@pytest.mark.parametrize(
    ("lang", "names", "expected"),
    [
        ("kk", {}, "Болат"),
        ("kk", {"name_kk": None}, "Сталь"),
        ("en", {"name_en": None}, "Сталь"),
        ("ru", {"name_ru": None}, "Болат"),
        ("ru", {"name_ru": None, "name_kk": None}, "Steel"),
    ],
)
def test_a_name_in_the_language_asked_for_or_the_next(
    database: Database, lang: str, names: dict[str, None], expected: str
) -> None:
    given = {"name_ru": "Сталь", "name_kk": "Болат", "name_en": "Steel", **names}
    with database.transaction() as session:
        product_id = add_product(session, product_line(supplier_line().bin, **given))
        assert good(session, product_id, TODAY).name(lang) == expected
