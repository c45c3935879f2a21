"""A listed line with its supplier and its evidence, as plain values: what search, matching and pages read.

Named tuples, since matching makes them by the hundred thousand.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from registry.catalogue.models import CodeState, ProductKind
from registry.evidence.models import EvidenceStatus
from registry.identifiers import CheckDigit
from registry.suppliers.models import Role
from registry.wording import Named


class EvidenceFact(NamedTuple):
    """One document for the line; `issued_on`..`expires_on` inclusive, `percent` 0..100 or None where not stated."""

    kind: str
    number: str
    issued_on: date | None
    expires_on: date | None
    percent: Decimal | None
    status: EvidenceStatus


class Good(NamedTuple):
    """One listed line as it stood on a legal day. specified: its parameters and standards as text, one a line."""

    id: int
    version: int
    external_id: str | None
    kind: ProductKind
    name_ru: str | None
    name_kk: str | None
    name_en: str | None
    description: str | None
    specified: str | None
    tnved: str | None
    tnved_state: CodeState
    kpved: str | None
    enstru: str | None
    unit: str | None
    capacity_per_year: Decimal | None
    role: Role
    supplier_id: int
    bin: str
    bin_check: CheckDigit
    supplier_name: str
    kato: str | None
    evidence: tuple[EvidenceFact, ...]

    @property
    def described(self) -> str | None:
        """All that describes it beside its names: what is searched and compared as its description."""
        return "\n".join(filter(None, (self.description, self.specified))) or None

    @property
    def region(self) -> str | None:
        """The first two digits of the supplier's КАТО."""
        return self.kato[:2] if self.kato else None

    @property
    def named(self) -> Named:
        """The name as a Message takes it, which says it in its reader's language."""
        return Named(self.name_kk or "", self.name_ru or "", self.name_en or "")

    def name(self, lang: str) -> str:
        """The name in the language asked for, else in Russian, Kazakh or English, whichever is given first."""
        own = {"kk": self.name_kk, "ru": self.name_ru, "en": self.name_en}[lang]
        return own or self.name_ru or self.name_kk or self.name_en or ""
