"""A need made ready to be compared: its terms against those of the offers, each with what it weighs. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from typing import Final

import numpy as np

from matching.engine.lines import Needed
from matching.engine.mending import Mender
from matching.engine.nature import Nature, nature_of_need
from matching.engine.reading import (
    Kind,
    Reading,
    Term,
    bounds,
    read_need_text,
    said_aside,
    surface,
    things_in,
    unbound,
)
from matching.engine.shelf import Floats, Ints, Vocabulary
from registry.text import language as spoken
from search.analysis import stem

# Kinds of terms that are looked for as they are written; the others are compared by value.
LITERAL: Final = (Kind.WORD, Kind.MARK)

# Words by which needs are introduced; no good is told by them.
_ASKING: Final = """
поставка закуп закупка приобретение покупка необходимо требуется
жеткізу жеткізілім сатып алу қажет керек
supply purchase procurement delivery buying needed
"""
ASKING: Final = frozenset(map(stem, _ASKING.split()))

# Words by which a size is introduced: a pipe "159 mm in diameter, wall 6 mm" is offered as 159x6.
_INTRODUCING: Final = """
диаметр толщина длина ширина высота стенка
диаметрі қалыңдық ұзындық ені биіктік қабырға
diameter thickness length width height wall
"""
INTRODUCING: Final = frozenset(map(stem, _INTRODUCING.split()))


class Said(IntEnum):
    """Where a need says a value, the more telling first."""

    NAME = 0
    DESCRIPTION = 1
    ASIDE = 2  # in the description, of packing, batch, delivery or terms: it may agree, it never contradicts


@dataclass(frozen=True, slots=True)
class Sought:
    """One word or mark to look for. number: in the vocabulary, -1 if it is not there. written: before mending."""

    text: str
    kind: Kind
    number: int
    weight: float
    written: str


@dataclass(frozen=True)
class Asked:
    """A need as it is compared: by one of its names, and by its description.

    text: the name as it was read. sought: words and marks; the first `in_name` of them stand in the name. valued:
    numbers, measures, dimensions and standards, with where they are said. letters: of the name. spoken:
    everything it says, in every spelling. head: which of the sought terms is the thing itself, None if it is not known.
    thing: as head, but in any language as far as word order tells it. figures: by the text of a value of the name, the
    numbers it is written with. others: the need by its names in other languages.
    """

    need: Needed
    language: str
    text: str
    letters: str
    sought: tuple[Sought, ...]
    in_name: int
    valued: tuple[tuple[Term, Said], ...]
    spoken: frozenset[str]
    head: int | None
    thing: int | None
    figures: Mapping[str, tuple[str, ...]]
    others: tuple[Asked, ...] = ()

    @cached_property
    def numbers(self) -> Ints:
        """By sought term: its number in the vocabulary."""
        return np.array([one.number for one in self.sought], dtype=np.int32)

    @cached_property
    def weights(self) -> Floats:
        """By sought term: how telling it is."""
        return np.array([one.weight for one in self.sought], dtype=np.float64)

    @cached_property
    def marks(self) -> list[int]:
        """Which of the sought terms are marks in the name: a grade of steel, a type of valve."""
        return [slot for slot, one in enumerate(self.sought[: self.in_name]) if one.kind is Kind.MARK]

    @cached_property
    def nature(self) -> Nature:
        """Whether a good is needed, a work or a service."""
        return nature_of_need(self.need)

    def of(self, kind: Kind) -> list[tuple[Term, Said]]:
        """The valued terms of one kind, with where they are said.

        Numbers only from the name: those of a description count lots, years and annexes.
        """
        return self._by_kind.get(kind, [])

    @cached_property
    def stated(self) -> frozenset[Kind]:
        """Kinds of values that it states of the good itself."""
        valued = {term.kind for terms in self._by_kind.values() for term, said in terms if said is not Said.ASIDE}
        return frozenset(valued | {Kind.MARK} if self.marks else valued)

    @property
    def bare(self) -> bool:
        """Whether it says no more than the class of goods: one word, no value, no description, no code."""
        need = self.need
        return len(self.sought) == 1 and not self.valued and not self.marks and not (need.tnved or need.enstru)

    @cached_property
    def _by_kind(self) -> dict[Kind, list[tuple[Term, Said]]]:
        found: dict[Kind, list[tuple[Term, Said]]] = defaultdict(list)
        for term, said in self.valued:
            if said is Said.NAME or term.kind is not Kind.NUMBER:
                found[term.kind].append((term, said))
        return found


def names(need: Needed) -> dict[str, str]:
    """The need's names by language, first the one it was given; each language once."""
    found: dict[str, str] = {read_need_text(need.name).language: need.name}
    for language, name in (("kk", need.name_kk), ("en", need.name_en)):
        if name:
            found.setdefault(language, name)
    return found


