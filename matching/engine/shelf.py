"""Offers made ready to be compared by thousands: terms as numbers in flat arrays, and the few that a need sees."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from matching.engine.crates import (
    DESCRIPTION,
    KINDS,
    LABELS,
    NAME_LANGUAGES,
    NONE,
    NUMBER_AT,
    PLACE_AT,
    PLACES,
    Crate,
    crate,
)
from matching.engine.lines import Offer
from matching.engine.packed import Offers, Texts
from matching.engine.reading import Kind, Term, thing_in
from matching.engine.trades import Craft, craft
from registry.evidence.goods import Good

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
# What arrays are looked up by: as wide as numpy's own, which it would otherwise make of them each time.
Places = NDArray[np.intp]
Codes = NDArray[np.int8]
Flags = NDArray[np.bool_]
Number = TypeVar("Number", bound=np.signedinteger[Any])

# What a term weighs that no offer holds, as a share of the rarest one held: it may name the very thing that nobody
# makes, or be only the buyer's way of speaking, and nothing tells which.
UNHELD: Final = 0.5

# Letters that words of one root share at least, and their share of the longer word: трансформатор and
# трансформаторный are of one root, электрод and электродвигатель are not.
_ROOT: Final = 5
_KIN: Final = 0.6


class Vocabulary:
    """Every term met so far by its number, and how many offers hold it."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._terms: list[Term] = []
        self._frequency = array("i")
        self._quantities = array("h")
        self._quantity_numbers: dict[str, int] = {"": 0}
        self._by_root: dict[str, list[int]] = defaultdict(list)
        self._kin: dict[str, list[int]] = {}
        self._learned: set[str] = set()
        self._weights: Floats | None = None
        self.total = 0

    def __len__(self) -> int:
        return len(self._terms)

    def number(self, term: Term) -> int:
        """The number of a term, given now if it is new.

        What was learned by its text alone becomes the measure or the size it is when an offer is read that says it.
        """
        number = self._numbers.setdefault(term.text, len(self._terms))
        if number == len(self._terms):
            self._terms.append(term)
            self._frequency.append(0)
            self._quantities.append(self._quantity(term))
            self._weights = None
            if len(term.text) >= _ROOT and term.text.isalpha():
                self._by_root[term.text[:_ROOT]].append(number)
                self._kin.clear()
        elif term.kind is not Kind.FORM and self._terms[number].kind is Kind.FORM:
            self._terms[number] = term
            self._quantities[number] = self._quantity(term)
        return number

    def _quantity(self, term: Term) -> int:
        return self._quantity_numbers.setdefault(term.quantity, len(self._quantity_numbers))

    @property
    def quantities(self) -> NDArray[np.int16]:
        """By number of a term: the number of its quantity."""
        return np.frombuffer(self._quantities, dtype=np.int16)

    def are_of(self, wanted: Sequence[Iterable[str]]) -> Flags:
        """By each of these sets of quantities and the number of a quantity: whether it is among them."""
        known = self._quantity_numbers
        found = np.zeros((len(wanted), len(known)), dtype=np.bool_)
        for row, quantities in zip(found, wanted, strict=True):
            row[[known[quantity] for quantity in quantities if quantity in known]] = True
        return found

    def kin(self, text: str) -> list[int]:
        """The numbers of words of the same root as this one, as сталь and стальной are."""
        found = self._kin.get(text)
        if found is None:
            found = self._kin[text] = [
                number
                for number in self._by_root.get(text[:_ROOT], ())
                if (other := self._terms[number].text) != text and _same_root(text, other)
            ]
        return found

    def find(self, text: str) -> int:
        """The number of a term by its text; -1 if it was never met."""
        return self._numbers.get(text, -1)

    def held(self, text: str) -> bool:
        """Whether some offer holds the term."""
        number = self._numbers.get(text, -1)
        return number >= 0 and self._frequency[number] > 0

    def term(self, number: int) -> Term:
        """The term of a number."""
        return self._terms[number]

    def words(self) -> list[str]:
        """Every word, in any spelling, that some offer holds."""
        return [
            term.text
            for term, held in zip(self._terms, self._frequency, strict=True)
            if held and term.kind in (Kind.WORD, Kind.FORM) and term.text.isalpha()
        ]

    def counts(self, texts: Iterable[str]) -> dict[str, int]:
        """How many offers hold each term."""
        numbers = {text: self._numbers.get(text) for text in texts}
        return {text: 0 if number is None else self._frequency[number] for text, number in numbers.items()}

    def count(self, holding: Mapping[int, int], offers: int) -> None:
        """Note so many more offers. holding: by number, how many of them hold the term."""
        for number, times in holding.items():
            self._frequency[number] += times
        self.total += offers
        self._weights = None

    def learn(self, frequencies: Mapping[str, int], total: int) -> None:
        """Take over how many offers of the whole register hold each of these terms, and how many offers there are."""
        for text, frequency in frequencies.items():
            self._frequency[self.number(Term(text, Kind.FORM))] = frequency
            self._learned.add(text)
        self.total = total
        self._weights = None

    def unlearned(self, texts: Iterable[str]) -> list[str]:
        """Those of the terms whose frequency has not been learned, each once."""
        return [text for text in dict.fromkeys(texts) if text not in self._learned]

    @property
    def rarest(self) -> float:
        """How telling a term is that one offer holds."""
        return float(rarity(1.0, self.total))

    def weight(self, text: str) -> float:
        """How telling a term is, also one that no offer holds."""
        number = self._numbers.get(text, -1)
        if number < 0 or not self._frequency[number]:
            return UNHELD * self.rarest
        return float(self.weights()[number])

    def weights(self) -> Floats:
        """By number: how telling each term is."""
        if self._weights is None:
            self._weights = rarity(np.array(self._frequency, dtype=np.float64), self.total)
        return self._weights


