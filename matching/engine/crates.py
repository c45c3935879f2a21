"""Offers read and reckoned apart from any shelf, so that several processes can do it for one. Pure."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from matching.engine.lines import Offer
from matching.engine.nature import nature_of_good
from matching.engine.packed import Offers, Texts
from matching.engine.reading import Kind, Reading, Term, read
from registry.catalogue.models import ProductKind
from registry.evidence.goods import Good

# Where in an offer a term stands: in its name in one of the languages, by position here, or in its description.
NAME_LANGUAGES: Final = ("ru", "kk", "en")
DESCRIPTION: Final = len(NAME_LANGUAGES)

# What is compared of an offer besides its texts.
LABELS: Final = ("tnved", "kpved", "enstru", "unit")

# An entry is one number: that of its term, its place, its kind.
KINDS: Final = 0b111
PLACE_AT: Final = 3
PLACES: Final = 0b11
NUMBER_AT: Final = 5

NONE: Final = -1


@dataclass(slots=True)
class Crate:
    """Offers with their terms, numbered within the crate in the order in which they are met.

    terms: each once. entries: an entry per term of an offer, those of one offer side by side. sizes: by offer, how many
    entries it has. holding: by number, how many offers hold the term. heads: by offer, the term that is the thing
    itself, NONE where it cannot be told. done: by offer, whether it is works or services. letters: the words of its
    names, one after the other. named: a bit for each name that it has. spoken: one for each language that its names are
    in, wherever they are given: a file's only name may be English. labels: by name of LABELS, that of each offer.
    texts: by offer, what an index is told of its name, its other names and its description.
    """

    offers: Offers = field(default_factory=Offers)
    terms: list[Term] = field(default_factory=list)
    entries: array[int] = field(default_factory=lambda: array("i"))
    sizes: array[int] = field(default_factory=lambda: array("i"))
    holding: Counter[int] = field(default_factory=Counter)
    heads: array[int] = field(default_factory=lambda: array("i"))
    done: array[int] = field(default_factory=lambda: array("b"))
    letters: Texts = field(default_factory=Texts)
    named: array[int] = field(default_factory=lambda: array("b"))
    spoken: array[int] = field(default_factory=lambda: array("b"))
    labels: dict[str, list[str | None]] = field(default_factory=lambda: {name: [] for name in LABELS})
    texts: list[tuple[str, str, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.offers)


def crate(offers: Iterable[Offer]) -> Crate:
    """The offers, read."""
    crate = Crate()
    numbers: dict[str, int] = {}
    for offer in offers:
        readings = _read(offer.good)
        entries: list[int] = []
        held: set[int] = set()
        for place, reading in enumerate(readings):
            for term in reading.terms:
                number = numbers.setdefault(term.text, len(crate.terms))
                if number == len(crate.terms):
                    crate.terms.append(term)
                elif term.kind is not Kind.FORM and crate.terms[number].kind is Kind.FORM:
                    crate.terms[number] = term
                if place == DESCRIPTION and number in held:
                    continue
                held.add(number)
                entries.append(number << NUMBER_AT | place << PLACE_AT | term.kind)
        crate.offers.append(offer)
        crate.entries.extend(entries)
        crate.sizes.append(len(entries))
        crate.holding.update(held)
        head = readings[0].head
        crate.heads.append(numbers[head] if head else NONE)
        named_by = next((reading for reading in readings[:DESCRIPTION] if reading.terms), readings[0])
        crate.done.append(nature_of_good(offer.good, named_by) is not ProductKind.GOODS)
        letters = [reading.letters for reading in readings[:DESCRIPTION]]
        for text in letters:
            crate.letters.append(text)
        crate.named.append(sum(1 << place for place, text in enumerate(letters) if text))
        languages = {reading.language for reading in readings[:DESCRIPTION] if reading.terms}
        crate.spoken.append(sum(1 << NAME_LANGUAGES.index(language) for language in languages))
        for name, labels in crate.labels.items():
            labels.append(getattr(offer.good, name))
        crate.texts.append(_texts(readings))
    return crate


def _read(good: Good) -> tuple[Reading, ...]:
    """A good's texts by place: its names in NAME_LANGUAGES, then its description."""
    return tuple([read(text or "") for text in (good.name_ru, good.name_kk, good.name_en, good.described)])


def _texts(readings: tuple[Reading, ...]) -> tuple[str, str, str]:
    texts = [_tokens(reading) for reading in readings]
    name, *others = [text for text in texts[:DESCRIPTION] if text] or [""]
    return name, " ".join(others), texts[DESCRIPTION]


def _tokens(reading: Reading) -> str:
    return " ".join(
        [term.text for term in reading.terms if term.kind not in (Kind.MEASURE, Kind.DIMENSION, Kind.PIECES)]
    )
