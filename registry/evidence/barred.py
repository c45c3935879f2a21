"""What no file confirms again: documents from before the day on which the institute ended the confirmed status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.dated import chunks, holds_on
from registry.evidence.goods import EvidenceFact
from registry.evidence.models import Evidence, EvidenceStatus


def is_barred(fact: EvidenceFact | None, ended: date | None) -> bool:
    """Whether a document would confirm what the institute has ended. ended: when, or None if it has not."""
    if fact is None or ended is None or fact.status is not EvidenceStatus.CONFIRMED:
        return False
    return fact.issued_on is None or fact.issued_on <= ended


def kept_ended(
    session: Session, facts: Sequence[tuple[str, int, EvidenceFact]], excluded: Mapping[str, date], on: date
) -> list[tuple[int, EvidenceFact]]:
    """Documents of (БИН, product id), those that are barred with the status they have on that day; one that is not
    known yet is claimed. excluded: whose confirmed status the institute has ended, and when, by БИН."""
    barred = {product_id for bin, product_id, fact in facts if is_barred(fact, excluded.get(bin))}
    row = Evidence.__table__.c
    known: dict[tuple[int, str, str], EvidenceStatus] = {}
    for piece in chunks(sorted(barred)):
        held = select(row.product_id, row.kind, row.number, row.status)
        for *document, status in session.execute(held.where(row.product_id.in_(piece), holds_on(row, on))):
            known[tuple(document)] = status
    kept = []
    for bin, product_id, fact in facts:
        if is_barred(fact, excluded.get(bin)):
            fact = fact._replace(status=known.get((product_id, fact.kind, fact.number), EvidenceStatus.CLAIMED))
        kept.append((product_id, fact))
    return kept
