"""Evidence of origin: СТ-KZ certificates, industrial certificates, КТП extracts; per product line and dated."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.dated import Dated
from registry.db import Base, BigId, Percent, Word


class EvidenceStatus(StrEnum):
    """What the register knows of the document. That it ran out is not a status: it follows from its dates."""

    CLAIMED = "claimed"  # stated by the supplier, seen by nobody
    CONFIRMED = "confirmed"  # seen by the institute, or imported from the register that issued it
    REVOKED = "revoked"  # taken back by the issuer, or the producer was excluded


class Evidence(Dated, Base):
    """One document for one product line, as it stood on the days the row holds.

    `issued_on`..`expires_on` (inclusive, open where null) is the document's own validity; `valid_from`..`valid_to` is
    the span of days for which this row's status and figures were so. A row imported from the issuer's register holds
    from the document's own day. The ICV percent belongs to the product line, not to the certificate.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("product_id", "kind", "number", "valid_from"),
        CheckConstraint("percent IS NULL OR (percent >= 0 AND percent <= 1000000)", name="percent_0_100"),
        CheckConstraint("expires_on IS NULL OR issued_on IS NULL OR expires_on >= issued_on", name="dates_in_order"),
        Dated.span_check(),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    product_id: Mapped[int] = mapped_column(BigId, ForeignKey("product.id"))
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(60))
    issued_on: Mapped[date | None] = mapped_column(Date)
    expires_on: Mapped[date | None] = mapped_column(Date)
    percent: Mapped[Decimal | None] = mapped_column(Percent())
    status: Mapped[EvidenceStatus] = mapped_column(Word(EvidenceStatus))