def ask(need: Needed, language: str, name: str, vocabulary: Vocabulary, mender: Mender) -> Asked:
    """The need by one of its names. mender: asked about what no offer holds."""
    described_as = need.description or ""
    limits = {**bounds(described_as), **bounds(name)}
    text, described_as = unbound(mender.unglue(name)), unbound(described_as)
    in_name, described = _without_asking(read_need_text(text)), read_need_text(described_as)
    sought = {one.text: one for one in _sought(text, in_name, vocabulary, mender)}
    heard = _heard(in_name, sought.values())
    first = len(sought)
    for one in _sought(described_as, described, vocabulary, mender):
        sought.setdefault(one.text, one)
    aside = said_aside(described_as, need.name)
    measured = {term.quantity for term in in_name.terms if term.kind is Kind.MEASURE}
    valued: dict[str, tuple[Term, Said]] = {}
    for reading in (in_name, described):
        for term in reading.terms:
            if term.kind not in LITERAL and term.kind is not Kind.FORM:
                term = replace(term, bound=bound) if (bound := limits.get(term.text)) else term
                # A 1.5 mm sheet in rolls 7 m wide: what the name measures already is not contradicted by another size.
                again = term.kind is Kind.MEASURE and term.quantity in measured
                place = Said.ASIDE if again or term.text in aside else Said.DESCRIPTION
                place = Said.NAME if reading is in_name else place
                valued.setdefault(term.text, (term, place))
    thing = heard.head if heard.language == "ru" else next(reversed(things_in(text.split(",")[0])), None)
    return Asked(
        need=need,
        language=language if heard is in_name else heard.language,
        text=text,
        letters=heard.letters,
        sought=tuple(sought.values()),
        in_name=first,
        valued=tuple(valued.values()),
        head=_slot(heard.head, sought.values()),
        thing=_slot(thing, sought.values()),
        figures=_figures(in_name),
        spoken=frozenset((*sought, *(term.text for reading in (in_name, described) for term in reading.terms))),
    )


def _heard(named: Reading, sought: Iterable[Sought]) -> Reading:
    """The name as it is meant: `truba stalnaya`, heard as труба стальной, is Russian and begins with a noun. As it is
    written, where most of its words are not so heard: "Corrosion inhibitor, amine based" stays English."""
    meant = {one.written: one.text for one in sought if one.written.isascii() and not one.text.isascii()}
    if 2 * len(meant) <= sum(term.kind is Kind.WORD for term in named.terms):
        return named
    terms = tuple([replace(term, text=meant.get(term.text, term.text)) for term in named.terms])
    return Reading(terms, spoken(" ".join(meant.values())))


def _slot(word: str | None, sought: Iterable[Sought]) -> int | None:
    """Which of the sought terms a word is, as it is written or as it is meant."""
    return next((at for at, one in enumerate(sought) if word is not None and word in (one.written, one.text)), None)


def _figures(named: Reading) -> Mapping[str, tuple[str, ...]]:
    """By the text of each value: the bare numbers that stand for it in other spellings, 400 for 400 кВА."""
    found: dict[str, list[str]] = {}
    value = ""
    for term in named.terms:
        if term.kind is not Kind.FORM:
            value = term.text
        elif term.text.replace(".", "").isdecimal():
            found.setdefault(value, []).append(term.text)
    return {text: tuple(numbers) for text, numbers in found.items()}


def _without_asking(reading: Reading) -> Reading:
    """The reading without words that only say that something is to be bought, or that a size follows."""
    terms = []
    # Whether what comes next is a size, but for other words that introduce it: "толщина стенки 6 мм".
    introduced = False
    for term in reversed(reading.terms):
        if term.kind is Kind.WORD:
            introduced = introduced and term.text in INTRODUCING
            if introduced or term.text in ASKING:
                continue
        elif term.kind is not Kind.FORM:
            introduced = term.kind is Kind.MEASURE and term.quantity == "length"
        terms.append(term)
    kept = tuple(reversed(terms))
    return Reading(kept, reading.language) if any(term.kind in LITERAL for term in kept) else reading


def _sought(text: str, reading: Reading, vocabulary: Vocabulary, mender: Mender) -> Iterator[Sought]:
    for term in reading.terms:
        if term.kind not in LITERAL:
            continue
        meant: tuple[str, ...] = (term.text,)
        if term.kind is Kind.WORD and not vocabulary.held(term.text):
            meant = mender.mend(term.text, surface(text, term.text) or term.text) or meant
        for word in meant:
            yield Sought(word, term.kind, vocabulary.find(word), vocabulary.weight(word), term.text)
