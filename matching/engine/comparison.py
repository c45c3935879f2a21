"""One need beside its candidates: which of its terms each of them holds. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np

from matching.engine.asked import Asked
from matching.engine.outcome import Feature
from matching.engine.profile import GENERAL_FROM
from matching.engine.reading import Kind, Term
from matching.engine.shelf import DESCRIPTION, Batch, Flags, Floats, Ints
from registry.classifiers.tree import Tree

# What a term counts that stands in the description of an offer rather than in a name: descriptions also mention what
# the good is used with.
IN_DESCRIPTION: Final = 0.8
# What a word of the same root counts: стальной says of the good what сталь does, but not always the same.
KIN: Final = 0.6


@dataclass(frozen=True)
class Comparison:
    """The need and the offers it is compared with; features are functions of this.

    nomenclature: the ТН ВЭД as far as it is loaded; without it codes are compared by their digits alone. nearest, told:
    what `features` and `reasons` have found out already.
    """

    asked: Asked
    batch: Batch
    nomenclature: Tree | None = None
    nearest: dict[Kind, Floats] = field(default_factory=dict)
    told: dict[Hashable, Feature] = field(default_factory=dict)
    _holds: dict[str, Flags] = field(default_factory=dict)
    _named: dict[Kind, Flags] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.batch)

    @cached_property
    def slots(self) -> Ints:
        """By entry of the batch: which of the sought terms it is, -1 for none."""
        slots = np.full(len(self.batch.weights) + 1, -1, dtype=np.int32)
        slots[self.asked.numbers] = np.arange(len(self.asked.numbers))
        slots[-1] = -1
        found: Ints = slots[self.batch.terms]
        return found

    @cached_property
    def held(self) -> Floats:
        """By offer and sought term: 1 where a name holds it, less in a description or as a word of the same root."""
        held = np.zeros((len(self.batch), len(self.asked.sought)))
        # The greater credit is given last and stays.
        for slots, credit in ((self.kin, KIN), (self.slots, 1.0)):
            met = np.flatnonzero(slots >= 0)
            described = self.batch.places[met] == DESCRIPTION
            for at, share in ((met[described], IN_DESCRIPTION), (met[~described], 1.0)):
                held[self.batch.owner[at], slots[at]] = credit * share
        return held

    @cached_property
    def _roots(self) -> Ints:
        """By number of a term: of which of the sought words it shares the root, -1 for none."""
        slots = np.full(len(self.batch.weights), -1, dtype=np.int32)
        for slot, one in enumerate(self.asked.sought):
            slots[self.batch.vocabulary.kin(one.text)] = slot
        return slots

    @cached_property
    def kin(self) -> Ints:
        """By entry of the batch: of which of the sought words it shares the root, -1 for none."""
        found: Ints = self._roots[self.batch.terms]
        return found

    @cached_property
    def _spoken(self) -> Flags:
        """By number of a term: whether the need has it too, in whatever spelling, or a word of its root."""
        spoken = self._roots >= 0
        spoken[[number for text in self.asked.spoken if (number := self.batch.vocabulary.find(text)) >= 0]] = True
        return spoken

    @cached_property
    def spoken_of(self) -> Flags:
        """By entry of the batch: whether the need has it too."""
        found: Flags = self._spoken[self.batch.terms]
        return found

    @cached_property
    def head_spoken_of(self) -> Floats:
        """By offer: 1 where the need has the thing that the offer's name begins with, else 0; NaN if unknown."""
        heads = self.batch.heads
        return np.where(heads >= 0, self._spoken[heads], np.nan)

    @cached_property
    def one_code(self) -> Flags:
        """By offer: whether it has the need's own ten digits of ТН ВЭД, or its ЕНС ТРУ code."""
        tnved, enstru = self.asked.need.tnved or "", self.asked.need.enstru
        same = np.zeros(len(self), dtype=np.bool_)
        if len(tnved) == 10:
            same |= self.batch.labelled("tnved", tnved)
        return same | self.batch.labelled("enstru", enstru) if enstru else same

    @cached_property
    def general(self) -> bool:
        """Whether the need names a class alone, to which many of the offers belong."""
        return self.asked.bare and int((self.held[:, 0] > 0).sum()) >= GENERAL_FROM

    @cached_property
    def unasked(self) -> Flags:
        """By entry of the batch: whether it is an own word that the need does not have."""
        return self.own_words & ~self.spoken_of

    @cached_property
    def own_words(self) -> Flags:
        """By entry of the batch: whether it is a word of the name that is read, or a number of pieces in it."""
        return self.batch.in_name & ((self.batch.kinds == Kind.WORD) | (self.batch.kinds == Kind.PIECES))

    def valued(self, kind: Kind) -> tuple[Ints, Ints]:
        """The values of one kind that offers state: whose each is, and twice its number, one more if a name says it.

        Of measures only those of quantities that the need speaks of.
        """
        at = np.flatnonzero(self.batch.kinds == kind)
        if kind is Kind.MEASURE:
            quantities = {term.quantity for term, _ in self.asked.of(kind)}
            at = at[self.batch.vocabulary.are_of(quantities, self.batch.terms[at])]
        return self.batch.owner[at], self.batch.terms[at] * 2 + (self.batch.places[at] != DESCRIPTION)

    def of(self, kind: Kind, position: int) -> list[tuple[Term, bool]]:
        """The terms of one kind of one offer, with whether they stand in a name."""
        cut = self.batch.cut(position)
        at = np.flatnonzero(self.batch.kinds[cut] == kind)
        named = (self.batch.places[cut][at] != DESCRIPTION).tolist()
        terms = map(self.batch.vocabulary.term, self.batch.terms[cut][at].tolist())
        return list(zip(terms, named, strict=True))

    def named(self, kind: Kind) -> Flags:
        """By offer: whether a name of it has a term of the kind."""
        if kind not in self._named:
            found = self._named[kind] = np.zeros(len(self.batch), dtype=np.bool_)
            found[self.batch.owner[(self.batch.kinds == kind) & (self.batch.places != DESCRIPTION)]] = True
        return self._named[kind]

    def holds(self, text: str) -> Flags:
        """By offer: whether it holds a token in any place and spelling."""
        if text not in self._holds:
            found = self._holds[text] = np.zeros(len(self.batch), dtype=np.bool_)
            number = self.batch.vocabulary.find(text)
            if number >= 0:
                found[self.batch.owner[self.batch.terms == number]] = True
        return self._holds[text]
