"""What runs said, for pages and reports.

The portal shows the runs of the standard number of candidates, each for the day as of which it judged: somebody who
asks what another day or a longer list gives changes nothing of what everybody sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, select
from sqlalchemy.orm import Session, aliased

from matching.engine.models import TOP, MatchResult, MatchRun, NeedResult
from matching.engine.outcome import Feature, Sameness, Supply
from registry.wording import Message


@dataclass(frozen=True, slots=True)
class StoredMatch:
    """One candidate as it was written; load the product by its id, it may have changed since."""

    rank: int
    product_id: int
    product_version: int
    score: float
    verdict: Sameness
    gaps: tuple[Message, ...]
    features: tuple[Feature, ...]


@dataclass(frozen=True, slots=True)
class StoredOrganiser:
    """Somebody who could start, as it was written; `product_id` is the database's own, of what they make now."""

    product_id: int
    bin: str
    supplier: str
    name: str
    score: float
    reasons: tuple[Message, ...]
    features: tuple[Feature, ...]


@dataclass(frozen=True, slots=True)
class StoredOutcome:
    """What one run said of one need, and under what."""

    run: MatchRun
    need_version: int
    verdict: Supply
    reasons: tuple[Message, ...]
    matches: tuple[StoredMatch, ...]
    organisers: tuple[StoredOrganiser, ...]


def newest(need_id: ColumnElement[int], on: date, column: str) -> Select[Any]:
    """A column of what the portal shows of a need on the day `on`: of the newest run that judged as of it or before."""
    result = aliased(NeedResult)
    return (
        select(getattr(result, column))
        .join(MatchRun, MatchRun.id == result.run_id)
        .where(result.need_id == need_id, MatchRun.top == TOP, MatchRun.on <= on)
        .order_by(MatchRun.on.desc(), result.id.desc())
        .limit(1)
    )


def latest(session: Session, need_id: int, on: date, *, exactly: bool = False) -> StoredOutcome | None:
    """What is shown of the need, by its own number, on the day `on`; None where no run judged it as of that day.

    exactly: a verdict as of an earlier day does not count. Today's page shows the last one there is, one that speaks of
    another day must not pass on what was found out as of some other.
    """
    asked = newest(literal(need_id), on, "id")
    if exactly:
        asked = asked.where(MatchRun.on == on)
    result_id = session.execute(asked).scalar_one_or_none()
    if result_id is None:
        return None
    result = session.get_one(NeedResult, result_id)
    run = session.get_one(MatchRun, result.run_id)
    rows = session.scalars(select(MatchResult).where(MatchResult.result_id == result.id).order_by(MatchResult.rank))
    return StoredOutcome(
        run=run,
        need_version=result.need_version,
        verdict=Supply(result.verdict),
        reasons=_messages(result.reasons),
        matches=tuple(_match(row) for row in rows),
        organisers=tuple(_organiser(stored) for stored in result.organisers),
    )


def _match(row: MatchResult) -> StoredMatch:
    return StoredMatch(
        rank=row.rank,
        product_id=row.product_id,
        product_version=row.product_version,
        score=float(row.score),
        verdict=Sameness(row.verdict),
        gaps=_messages(row.gaps),
        features=tuple(Feature.from_json(stored) for stored in row.features),
    )


def _organiser(stored: Mapping[str, Any]) -> StoredOrganiser:
    return StoredOrganiser(
        product_id=stored["row_id"],
        bin=stored["bin"],
        supplier=stored["supplier"],
        name=stored["name"],
        score=stored["score"],
        reasons=_messages(stored["reasons"]),
        features=tuple(Feature.from_json(feature) for feature in stored["features"]),
    )


def _messages(stored: Iterable[Mapping[str, Any]]) -> tuple[Message, ...]:
    return tuple(Message.from_json(one) for one in stored)
