"""The list of needs as its page shows it: filtered, with totals. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from werkzeug.datastructures import MultiDict

from matching.engine.lines import NeedLine
from matching.engine.outcome import Supply
from matching.needs.models import ContractType
from registry.wording import Money

PAGE_SIZE: Final = 30
# What an address says of needs that no run has spoken of.
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class ListedNeed:
    """One need with the last verdict on it and the name of its customer, so far as there is either."""

    need: NeedLine
    verdict: Supply | None
    customer: str | None


@dataclass(frozen=True, slots=True)
class Filters:
    """What an address narrows the list to; what means nothing is left out."""

    verdict: str | None
    contract_type: str | None
    customer: str | None

    def __bool__(self) -> bool:
        return bool(self.verdict or self.contract_type or self.customer)

    @classmethod
    def read(cls, args: MultiDict[str, str], customers: Collection[str]) -> Filters:
        """The filters of an address; `customers` are those that the list knows."""
        return cls(
            verdict=_one_of(args.get("verdict"), (*(str(one) for one in Supply), UNKNOWN)),
            contract_type=_one_of(args.get("contract_type"), tuple(str(one) for one in ContractType)),
            customer=_one_of(args.get("customer"), customers),
        )

    def fit(self, need: NeedLine, verdict: Supply | None) -> bool:
        """Whether a need is what they ask for."""
        return (
            (not self.verdict or str(verdict or UNKNOWN) == self.verdict)
            and (not self.contract_type or need.contract_type == self.contract_type)
            and (not self.customer or need.customer_bin == self.customer)
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the needs that fit the filters. `verdicts` counts the whole list, so that totals do not move."""

    rows: tuple[ListedNeed, ...]
    all: int
    found: int
    budget: Money | None
    verdicts: tuple[tuple[Supply | None, int], ...]
    customers: tuple[tuple[str, str], ...]
    filters: Filters
    page: int
    pages: int


def fitting(needs: Sequence[NeedLine], verdicts: Mapping[int, Supply], args: MultiDict[str, str]) -> list[NeedLine]:
    """The needs that an address asks for, on whichever page."""
    filters = Filters.read(args, {need.customer_bin for need in needs if need.customer_bin})
    return [need for need in needs if filters.fit(need, _verdict(need, verdicts))]


def listing(
    needs: Sequence[NeedLine], verdicts: Mapping[int, Supply], names: Mapping[str, str], args: MultiDict[str, str]
) -> Listing:
    """The page of needs that an address asks for. `names`: customers by БИН."""
    customers = sorted({need.customer_bin for need in needs if need.customer_bin}, key=lambda bin: names.get(bin, bin))
    counts = Counter(_verdict(need, verdicts) for need in needs)
    found = fitting(needs, verdicts, args)
    pages = max(1, -(-len(found) // PAGE_SIZE))
    asked = args.get("page", "1")
    page = min(pages, max(1, int(asked))) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    total = sum((need.budget for need in found if need.budget is not None), Decimal(0))
    return Listing(
        rows=tuple(
            ListedNeed(need, _verdict(need, verdicts), names.get(need.customer_bin or "", need.customer_bin))
            for need in found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        ),
        all=len(needs),
        found=len(found),
        budget=Money(total) if total else None,
        verdicts=tuple((one, counts[one]) for one in (*Supply, None) if counts[one]),
        customers=tuple((bin, names.get(bin, bin)) for bin in customers),
        filters=Filters.read(args, customers),
        page=page,
        pages=pages,
    )


def number_of(need: NeedLine) -> int:
    """The number in the database, which only lines of files lack."""
    assert need.id is not None
    return need.id


def _verdict(need: NeedLine, verdicts: Mapping[int, Supply]) -> Supply | None:
    return verdicts.get(number_of(need))


def _one_of(given: str | None, values: Collection[str]) -> str | None:
    return given if given in values else None