def _same_root(one: str, other: str) -> bool:
    """Whether two words share so long a beginning that one is probably derived from the other."""
    common = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return common >= _ROOT and common >= _KIN * max(len(one), len(other))


def rarity(frequency: Floats | float, total: int) -> Floats:
    """How telling terms are by the number of offers, of `total`, that hold them; the rarer the more, never nothing."""
    telling: Floats = np.log1p(np.maximum(total - frequency + 0.5, 0.0) / (frequency + 0.5)) + 0.2
    return telling


class Column(Generic[Number]):
    """Whole numbers one after the other, read as an array. Nothing is put in while an array read before is held."""

    def __init__(self, kind: type[Number]) -> None:
        self._kind = np.dtype(kind)
        self._values = array(self._kind.char)

    def __len__(self) -> int:
        return len(self._values)

    def append(self, value: int) -> None:
        """Put a value at the end."""
        self._values.append(value)

    def extend(self, values: NDArray[Number]) -> None:
        """Put values at the end."""
        self._values.frombytes(values.tobytes())

    @property
    def values(self) -> NDArray[Number]:
        """Everything put in so far."""
        return np.frombuffer(self._values, dtype=self._kind)


class Labels:
    """A code or a unit of every offer, as a number, so that offers with the same are compared once."""

    def __init__(self) -> None:
        self._numbers: dict[str | None, int] = {None: 0}
        self._texts: list[str | None] = [None]
        self._column = Column(np.int32)

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, number: int) -> str | None:
        return self._texts[number]

    @property
    def numbers(self) -> Ints:
        """By row: the number of its label."""
        return self._column.values

    def find(self, text: str) -> int:
        """The number of a label; -1 if no offer has it."""
        return self._numbers.get(text, -1)

    def extend(self, texts: Iterable[str | None]) -> None:
        """Note the labels of more offers."""
        for text in texts:
            number = self._numbers.setdefault(text or None, len(self._texts))
            if number == len(self._texts):
                self._texts.append(text)
            self._column.append(number)


class Shelf:
    """Offers ready for comparing, each by its row; rows are given in the order of adding."""

    def __init__(self, *, whole: bool = True) -> None:
        """whole: the shelf is to hold all offers there are, and counts itself in how many of them a term stands."""
        self._whole = whole
        self.vocabulary = Vocabulary()
        self.offers = Offers()
        self._letters = Texts()
        self._named = Column(np.int8)
        self._spoken = Column(np.int8)
        self._crafts: dict[int, Craft] = {}
        self._entries = Column(np.int32)
        self._heads = Column(np.int32)
        self._done = Column(np.int8)
        self._starts = Column(np.int64)
        self._starts.append(0)
        self._labels = {name: Labels() for name in LABELS}

    def __len__(self) -> int:
        return len(self.offers)

    def add(self, offer: Offer) -> int:
        """Put an offer on the shelf and return its row."""
        return self.put(crate([offer])).start

    def put(self, crate: Crate) -> range:
        """Put what is in a crate on the shelf and return its rows."""
        first = len(self)
        numbers = np.array([self.vocabulary.number(term) for term in crate.terms], dtype=np.int32)
        entries = np.frombuffer(crate.entries, dtype=np.int32)
        placed = numbers[entries >> NUMBER_AT] << NUMBER_AT | entries & ((1 << NUMBER_AT) - 1)
        heads = np.frombuffer(crate.heads, dtype=np.int32)
        ends = len(self._entries) + np.cumsum(np.frombuffer(crate.sizes, dtype=np.int32), dtype=np.int64)
        self._entries.extend(placed)
        self._starts.extend(ends)
        self._heads.extend(np.where(heads == NONE, NONE, np.append(numbers, 0)[heads]).astype(np.int32))
        self._done.extend(np.frombuffer(crate.done, dtype=np.int8))
        self._named.extend(np.frombuffer(crate.named, dtype=np.int8))
        self._spoken.extend(np.frombuffer(crate.spoken, dtype=np.int8))
        if self._whole:
            self.vocabulary.count({int(numbers[one]): times for one, times in crate.holding.items()}, len(crate))
        for name, labels in self._labels.items():
            labels.extend(crate.labels[name])
        self.offers.extend(crate.offers)
        self._letters.extend(crate.letters)
        return range(first, len(self))

    def speaks(self, row: int, language: str) -> bool:
        """Whether an offer has a name in the language."""
        return bool(self._spoken.values[row] & 1 << NAME_LANGUAGES.index(language))

    def told(self, row: int) -> list[str]:
        """The words and marks of an offer's names: those of which it matters how telling they are."""
        terms, kinds, places = _parted(self._entries.values[slice(*self._starts.values[row : row + 2])])
        flags = (kinds <= Kind.MARK) & (places != DESCRIPTION)
        return [self.vocabulary.term(number).text for number in terms[flags].tolist()]

    def craft(self, row: int) -> Craft:
        """How the makers of an offer work, by its code and by the things that its names name."""
        if row not in self._crafts:
            good = self.offers[row].good
            names = filter(None, (good.name_ru, good.name_kk, good.name_en))
            self._crafts[row] = craft(good.tnved, good.kpved, map(thing_in, names))
        return self._crafts[row]

    def size(self, rows: Sequence[int]) -> int:
        """How many entries a batch of these rows has."""
        starts = self._starts.values
        picked = np.asarray(rows, dtype=np.int64)
        return int((starts[picked + 1] - starts[picked]).sum())

    def batch(self, wanted: Sequence[tuple[int, str]]) -> Batch:
        """Offers side by side. wanted: the row of each, and the language that its reader speaks."""
        starts = self._starts.values
        rows = [row for row, _ in wanted]
        picked = np.array(rows, dtype=np.int64)
        lengths = starts[picked + 1] - starts[picked]
        ends = np.cumsum(lengths)
        at = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts[picked] - ends + lengths, lengths)
        spoken = np.array([NAME_LANGUAGES.index(language) for _, language in wanted], dtype=np.int64)
        own = _OWN_PLACE[spoken, self._named.values[picked]]
        terms, kinds, places = _parted(self._entries.values[at])
        return Batch(
            offers=self.offers,
            rows=rows,
            labels={name: (labels, labels.numbers[picked]) for name, labels in self._labels.items()},
            letters=[self._letters[at] for at in (picked * DESCRIPTION + own).tolist()],
            own_place=own,
            ends=ends,
            owner=np.repeat(np.arange(len(picked)), lengths),
            terms=terms,
            kinds=kinds,
            places=places,
            heads=np.where(own == 0, self._heads.values[picked], -1),
            done=self._done.values[picked].astype(np.bool_),
            weights=self.vocabulary.weights(),
            vocabulary=self.vocabulary,
        )


