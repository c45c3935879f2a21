"""Hundreds of thousands of offers in little memory, which several processes can read without copying it."""

from __future__ import annotations

import marshal
from array import array
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from enum import Enum
from operator import attrgetter
from typing import Any, Final, get_args, get_type_hints

from matching.engine.lines import Offer
from registry.evidence.goods import EvidenceFact, Good

# Offers unpacked that are kept at hand: those that a block of needs speaks of.
_AT_HAND: Final = 4_096
_PLAIN: Final = (str, int, bool)


class Offers:
    """Offers by row. Kept as bytes: as objects they take several times as much, and reading an object writes to it, so
    that a forked process would soon have a copy of them all."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._starts = array("q")
        self._ends = array("q")
        self._at_hand: dict[int, Offer] = {}

    def __len__(self) -> int:
        return len(self._starts)

    def append(self, offer: Offer) -> None:
        """Put an offer at the end."""
        self._starts.append(0)
        self._ends.append(0)
        self[len(self) - 1] = offer

    def extend(self, others: Offers) -> None:
        """Put the offers of another at the end."""
        start = len(self._bytes)
        self._bytes += others._bytes
        self._starts.extend([start + at for at in others._starts])
        self._ends.extend([start + at for at in others._ends])

    def __setitem__(self, row: int, offer: Offer) -> None:
        self._starts[row] = len(self._bytes)
        self._bytes += _packed(offer)
        self._ends[row] = len(self._bytes)
        self._at_hand.pop(row, None)

    def __getitem__(self, row: int) -> Offer:
        offer = self._at_hand.get(row)
        if offer is None:
            if len(self._at_hand) == _AT_HAND:
                self._at_hand.clear()
            offer = self._at_hand[row] = self._unpacked(row)
        return offer

    def __iter__(self) -> Iterator[Offer]:
        return map(self._unpacked, range(len(self)))

    def _unpacked(self, row: int) -> Offer:
        # Written by `_packed` in this very process or in the one it was forked from.
        known, values, facts = marshal.loads(self._bytes[self._starts[row] : self._ends[row]])  # noqa: S302
        evidence = tuple([EvidenceFact(*_typed(fact, _FACT_TYPES)) for fact in facts])
        return Offer(Good(*_typed([*values, evidence], _GOOD_TYPES)), known)


class Texts:
    """Texts by number, kept as bytes for the same reasons."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("q", [0])

    def append(self, text: str) -> None:
        """Put a text at the end."""
        self._bytes += text.encode()
        self._ends.append(len(self._bytes))

    def extend(self, others: Texts) -> None:
        """Put the texts of another at the end."""
        start = len(self._bytes)
        self._bytes += others._bytes
        self._ends.extend([start + end for end in others._ends[1:]])

    def __getitem__(self, at: int) -> str:
        return self._bytes[self._ends[at] : self._ends[at + 1]].decode()


def _packed(offer: Offer) -> bytes:
    facts = [_plain(_fact(fact)) for fact in offer.good.evidence]
    return marshal.dumps((offer.evidence_known, _plain(_good(offer.good)), facts))


def _plain(values: tuple[Any, ...]) -> list[Any]:
    """What marshal writes: enumerations and decimal numbers as text, days as numbers."""
    return [
        value if value is None or type(value) in _PLAIN else value.toordinal() if type(value) is date else str(value)
        for value in values
    ]


def _typed(values: list[Any], types: list[tuple[int, Callable[[Any], Any]]]) -> list[Any]:
    for at, kind in types:
        if values[at] is not None:
            values[at] = kind(values[at])
    return values


def _types(kind: type[Any], names: Iterable[str]) -> list[tuple[int, Callable[[Any], Any]]]:
    """By place of a field: what makes a value of the type that it is declared to have, where that is not plain.

    Members of enumerations are looked up by value in a table, at a third of what it takes to call the enumeration.
    """
    hints = get_type_hints(kind)
    declared = [next(one for one in get_args(hints[name]) or (hints[name],) if one is not type(None)) for name in names]
    made = {date: date.fromordinal} | {
        it: {member.value: member for member in it}.__getitem__ for it in declared if issubclass(it, Enum)
    }
    return [(at, made.get(it, it)) for at, it in enumerate(declared) if it not in _PLAIN]


_GOOD_FIELDS: Final = [name for name in Good._fields if name != "evidence"]
_FACT_FIELDS: Final = EvidenceFact._fields
_GOOD_TYPES: Final = _types(Good, _GOOD_FIELDS)
_FACT_TYPES: Final = _types(EvidenceFact, _FACT_FIELDS)
_good: Final = attrgetter(*_GOOD_FIELDS)
_fact: Final = attrgetter(*_FACT_FIELDS)
