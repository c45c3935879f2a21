"""What the address of a results page asks, and the addresses that ask a little more or less.

Everything a reader chose stands in the address, so that every state of the page can be sent on, and each part of the
question is removed by a link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from registry.catalogue.models import ProductKind
from registry.identifiers import REGIONS
from registry.suppliers.models import Role
from search.queries import ICV_BANDS, Query, Sort
from web.validators import number

PAGE_SIZE: Final = 20
# Longer text is no question: the engine reads a bounded number of words anyway.
LONGEST_TEXT: Final = 500

EVIDENCE_STATES: Final = ("confirmed", "claimed", "expired", "revoked", "none")
# Bands hold percents below their upper end; shares are kept to four decimals.
_JUST_BELOW: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a question in an address, each checked; what cannot be understood is left out."""

    text: str
    code: str | None
    regions: tuple[str, ...]
    evidence: tuple[str, ...]
    icv: str | None
    icv_from: Decimal | None
    roles: tuple[str, ...]
    kinds: tuple[str, ...]
    bin: str | None
    sort: Sort
    page: int

    @classmethod
    def read(cls, args: MultiDict[str, str], lang: str) -> Asked:
        """The question of an address."""
        code = "".join(args.get("code", "").split())
        sort = args.get("sort", "")
        page = args.get("page", "1")
        bin = args.get("bin", "")
        return cls(
            text=" ".join(args.get("q", "").split())[:LONGEST_TEXT],
            code=code if code.isascii() and code.isdigit() and len(code) <= 10 else None,
            regions=_known(args, "region", REGIONS),
            evidence=_known(args, "evidence", EVIDENCE_STATES),
            icv=args["icv"] if args.get("icv") in ICV_BANDS else None,
            icv_from=_percent(args.get("icv_from", ""), lang),
            roles=_known(args, "role", tuple(Role)),
            kinds=_known(args, "kind", tuple(ProductKind)),
            bin=bin if bin.isascii() and bin.isdigit() and len(bin) == 12 else None,
            sort=Sort(sort) if sort in tuple(Sort) else Sort.RELEVANCE,
            page=int(page) if page.isascii() and page.isdigit() and 0 < int(page[:6]) < 100_000 else 1,
        )

    def query(self, lang: str) -> Query:
        """The question as engines are asked."""
        low, high = ICV_BANDS[self.icv] if self.icv else (None, None)
        return Query(
            text=self.text,
            code=self.code,
            regions=self.regions,
            evidence=self.evidence,
            roles=self.roles,
            kinds=self.kinds,
            icv_from=max((Decimal(bound) for bound in (low, self.icv_from) if bound is not None), default=None),
            icv_to=None if high is None else Decimal(high) - _JUST_BELOW,
            bin=self.bin,
            sort=self.sort,
            page=self.page,
            size=PAGE_SIZE,
            lang=lang,
        )

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The question as pairs of an address, without its page."""
        single = (("q", self.text), ("code", self.code), ("icv", self.icv), ("bin", self.bin))
        pairs = [(key, value) for key, value in single if value]
        for key, values in (
            ("region", self.regions),
            ("evidence", self.evidence),
            ("role", self.roles),
            ("kind", self.kinds),
        ):
            pairs += [(key, value) for value in values]
        if self.icv_from is not None:
            pairs.append(("icv_from", f"{self.icv_from.normalize():f}"))
        if self.sort is not Sort.RELEVANCE:
            pairs.append(("sort", self.sort.value))
        return pairs

    def chosen(self, facet: str) -> tuple[str, ...]:
        """Values of a facet (whose name is its key of the address) that the question holds."""
        chosen: Mapping[str, tuple[str, ...]] = {
            "code": (self.code,) if self.code else (),
            "region": self.regions,
            "evidence": self.evidence,
            "icv": (self.icv,) if self.icv else (),
            "role": self.roles,
            "kind": self.kinds,
        }
        return chosen[facet]

    def toggled(self, facet: str, value: str) -> str:
        """The query of an address that asks for one value of a facet more, or, where it is asked for, less."""
        if value in self.chosen(facet):
            return self.without((facet, value))
        kept = [pair for pair in self.pairs if pair[0] != facet or facet not in ("code", "icv")]
        return urlencode([*kept, (facet, value)])

    def without(self, *left_out: tuple[str, str]) -> str:
        """The query of an address that asks the same but for these pairs."""
        return urlencode([pair for pair in self.pairs if pair not in left_out])

    def with_text(self, text: str) -> str:
        """The query of an address that asks the same of another text."""
        return urlencode([*([("q", text)] if text else []), *(pair for pair in self.pairs if pair[0] != "q")])

    def with_code(self, code: str) -> str:
        """The query of an address that asks the same of another code."""
        return urlencode([*(pair for pair in self.pairs if pair[0] != "code"), ("code", code)])

    def sorted_by(self, sort: Sort) -> str:
        """The query of an address that asks the same in another order."""
        return urlencode([*(pair for pair in self.pairs if pair[0] != "sort"), ("sort", sort.value)])

    def on_page(self, page: int) -> str:
        """The query of an address of another page of the same answer."""
        return urlencode([*self.pairs, ("page", str(page))])

    @property
    def narrowed(self) -> bool:
        """Whether anything but text is asked."""
        return any(key not in ("q", "sort") for key, _ in self.pairs)


def _known(args: MultiDict[str, str], key: str, values: tuple[str, ...] | tuple[StrEnum, ...]) -> tuple[str, ...]:
    given = args.getlist(key)
    return tuple(str(value) for value in values if value in given)


def unread_percent(text: str, lang: str) -> str:
    """What was typed where a percent belongs, if it is none and the question therefore leaves it out; else empty."""
    value = number(text, lang)
    return text.strip() if value is None or not 0 <= value <= 100 else ""


def _percent(text: str, lang: str) -> Decimal | None:
    value = number(text, lang)
    return value if value is not None and 0 < value <= 100 else None
