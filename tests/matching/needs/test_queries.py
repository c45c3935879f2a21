"""Which needs the goods of one supplier may meet."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from matching.engine.models import MatchResult, MatchRun, NeedResult
from matching.engine.outcome import Sameness, Supply
from matching.needs.queries import fitting, needs
from registry.db import Database
from tests.factories import (
    ACTOR,
    NOW,
    TODAY,
    add_need,
    add_product,
    add_supplier,
    need_line,
    product_line,
    supplier_line,
)


def run(session: Session, need_id: int, *candidates: tuple[int, str, Sameness]) -> None:
    """One run over one need that found these candidates: (product, score, sameness)."""
    made = MatchRun(started_at=NOW, on=TODAY, actor=ACTOR.name, profile_version="1", engine="test", top=10, needs=1)
    session.add(made)
    session.flush()
    result = NeedResult(
        run_id=made.id, need_id=need_id, need_version=1, verdict=Supply.DOUBTFUL, reasons=[], organisers=[]
    )
    session.add(result)
    session.flush()
    session.add_all(
        MatchResult(
            result_id=result.id,
            rank=rank,
            product_id=product_id,
            product_version=1,
            score=Decimal(score),
            verdict=verdict,
            gaps=[],
            features=[],
        )
        for rank, (product_id, score, verdict) in enumerate(candidates, start=1)
    )
    session.flush()


@pytest.mark.both_databases
def test_the_last_run_says_which_needs_a_supplier_may_meet(database: Database) -> None:
    with database.transaction() as session:
        supplier, supplier_id = add_supplier(session)
        pipe, tube = (add_product(session, product_line(supplier.bin)) for _ in range(2))
        other = add_product(session, product_line(supplier_line().bin))
        for name in ("A", "B", "C", "D"):
            add_need(session, need_line(external_id=name))
        a, b, c, d = (need.id or 0 for need in needs(session, TODAY))
        run(
            session,
            a,
            (tube, "0.41", Sameness.DOUBTFUL),
            (pipe, "0.40", Sameness.DOUBTFUL),
            (other, "0.9", Sameness.MATCH),
        )
        run(session, b, (pipe, "0.95", Sameness.MATCH))
        run(session, c, (pipe, "0.88", Sameness.MATCH))
        run(session, c, (pipe, "0.10", Sameness.NO))
        run(session, d, (other, "0.99", Sameness.MATCH))
        found = [
            (fit.need.external_id, fit.product_id, fit.score, fit.verdict)
            for fit in fitting(session, supplier_id, TODAY, 9)
        ]
        assert found == [("B", pipe, 0.95, Sameness.MATCH), ("A", tube, 0.41, Sameness.DOUBTFUL)]
        assert [fit.need.external_id for fit in fitting(session, supplier_id, TODAY, 1)] == ["B"]
        assert fitting(session, supplier_id, TODAY - timedelta(days=1), 9) == []
