"""Needs beside their candidates: which of a need's terms each of its candidates holds. Pure.

A pair is a need and one of its candidates; its position is its place among all pairs, those of one need side by side.
Several needs are compared together since most of the work is done by arrays, which cost nearly the same for one need.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from matching.engine.asked import Asked
from matching.engine.crates import DESCRIPTION, NONE
from matching.engine.outcome import Feature
from matching.engine.profile import GENERAL_FROM
from matching.engine.reading import Kind, Term
from matching.engine.shelf import Batch, Flags, Floats, Ints, Places, Shelf
from registry.classifiers.tree import Tree
from registry.identifiers import kpved_of

# What a term counts that stands in the description of an offer rather than in a name: descriptions also mention what
# the good is used with.
IN_DESCRIPTION: Final = 0.8
# What a word of the same root counts: стальной says of the good what сталь does, but not always the same.
KIN: Final = 0.6

# A name is telling enough by itself that has as many of the rarest words, or more of others.
ENOUGH_WORDS: Final = 3


class Met(NamedTuple):
    """What the entries of a batch are to the needs they are compared with.

    By entry: `slots` which of the need's sought terms it is, `kin` of which it shares the root, NONE for none;
    `spoken_of` whether the need has it too, in whatever spelling, or a word of its root. By pair: `heads` 1 where the
    need has the thing that the offer's name begins with, else 0; NaN if unknown.
    """

    slots: Ints
    kin: Ints
    spoken_of: Flags
    heads: Floats


@dataclass(frozen=True)
class Comparison:
    """Needs and the offers they are compared with; features are functions of this.

    asks: the needs. counts: by need, how many pairs it has. batch: the offers of all pairs, in their order.
    nomenclature: the ТН ВЭД as far as it is loaded; without it codes are compared by their digits alone. nearest, told:
    what `features` and `reasons` have found out already.
    """

    asks: Sequence[Asked]
    counts: Sequence[int]
    batch: Batch
    nomenclature: Tree | None = None
    nearest: dict[Kind, Floats] = field(default_factory=dict)
    told: dict[Hashable, Feature] = field(default_factory=dict)
    _holds: dict[tuple[int, str], Flags] = field(default_factory=dict)
    _named: dict[Kind, Flags] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.batch)

    @cached_property
    def whose(self) -> Places:
        """By pair: which need it is of."""
        return np.repeat(np.arange(len(self.asks)), self.counts)

    @cached_property
    def spans(self) -> list[slice]:
        """By need: where its pairs are."""
        ends = np.cumsum(self.counts).tolist()
        return [slice(end - count, end) for end, count in zip(ends, self.counts, strict=True)]

    @cached_property
    def _entries(self) -> list[slice]:
        """By need: where the entries of its pairs are."""
        bounds = [0, *self.batch.ends.tolist()]
        return [slice(bounds[span.start], bounds[span.stop]) for span in self.spans]

    def asked(self, position: int) -> Asked:
        """The need of a pair."""
        return self.asks[self._whose[position]]

    @cached_property
    def _whose(self) -> list[int]:
        found: list[int] = self.whose.tolist()
        return found

    @cached_property
    def weights(self) -> Floats:
        """By need and slot: how telling the sought term is; 0 beyond the last."""
        weights = np.zeros((len(self.asks), max((len(asked.sought) for asked in self.asks), default=0)))
        for row, asked in zip(weights, self.asks, strict=True):
            row[: len(asked.sought)] = asked.weights
        return weights

    @cached_property
    def in_name(self) -> Flags:
        """By need and slot: whether the sought term stands in the need's name."""
        first: Flags = np.arange(self.weights.shape[1]) < np.array([asked.in_name for asked in self.asks])[:, None]
        return first

    @cached_property
    def share_of_name(self) -> Floats:
        """By pair: the share of what the words and marks of the need's name tell that the offer holds, whatever the
        description says."""
        return self.share_held(self.weights * self.in_name)

    def share_held(self, weights: Floats) -> Floats:
        """By pair: the share of what the need's terms tell that the offer holds; NaN where none tells anything.

        weights: by need and slot.
        """
        whole = weights.sum(axis=1)[self.whose]
        held = np.einsum("ij,ij->i", self.held, weights[self.whose])
        share: Floats = np.divide(held, whole, out=np.full(len(self), np.nan), where=whole > 0)
        return share

    @cached_property
    def left_open(self) -> Floats:
        """By need: how far the name leaves to the description what is needed: 0 where it is telling, or nothing is
        described."""
        rarest = self.batch.vocabulary.rarest
        named = (self.weights * self.in_name).sum(axis=1) / (ENOUGH_WORDS * rarest)
        described = (self.weights * ~self.in_name).sum(axis=1) / rarest
        left: Floats = (1.0 - named).clip(0.0) * described.clip(max=1.0)
        return left

    @cached_property
    def met(self) -> Met:
        """What the entries are to their needs."""
        batch, vocabulary = self.batch, self.batch.vocabulary
        met = Met(
            slots=np.empty(len(batch.terms), dtype=np.int32),
            kin=np.empty(len(batch.terms), dtype=np.int32),
            spoken_of=np.empty(len(batch.terms), dtype=np.bool_),
            heads=np.where(batch.heads >= 0, 0.0, np.nan),
        )
        # By number of a term; one more place, at the end, for the terms that no offer holds.
        slots = np.full(len(vocabulary) + 1, NONE, dtype=np.int32)
        roots = slots.copy()
        spoken = np.zeros(len(slots), dtype=np.bool_)
        for asked, span, entries in zip(self.asks, self.spans, self._entries, strict=True):
            terms = batch.terms[entries]
            slots[asked.numbers] = np.arange(len(asked.numbers))
            slots[-1] = NONE
            kin = {number: slot for slot, one in enumerate(asked.sought) for number in vocabulary.kin(one.text)}
            related = list(kin)
            roots[related] = list(kin.values())
            both = related + [number for text in asked.spoken if (number := vocabulary.find(text)) >= 0]
            spoken[both] = True
            met.slots[entries], met.kin[entries], met.spoken_of[entries] = slots[terms], roots[terms], spoken[terms]
            met.heads[span] += spoken[batch.heads[span]]
            slots[asked.numbers] = roots[related] = NONE
            spoken[both] = False
        return met

    @cached_property
    def held(self) -> Floats:
        """By pair and slot: 1 where a name holds the term, less in a description or as a word of the same root."""
        held = np.zeros((len(self), self.weights.shape[1]))
        # The greater credit is given last and stays.
        for slots, credit in ((self.met.kin, KIN), (self.met.slots, 1.0)):
            met = np.flatnonzero(slots != NONE)
            described = self.batch.places[met] == DESCRIPTION
            for at, share in ((met[described], IN_DESCRIPTION), (met[~described], 1.0)):
                held[self.batch.owner[at], slots[at]] = credit * share
        return held

    def held_at(self, slots: Sequence[int | None]) -> Floats:
        """By pair: what `held` says of one slot of its need; NaN where the need names none. slots: by need."""
        at = np.array([NONE if slot is None else slot for slot in slots])[self.whose]
        held: Floats = self.held[np.arange(len(self)), at] if self.held.size else np.zeros(len(self))
        return np.where(at == NONE, np.nan, held)

    @cached_property
    def one_code(self) -> Flags:
        """By pair: whether the offer has the need's own ten digits of ТН ВЭД, or its ЕНС ТРУ code."""
        tnved = [code if len(code := asked.need.tnved or "") == 10 else None for asked in self.asks]
        enstru = [asked.need.enstru for asked in self.asks]
        return self._labelled("tnved", tnved) | self._labelled("enstru", enstru)

    @cached_property
    def one_class(self) -> Flags:
        """By pair: whether the offer has the КПВЭД code that the need's ЕНС ТРУ code begins with."""
        return self._labelled("kpved", [kpved_of(code) if (code := asked.need.enstru) else None for asked in self.asks])

    def _labelled(self, name: str, wanted: Sequence[str | None]) -> Flags:
        """By pair: whether one of the offer's LABELS is the one that its need wants. wanted: by need."""
        labels, numbers = self.batch.labels[name]
        found: Flags = numbers == np.array([labels.find(text) if text else NONE for text in wanted])[self.whose]
        return found

    @cached_property
    def general(self) -> Flags:
        """By need: whether it names a class alone, to which many of its candidates belong."""
        many = [
            asked.bare and int((self.held[span, 0] > 0).sum()) >= GENERAL_FROM
            for asked, span in zip(self.asks, self.spans, strict=True)
        ]
        return np.array(many, dtype=np.bool_)

    @cached_property
    def unasked(self) -> Flags:
        """By entry of the batch: whether it is an own word that the need does not have."""
        return self.own_words & ~self.met.spoken_of

    @cached_property
    def own_words(self) -> Flags:
        """By entry of the batch: whether it is a word of the name that is read, or a number of pieces in it."""
        return self.batch.in_name & ((self.batch.kinds == Kind.WORD) | (self.batch.kinds == Kind.PIECES))

    def valued(self, kind: Kind) -> tuple[Places, Places]:
        """The values of one kind that offers state: which pair's each is, and twice its number, one more if a name
        says it.

        Of measures only those of quantities that the need speaks of; where it speaks of a length dimensions are among
        them.
        """
        kinds = self.batch.kinds
        if kind is not Kind.MEASURE:
            at = np.flatnonzero(kinds == kind)
        else:
            at = np.flatnonzero((kinds == Kind.MEASURE) | (kinds == Kind.DIMENSION))
            quantities = [{term.quantity for term, _ in asked.of(kind)} for asked in self.asks]
            # A dimension is of no quantity.
            wanted = self.batch.vocabulary.are_of([own | {""} if "length" in own else own for own in quantities])
            whose = self.whose[self.batch.owner[at]]
            at = at[wanted[whose, self.batch.vocabulary.quantities[self.batch.terms[at]]]]
        return self.batch.owner[at], self.batch.terms[at] * 2 + (self.batch.places[at] != DESCRIPTION)

    def of(self, kind: Kind, position: int) -> list[tuple[Term, bool]]:
        """The terms of one kind of one offer, with whether they stand in a name."""
        cut = self.batch.cut(position)
        at = np.flatnonzero(self.batch.kinds[cut] == kind)
        named = (self.batch.places[cut][at] != DESCRIPTION).tolist()
        terms = map(self.batch.vocabulary.term, self.batch.terms[cut][at].tolist())
        return list(zip(terms, named, strict=True))

    def named(self, kind: Kind) -> Flags:
        """By pair: whether a name of the offer has a term of the kind."""
        if kind not in self._named:
            found = self._named[kind] = np.zeros(len(self), dtype=np.bool_)
            found[self.batch.owner[(self.batch.kinds == kind) & (self.batch.places != DESCRIPTION)]] = True
        return self._named[kind]

    def holds(self, need: int, text: str) -> Flags:
        """By pair of one need: whether the offer holds a token in any place and spelling."""
        if (need, text) not in self._holds:
            span, entries = self.spans[need], self._entries[need]
            found = self._holds[need, text] = np.zeros(span.stop - span.start, dtype=np.bool_)
            number = self.batch.vocabulary.find(text)
            if number >= 0:
                found[self.batch.owner[entries][self.batch.terms[entries] == number] - span.start] = True
        return self._holds[need, text]

    def holds_at(self, position: int, text: str) -> bool:
        """Whether the offer of one pair holds a token."""
        need = self._whose[position]
        return bool(self.holds(need, text)[position - self.spans[need].start])


def compare(
    shelf: Shelf, wanted: Sequence[tuple[Asked, Sequence[int]]], nomenclature: Tree | None = None
) -> Comparison:
    """Needs, each with the rows of its candidates on the shelf, side by side."""
    batch = shelf.batch([(row, asked.language) for asked, rows in wanted for row in rows])
    return Comparison([asked for asked, _ in wanted], [len(rows) for _, rows in wanted], batch, nomenclature)
