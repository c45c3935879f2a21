"""Counts of how often goods are seen: added up, settled, read by day and by good."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from registry.db import Database
from registry.sightings.models import Sort
from registry.sightings.operations import add, settle
from registry.sightings.queries import by_day, by_good
from registry.suppliers.operations import ids_of
from tests.factories import TODAY, add_product, bin_number, product_line

pytestmark = pytest.mark.both_databases

BIN = bin_number(51)
YESTERDAY = TODAY - timedelta(days=1)


def test_counts_are_added_and_settled(database: Database) -> None:
    with database.transaction() as session:
        one, other = add_product(session, product_line(BIN)), add_product(session, product_line(BIN))
        foreign = add_product(session)
        supplier = ids_of(session, [BIN])[BIN]
        add(session, {(one, TODAY, Sort.SHOWN): 3, (other, TODAY, Sort.SHOWN): 1, (foreign, TODAY, Sort.SHOWN): 9})
        add(session, {(one, TODAY, Sort.SHOWN): 2, (one, YESTERDAY, Sort.OPENED): 1})
        # A line that is not there is nobody's.
        add(session, {(10**9, TODAY, Sort.SHOWN): 1})
        for _ in range(2):
            settle(session, {(one, TODAY, Sort.COMPARED): 7})
        assert by_day(session, supplier, YESTERDAY, TODAY) == {
            (TODAY, Sort.SHOWN): 6,
            (YESTERDAY, Sort.OPENED): 1,
            (TODAY, Sort.COMPARED): 7,
        }
        assert by_day(session, supplier, YESTERDAY, YESTERDAY) == {(YESTERDAY, Sort.OPENED): 1}
        assert by_good(session, supplier, YESTERDAY, TODAY) == {
            one: {Sort.SHOWN: 5, Sort.OPENED: 1, Sort.COMPARED: 7},
            other: {Sort.SHOWN: 1},
        }


def test_those_who_count_at_once_lose_nothing(database: Database) -> None:
    with database.transaction() as session:
        goods = [add_product(session, product_line(BIN)) for _ in range(5)]
        supplier = ids_of(session, [BIN])[BIN]

    def count(order: list[int]) -> None:
        for _ in range(10):
            with database.transaction() as session:
                add(session, {(id, TODAY, Sort.SHOWN): 1 for id in order})

    workers = [threading.Thread(target=count, args=(order,)) for order in (goods, goods[::-1], goods)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    with database.reading() as session:
        assert by_day(session, supplier, TODAY, TODAY) == {(TODAY, Sort.SHOWN): 150}
