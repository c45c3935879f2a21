"""Needs as they stood on a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, Select, exists, func, select
from sqlalchemy.orm import Session

from matching.engine.lines import NeedLine
from matching.engine.models import MatchResult, NeedResult
from matching.engine.outcome import Sameness, Supply
from matching.engine.queries import newest
from matching.needs.models import ContractType, Need, NeedVersion
from registry.catalogue.models import Product
from registry.dated import chunks, holds_on
from registry.errors import NotFound
from registry.wording import Message

# Of needs that no run has spoken of.
UNMATCHED: Final = "unknown"
# Needs among which customers take turns: a page that shows a few does not sort a whole list for it.
_NEWEST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of the published needs are asked for; None: any. verdict: the last run's, or UNMATCHED."""

    verdict: str | None = None
    contract_type: ContractType | None = None
    customer_bin: str | None = None

    def __bool__(self) -> bool:
        return bool(self.verdict or self.contract_type or self.customer_bin)


@dataclass(frozen=True, slots=True)
class FittingNeed:
    """A need that a good of a supplier may meet; score: probability 0..1 that the good is the needed one."""

    need: NeedLine
    product_id: int
    score: float
    verdict: Sameness


def needs(session: Session, on: date, *, after_id: int = 0, limit: int | None = None) -> list[NeedLine]:
    """The needs published on that day, by their number in the database; the next `limit` after one of them."""
    return [_line(row) for row in session.execute(_published(on).where(Need.id > after_id).limit(limit))]


def need(session: Session, external_id: str, on: date, customer: str | None = None) -> NeedLine:
    """One need by its id, and by its customer where several have one of that id.

    Without a customer it is the only need of that id, or the one of no customer. Raises NotFound if it was not
    published on that day, or if it does not follow whose is meant.
    """
    asked = _published(on).where(Need.external_id == external_id)
    found = session.execute(asked if customer is None else asked.where(Need.customer_bin == customer)).all()
    meant = found if len(found) == 1 else [row for row in found if row.customer_bin is None]
    if not meant:
        said = "register.need.shared" if found else "register.need.not_found"
        raise NotFound(Message(said, {"id": external_id}))
    return _line(meant[0])


def by_number(session: Session, ids: Collection[int], on: date) -> dict[int, NeedLine]:
    """Those of the needs with these numbers that were published on that day."""
    found: dict[int, NeedLine] = {}
    for piece in chunks(ids):
        found.update((row.id, _line(row)) for row in session.execute(_published(on).where(Need.id.in_(piece))))
    return found


def listed(
    session: Session, on: date, wanted: Wanted, *, limit: int, offset: int = 0
) -> list[tuple[NeedLine, Supply | None]]:
    """The needs asked for, by their number in the database, each with the last verdict on it, if any."""
    verdict = _last_verdict(on)
    asked = _published(on).add_columns(verdict.label("verdict")).where(*_conditions(wanted, verdict))
    return _judged(session, asked.limit(limit).offset(offset))


def newest_of_each(session: Session, on: date, limit: int) -> list[tuple[NeedLine, Supply | None]]:
    """The newest needs, customers taking turns, each with the last verdict on it, if any.

    A list that one customer brings in at once does not hide what all others need.
    """
    version = NeedVersion.__table__.c
    last = (
        select(Need.id, version.customer_bin)
        .join(NeedVersion, version.need_id == Need.id)
        .where(holds_on(version, on))
        .order_by(Need.id.desc())
        .limit(_NEWEST)
        .subquery()
    ).c
    turn = func.row_number().over(partition_by=last.customer_bin, order_by=last.id.desc()).label("turn")
    chosen = select(last.id, turn).order_by(turn, last.id.desc()).limit(limit).subquery().c
    asked = _published(on).add_columns(_last_verdict(on).label("verdict")).join(chosen.id.table, chosen.id == Need.id)
    return _judged(session, asked.order_by(None).order_by(chosen.turn, Need.id.desc()))


def _judged(session: Session, asked: Select[Any]) -> list[tuple[NeedLine, Supply | None]]:
    """The needs of a question that also asks for the verdict on each."""
    found = []
    for row in session.execute(asked):
        values = dict(row._mapping)
        said = values.pop("verdict")
        found.append((NeedLine(**values), Supply(said) if said else None))
    return found


def totals(session: Session, on: date, wanted: Wanted) -> tuple[int, Decimal]:
    """How many needs are asked for, and their budgets together, in tenge."""
    version = NeedVersion.__table__.c
    asked = (
        select(func.count(), func.sum(version.budget))
        .select_from(Need)
        .join(NeedVersion, version.need_id == Need.id)
        .where(holds_on(version, on), *_conditions(wanted, _last_verdict(on)))
    )
    number, budget = session.execute(asked).one()
    return number, budget or Decimal(0)


def verdicts(session: Session, on: date) -> Counter[Supply | None]:
    """How many of the needs published on that day have which last verdict; None: no run has spoken of them."""
    version = NeedVersion.__table__.c
    each = (
        select(_last_verdict(on).label("verdict"))
        .select_from(Need)
        .join(NeedVersion, version.need_id == Need.id)
        .where(holds_on(version, on))
        .subquery()
    )
    rows = session.execute(select(each.c.verdict, func.count()).group_by(each.c.verdict))
    return Counter({Supply(verdict) if verdict else None: number for verdict, number in rows})


