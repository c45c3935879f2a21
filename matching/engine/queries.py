"""What the last run said, for pages and reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.engine.models import MatchResult, MatchRun, NeedResult
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


def latest(session: Session, need_id: int) -> StoredOutcome | None:
    """What the last run over the need said, by the need's own id; None where it has not been matched yet."""
    found = session.execute(
        select(NeedResult, MatchRun)
        .join(MatchRun, MatchRun.id == NeedResult.run_id)
        .where(NeedResult.need_id == need_id)
        .order_by(NeedResult.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        return None
    result, run = found
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
