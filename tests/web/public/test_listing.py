"""The list of needs: filters, totals, pages, and what its customers are called."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from matching.engine.models import MatchRun, NeedResult
from matching.engine.outcome import Supply
from matching.needs.models import ContractType
from matching.needs.queries import needs
from registry.customers.operations import take_in
from registry.customers.rules import CustomerLine
from registry.db import Database
from registry.identifiers import CheckDigit
from registry.wording import Money
from tests.factories import ACTOR, NOW, TODAY, add_need, need_line
from web.public.listing import PAGE_SIZE, Listing, listing, newest

pytestmark = pytest.mark.both_databases

FIRST, SECOND = "111140000001", "222240000002"
LINES: dict[str, dict[str, Any]] = {
    "A": {"customer_bin": FIRST, "contract_type": ContractType.OFFTAKE, "budget": Decimal("100.50")},
    "B": {"customer_bin": SECOND, "contract_type": ContractType.PURCHASE, "budget": Decimal("200")},
    "C": {"customer_bin": FIRST, "contract_type": ContractType.PURCHASE, "budget": None},
    "D": {"customer_bin": None, "contract_type": None, "budget": None},
}
# What one run after the other said: the last one counts.
SAID = (
    {"A": Supply.DOUBTFUL, "B": Supply.PRODUCER_EXISTS, "C": Supply.NONE_FOUND},
    {"A": Supply.NONE_FOUND},
)


@pytest.fixture
def filled(database: Database) -> Iterator[Session]:
    with database.transaction() as session:
        for external_id, given in LINES.items():
            add_need(session, need_line(external_id=external_id, **given))
        take_in(
            session,
            {1: CustomerLine(SECOND, CheckDigit.VALID, "АО «Терең»")},
            on=TODAY,
            actor=ACTOR,
            now=NOW,
        )
        ids = {need.external_id: need.id for need in needs(session, TODAY)}
        for said in SAID:
            ran = {"started_at": NOW, "on": TODAY, "actor": ACTOR.name, "profile_version": "1", "engine": "test"}
            run = MatchRun(**ran, top=10, needs=3)
            session.add(run)
            session.flush()
            rows: list[dict[str, Any]] = [
                {"run_id": run.id, "need_id": ids[name], "need_version": 1, "verdict": str(verdict)}
                | {"reasons": [], "organisers": []}
                for name, verdict in said.items()
            ]
            session.execute(insert(NeedResult), rows)
    with database.reading() as session:
        yield session


def listed(session: Session, **args: str) -> Listing:
    return listing(session, TODAY, MultiDict(args), "ru")


@pytest.mark.parametrize(
    ("args", "found"),
    [
        ({}, "ABCD"),
        ({"verdict": "none_found"}, "AC"),
        ({"verdict": "unknown"}, "D"),
        ({"contract_type": "purchase"}, "BC"),
        ({"customer": FIRST}, "AC"),
        ({"customer": FIRST, "contract_type": "purchase"}, "C"),
        ({"verdict": "doubtful"}, ""),
        ({"verdict": "nonsense", "contract_type": "gift", "customer": "9"}, "ABCD"),
    ],
)
def test_filters_narrow_together(filled: Session, args: dict[str, str], found: str) -> None:
    result = listed(filled, **args)
    assert "".join(row.need.external_id for row in result.rows) == found
    assert result.found == len(found)


def test_totals_speak_of_the_whole_list_and_budgets_of_what_is_shown(filled: Session) -> None:
    result = listed(filled, verdict="none_found")
    assert result.all == 4
    assert result.verdicts == ((Supply.PRODUCER_EXISTS, 1), (Supply.NONE_FOUND, 2), (None, 1))
    assert result.budget == Money(Decimal("100.50"))
    assert listed(filled).budget == Money(Decimal("300.50"))
    assert listed(filled, verdict="unknown").budget is None


def test_a_customer_is_named_where_the_register_knows_it(filled: Session) -> None:
    assert listed(filled).customers == ((FIRST, FIRST), (SECOND, "АО «Терең»"))
    assert [row.customer for row in listed(filled).rows] == [FIRST, "АО «Терең»", FIRST, None]


def test_the_newest_are_shown_of_one_customer_after_the_other(filled: Session) -> None:
    shown = [(row.need.external_id, row.customer, row.verdict) for row in newest(filled, TODAY, 9)]
    assert shown == [
        ("D", None, None),
        ("C", FIRST, Supply.NONE_FOUND),
        ("B", "АО «Терең»", Supply.PRODUCER_EXISTS),
        ("A", FIRST, Supply.NONE_FOUND),
    ]
    assert [row.need.external_id for row in newest(filled, TODAY, 2)] == ["D", "C"]
    assert newest(filled, TODAY - timedelta(days=1), 9) == ()


@pytest.mark.parametrize(("asked", "page"), [("1", 1), ("2", 2), ("3", 3), ("9", 3), ("0", 1), ("x", 1), ("²", 1)])
def test_a_long_list_has_pages(database: Database, asked: str, page: int) -> None:
    with database.transaction() as session:
        for _ in range(2 * PAGE_SIZE + 1):
            add_need(session, need_line())
        result = listed(session, page=asked)
    assert (result.page, result.pages) == (page, 3)
    assert len(result.rows) == (1 if page == 3 else PAGE_SIZE)


def test_an_empty_list_has_one_empty_page(database: Database) -> None:
    with database.reading() as session:
        result = listed(session)
    assert (result.all, result.rows, result.pages, bool(result.wanted)) == (0, (), 1, False)
