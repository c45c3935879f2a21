"""What must be stated of a customer. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from registry.cells import Cells
from registry.identifiers import CheckDigit, parse_kato
from registry.suppliers.rules import NAME_LENGTH, read_holder

COLUMNS: Final = ("bin", "name", "kato")
REQUIRED: Final = ("bin", "name")


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """What is stated of a customer."""

    bin: str
    bin_check: CheckDigit
    name: str
    kato: str | None = None


def read_customer(cells: Cells) -> CustomerLine | None:
    """The customer that a row states; None if it is rejected. A wrong check digit is kept and noted."""
    holder = read_holder(cells, "bin")
    name = cells.text("name", NAME_LENGTH, required=True)
    kato = cells.parsed("kato", parse_kato)
    if cells.violations or holder is None or name is None:
        return None
    return CustomerLine(holder.number, holder.check, name, kato)
