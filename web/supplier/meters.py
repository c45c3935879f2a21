"""The quality meter of goods: what is missing of each, and what it would bring by the last runs of matching."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from matching.needs.queries import Held, held_back
from registry import law
from registry.catalogue.queries import details
from registry.evidence.goods import Good
from registry.evidence.quality import Quality, quality
from registry.wording import Message


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that is missing: what it is, what it brings, and the field of the form that states it."""

    what: Message
    brings: Message
    field: str


@dataclass(frozen=True, slots=True)
class Meter:
    """How well a line is stated, and what would make it better, the most telling first."""

    quality: Quality
    held: Held
    draft: bool

    @property
    def share(self) -> float:
        """How much of what counts is there, 0..1."""
        return self.quality.share

    @property
    def advice(self) -> tuple[Advice, ...]:
        """What is missing; what needs wait for stands first."""
        return tuple(sorted(self._advice(), key=lambda one: not one.brings.params))

    def _advice(self) -> Iterator[Advice]:
        for point in self.quality.missing:
            yield Advice(Message(f"goods.missing.{point.name}"), self._brings(point.name), point.field)

    def _brings(self, name: str) -> Message:
        """What stating it would bring; with a number of needs only where runs have counted them."""
        held = self.held
        if name == "evidence" and held.evidence:
            return Message("goods.brings.evidence_needs", {"n": held.evidence})
        if name == "percent" and held.icv and held.least is not None:
            return Message("goods.brings.percent_needs", {"n": held.icv, "least": held.least})
        if name == "capacity" and held.capacity:
            return Message("goods.brings.capacity_needs", {"n": held.capacity})
        return Message(f"goods.brings.{name}")


def meters(session: Session, goods: Sequence[Good], on: date) -> dict[int, Meter]:
    """The meters of listed lines and drafts, by id."""
    ids = [good.id for good in goods]
    known, held, of_the_day = details(session, ids, on), held_back(session, ids, on), law.on(on)
    return {
        good.id: Meter(
            quality(good, known[good.id], on, of_the_day), held.get(good.id, Held()), bool(known[good.id].draft)
        )
        for good in goods
    }
