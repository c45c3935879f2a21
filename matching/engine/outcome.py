"""What matching says: verdicts, scores, features and sentences, as they are shown, stored and written out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, NamedTuple

import orjson

from matching.engine.lines import Needed
from matching.engine.profile import PROFILE_VERSION
from registry.evidence.rules import Standing
from registry.wording import LANGUAGES, Message, say

# Sentences in all three languages at once, instead of one.
ALL_LANGUAGES: Final = "all"

# Places to which the figures of a feature are given.
FIGURES: Final = 4


class Sameness(StrEnum):
    """Whether an offered good is the needed one. Speaks of the good alone, never of its maker or its papers."""

    MATCH = "match"
    DOUBTFUL = "doubtful"
    NO = "no"


class Supply(StrEnum):
    """Whether a domestic producer of the needed good exists (domain.md §10.3)."""

    PRODUCER_EXISTS = "producer_exists"
    DOUBTFUL = "doubtful"  # somebody must be asked, and a person decides before a contract is signed
    NONE_FOUND = "none_found"


class Feature(NamedTuple):
    """One reason for or against.

    score: 0..1. weight: how much it counts, in log-odds between score 0 and score 1; 0 where nothing can be compared or
    where it speaks of the offer, not of the good. contribution: what it added to the log-odds of the whole. All of them
    to FIGURES places.
    """

    name: str
    score: float
    weight: float
    contribution: float
    detail: Message

    def as_json(self, shown: Callable[[Message], Any] = Message.as_json) -> dict[str, Any]:
        """Plain values; `shown` turns the message into what is wanted of it."""
        return {
            "name": self.name,
            "score": self.score,
            "weight": self.weight,
            "contribution": self.contribution,
            "detail": shown(self.detail),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Feature:
        """The feature that `as_json` stored."""
        return cls(
            stored["name"],
            stored["score"],
            stored["weight"],
            stored["contribution"],
            Message.from_json(stored["detail"]),
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """Which good is spoken of. `row_id`, `row_version` are the database's own, None for a line of a file."""

    product_id: str
    bin: str
    supplier: str
    name: str
    row_id: int | None = None
    row_version: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values as they are written out."""
        return {"product_id": self.product_id, "bin": self.bin, "supplier": self.supplier, "name": self.name}


@dataclass(frozen=True, slots=True)
class Match:
    """One candidate of one need. score: probability 0..1 that it is the needed good. gaps: what stands in between.

    standing: how its evidence of origin stands on the day; None where the source says nothing of evidence at all.
    """

    listed: Listed
    score: float
    verdict: Sameness
    gaps: tuple[Message, ...]
    features: tuple[Feature, ...]
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class Organiser:
    """Somebody who could start making what nobody makes. score: 0..1, compares organisers of one need."""

    listed: Listed
    score: float
    reasons: tuple[Message, ...]
    features: tuple[Feature, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is said of one need as of the legal day `on`: its verdict with sentences, its candidates best first, and who
    could start."""

    need: Needed
    on: date
    verdict: Supply
    reasons: tuple[Message, ...]
    matches: tuple[Match, ...]
    organisers: tuple[Organiser, ...]

    @property
    def need_id(self) -> str:
        """The id that the need's customer gave it."""
        return self.need.external_id

    @property
    def customer_bin(self) -> str | None:
        """Whose need it is, empty where nobody is named; None where its id alone tells it from the others."""
        return (self.need.customer_bin or "") if self.need.shared else None


def need_called(need_id: str, customer_bin: str | None) -> str:
    """What a table calls a need by: its id, with its customer where others have a need of that id."""
    return f"{need_id} ({customer_bin})" if customer_bin else need_id


def written(outcome: Outcome, lang: str) -> dict[str, Any]:
    """The outcome as one JSON value of `ondiris match --out`, its sentences in one language or in ALL_LANGUAGES."""
    shown = teller(lang)
    # Candidates share the features that say the same of them.
    features: dict[int, dict[str, Any]] = {}
    for match in outcome.matches:
        for feature in match.features:
            if id(feature) not in features:
                features[id(feature)] = feature.as_json(shown)
    return {
        "need_id": outcome.need_id,
        **({} if outcome.customer_bin is None else {"customer_bin": outcome.customer_bin}),
        "on": outcome.on.isoformat(),
        "profile": PROFILE_VERSION,
        "need": _need_json(outcome.need),
        "verdict": str(outcome.verdict),
        "reasons": said(outcome.reasons, shown),
        "matches": [
            match.listed.as_json()
            | {
                "score": round(match.score, 6),
                "verdict": str(match.verdict),
                "evidence": _evidence_json(match.standing),
                "gaps": said(match.gaps, shown),
                "features": [features[id(feature)] for feature in match.features],
            }
            for match in outcome.matches
        ],
        "organisers": [organiser_json(organiser, shown) for organiser in outcome.organisers],
    }


def _need_json(need: Needed) -> dict[str, Any]:
    """What a reader has to know of a need; null where it does not say."""
    names = ("name", "name_kk", "name_en", "unit", "volume", "kato", "customer_bin", "contract_type", "min_icv")
    said = {name: getattr(need, name) for name in names}
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in said.items()}


def _evidence_json(standing: Standing | None) -> dict[str, Any] | None:
    """How evidence of origin stands, and the ICV, percent 0..100, that counts by it."""
    return {"state": str(standing.state), "icv_percent": float(standing.percent)} if standing else None


def json_line(outcome: Outcome, lang: str) -> bytes:
    """What `written` gives, as a line of a file of JSON Lines."""
    return orjson.dumps(written(outcome, lang), option=orjson.OPT_APPEND_NEWLINE)


def organiser_json(organiser: Organiser, shown: Callable[[Message], Any]) -> dict[str, Any]:
    """An organiser as plain values, its messages turned by `shown`."""
    return organiser.listed.as_json() | {
        "score": round(organiser.score, 6),
        "reasons": said(organiser.reasons, shown),
        "features": [feature.as_json(shown) for feature in organiser.features],
    }


def teller(lang: str) -> Callable[[Message], Any]:
    """What turns a message into the sentence of a language, or with ALL_LANGUAGES into one of each."""
    if lang == ALL_LANGUAGES:
        return lambda message: {each: say(message, each) for each in LANGUAGES}
    # What is alike for many candidates is one object: "the need names no standard". Kept with its sentence, so that no
    # other message gets its id.
    known: dict[int, tuple[Message, str]] = {}

    def shown(message: Message) -> str:
        if id(message) not in known:
            known[id(message)] = message, say(message, lang)
        return known[id(message)][1]

    return shown


def said(messages: Iterable[Message], shown: Callable[[Message], Any]) -> list[Any]:
    """The messages, each as `shown` turns it."""
    return [shown(message) for message in messages]
