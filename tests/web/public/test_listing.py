"""The list of needs: filters, totals, pages."""

from __future__ import annotations

from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict

from matching.engine.lines import NeedLine
from matching.engine.outcome import Supply
from registry.wording import Money
from web.public.listing import PAGE_SIZE, Listing, listing

NEEDS = [
    NeedLine("A", "шары", id=1, customer_bin="111140000001", contract_type="offtake", budget=Decimal("100.50")),
    NeedLine("B", "трубы", id=2, customer_bin="222240000002", contract_type="purchase", budget=Decimal("200")),
    NeedLine("C", "кабель", id=3, customer_bin="111140000001", contract_type="purchase"),
    NeedLine("D", "соль", id=4),
]
VERDICTS = {1: Supply.NONE_FOUND, 2: Supply.PRODUCER_EXISTS, 3: Supply.NONE_FOUND}
NAMES = {"222240000002": "АО «Терең»"}


def listed(**args: str) -> Listing:
    return listing(NEEDS, VERDICTS, NAMES, MultiDict(args))


@pytest.mark.parametrize(
    ("args", "found"),
    [
        ({}, "ABCD"),
        ({"verdict": "none_found"}, "AC"),
        ({"verdict": "unknown"}, "D"),
        ({"contract_type": "purchase"}, "BC"),
        ({"customer": "111140000001"}, "AC"),
        ({"customer": "111140000001", "contract_type": "purchase"}, "C"),
        ({"verdict": "doubtful"}, ""),
        ({"verdict": "nonsense", "contract_type": "gift", "customer": "9"}, "ABCD"),
    ],
)
def test_filters_narrow_together(args: dict[str, str], found: str) -> None:
    result = listed(**args)
    assert "".join(row.need.external_id for row in result.rows) == found
    assert result.found == len(found)


def test_totals_speak_of_the_whole_list_and_budgets_of_what_is_shown() -> None:
    result = listed(verdict="none_found")
    assert result.all == 4
    assert result.verdicts == ((Supply.PRODUCER_EXISTS, 1), (Supply.NONE_FOUND, 2), (None, 1))
    assert result.budget == Money(Decimal("100.50"))
    assert listed().budget == Money(Decimal("300.50"))
    assert listed(verdict="unknown").budget is None


def test_a_customer_is_named_where_the_register_knows_it() -> None:
    assert listed().customers == (("111140000001", "111140000001"), ("222240000002", "АО «Терең»"))
    assert [row.customer for row in listed().rows] == ["111140000001", "АО «Терең»", "111140000001", None]


@pytest.mark.parametrize(("asked", "page"), [("1", 1), ("2", 2), ("3", 3), ("9", 3), ("0", 1), ("x", 1), ("²", 1)])
def test_a_long_list_has_pages(asked: str, page: int) -> None:
    many = [NeedLine(str(number), "шары", id=number) for number in range(2 * PAGE_SIZE + 1)]
    result = listing(many, {}, {}, MultiDict({"page": asked}))
    assert (result.page, result.pages) == (page, 3)
    assert len(result.rows) == (1 if page == 3 else PAGE_SIZE)


def test_an_empty_list_has_one_empty_page() -> None:
    result = listing([], {}, {}, MultiDict())
    assert (result.all, result.rows, result.pages, bool(result.filters)) == (0, (), 1, False)
