"""What a user asks of the index, in words that no engine owns; pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from registry.wording import Message

# How much a word in each field counts. Names decide; a description mentions many things that the good is not. Names in
# all languages are one field: with one of their own for the other languages, goods that have such names outdid those
# that fit (of 1,500 needs the first ten candidates held 0.56 of the offers that meet them, with one field 0.86).
BOOSTS: Final = {"name": 3.0, "body": 1.0, "about": 1.0}
# Of these what is said of the good itself: its names and its description, not who makes it and what its code is called.
TOLD: Final = ("name", "body")

# ТН ВЭД levels that filter and drill down, by number of digits.
LEVELS: Final = (2, 4, 6, 8, 10)

# In-country value bands, percent: from (inclusive) and to (exclusive, but the last holds 100).
ICV_BANDS: Final = {"0-25": (0, 25), "25-50": (25, 50), "50-75": (50, 75), "75-100": (75, 101)}

# Engines keep percents as whole ten-thousandths, the digits that the register keeps.
ICV_SCALE: Final = 10_000

# Facets by name, in the order pages show them. Each leaves its own filter out of its counts; `code` counts the next
# level below the code asked for.
FACETS: Final = ("code", "region", "evidence", "icv", "role", "kind")

# Elasticsearch refuses to page deeper, and nobody reads that far: beyond it the answer says to narrow the search.
DEEPEST_HIT: Final = 10_000
LARGEST_PAGE: Final = 200

# Letters that must be typed before names are suggested.
SUGGESTED_FROM: Final = 2


class Sort(StrEnum):
    """Orders of hits; ties are always broken by id, so the order is total."""

    RELEVANCE = "relevance"  # without words in the query: newest first
    NAME = "name"  # in the order of the reader's language
    NEWEST = "newest"  # the last listed first
    ICV = "icv"  # the largest share first, lines without one last


@dataclass(frozen=True, slots=True)
class Query:
    """What a page, the CLI or the API asks. Filters narrow together; several values of one filter widen it.

    code: a ТН ВЭД prefix of any length. icv_from, icv_to: percent, both inclusive. page counts from 1.
    """

    text: str = ""
    code: str | None = None
    regions: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    icv_from: Decimal | None = None
    icv_to: Decimal | None = None
    bin: str | None = None
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    size: int = 20
    lang: str = "ru"
    subject: str = "product"


@dataclass(frozen=True, slots=True)
class CandidateQuery:
    """What matching asks: documents that share words, weighted by rarity, or codes with a need.

    tokens: application tokens of the need. limit: how many candidates at most.
    """

    tokens: tuple[str, ...]
    tnved: str | None = None
    kpved: str | None = None
    enstru: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Understood:
    """How the text of a query was read, so that the page can say it.

    words: application tokens that were looked for. corrected: (token asked, token found) of typing slips.
    typed: how many words the reader typed, where each of them is looked for as one; else 0. least: how many of the
    words a hit holds at least; fewer than all when nothing holds them all. left_out: words beyond the number that one
    query may have. beyond: the page asked for lies deeper than anybody may page.
    nothing: the text holds nothing that can be searched for, so nothing is found.
    """

    words: tuple[str, ...] = ()
    corrected: tuple[tuple[str, str], ...] = ()
    typed: int = 0
    least: int = 0
    left_out: int = 0
    beyond: bool = False
    nothing: bool = False

    @property
    def relaxed(self) -> bool:
        """Whether hits need not hold all of the words."""
        return self.least < len(self.words)

    @property
    def messages(self) -> tuple[Message, ...]:
        """What a reader must be told of it, in the order to show."""
        if self.nothing:
            return (Message("search.nothing"),)
        said = [Message("search.corrected", {"asked": asked, "found": found}) for asked, found in self.corrected]
        if self.relaxed and self.typed == len(self.words):
            said.append(Message("search.relaxed", {"least": self.least, "all": self.typed}))
        elif self.relaxed:
            # A count of what analysis made of the words would not be theirs.
            said.append(Message("search.relaxed_uncounted"))
        if self.left_out:
            said.append(Message("search.left_out", {"n": self.left_out}))
        if self.beyond:
            said.append(Message("search.beyond", {"deepest": DEEPEST_HIT}))
        return tuple(said)
