"""With how many needs each good was compared on a day, counted from the runs themselves."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matching.engine.models import MatchResult, MatchRun, NeedResult
from registry.sightings.models import Sort
from registry.sightings.operations import settle


def count_comparisons(session: Session, on: date) -> int:
    """Settle with how many needs each good was compared by the runs of that day; returns of how many goods.

    However often a need was matched that day it counts once, so that neither a repeated run nor a repeated count adds.
    """
    asked = (
        select(MatchResult.product_id, func.count(NeedResult.need_id.distinct()))
        .join(NeedResult, NeedResult.id == MatchResult.result_id)
        .join(MatchRun, MatchRun.id == NeedResult.run_id)
        .where(MatchRun.on == on)
        .group_by(MatchResult.product_id)
    )
    counts = {(product_id, on, Sort.COMPARED): needs for product_id, needs in session.execute(asked)}
    settle(session, counts)
    return len(counts)
