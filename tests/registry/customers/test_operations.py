"""Customers on any day: what they were called, what a file of them may state, and what is written down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from registry.audit import AuditRow
from registry.bulk_rows import Outcome
from registry.cells import Cells
from registry.customers.operations import customer_subject, take_in
from registry.customers.queries import names
from registry.customers.rules import CustomerLine, read_customer
from registry.db import Database
from registry.identifiers import CheckDigit
from tests.factories import ACTOR, NOW, TODAY, add_supplier, bin_number, supplier_line

LATER = TODAY + timedelta(days=10)
LINE = CustomerLine(bin_number(901), CheckDigit.VALID, "АО «Терең Мұнай»", "471810000")


@pytest.mark.both_databases
def test_a_customer_is_called_as_it_was_on_the_day_asked(database: Database) -> None:
    renamed = replace(LINE, name="АО «Жаңа Мұнай»")
    with database.transaction() as session:
        assert take_in(session, {2: LINE}, on=TODAY, actor=ACTOR, now=NOW) == {2: Outcome.ADDED}
        assert take_in(session, {3: LINE}, on=TODAY, actor=ACTOR, now=NOW) == {3: Outcome.UNCHANGED}
    with database.transaction() as session:
        assert take_in(session, {7: renamed}, on=LATER, actor=ACTOR, now=NOW) == {7: Outcome.CHANGED}
    with database.reading() as session:
        assert names(session, [LINE.bin, bin_number(902)], TODAY) == {LINE.bin: LINE.name}
        assert names(session, [LINE.bin], LATER) == {LINE.bin: renamed.name}
        assert names(session, [LINE.bin], TODAY - timedelta(days=1)) == {}
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id)).all()
    assert [(row.action, row.kind, row.actor) for row in rows] == [
        ("added", "customer", ACTOR.name),
        ("changed", "customer", ACTOR.name),
    ]
    assert (rows[1].before, rows[1].after) == (
        {"name": LINE.name},
        {"name": renamed.name, "on": LATER.isoformat()},
    )


def test_a_buyer_known_only_as_a_supplier_is_called_by_its_name_there(database: Database) -> None:
    both, only = supplier_line(bin=LINE.bin, name="ТОО «Терең Мұнай Снаб»"), supplier_line()
    with database.transaction() as session:
        add_supplier(session, both)
        add_supplier(session, only)
        take_in(session, {1: LINE}, on=TODAY, actor=ACTOR, now=NOW)
        assert names(session, {LINE.bin, only.bin}, TODAY) == {LINE.bin: LINE.name, only.bin: only.name}


def test_what_a_row_states() -> None:
    assert customer_subject(on=TODAY, actor=ACTOR, now=NOW).columns == ("bin", "name", "kato")
    read = read_customer(Cells({"bin": LINE.bin, "name": " АО «Терең Мұнай» ", "kato": "471810000"}))
    assert read == LINE
    nameless = Cells({"bin": LINE.bin, "name": "", "kato": "990000000"})
    assert read_customer(nameless) is None
    assert {violation.field for violation in nameless.violations} == {"name", "kato"}


def test_a_wrong_check_digit_is_kept_and_flagged() -> None:
    cells = Cells({"bin": "071040007215", "name": "АО «Кен»"})
    read = read_customer(cells)
    assert read is not None
    assert read.bin_check is CheckDigit.NOT_COMPUTABLE
    assert cells.notes