@dataclass(frozen=True)
class Batch:
    """The offers that needs are compared with, one beside the other; an offer may be there for several needs.

    offers: of the whole shelf; `rows`: which of them. labels: their codes and units, by number in what holds them all.
    Flat, an entry per term of an offer, those of one offer side by side: `owner` its position in `offers`, `terms` its
    number, `kinds` its Kind, `places` where it stands; `ends` where the entries of each offer end. own_place: by offer,
    the name that is read, in the need's language where there is one; letters: the words of that name. heads: by offer,
    the term that is the thing itself, -1 where it cannot be told. done: by offer, whether it is works or services.
    weights: by number of a term, how telling it is.
    """

    offers: Offers
    rows: list[int]
    labels: Mapping[str, tuple[Labels, Ints]]
    letters: list[str]
    own_place: Codes
    ends: NDArray[np.int64]
    owner: Places
    terms: Places
    kinds: Codes
    places: Codes
    heads: Ints
    done: Flags
    weights: Floats
    vocabulary: Vocabulary

    def __len__(self) -> int:
        return len(self.rows)

    def good(self, position: int) -> Good:
        """The good of one offer."""
        return self.offers[self.rows[position]].good

    def label(self, name: str, position: int) -> str | None:
        """One of LABELS of one offer."""
        labels, numbers = self.labels[name]
        return labels[numbers[position]]

    @cached_property
    def in_name(self) -> Flags:
        """Which entries stand in the name that is read."""
        return self.places == self.own_place[self.owner]

    def cut(self, position: int) -> slice:
        """Where the entries of one offer stand."""
        return slice(int(self.ends[position - 1]) if position else 0, int(self.ends[position]))

    def entries(self, position: int, flags: Flags) -> list[Term]:
        """The terms of one offer among the flagged entries, in the order they are written."""
        cut = self.cut(position)
        return [self.vocabulary.term(number) for number in self.terms[cut][flags[cut]].tolist()]


def _parted(entries: Ints) -> tuple[Places, Codes, Codes]:
    """The terms, kinds and places of entries."""
    return (
        (entries >> NUMBER_AT).astype(np.intp),
        (entries & KINDS).astype(np.int8),
        (entries >> PLACE_AT & PLACES).astype(np.int8),
    )


def _own_place(named: int, spoken: int) -> int:
    """Which name is read: the one in the language spoken, else the first there is. named: a bit for each there is."""
    places = [place for place in range(DESCRIPTION) if named & 1 << place]
    return spoken if spoken in places or not places else places[0]


# By language and the names that there are: which of them is read.
_OWN_PLACE: Final = np.array(
    [[_own_place(named, spoken) for named in range(1 << DESCRIPTION)] for spoken in range(DESCRIPTION)], dtype=np.int8
)
