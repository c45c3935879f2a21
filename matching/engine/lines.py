"""What is compared: a needed line and an offered one as plain values, from files or from the register alike."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from registry.evidence.goods import Good


class Needed(Protocol):
    """One needed line as matching reads it; rows of `matching.needs` have these attributes, and so has `NeedLine`.

    `id` is the database's own number, None for a line of a file. volume is in `unit`; min_icv is percent 0..100;
    budget is in tenge. shared: another customer has a need of the same external_id.
    """

    @property
    def id(self) -> int | None: ...
    @property
    def version(self) -> int: ...
    @property
    def external_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def name_kk(self) -> str | None: ...
    @property
    def name_en(self) -> str | None: ...
    @property
    def description(self) -> str | None: ...
    @property
    def tnved(self) -> str | None: ...
    @property
    def enstru(self) -> str | None: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def volume(self) -> Decimal | None: ...
    @property
    def kato(self) -> str | None: ...
    @property
    def customer_bin(self) -> str | None: ...
    @property
    def contract_type(self) -> str | None: ...
    @property
    def min_icv(self) -> Decimal | None: ...
    @property
    def shared(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class NeedLine:
    """One needed line of a file, or of the list. shared: somebody else has a need of the same id there."""

    external_id: str
    name: str
    name_kk: str | None = None
    name_en: str | None = None
    description: str | None = None
    tnved: str | None = None
    enstru: str | None = None
    unit: str | None = None
    volume: Decimal | None = None
    kato: str | None = None
    customer_bin: str | None = None
    budget: Decimal | None = None
    contract_type: str | None = None
    min_icv: Decimal | None = None
    term_years: Decimal | None = None
    id: int | None = None
    version: int = 1
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """One listed good, and what its source could say at all.

    evidence_known: False where a file has no columns for evidence; nothing follows then from there being none.
    """

    good: Good
    evidence_known: bool = True

    @property
    def id(self) -> str:
        """The id its owner gave it, else the database's own."""
        return self.good.external_id or str(self.good.id)
