"""Suppliers' equipment as the automatic checks see it: the very same machine of two, and what all of it can make."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.classifiers.units import short_names
from registry.dated import holds_on
from registry.evidence.goods import Good
from registry.suppliers.models import Equipment, Supplier, SupplierVersion
from registry.text import fold

_E = Equipment.__table__.c
_W = SupplierVersion.__table__.c


def numbered(session: Session, supplier_id: int, on: date) -> set[tuple[str, str]]:
    """The supplier's machines that have a number of their maker's: folded model, or else name, and folded number."""
    held = select(_E.machine_key, _E.serial_key).where(_E.supplier_id == supplier_id, *_with_number(_E, on))
    return {(machine, serial) for machine, serial in session.execute(held)}


def shared(session: Session, supplier_id: int, on: date) -> list[tuple[str, str]]:
    """БИН and name of others who state a machine that this supplier states, in the order of their numbers."""
    own = Equipment.__table__.alias("own").c
    others = (
        select(Supplier.bin, _W.name)
        .join(SupplierVersion, and_(_W.supplier_id == Supplier.id, holds_on(_W, on)))
        .join(Equipment, and_(_E.supplier_id == Supplier.id, *_with_number(_E, on)))
        .join(own.id.table, and_(own.serial_key == _E.serial_key, own.machine_key == _E.machine_key))
        .where(own.supplier_id == supplier_id, *_with_number(own, on), Supplier.id != supplier_id)
    )
    return [(bin, name) for bin, name in session.execute(others.distinct().order_by(Supplier.bin))]


def able(session: Session, good: Good, on: date) -> Decimal | None:
    """What all the supplier's machines make in a year in the good's unit; None where none says so in that unit."""
    if not good.unit:
        return None
    held = select(_E.capacity_per_year, _E.unit).where(
        _E.supplier_id == good.supplier_id, holds_on(_E, on), _E.capacity_per_year.is_not(None)
    )
    short = short_names(tree(session, Scheme.UNITS, on))

    def known_by(unit: str) -> str:
        return short[fold(unit)]["ru"] if fold(unit) in short else fold(unit)

    amounts = [amount for amount, unit in session.execute(held) if known_by(unit or "") == known_by(good.unit)]
    return sum(amounts, Decimal(0)) if amounts else None


def _with_number(machine: Any, on: date) -> tuple[ColumnElement[bool], ...]:
    return holds_on(machine, on), machine.serial_key.is_not(None)
