"""What a needed line must state. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from matching.engine.lines import NeedLine
from matching.needs.models import ContractType
from registry.catalogue.rules import DESCRIPTION_LENGTH, MOST, NAME_LENGTH, Codes, read_enstru, read_tnved
from registry.cells import Cells, shown
from registry.identifiers import parse_kato
from registry.suppliers.rules import read_holder, words

COLUMNS: Final = (
    *("id", "name", "name_kk", "name_en", "description", "tnved", "enstru", "unit", "volume", "kato", "customer_bin"),
    *("budget", "contract_type", "min_icv", "term_years"),
)
REQUIRED: Final = ("id", "name")

CONTRACT_TYPES: Final = {
    **words(ContractType.OFFTAKE, "offtake|офтейк|офтейк-контракт|оффтейк|оффтейк-контракт|офтейк-келісімшарт"),
    **words(
        ContractType.PROCUREMENT,
        "procurement|контрактные закупки|договор контрактных закупок|контрактілік сатып алу|келісімшарттық сатып алу",
    ),
    **words(ContractType.PURCHASE, "purchase|закупка|прямая закупка|покупка|сатып алу|тікелей сатып алу"),
}

# Money is stored in whole тиын, in 63 bits.
_MOST_MONEY: Final = Decimal(90_000_000_000_000_000)
_MOST_YEARS: Final = Decimal(100)
_HUNDRED: Final = Decimal(100)


def read_need(cells: Cells, codes: Codes) -> NeedLine | None:
    """The need that a row states; None if it is rejected. Everything but id and name may be empty.

    budget is in tenge; min_icv is percent 0..100.
    """
    external_id = cells.text("id", 200, required=True)
    name = cells.text("name", NAME_LENGTH, required=True)
    customer = read_holder(cells, "customer_bin") if cells.filled("customer_bin") else None
    contract_type = cells.word("contract_type", CONTRACT_TYPES)
    tnved, enstru = read_tnved(cells, "tnved", codes.tnved), read_enstru(cells, "enstru", codes.enstru)
    min_icv = cells.number("min_icv", digits=4, high=_HUNDRED)
    if min_icv is not None and 0 < min_icv < 1:
        cells.note("import.cell.share", "min_icv", given=shown(cells.values["min_icv"]))
    line = NeedLine(
        external_id=external_id or "",
        name=name or "",
        name_kk=cells.text("name_kk", NAME_LENGTH),
        name_en=cells.text("name_en", NAME_LENGTH),
        description=cells.text("description", DESCRIPTION_LENGTH),
        tnved=tnved,
        enstru=enstru,
        unit=cells.text("unit", 60),
        volume=cells.number("volume", digits=6, high=MOST),
        kato=cells.parsed("kato", parse_kato),
        customer_bin=customer.number if customer else None,
        budget=cells.number("budget", digits=2, high=_MOST_MONEY),
        contract_type=contract_type,
        min_icv=min_icv,
        term_years=cells.number("term_years", digits=6, high=_MOST_YEARS),
    )
    return None if cells.violations else line