def customers(session: Session, on: date) -> list[str]:
    """The БИН/ИИН of everybody whose needs were published on that day."""
    version = NeedVersion.__table__.c
    known = select(version.customer_bin).where(version.customer_bin.is_not(None), holds_on(version, on)).distinct()
    return list(session.scalars(known))


def fitting(session: Session, supplier_id: int, on: date, limit: int) -> list[FittingNeed]:
    """The needs published on that day that goods of a supplier may meet, by the last run over each, the surest first.

    A need that several of its goods may meet stands with the one that fits best.
    """
    match, result = MatchResult.__table__.c, NeedResult.__table__.c
    last = newest(result.need_id, on, "id").correlate(NeedResult.__table__).scalar_subquery()
    own = (
        select(result.need_id, match.product_id, match.score, match.verdict)
        .select_from(MatchResult)
        .join(NeedResult, result.id == match.result_id)
        .join(Product, Product.id == match.product_id)
        .where(Product.supplier_id == supplier_id, match.verdict != Sameness.NO, result.id == last)
    ).subquery()
    asked = _published(on).add_columns(own.c.product_id, own.c.score, own.c.verdict)
    asked = asked.join(own, own.c.need_id == Need.id).order_by(None).order_by(own.c.score.desc(), Need.id)
    found: dict[int, FittingNeed] = {}
    for row in session.execute(asked):
        values = dict(row._mapping)
        fit = values.pop("product_id"), float(values.pop("score")), Sameness(values.pop("verdict"))
        found.setdefault(values["id"], FittingNeed(NeedLine(**values), *fit))
        if len(found) == limit:
            break
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Held:
    """How many published needs a good may meet by the last run over each, and what stands between it and how many.

    evidence: needs for which its origin is not confirmed; icv: needs whose minimum its counted ICV does not reach, of
    which `least` is the lowest; capacity: needs of a volume that nothing of its capacity or unit can be compared with.
    """

    fits: int = 0
    evidence: int = 0
    icv: int = 0
    least: Decimal | None = None
    capacity: int = 0


def held_back(session: Session, product_ids: Collection[int], on: date) -> dict[int, Held]:
    """By good, of those that some need published on that day may be met by: what the last runs found in their way.

    Read off the features as they were written: it tells what a run found, and promises nothing of the next one.
    """
    match, result, version = MatchResult.__table__.c, NeedResult.__table__.c, NeedVersion.__table__.c
    last = newest(result.need_id, on, "id").correlate(NeedResult.__table__).scalar_subquery()
    found: dict[int, Held] = {}
    for piece in chunks(product_ids):
        asked = (
            select(match.product_id, match.features, version.min_icv, version.volume)
            .select_from(MatchResult)
            .join(NeedResult, result.id == match.result_id)
            .join(NeedVersion, version.need_id == result.need_id)
            .where(match.product_id.in_(piece), match.verdict != Sameness.NO, result.id == last, holds_on(version, on))
        )
        for product_id, features, least, volume in session.execute(asked):
            by_name = {one["name"]: one for one in features}
            held = found.get(product_id, Held())
            short = _said(by_name, "icv") == "match.icv.short"
            wanted = [one for one in (held.least, least if short else None) if one is not None]
            found[product_id] = Held(
                fits=held.fits + 1,
                evidence=held.evidence + (by_name.get("evidence", {"score": 1})["score"] < 1),
                icv=held.icv + short,
                least=min(wanted) if wanted else None,
                capacity=held.capacity + bool(volume and _said(by_name, "capacity") in _INCOMPARABLE),
            )
    return found


_INCOMPARABLE: Final = frozenset({"match.capacity.unknown", "match.capacity.no_unit", "match.capacity.unknown_unit"})


def _said(features: Mapping[str, Any], name: str) -> str:
    """The code of what a feature says."""
    return str(features.get(name, {}).get("detail", {}).get("code", ""))


def count(session: Session, on: date) -> int:
    """How many needs were published on that day."""
    version = NeedVersion.__table__.c
    return session.execute(select(func.count()).select_from(NeedVersion).where(holds_on(version, on))).scalar_one()


def _last_verdict(on: date) -> ScalarSelect[str]:
    """What is shown on that day of the need of the row."""
    return newest(Need.__table__.c.id, on, "verdict").correlate(Need).scalar_subquery()


def _conditions(wanted: Wanted, verdict: ScalarSelect[str]) -> list[ColumnElement[bool]]:
    version = NeedVersion.__table__.c
    conditions = []
    if wanted.verdict:
        conditions.append(verdict.is_(None) if wanted.verdict == UNMATCHED else verdict == wanted.verdict)
    if wanted.contract_type:
        conditions.append(version.contract_type == wanted.contract_type)
    if wanted.customer_bin:
        conditions.append(version.customer_bin == wanted.customer_bin)
    return conditions


def _published(on: date) -> Select[Any]:
    version = NeedVersion.__table__.c
    content = [column for column in version if column.name not in ("id", "need_id", "valid_from", "valid_to")]
    other = Need.__table__.alias("other").c
    shared = exists().where(other.external_id == Need.external_id, other.id != Need.id)
    return (
        select(Need.id, Need.version, Need.external_id, shared.label("shared"), *content)
        .join(NeedVersion, version.need_id == Need.id)
        .where(holds_on(version, on))
        .order_by(Need.id)
    )


def _line(row: Any) -> NeedLine:
    return NeedLine(**row._mapping)
