"""Listed lines with their suppliers and evidence, as they stood on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, func, or_, select, true
from sqlalchemy.orm import Session

from registry.catalogue.details import specified
from registry.catalogue.models import Product, ProductVersion
from registry.dated import chunks, holds_on
from registry.errors import NotFound
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.models import Evidence
from registry.evidence.rules import State, judge
from registry.law import Law
from registry.suppliers.models import Role, Supplier, SupplierVersion
from registry.wording import Message

_P: Final = Product.__table__.c
_V: Final = ProductVersion.__table__.c
_S: Final = Supplier.__table__.c
_W: Final = SupplierVersion.__table__.c
_E: Final = Evidence.__table__.c


class Withdrawn(NamedTuple):
    """A line that is listed no more: as it stood on its last day, and the day from which it is not."""

    good: Good
    since: date


def goods(session: Session, ids: Collection[int], on: date, *, own: bool = False, drafts: bool = False) -> list[Good]:
    """The lines among `ids` that were listed on that day, in any order.

    own: also those of suppliers that are not published. drafts: everything on its supplier's desk, published or not.
    """
    found: list[Good] = []
    for piece in chunks(ids):
        found += _goods(session, _listed(on, own=own, drafts=drafts).where(_P.id.in_(piece)), on)
    return found


def goods_after(session: Session, after_id: int, limit: int, on: date) -> list[Good]:
    """The next `limit` lines by id that were listed on that day: the way to walk the whole register."""
    return _goods(session, _listed(on).where(_P.id > after_id).order_by(_P.id).limit(limit), on)


def good(session: Session, product_id: int, on: date, *, own: bool = False, drafts: bool = False) -> Good:
    """One line as it stood on that day. Raises NotFound if it was not listed then. own, drafts: as in `goods`."""
    found = goods(session, [product_id], on, own=own, drafts=drafts)
    if not found:
        raise NotFound(Message("catalogue.product.not_found", {"id": str(product_id)}))
    return found[0]


def withdrawn(
    session: Session, ids: Collection[int], on: date, *, own: bool = False, drafts: bool = False
) -> dict[int, Withdrawn]:
    """Those among `ids` that were listed before that day and are not on it. own, drafts: as in `goods`."""
    found: dict[int, Withdrawn] = {}
    for piece in chunks(ids):
        by_day: dict[date, list[int]] = {}
        for product_id, since in session.execute(_ended(on).where(_V.product_id.in_(piece))):
            by_day.setdefault(since, []).append(product_id)
        for since, gone in by_day.items():
            last_day = since - timedelta(days=1)
            found |= {one.id: Withdrawn(one, since) for one in goods(session, gone, last_day, own=own, drafts=drafts)}
    return found


def known_evidence(session: Session, ids: Collection[int], on: date) -> dict[tuple[int, str, str], EvidenceFact]:
    """The documents of lines, listed or not, that hold on that day or later, by product, kind and number.

    Of several rows of one document the first counts.
    """
    columns = [_E[name] for name in EvidenceFact._fields]
    found: dict[tuple[int, str, str], EvidenceFact] = {}
    for piece in chunks(ids):
        alive = (_E.product_id.in_(piece), or_(_E.valid_to.is_(None), _E.valid_to > on))
        rows = session.execute(select(_E.product_id, *columns).where(*alive).order_by(_E.valid_from.desc()))
        for product_id, *stated in rows:
            fact = EvidenceFact(*stated)
            found[product_id, fact.kind, fact.number] = fact
    return found


def supplier_withdrawn(session: Session, bin: str, on: date, *, limit: int, offset: int = 0) -> list[Withdrawn]:
    """The supplier's archive, drafts among it, the latest first: `limit` after the first `offset`."""
    own = _ended(on).join(Product.__table__, _P.id == _V.product_id).join(Supplier.__table__, _S.id == _P.supplier_id)
    newest = func.max(_V.valid_to).desc()
    ids = session.scalars(own.where(_S.bin == bin).order_by(newest, _V.product_id.desc()).limit(limit).offset(offset))
    wanted = list(ids)
    gone = withdrawn(session, wanted, on, drafts=True)
    return [gone[product_id] for product_id in wanted if product_id in gone]


def supplier_withdrawn_count(session: Session, bin: str, on: date) -> int:
    """How many lines the supplier's archive holds."""
    own = _ended(on).join(Product.__table__, _P.id == _V.product_id).join(Supplier.__table__, _S.id == _P.supplier_id)
    return session.execute(select(func.count()).select_from(own.where(_S.bin == bin).subquery())).scalar_one()


def roles(session: Session, ids: Collection[int], on: date) -> dict[int, tuple[Role, Role]]:
    """Of lines listed on that day the role that is stated of the line itself, and its supplier's."""
    found: dict[int, tuple[Role, Role]] = {}
    for piece in chunks(ids):
        stated = _listed(on).with_only_columns(_P.id, _V.role, _W.role).where(_P.id.in_(piece))
        found.update((product_id, (own, supplier)) for product_id, own, supplier in session.execute(stated))
    return found


