"""What the register holds that the automatic checks look at: who shares something, and what others state."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from registry.catalogue.models import Product, ProductKind, ProductVersion
from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.dated import holds_on
from registry.evidence.goods import EvidenceFact, Good
from registry.evidence.models import Evidence, EvidenceStatus
from registry.suppliers.models import Supplier, SupplierVersion
from registry.suppliers.queries import SupplierRow
from registry.text import fold_key
from registry.verification import machines
from registry.verification.checks import PEERS, LineFacts, Other, Peers, SupplierFacts
from registry.verification.rules import Inputs

_V: Final = ProductVersion.__table__.c
_W: Final = SupplierVersion.__table__.c
_E: Final = Evidence.__table__.c
# Lines under one code that are looked through for the same good.
_LOOKED_THROUGH: Final = 5_000
# The digits by which two telephone numbers are one, whatever stands before them.
_PHONE_DIGITS: Final = 10


def supplier_facts(session: Session, row: SupplierRow, on: date) -> SupplierFacts:
    """What the automatic checks look at of a supplier."""
    stated = {"name": row.name, "address": row.address, "phone": row.phone, "email": row.email}
    stated["equipment"] = ", ".join(sorted(serial for _, serial in machines.numbered(session, row.id, on))) or None
    return SupplierFacts(row.bin, row.bin_check, stated, look_alikes(session, row, on))


def look_alikes(session: Session, row: SupplierRow, on: date) -> dict[str, list[Other]]:
    """Other suppliers of the same name, address, telephone or e-mail, or with the very same machine."""
    others = (
        select(Supplier.bin, _W.name)
        .join(SupplierVersion, _W.supplier_id == Supplier.id)
        .where(Supplier.id != row.id, holds_on(_W, on))
        .order_by(Supplier.bin)
    )
    found: dict[str, list[Other]] = {"name": _others(session, others.where(_W.name_key == fold_key(row.name)))}
    if row.email:
        found["email"] = _others(session, others.where(func.lower(_W.email) == row.email.lower()))
    digits = "".join(sign for sign in row.phone or "" if sign.isdigit())
    if len(digits) >= _PHONE_DIGITS:
        typed: Any = _W.phone
        for sign in " -()+.":
            typed = func.replace(typed, sign, "")
        found["phone"] = _others(session, others.where(typed.like(f"%{digits[-_PHONE_DIGITS:]}")))
    if row.address and row.kato:
        # Databases fold letters each in its own way: what may be the same place is read, and compared here.
        near = others.add_columns(_W.address).where(_W.address.is_not(None), _W.kato.startswith(row.kato[:4]))
        same = fold_key(row.address)
        found["address"] = [
            Other(bin, name) for bin, name, address in session.execute(near) if fold_key(address) == same
        ]
    found["equipment"] = [Other(*one) for one in machines.shared(session, row.id, on)]
    return found


def line_facts(session: Session, good: Good, fact: EvidenceFact | None, inputs: Inputs, on: date) -> LineFacts:
    """What the automatic checks look at of a line."""
    activities = tree(session, Scheme.KPVED, on)
    return LineFacts(
        good=good,
        fact=fact,
        inputs=inputs,
        kpved_known=activities.exists(good.kpved) if good.kpved else None,
        peers=_peers(session, good, on),
        machines=machines.able(session, good, on),
        same_good=_same_good(session, good, on),
        same_number=_same_number(session, good, fact, on) if fact is not None and fact.number else [],
    )


def _peers(session: Session, good: Good, on: date) -> Peers:
    """Confirmed lines of others under the good's code, or where those are few under its first six digits."""
    if good.kind is not ProductKind.GOODS or not good.tnved:
        return Peers(good.kpved or "", (), ())
    found = Peers(good.tnved, (), ())
    for code in dict.fromkeys((good.tnved, good.tnved[:6])):
        confirmed = (
            select(Product.id, _E.percent, _V.capacity_per_year, _V.unit)
            .join(ProductVersion, _V.product_id == Product.id)
            .join(Evidence, _E.product_id == Product.id)
            .where(
                Product.supplier_id != good.supplier_id,
                _V.tnved.startswith(code),
                holds_on(_V, on),
                holds_on(_E, on),
                _E.status == EvidenceStatus.CONFIRMED,
            )
            .order_by(Product.id)
        )
        by_line = {row.id: row for row in session.execute(confirmed)}
        unit = fold_key(good.unit or "")
        found = Peers(
            code,
            tuple(row.percent for row in by_line.values() if row.percent is not None),
            tuple(
                row.capacity_per_year
                for row in by_line.values()
                if row.capacity_per_year is not None and fold_key(row.unit or "") == unit
            ),
        )
        if len(found.percents) >= PEERS:
            break
    return found


def _same_good(session: Session, good: Good, on: date) -> list[Other]:
    """Others that list a good of the same name under the same code."""
    own = {fold_key(name) for name in (good.name_ru, good.name_kk, good.name_en) if name}
    near = (
        select(Supplier.bin, _W.name, _V.name_ru, _V.name_kk, _V.name_en)
        .join(Product, Product.supplier_id == Supplier.id)
        .join(ProductVersion, _V.product_id == Product.id)
        .join(SupplierVersion, _W.supplier_id == Supplier.id)
        .where(Supplier.id != good.supplier_id, holds_on(_V, on), holds_on(_W, on), _W.published)
        .order_by(Supplier.bin)
        .limit(_LOOKED_THROUGH)
    )
    code = _V.tnved == good.tnved if good.tnved else and_(_V.tnved.is_(None), _V.kpved == good.kpved)
    found = {
        bin: Other(bin, name)
        for bin, name, *names in session.execute(near.where(code))
        if own & {fold_key(one) for one in names if one}
    }
    return list(found.values())


def _same_number(session: Session, good: Good, fact: EvidenceFact, on: date) -> list[Other]:
    """Others that show a document of the same kind and number."""
    shown = (
        select(Supplier.bin, _W.name)
        .join(Product, Product.supplier_id == Supplier.id)
        .join(Evidence, _E.product_id == Product.id)
        .join(SupplierVersion, _W.supplier_id == Supplier.id)
        .where(
            Supplier.id != good.supplier_id,
            _E.kind == fact.kind,
            _E.number == fact.number,
            or_(_E.valid_to.is_(None), _E.valid_to > on),
            holds_on(_W, on),
        )
        .distinct()
        .order_by(Supplier.bin)
    )
    return _others(session, shown)


def _others(session: Session, found: Any) -> list[Other]:
    return [Other(bin, name) for bin, name in session.execute(found)]
