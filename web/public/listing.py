"""The list of needs as its page shows it: filtered, with totals."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from matching.engine.lines import NeedLine
from matching.engine.nature import nature_of_need
from matching.engine.outcome import Supply
from matching.needs import queries
from matching.needs.models import ContractType
from matching.needs.queries import UNMATCHED, Wanted
from registry.catalogue.models import ProductKind
from registry.customers.queries import names
from registry.text import sort_key
from registry.wording import Money
from web.public.paging import page_of

PAGE_SIZE: Final = 30


@dataclass(frozen=True, slots=True)
class ListedNeed:
    """One need with the last verdict on it and the name of its customer, so far as there is either."""

    need: NeedLine
    verdict: Supply | None
    customer: str | None

    @property
    def kind(self) -> ProductKind:
        """Whether it is for goods, works or services, as matching reads it."""
        return nature_of_need(self.need).kind


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the needs asked for. `verdicts` counts the whole list, so that totals do not move.

    customers: БИН/ИИН and name of everybody to choose from.
    """

    rows: tuple[ListedNeed, ...]
    all: int
    found: int
    budget: Money | None
    verdicts: tuple[tuple[Supply | None, int], ...]
    customers: tuple[tuple[str, str], ...]
    wanted: Wanted
    page: int
    pages: int


def wanted(args: MultiDict[str, str], customers: Collection[str]) -> Wanted:
    """The filters of an address, whatever means nothing left out; `customers` are those that the list knows."""
    contract_type = _one_of(args.get("contract_type"), tuple(str(one) for one in ContractType))
    return Wanted(
        verdict=_one_of(args.get("verdict"), (*(str(one) for one in Supply), UNMATCHED)),
        contract_type=ContractType(contract_type) if contract_type else None,
        customer_bin=_one_of(args.get("customer"), customers),
    )


def listing(session: Session, on: date, args: MultiDict[str, str], lang: str) -> Listing:
    """The page of needs that an address asks for."""
    bins = queries.customers(session, on)
    called = names(session, bins, on)
    asked = wanted(args, bins)
    counts = queries.verdicts(session, on)
    found, budget = queries.totals(session, on, asked)
    page, pages = page_of(args, found, PAGE_SIZE)
    rows = queries.listed(session, on, asked, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE)
    return Listing(
        rows=named(rows, called),
        all=counts.total(),
        found=found,
        budget=Money(budget) if budget else None,
        verdicts=tuple((one, counts[one]) for one in (*Supply, None) if counts[one]),
        customers=tuple(sorted(((bin, called.get(bin, bin)) for bin in bins), key=lambda one: sort_key(one[1], lang))),
        wanted=asked,
        page=page,
        pages=pages,
    )


def newest(session: Session, on: date, limit: int) -> tuple[ListedNeed, ...]:
    """A few of the newest needs, of as many customers as there are."""
    rows = queries.newest_of_each(session, on, limit)
    return named(rows, names(session, {need.customer_bin for need, _ in rows if need.customer_bin}, on))


def named(rows: list[tuple[NeedLine, Supply | None]], called: Mapping[str, str]) -> tuple[ListedNeed, ...]:
    """Rows with their customers' names, the number where there is no name."""
    return tuple(
        ListedNeed(need, verdict, called.get(need.customer_bin or "", need.customer_bin)) for need, verdict in rows
    )


def _one_of(given: str | None, values: Collection[str]) -> str | None:
    return given if given in values else None