def supplier_goods(
    session: Session,
    bin: str,
    on: date,
    *,
    own: bool = False,
    drafts: bool = False,
    newest_first: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> list[Good]:
    """The lines that the supplier listed on that day, by id: all of them, or `limit` after the first `offset`.

    own, drafts: as in `goods`.
    """
    order = _P.id.desc() if newest_first else _P.id
    listed = _listed(on, own=own, drafts=drafts).where(_S.bin == bin)
    return _goods(session, listed.order_by(order).limit(limit).offset(offset), on)


def supplier_count(session: Session, bin: str, on: date, *, own: bool = False, drafts: bool = False) -> int:
    """How many lines the supplier listed on that day. own, drafts: as in `goods`."""
    listed = _listed(on, own=own, drafts=drafts).where(_S.bin == bin).with_only_columns(func.count())
    return session.execute(listed).scalar_one()


def supplier_confirmed(session: Session, bin: str, on: date, law: Law) -> int:
    """How many lines of the supplier were of confirmed origin on that day; `law` is that day's.

    Of a supplier's thousands of lines no more is read than decides it, and what is said alike is judged once.
    """
    said = (_E.kind, _E.issued_on, _E.expires_on, _E.status)
    own = _listed(on).with_only_columns(_P.id).where(_S.bin == bin)
    states: dict[Any, State] = {}
    confirmed: set[int] = set()
    for product_id, *given in session.execute(
        select(_E.product_id, *said).where(_E.product_id.in_(own), holds_on(_E, on))
    ):
        stated = tuple(given)
        if stated not in states:
            kind, issued_on, expires_on, status = stated
            # Neither its number nor its percent decides whether a document confirms.
            states[stated] = judge(EvidenceFact(kind, "", issued_on, expires_on, None, status), on, law).state
        if states[stated] is State.CONFIRMED:
            confirmed.add(product_id)
    return len(confirmed)


def count(session: Session, on: date) -> int:
    """How many lines were listed on that day."""
    return session.execute(select(func.count()).select_from(_listed(on).subquery())).scalar_one()


def ids(session: Session, on: date) -> list[int]:
    """Every line that was listed on that day, in order."""
    return list(session.scalars(_listed(on).with_only_columns(_P.id).order_by(_P.id)))


def versions(session: Session, ids: Collection[int]) -> dict[int, int]:
    """The version counter of every product among `ids`, listed or not."""
    found: dict[int, int] = {}
    for piece in chunks(ids):
        found.update(session.execute(select(_P.id, _P.version).where(_P.id.in_(piece))).all())
    return found


def _ended(on: date) -> Select[Any]:
    """Lines of which what was said has ended by that day, and the day on which it did."""
    said = select(_V.product_id, func.max(_V.valid_to)).where(_V.valid_from <= on).group_by(_V.product_id)
    return said.having(func.count(_V.valid_to) == func.count(), func.max(_V.valid_to) <= on)


def _listed(on: date, *, own: bool = False, drafts: bool = False) -> Select[Any]:
    """Lines of that day; drafts, and those of suppliers that are not published, only for whoever acts for them."""
    asked = (
        select(
            _P.id,
            _P.version,
            _P.external_id,
            _V.kind,
            _V.name_ru,
            _V.name_kk,
            _V.name_en,
            _V.description,
            _V.parameters,
            _V.standards,
            _V.tnved,
            _V.tnved_state,
            _V.kpved,
            _V.enstru,
            _V.unit,
            _V.capacity_per_year,
            _V.role,
            _P.supplier_id,
            _S.bin,
            _S.bin_check,
            _W.name.label("supplier_name"),
            _W.kato,
            _W.role.label("supplier_role"),
        )
        .join(ProductVersion.__table__, _V.product_id == _P.id)
        .join(Supplier.__table__, _S.id == _P.supplier_id)
        .join(SupplierVersion.__table__, _W.supplier_id == _P.supplier_id)
        .where(holds_on(_V, on), holds_on(_W, on), true() if own or drafts else _W.published)
    )
    return asked if drafts else asked.where(_V.draft.is_(False))


def _goods(session: Session, listed: Select[Any], on: date) -> list[Good]:
    rows = session.execute(listed).all()
    facts = _facts(session, [row.id for row in rows], on)
    return [_good(row._mapping, facts.get(row.id, ())) for row in rows]


def _good(row: Mapping[Any, Any], facts: tuple[EvidenceFact, ...]) -> Good:
    values = dict(row)
    supplier_role = values.pop("supplier_role")
    parameters, standards = values.pop("parameters"), values.pop("standards")
    values["specified"] = specified(parameters, standards) if parameters or standards else None
    if values["role"] is Role.UNSTATED:
        values["role"] = supplier_role
    return Good(**values, evidence=facts)


def _facts(session: Session, ids: Iterable[int], on: date) -> dict[int, tuple[EvidenceFact, ...]]:
    """What documents said on that day, by product, the oldest first."""
    found: dict[int, tuple[EvidenceFact, ...]] = {}
    columns = (_E.product_id, _E.kind, _E.number, _E.issued_on, _E.expires_on, _E.percent, _E.status)
    for piece in chunks(ids):
        wanted = select(*columns).where(_E.product_id.in_(piece), holds_on(_E, on))
        for product_id, *fact in session.execute(wanted.order_by(_E.product_id, _E.valid_from, _E.id)):
            found[product_id] = (*found.get(product_id, ()), EvidenceFact(*fact))
    return found
