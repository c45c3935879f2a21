"""The list of needs as its page shows it: filtered, with totals. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
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
class Listing:
    """One page of the needs that fit the filters. `verdicts` counts the whole list, so that totals do not move."""

    rows: tuple[ListedNeed, ...]
    all: int
    found: int
    budget: Money | None
    verdicts: tuple[tuple[Supply | None, int], ...]
    customers: tuple[tuple[str, str], ...]
    verdict: str | None
    contract_type: str | None
    customer: str | None
    page: int
    pages: int

    @property
    def narrowed(self) -> bool:
        """Whether any filter is on."""
        return bool(self.verdict or self.contract_type or self.customer)


def listing(
    needs: Sequence[NeedLine],
    verdicts: Mapping[int, Supply],
    names: Mapping[str, str],
    args: MultiDict[str, str],
) -> Listing:
    """The page of needs that an address asks for; filters that mean nothing are left out. `names`: customers by БИН."""
    verdict = _one_of(args.get("verdict"), (*(str(one) for one in Supply), UNKNOWN))
    contract_type = _one_of(args.get("contract_type"), tuple(str(one) for one in ContractType))
    customers = sorted({need.customer_bin for need in needs if need.customer_bin}, key=lambda bin: names.get(bin, bin))
    customer = _one_of(args.get("customer"), customers)
    counts = Counter(verdicts.get(need.id) for need in needs)
    fitting = [
        need
        for need in needs
        if (not verdict or str(verdicts.get(need.id) or UNKNOWN) == verdict)
        and (not contract_type or need.contract_type == contract_type)
        and (not customer or need.customer_bin == customer)
    ]
    pages = max(1, -(-len(fitting) // PAGE_SIZE))
    asked = args.get("page", "1")
    page = min(pages, max(1, int(asked))) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    total = sum((need.budget for need in fitting if need.budget is not None), Decimal(0))
    return Listing(
        rows=tuple(
            ListedNeed(need, verdicts.get(need.id), names.get(need.customer_bin or "", need.customer_bin))
            for need in fitting[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
        ),
        all=len(needs),
        found=len(fitting),
        budget=Money(total) if total else None,
        verdicts=tuple((one, counts[one]) for one in (*Supply, None) if counts[one]),
        customers=tuple((bin, names.get(bin, bin)) for bin in customers),
        verdict=verdict,
        contract_type=contract_type,
        customer=customer,
        page=page,
        pages=pages,
    )


def _one_of(given: str | None, values: Sequence[str]) -> str | None:
    return given if given in values else None
